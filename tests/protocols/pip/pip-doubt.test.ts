/** What a project's files say of certificates, as pip and its kin read them: a token is kept back. */
import { normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { parseTarget } from "../../../src/core/target.ts";
import { doubtOfProject } from "../../../src/protocols/pip/doubt/doubt.ts";

type Files = Readonly<Record<string, string>>;

const doubt = async (commandLine: string, files: Files, environment: Files = {}) =>
  (
    await doubtOfProject(parseTarget("https://pypi.acme.example"), {
      commandLine: commandLine.split(" "),
      directory: "/p/sub",
      environment: () => environment,
      read: (path) => Promise.resolve(files[normalize(path)]),
    })
  )?.note.replace("no token is given here: ", "");

const HOST = "pypi.acme.example";
const says = (file: string): string => `${file} says by whom the certificate of ${HOST} is checked, or that it is not`;
const TRUSTED = `--trusted-host ${HOST}`;

describe("a file of requirements", () => {
  it.each<[what: string, text: string]>([
    ["has the option", `x\n${TRUSTED}\n`],
    ["has it with a port, in capitals", "--trusted-host=PyPI.acme.example:8443"],
    ["has it behind another option of the line", `--pre ${TRUSTED}`],
    ["has a beginning of it", `--trusted-h ${HOST}`],
    ["has the shortest beginning of it", `--t=${HOST}`],
    ["has it in quotes", `--trusted-host "${HOST}"`],
    ["has it in pieces", `--tru"sted-ho"st 'pypi.acme'.exam\\ple`],
    ["has it behind tabs", `--pre\t--trusted-host\t${HOST}`],
    ["goes on behind a backslash", `--trusted-host \\\n  ${HOST}`],
    ["goes on within a word", `--trus\\\nted-host ${HOST}`],
    ["goes on after a comment", `# x \\\n${TRUSTED}`],
    ["ends its lines in another way", `x\r${TRUSTED}\r`],
    ["begins with a mark", `\uFEFF${TRUSTED}`],
    ["names any host", "--trusted-host *"],
    ["names it with a user, for pip", `--trusted-host alice@${HOST}`],
    ["names it with a path", `--trusted-host ${HOST}/simple`],
  ])("that %s keeps the token back", async (_what, text) => {
    expect(await doubt("pip install -r r.txt", { "/p/sub/r.txt": text })).toBe(says("/p/sub/r.txt"));
  });

  it.each<[what: string, text: string, why: RegExp]>([
    ["a variable for the host", "--trusted-host ${LANGX}", /^\/p\/sub\/r.txt has a variable for a host or a file$/],
    ["a variable for a file", "-r ${LANGX}", /has a variable for a host or a file$/],
    ["a variable in quotes", "--find-links '${LANGX} --trusted-host x '", /has a variable beside quotes$/],
    ["a variable for an option", "--tr${LANGX} x", /variable for an option$|variable for a host/],
    ["quotes that do not end", `-f 'x`, /has quotes that do not end$/],
    ["another coding", "# -*- coding: utf-7 -*-\n+AC0ALQ-trusted-host", /is written in utf-7$/],
    ["breaks of lines of Python's", `x\u0085${TRUSTED}`, /has control characters$/],
    ["a file: URL", "-r file:///p/t.txt", /^file:\/\/\/p\/t.txt may say that certificates are not to be checked$/],
    ["a URL", "-c HTTPS://x.example/c.txt", /may say/],
  ])("with %s is doubted", async (_what, text, why) => {
    expect(await doubt("pip install -r r.txt", { "/p/sub/r.txt": text })).toMatch(why);
  });

  it.each<[what: string, commandLine: string, files: Files, file: string]>([
    ["by a path", "/usr/bin/python3 /usr/bin/pip install -r ../r.txt", { "/p/r.txt": TRUSTED }, "/p/r.txt"],
    ["by others", "python3 -m pip install -qr=r.txt --requirement r.txt", { "/p/sub/r.txt": "-r ../more/a.txt", "/p/more/a.txt": "--requirement=b.txt", "/p/more/b.txt": TRUSTED }, "/p/more/b.txt"],
    ["behind other flags", "pip install -Uqr r.txt", { "/p/sub/r.txt": TRUSTED }, "/p/sub/r.txt"],
    ["at once", "pip download -rr.txt", { "/p/sub/r.txt": TRUSTED }, "/p/sub/r.txt"],
    ["for constraints", "pip install -c c.txt thing", { "/p/sub/c.txt": TRUSTED }, "/p/sub/c.txt"],
    ["for constraints, by another", "pip install -r r.txt", { "/p/sub/r.txt": "--cons c.txt", "/p/sub/c.txt": TRUSTED }, "/p/sub/c.txt"],
    ["to a build's own pip", "/v/bin/python /v/lib/pip/__pip-runner__.py install --requirement /p/r.txt", { "/p/r.txt": TRUSTED }, "/p/r.txt"],
    ["behind many words for Python", "python3 -I -W ignore -X utf8 -m pip install -r r.txt", { "/p/sub/r.txt": TRUSTED }, "/p/sub/r.txt"],
    ["behind what only looks like a program", "python3 -X pycache_prefix=/x/uv -m pip install -r r.txt", { "/p/sub/r.txt": TRUSTED }, "/p/sub/r.txt"],
    ["to a module in one word", "python3 -Impip install -r r.txt", { "/p/sub/r.txt": TRUSTED }, "/p/sub/r.txt"],
    ["to pip in a file", "python3 /x/pip.pyz install -r r.txt", { "/p/sub/r.txt": TRUSTED }, "/p/sub/r.txt"],
    ["to pip's main file", "python3 /x/pip/__main__.py install -r r.txt", { "/p/sub/r.txt": TRUSTED }, "/p/sub/r.txt"],
    ["to pip-compile", "pip-compile -q x.in", { "/p/sub/x.in": TRUSTED }, "/p/sub/x.in"],
    ["to nobody, for pip-compile", "python3 -m piptools compile", { "/p/sub/requirements.in": TRUSTED }, "/p/sub/requirements.in"],
    ["by pip's settings", "pip install x", { "/h/.config/pip/pip.conf": "[install]\nconstraint = a.txt /p/c.txt\n", "/p/c.txt": TRUSTED }, "/p/c.txt"],
  ])("is read that is named %s", async (_what, commandLine, files, file) => {
    expect(await doubt(commandLine, files, { HOME: "/h" })).toBe(says(file));
    // As long as a program of these reads them.
    expect(await doubt("make -r r.txt", files)).toBeUndefined();
  });

  it.each(["PIP_REQUIREMENT", "PIP_CONSTRAINT"])("is read that %s names", async (name) => {
    expect(await doubt("pip install x", { "/p/sub/r.txt": TRUSTED }, { [name]: "other.txt r.txt" })).toBe(says("/p/sub/r.txt"));
  });

  it("is read where the kernel finds it: behind a link '..' is elsewhere", async () => {
    const asked: string[] = [];
    const read = (path: string) => (asked.push(path), Promise.resolve(path === "/p/sub/r.txt" ? "-r link/../evil.txt" : undefined));
    await doubtOfProject(parseTarget(`https://${HOST}`), { commandLine: ["pip", "install", "-r", "r.txt"], directory: "/p/sub", environment: () => ({}), read });
    expect(asked).toContain("/p/sub/link/../evil.txt");
  });

  it("says nothing of another host, in comments, by variables of others, and where it is not there", async () => {
    const text = `--trusted-host other.example\n# ${TRUSTED}\nx ; python_version < "3" # it's\n--extra-index-url https://\${USER}:\${TOKEN}@x.example/ \nx==1 --hash=sha256:0 \\\n  --hash=sha256:1\n-r missing.txt\n-r r.txt\n`;
    expect(await doubt("pip install -r r.txt", { "/p/sub/r.txt": text })).toBeUndefined();
  });

  it("is doubted where it names more than anybody reads", async () => {
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`/p/sub/${at}.txt`, `-r ${at + 1}.txt\n`]));
    expect(await doubt("pip install -r 0.txt", many)).toContain("more files of requirements");
  });
});

