/** `toolkey setup pip`: the program keyring, the keyring of Python, and the settings of pip and uv. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { BIN, expectDone, makeHome, type RunOptions, type TestHome } from "../../../fixtures/homes/home.ts";
import { missing } from "../../../fixtures/programs/programs.ts";

const URL = "https://pypi.acme.example/simple";
const SECRET = "S3CRET-of-pip";

let home: TestHome;
let ours: RunOptions;
/** PATH without the keyring of the machine. */
let plain: string;

beforeAll(() => {
  const directory = mkdtempSync(join(tmpdir(), "tk-plain-"));
  for (const each of (process.env["PATH"] ?? "").split(":"))
    for (const name of readdirSync(each)) if (name !== "keyring" && !existsSync(join(directory, name))) symlinkSync(join(each, name), join(directory, name));
  plain = `${BIN}:${directory}`;
});
afterAll(() => rmSync(plain.slice(BIN.length + 1), { recursive: true }));

beforeEach(async () => {
  home = await makeHome();
  await home.init();
  ours = { env: { PATH: `${home.directory}/.local/bin:${plain}`, XDG_CONFIG_DIRS: home.directory }, cwd: home.directory };
});
afterEach(() => home.dispose());

const at = (path: string): string => join(home.directory, path);
const setup = (...options: readonly string[]) => home.toolkey(["setup", "pip", ...options], ours);
const keyring = (argv: readonly string[], options: RunOptions = {}) => home.run("keyring", argv, { ...ours, ...options, env: { ...ours.env, ...options.env } });

function write(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), text, { mode });
}

describe("the program keyring", () => {
  beforeEach(async () => {
    await home.addToken("pip", URL, SECRET, "alice");
    expectDone(await setup());
  });

  it("answers in the forms of pip and uv, and what it hasn't with nothing", async () => {
    expect(await keyring(["get", `${URL}/`, "alice"])).toMatchObject({ code: 0, stdout: `${SECRET}\n`, stderr: "" });
    expect(await keyring(["get", `${URL}/thing/`, "--mode", "creds"])).toMatchObject({ code: 0, stdout: `alice\n${SECRET}\n`, stderr: "" });
    expect(await keyring(["--mode=creds", "--output=json", "get", URL])).toMatchObject({ code: 0, stdout: `{"username":"alice","password":"${SECRET}"}\n`, stderr: "" });
    for (const argv of [["get", URL, "bob"], ["get", "https://other.example/", "alice"], ["get", "pypi.acme.example", "alice"], ["get", URL.replace("https", "http"), "alice"], ["get", "system", "alice"]])
      expect(await keyring(argv)).toMatchObject({ code: 1, stdout: "", stderr: "" });
    expect(await keyring(["--list-backends"])).toMatchObject({ code: 1, stdout: "", stderr: "toolkey: this keyring knows get, set and del, and PATH has no other keyring\n" });
  });

  it("takes a login, for pip alone, and forgets it", async () => {
    expectDone(await keyring(["set", "https://new.example/simple", "carol"], { stdin: "NEW-S3CRET\n" }));
    expect((await keyring(["get", "https://new.example/simple", "carol"])).stdout).toBe("NEW-S3CRET\n");
    expect((await home.tokens()).map(({ tool, target }) => [tool, target])).toContainEqual(["pip", "https://new.example/simple"]);
    expectDone(await keyring(["del", "https://new.example/simple", "carol"]));
    expect((await keyring(["get", "https://new.example/simple", "carol"])).code).toBe(1);
    // As pip itself keeps one, where there is no other keyring.
    expectDone(await keyring(["set", "host.example", "carol"], { stdin: "NEW-S3CRET\n" }));
    expect((await keyring(["get", "https://host.example/simple/", "carol"])).stdout).toBe("NEW-S3CRET\n");
    expect((await keyring(["set", "system", "carol"], { stdin: "NEW-S3CRET\n" })).stderr).toContain("toolkey's keyring is for URLs and hosts of package indexes, and this is neither");
    // What the person has added stays.
    expect((await keyring(["del", URL, "alice"])).stderr).toContain("stays");
    expect((await keyring(["get", URL, "alice"])).stdout).toBe(`${SECRET}\n`);
  });

  it("says what is wrong on standard error: a locked vault; and starts the daemon", async () => {
    await home.ask("lock", {});
    expect(await keyring(["get", URL, "alice"])).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("toolkey: the vault is locked\n") as string });
    await home.stop();
    expect(await keyring(["get", URL, "alice"])).toMatchObject({ code: 0, stdout: `${SECRET}\n` });
  });

  it("gives nothing inside of a sealed command", async () => {
    const ended = await home.toolkey(["run", "--", "sh", "-c", `keyring get ${URL} alice; toolkey-keyring get ${URL} alice; true`], ours);
    expect(expectDone(ended).stdout).toBe("");
  });

  it("hands on to the next keyring on PATH what toolkey hasn't, and to no other of ours", async () => {
    write("other/keyring", `#!/bin/sh\n[ -t 0 ] || cat >/dev/null\necho "other: $*"\n`, 0o755);
    write("again/keyring", readFileSync(at(".local/bin/keyring"), "utf8"), 0o755);
    const env = (...more: readonly string[]) => ({ PATH: [at(".local/bin"), ...more.map(at), plain].join(":") });
    const behind = { env: env("again", "other") };
    // Of two that are ours each would ask the other.
    expect((await keyring(["get", "system", "alice"], behind)).code).toBe(1);
    const other = { env: env("other") };
    expect((await keyring(["get", "system", "alice"], other)).stdout).toBe("other: get system alice\n");
    for (const service of ["system", "org.example.program"]) expect((await keyring(["set", service, "alice"], { ...other, stdin: "x\n" })).stdout).toBe(`other: set ${service} alice\n`);
    expect((await keyring(["get", URL, "bob"], other)).stdout).toBe(`other: get ${URL} bob\n`);
    expect((await keyring(["--list-backends"], other)).stdout).toBe("other: --list-backends\n");
    expect((await keyring(["get", URL, "alice"], other)).stdout).toBe(`${SECRET}\n`);
  });
});

