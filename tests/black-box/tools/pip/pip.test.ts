/** pip, twine and poetry, which ask toolkey for their tokens by its keyring. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectDone, makeHome, type RunOptions, type TestHome } from "../../../fixtures/homes/home.ts";
import { makeWheel, startPackageIndex, type PackageIndex } from "../../../fixtures/registries/package-index.ts";
import { missing } from "../../../fixtures/programs/programs.ts";

const LOGIN = { username: "__token__", password: "S3CRET-of-pip" };

describe.skipIf(missing("pip", "python3", "keyring", "twine", "poetry"))("after toolkey setup pip", () => {
  let home: TestHome;
  let index: PackageIndex;
  let ours: RunOptions;

  beforeAll(async () => {
    index = await startPackageIndex({ login: LOGIN, packages: ["thing"] });
    home = await makeHome();
    await home.init(index.caFile);
    await home.addToken("pip", index.origin, LOGIN.password, LOGIN.username);
    // As in the start-up file of a shell, which setup asks for.
    const env = { PATH: `${home.directory}/.local/bin:${home.environment["PATH"]}`, PIP_CERT: index.caFile, REQUESTS_CA_BUNDLE: index.caFile, PIP_DISABLE_PIP_VERSION_CHECK: "1", XDG_CONFIG_DIRS: home.directory };
    ours = { env, cwd: home.directory };
    expectDone(await home.toolkey(["setup", "pip"], ours));
  });
  afterAll(async () => {
    await home?.dispose();
    await index?.close();
  });

  const withUser = (url: string) => url.replace("://", `://${LOGIN.username}@`);
  const pip = (...argv: readonly string[]) => home.run("pip", argv, ours);

  it("pip downloads from an index whose URL names a user", async () => {
    const ended = expectDone(await pip("download", "--no-deps", "--dest", "wheels", "--index-url", withUser(index.url), "thing"));
    expect(ended.stdout + ended.stderr).not.toContain(LOGIN.password);
    expect(index.arrivals.filter(({ status }) => status === 200).map(({ path, login }) => ({ path, login }))).toEqual([
      { path: "/team/simple/thing/", login: LOGIN.username },
      { path: "/team/files/thing-1.0-py3-none-any.whl", login: LOGIN.username },
    ]);
    expect((await pip("config", "list")).stdout).toContain("global.keyring-provider='subprocess'");
  });

  it("pip gets nothing where a project says that certificates are not to be checked", async () => {
    mkdirSync(join(home.directory, "hostile", "more"), { recursive: true });
    writeFileSync(join(home.directory, "hostile", "requirements.txt"), "-r more/own.txt\nthing\n");
    const own = join(home.directory, "hostile", "more", "own.txt");
    const words = ["download", "--no-deps", "--no-cache-dir", "--dest", "wheels", "-i", withUser(index.url), "-r", "hostile/requirements.txt"];
    const download = (env: NonNullable<RunOptions["env"]> = {}) => home.run("pip", words, { ...ours, env: { ...ours.env, ...env } });
    writeFileSync(own, "# nothing\n");
    expectDone(await download());
    const before = index.arrivals.length;
    writeFileSync(join(home.directory, "hostile", "c.txt"), "--trusted-host localhost\n");
    for (const says of ["  --trusted-host \\\n LOCALHOST:1\n", '--pre --trusted-h "localhost"\n', "-c ../c.txt\n", `-r file://${home.directory}/hostile/c.txt\n`]) {
      writeFileSync(own, says);
      expect((await download()).code).not.toBe(0);
    }
    writeFileSync(own, "# nothing\n");
    expect((await download({ PIP_CONSTRAINT: "hostile/c.txt" })).code).not.toBe(0);
    expect(index.arrivals.slice(before).filter(({ status }) => status === 200)).toEqual([]);
  });

  it("twine finds the user and the password by the URL of the repository", async () => {
    mkdirSync(join(home.directory, "dist"), { recursive: true });
    writeFileSync(join(home.directory, "dist", "thing-1.0-py3-none-any.whl"), makeWheel("thing"));
    const ended = expectDone(await home.run("twine", ["upload", "--non-interactive", "--repository-url", index.upload, "dist/thing-1.0-py3-none-any.whl"], ours));
    expect(ended.stdout + ended.stderr).not.toContain(LOGIN.password);
    expect(index.uploads).toHaveLength(1);
  });

  it("poetry asks by the URL of a source", async () => {
    const project = join(home.directory, "poetry-project");
    mkdirSync(project);
    writeFileSync(join(project, "pyproject.toml"), `[tool.poetry]\nname = "project"\nversion = "1.0"\ndescription = ""\nauthors = []\n\n[tool.poetry.dependencies]\npython = ">=3.9"\nthing = "1.0"\n\n[[tool.poetry.source]]\nname = "team"\nurl = "${index.url}"\ndefault = true\n`);
    expectDone(await home.run("poetry", ["lock", "--no-interaction"], { ...ours, cwd: project }));
    expect(readFileSync(join(project, "poetry.lock"), "utf8")).toContain('name = "thing"');
    // With a CA of the project's, also where that is elsewhere.
    writeFileSync(join(project, "poetry.toml"), `"certific\\u0061tes" = { team = { cert = "${index.caFile}" } }\n`);
    const before = index.arrivals.length;
    for (const [cwd, ...more] of [[project], [home.directory, "--directory", "poetry-project"]] as const)
      expect(await home.run("poetry", ["lock", "--no-interaction", "--no-cache", ...more], { ...ours, cwd })).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("poetry.toml says by whom the certificate of localhost is checked") as string,
      });
    expect(index.arrivals.slice(before).filter(({ status }) => status === 200)).toEqual([]);
  });
});