describe("a project's settings", () => {
  it.each<[what: string, commandLine: string, files: Files, file: string, environment?: Files]>([
    ["uv's", "uv sync", { "/p/pyproject.toml": '[tool.uv]\nallow-insecure-host = ["pypi.acme.example:443"]' }, "/p/pyproject.toml"],
    ["uv's others", "/usr/bin/uv pip install x", { "/p/sub/uv.toml": 'allow-insecure-host = ["*"]' }, "/p/sub/uv.toml"],
    ["uv's, in another directory", "uv sync --project ../proj", { "/p/proj/uv.toml": '"allow\\u002dinsecure-host" = ["https://pypi.acme.example"]' }, "/p/proj/uv.toml"],
    ["uv's, in one below another", "uv --directory=/q --project proj sync", { "/q/proj/uv.toml": 'allow-insecure-host = ["*"]' }, "/q/proj/uv.toml"],
    ["uv's, in a file of any name", "uv --config-file x.toml sync", { "/p/sub/x.toml": 'allow-insecure-host = ["*"]' }, "/p/sub/x.toml"],
    ["uv's, by a variable", "uv sync", { "/q/uv.toml": 'allow-insecure-host = ["*"]' }, "/q/uv.toml", { UV_PROJECT: "/q" }],
    ["poetry's", "/usr/bin/python3 /usr/bin/poetry install", { "/p/poetry.toml": "[certificates.team]\ncert = false" }, "/p/poetry.toml"],
    ["poetry's, with a CA of the project's", "poetry install", { "/p/poetry.toml": '[certificates.acme]\ncert = "evil.pem"' }, "/p/poetry.toml"],
    ["poetry's, in other letters", "poetry install", { "/p/sub/poetry.toml": '"certific\\u0061tes" = { acme = { cert = "evil.pem" } }' }, "/p/sub/poetry.toml"],
    ["poetry's, in another directory", "poetry install -C ../proj", { "/p/proj/poetry.toml": "[certificates.team]\ncert = false" }, "/p/proj/poetry.toml"],
    ["poetry's, in a project elsewhere", "poetry -P/q install", { "/q/poetry.toml": "[certificates.team]\ncert = false" }, "/q/poetry.toml"],
    ["pdm's", "/usr/bin/python3 /usr/bin/pdm install", { "/p/pyproject.toml": '[[tool.pdm.source]]\nurl = "https://x"\nverify_ssl = false' }, "/p/pyproject.toml"],
    ["pdm's, with a CA", "pdm install", { "/p/pyproject.toml": '[[tool.pdm.source]]\nurl = "https://x"\nca_certs = "evil.pem"' }, "/p/pyproject.toml"],
    ["pdm's own file", "pdm install", { "/p/sub/pdm.toml": "[pypi]\nverify_ssl = false" }, "/p/sub/pdm.toml"],
    ["pdm's own file, with a CA, in one word", "pdm install -p /q", { "/q/pdm.toml": '"pypi.ca_certs" = "evil.pem"' }, "/q/pdm.toml"],
    ["pip-compile's", "pip-compile", { "/p/sub/pyproject.toml": `[tool.pip-tools]\ntrusted-host = ["${HOST}"]` }, "/p/sub/pyproject.toml"],
    ["pip-sync's", "pip-sync", { "/p/sub/.pip-tools.toml": `[tool.pip-tools.sync]\npip-args = "--pre --trusted ${HOST}"` }, "/p/sub/.pip-tools.toml"],
    ["pipenv's", "python3 -m pipenv install", { "/p/Pipfile": '[[source]]\nurl = "https://x"\nverify_ssl = false' }, "/p/Pipfile"],
    ["pipenv's lock file", "pipenv sync", { "/p/sub/Pipfile.lock": '{"_meta":{"sources":[{"verify_ssl":false}]}}' }, "/p/sub/Pipfile.lock"],
  ])("keep the token back: %s", async (_what, commandLine, files, file, environment = {}) => {
    expect(await doubt(commandLine, files, environment)).toBe(says(file));
    expect(await doubt("make -r r.txt", files)).toBeUndefined();
  });

  it("don't for another host, for another program, and for packages of such names", async () => {
    const toml = '[tool.uv]\nallow-insecure-host = ["other.example"]\n[tool.uv.sources]\ncert = { git = "x" }\nca-certs = { path = "y" }\n[tool.poetry.dependencies]\ncert = "1"\n';
    for (const command of ["uv sync", "poetry install", "pdm install", "pip install x"]) expect(await doubt(command, { "/p/pyproject.toml": toml })).toBeUndefined();
    expect(await doubt("pip install x", { "/p/poetry.toml": "[certificates.team]\ncert = false" })).toBeUndefined();
    expect(await doubt("pipenv install", { "/p/Pipfile": '[[source]]\nverify_ssl = true\n[packages]\ncert = "*"\n' })).toBeUndefined();
    expect(await doubt("poetry install", { "/p/poetry.toml": '[certificates.team]\ncert = true\nclient-cert = "own.pem"\n' })).toBeUndefined();
  });

  it("do where nobody can tell", async () => {
    expect(await doubt("uv sync", { "/p/pyproject.toml": "verify_ssl = = 1" })).toBe("/p/pyproject.toml is not TOML");
    expect(await doubt("uv --project a --project b --project c --project d --project e sync", {})).toContain("more directories");
  });
});