describe("forgetting by the program keyring", () => {
  const NEW = "https://new.example/simple";
  const other = () => ({ env: { PATH: [at(".local/bin"), at("other"), plain].join(":") } });
  const get = async () => (await keyring(["get", NEW, "carol"], other())).stdout;
  const del = async () => (await keyring(["del", NEW, "carol"], other())).code;

  beforeEach(async () => {
    expectDone(await setup());
    write("other/keyring", `#!/bin/sh\ncase $1 in\nget) cat ${at("older")} ;;\ndel) rm ${at("older")} ;;\nesac 2>/dev/null\n`, 0o755);
  });

  it("goes on to an older one behind it, and fails where nobody had any", async () => {
    write("older", "OLDER\n");
    expectDone(await keyring(["set", NEW, "carol"], { ...other(), stdin: "NEW-S3CRET\n" }));
    expect(await get()).toBe("NEW-S3CRET\n");
    expect(await del()).toBe(0);
    expect(await get()).toBe("");
    expect((await keyring(["del", "https://never.example/simple", "carol"], other())).code).toBe(1);
    // One of both is enough.
    write("older", "OLDER\n");
    expect(await del()).toBe(0);
    expectDone(await keyring(["set", NEW, "carol"], { ...other(), stdin: "NEW-S3CRET\n" }));
    expect(await del()).toBe(0);
    expect(await get()).toBe("");
  });

  it("fails where toolkey could not tell", async () => {
    write("older", "OLDER\n");
    await home.ask("lock", {});
    expect(await del()).toBe(1);
    expect(existsSync(at("older"))).toBe(false);
  });
});

describe("setup and its undo", () => {
  const PIP_CONF = ".config/pip/pip.conf";
  const BEGIN = "# toolkey: begin; 'toolkey setup pip --undo' takes this block away again";
  const LINES = "keyring-provider = subprocess\n# toolkey: end\n";

  it.each<[what: string, before: string, after: string]>([
    ["a section in the middle", "[global]\ntimeout = 5\n[install]\nuser = yes\n", `[global]\n${BEGIN}\n${LINES}timeout = 5\n[install]\nuser = yes\n`],
    ["CRLF and no line break at the end", "; mine\r\n[global]\r\ntimeout = 5", `; mine\r\n[global]\r\n${BEGIN}\n${LINES}timeout = 5`],
    ["no such section", "[install]\nuser = yes", `[install]\nuser = yes\n${BEGIN} and the line break before it\n[global]\n${LINES}`],
    ["the heading alone", "[global]", `[global]\n${BEGIN} and the line break before it\n[global]\n${LINES}`.replace("[global]\nkeyring", "keyring")],
    ["nothing", "", `${BEGIN}\n[global]\n${LINES}`],
  ])("pip.conf with %s", async (_what, before, after) => {
    write(PIP_CONF, before);
    expectDone(await setup("--dry-run"));
    expect(readFileSync(at(PIP_CONF), "utf8")).toBe(before);
    expectDone(await setup());
    expect(readFileSync(at(PIP_CONF), "utf8")).toBe(after);
    expect(expectDone(await setup()).stdout).toContain("already");
    expectDone(await setup("--undo"));
    expect(readFileSync(at(PIP_CONF), "utf8")).toBe(before);
    expect(existsSync(at(`${PIP_CONF}.toolkey-backup`))).toBe(false);
  });

  it("leaves nothing where nothing was, and keeps what was added since, with the heading that it needs", async () => {
    expectDone(await setup());
    for (const path of [PIP_CONF, ".config/python_keyring/keyringrc.cfg", ".local/bin/keyring", "t/data/pip/toolkey_keyring.py"]) expect(existsSync(at(path))).toBe(true);
    expect(statSync(at(".local/bin/keyring")).mode & 0o777).toBe(0o755);
    writeFileSync(at(PIP_CONF), `${readFileSync(at(PIP_CONF), "utf8")}timeout = 5\n`);
    expectDone(await setup("--undo"));
    for (const path of [".config/python_keyring/keyringrc.cfg", ".local/bin/keyring", "t/data/pip"]) expect(existsSync(at(path))).toBe(false);
    expect(readFileSync(at(PIP_CONF), "utf8")).toBe("[global]\ntimeout = 5\n");
    expect(expectDone(await setup("--undo")).stdout).toContain("has anything of toolkey for pip in it");
  });

  it("follows links, XDG_CONFIG_HOME and PIP_CONFIG_FILE; uv's settings get theirs at the top", async () => {
    write("dotfiles/pip.conf", "[global]\n");
    mkdirSync(at("xdg/pip"), { recursive: true });
    symlinkSync(at("dotfiles/pip.conf"), at("xdg/pip/pip.conf"));
    write("xdg/uv/uv.toml", '[pip]\nindex-url = "x"\n');
    const xdg = { ...ours, env: { ...ours.env, XDG_CONFIG_HOME: at("xdg") } };
    expectDone(await home.toolkey(["setup", "pip"], xdg));
    expect(readFileSync(at("dotfiles/pip.conf"), "utf8")).toContain("keyring-provider");
    expect(readFileSync(at("xdg/uv/uv.toml"), "utf8")).toBe(`${BEGIN}\nkeyring-provider = "subprocess"\n# toolkey: end\n[pip]\nindex-url = "x"\n`);
    expectDone(await home.toolkey(["setup", "pip", "--undo"], xdg));
    expect(readFileSync(at("dotfiles/pip.conf"), "utf8")).toBe("[global]\n");
    expect(readFileSync(at("xdg/uv/uv.toml"), "utf8")).toBe('[pip]\nindex-url = "x"\n');
    write("named.conf", "");
    expectDone(await home.toolkey(["setup", "pip"], { ...ours, env: { ...ours.env, PIP_CONFIG_FILE: at("named.conf") } }));
    expect(readFileSync(at("named.conf"), "utf8")).toContain("keyring-provider");
    expect(existsSync(at(PIP_CONF))).toBe(false);
  });

  it.each<[what: string, path: string, text: string, said: string]>([
    ["a broken pip.conf", PIP_CONF, "timeout = 5\n", "pip.conf, line 1, column 1: it is neither a section nor a setting"],
    ["a broken uv.toml", ".config/uv/uv.toml", "a = \n", "uv.toml, line 1, column"],
    ["a broken keyringrc.cfg", ".config/python_keyring/keyringrc.cfg", "[backend]\nnonsense\n", "keyringrc.cfg, line 2"],
    ["another program of that name", ".local/bin/keyring", "#!/bin/sh\n", "keyring is another program, which stays"],
  ])("changes nothing for %s", async (_what, path, text, said) => {
    write(path, text);
    const ended = await setup();
    expect(ended.code).not.toBe(0);
    expect(ended.stderr).toContain(said);
    expect(readFileSync(at(path), "utf8")).toBe(text);
    expect(existsSync(at("t/data/pip"))).toBe(false);
  });

  it("leaves a read-only file as it is", async () => {
    write(PIP_CONF, "[global]\n");
    chmodSync(at(PIP_CONF), 0o444);
    expect((await setup()).stderr).toContain("is read-only");
  });

  it("leaves what the person has chosen themselves, and says so", async () => {
    write(PIP_CONF, "[global]\nkeyring-provider = import\n");
    write(".config/python_keyring/keyringrc.cfg", "[backend]\ndefault-keyring = mine.Keyring\n");
    const done = expectDone(await setup());
    expect(done.stderr).toMatch(/pip\.conf names another keyring, 'import', and was left as it is\n/);
    expect(done.stderr).toMatch(/keyringrc\.cfg names another keyring, 'mine\.Keyring', and was left as it is\n/);
    expect(readFileSync(at(PIP_CONF), "utf8")).toBe("[global]\nkeyring-provider = import\n");
    const doctor = await home.toolkey(["doctor"], ours);
    expect(doctor.stdout).toContain("twine and poetry ask mine.Keyring");
  });
});

describe("doctor", () => {
  it("says what comes before toolkey, and which index pip doesn't ask for", async () => {
    await home.addToken("pip", URL, SECRET, "alice");
    expect((await home.toolkey(["doctor"], ours)).stdout).toContain("plain pip, uv, twine and poetry do not ask toolkey");
    expectDone(await setup());
    expect((await home.toolkey(["doctor"], { env: { PATH: plain } })).stdout).toContain(".local/bin is not on PATH");
    write(".config/pip/pip.conf", `[global]\nindex-url = ${URL}/\n`);
    write("other/keyring", "#!/bin/sh\n", 0o755);
    const env = { ...ours.env, PATH: `${at("other")}:${ours.env?.["PATH"]}`, TWINE_PASSWORD: "x", PIP_INDEX_URL: "https://a:b@c.example/" };
    const { stdout } = await home.toolkey(["doctor"], { ...ours, env });
    for (const said of [`pip and uv ask ${at("other")}/keyring, which is first on PATH`, "TWINE_PASSWORD holds a secret", "PIP_INDEX_URL holds a secret", `${URL}/, for which pip up to 26.1 asks no keyring`]) expect(stdout).toContain(said);
    expect(stdout).not.toContain("a:b@");
  });
});

describe.skipIf(missing("python3", "keyring"))("the keyring of Python", () => {
  it("asks toolkey, keeps for it, and asks all others for the rest", async () => {
    await home.addToken("pip", URL, SECRET, "alice");
    expectDone(await setup());
    write("others/keyring_other.py", "from keyring import backend, errors\nclass Keyring(backend.KeyringBackend):\n    priority = 5\n    kept = {}\n    def get_password(self, service, username):\n        return 'other' if service in ('system', 'https://other.example/') else self.kept.get(service, 'none')\n    def set_password(self, service, username, password):\n        self.kept[service] = password\n    def delete_password(self, service, username):\n        if self.kept.pop(service, None) is None:\n            raise errors.PasswordDeleteError()\n");
    const script = [
      "import keyring, keyring_other, json",
      `url = ${JSON.stringify(`${URL}/`)}`,
      "said = [keyring.get_password(url, 'alice'), keyring.get_password(url, 'bob'), keyring.get_credential(url, None).username, keyring.get_password('system', 'x'), keyring.get_password('https://other.example/', 'x')]",
      "keyring_other.Keyring.kept['https://new.example/'] = 'OLDER'",
      "keyring.set_password('https://new.example/', 'carol', 'NEW')",
      "said.append(keyring.get_password('https://new.example/', 'carol'))",
      "keyring.delete_password('https://new.example/', 'carol')",
      "said.append(keyring.get_password('https://new.example/', 'carol'))",
      "try: keyring.delete_password('https://new.example/', 'carol')",
      "except keyring.errors.PasswordDeleteError: said.append('nothing')",
      "keyring.set_password('mine', 'x', 'kept')",
      "said.append(keyring.get_password('mine', 'x'))",
      "print(json.dumps(said))",
    ].join("\n");
    // Debian's, for which its keyring is.
    const ended = expectDone(await home.run("/usr/bin/python3", ["-c", script], { ...ours, env: { ...ours.env, PYTHONPATH: at("others") } }));
    expect(JSON.parse(ended.stdout)).toEqual([SECRET, "none", "alice", "other", "other", "NEW", "none", "nothing", "kept"]);
    rmSync(at("t/data/pip"), { recursive: true });
  });
});
