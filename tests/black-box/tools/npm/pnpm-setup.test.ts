/** `toolkey setup pnpm` with the real pnpm, in each version, against a real registry. */
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { client, clientsMissing, type Client } from "../../../fixtures/tools/clients.ts";
import { matrix, sampled } from "../../../fixtures/form.ts";
import { expectDone, makeHome, type Ended, type TestHome } from "../../../fixtures/homes/home.ts";
import { startVerdaccio, verdaccioMissing, type Verdaccio } from "../../../fixtures/registries/npm/verdaccio.ts";

let home: TestHome;

beforeEach(async () => {
  home = await makeHome();
  await home.init();
});

afterEach(() => home.dispose());

const authIni = (): string => join(home.directory, ".config", "pnpm", "auth.ini");
const npmrc = (): string => join(home.directory, ".npmrc");
const programs = (): string => join(home.toolkeyHome, "data", "pnpm");

async function addToken(url: string, secret: string): Promise<Ended> {
  return expectDone(await home.toolkey(["add", url, "--tool", "pnpm"], { stdin: secret }));
}

/** A pnpm on PATH that only knows its version. */
function pretendPnpm(version: string): Record<string, string> {
  const directory = join(home.directory, `pnpm-${version}`);
  mkdirSync(directory);
  writeFileSync(join(directory, "pnpm"), `#!/bin/sh\necho ${version}\n`, { mode: 0o755 });
  return { PATH: `${directory}:${home.environment["PATH"] ?? ""}` };
}

describe("toolkey setup pnpm", () => {
  const BEGIN = "# toolkey: begin; 'toolkey setup pnpm --undo' takes this block away again";

  it("makes a program for each place of a token, and names it in auth.ini", async () => {
    await home.addToken("pnpm", "https://registry.example.com/npm", "S3CRET-1");
    await home.addToken("pnpm", "http://localhost:4873", "S3CRET-2");
    await home.addToken("pnpm", "https://packages.nuxeo.com/repository", "S3CRET-3", "alice");
    const setup = expectDone(await home.toolkey(["setup", "pnpm"], { env: pretendPnpm("11.0.0") }));
    expect(readFileSync(authIni(), "utf8")).toBe(
      [
        `${BEGIN} and the file, if nothing else is in it`,
        `//localhost:4873/:tokenHelper=${programs()}/localhost=4873`,
        `//packages.nuxeo.com/repository/:tokenHelper=${programs()}/packages.nuxeo.com+repository`,
        `//registry.example.com/npm/:tokenHelper=${programs()}/registry.example.com+npm`,
        "# toolkey: end\n",
      ].join("\n"),
    );
    expect(existsSync(npmrc())).toBe(false);
    expect(setup.stdout).toContain(`made ${programs()}/localhost=4873\n`);
    expect(setup.stderr).toContain("toolkey: pnpm gets its token for http://localhost:4873\n");
    for (const [name, header] of [
      ["localhost=4873", "Bearer S3CRET-2"],
      ["registry.example.com+npm", "Bearer S3CRET-1"],
      ["packages.nuxeo.com+repository", `Basic ${Buffer.from("alice:S3CRET-3").toString("base64")}`],
    ]) {
      const path = join(programs(), name ?? "");
      expect(statSync(path).mode & 0o777).toBe(0o755);
      expect(readFileSync(path, "utf8")).not.toContain("S3CRET");
      expect(await home.run(path, [])).toMatchObject({ code: 0, stdout: `${header}\n`, stderr: "" });
    }
  });

  it("for pnpm 10, which reads nothing else, also in .npmrc; with pnpm 11 no longer, since npm warns of it", async () => {
    await home.addToken("pnpm", "https://registry.example.com", "S3CRET");
    const before = "; mine\r\nregistry = https://registry.example.com/\r\n  save-exact=true";
    writeFileSync(npmrc(), before);
    const old = pretendPnpm("10.34.9");
    const setup = expectDone(await home.toolkey(["setup", "pnpm"], { env: old }));
    expect(setup.stderr).toContain("toolkey: pnpm 10 reads this from");
    expect(readFileSync(npmrc(), "utf8")).toBe(
      `${before}\n${BEGIN} and the line break before it\n//registry.example.com/:tokenHelper=${programs()}/registry.example.com\n# toolkey: end\n`,
    );
    expect(expectDone(await home.toolkey(["setup", "pnpm"], { env: old })).stdout).toContain("pnpm asks toolkey already");
    expectDone(await home.toolkey(["setup", "pnpm"], { env: pretendPnpm("11.1.0") }));
    expect(readFileSync(npmrc(), "utf8")).toBe(before);
    expect(existsSync(`${npmrc()}.toolkey-backup`)).toBe(false);
    expect(readFileSync(authIni(), "utf8")).toContain("registry.example.com/:tokenHelper");
  });

  it("run again, it has what pnpm has tokens for then", async () => {
    const env = pretendPnpm("10.0.0");
    await home.addToken("pnpm", "https://one.example.com", "S3CRET");
    expectDone(await home.toolkey(["setup", "pnpm"], { env }));
    expect((await addToken("https://one.example.com", "S3CRET-2")).stderr).not.toContain("hint");
    const added = await addToken("https://two.example.com/npm", "S3CRET");
    expect(added.stderr).toBe("hint: so that plain pnpm asks for it: toolkey setup pnpm\n");
    const id = /added (\S+)/.exec(added.stdout)?.[1] ?? "";
    expectDone(await home.toolkey(["setup", "pnpm"], { env }));
    expect(readdirSync(programs())).toEqual(["one.example.com", "two.example.com+npm"]);
    writeFileSync(npmrc(), `${readFileSync(npmrc(), "utf8")}save-exact=true\n`);
    expect(expectDone(await home.toolkey(["setup", "pnpm"], { env })).stdout).toContain("already");
    await home.ask("revoke", { ids: [id], local: true });
    expectDone(await home.toolkey(["setup", "pnpm"], { env }));
    expect(readdirSync(programs())).toEqual(["one.example.com"]);
    expect(readFileSync(npmrc(), "utf8")).not.toContain("two.example.com");
    expectDone(await home.toolkey(["setup", "pnpm", "--undo"], { env }));
    expect(readFileSync(npmrc(), "utf8")).toBe("save-exact=true\n");
    expect(existsSync(authIni())).toBe(false);
    expect(existsSync(programs())).toBe(false);
  });

  it("--dry-run changes nothing, and undo without setup neither", async () => {
    await home.addToken("pnpm", "https://registry.example.com", "S3CRET");
    writeFileSync(npmrc(), "registry=https://registry.example.com/\n");
    const shown = expectDone(await home.toolkey(["setup", "pnpm", "--dry-run"], { env: pretendPnpm("10.1.0") })).stdout;
    expect(shown).toContain(`would change ${npmrc()}:`);
    expect(shown).toContain("+ //registry.example.com/:tokenHelper=");
    expectDone(await home.toolkey(["setup", "pnpm", "--undo"]));
    expect(readFileSync(npmrc(), "utf8")).toBe("registry=https://registry.example.com/\n");
    expect([existsSync(authIni()), existsSync(programs())]).toEqual([false, false]);
  });

  it("a service whose tokens are made when they are first needed has its program, too", async () => {
    mkdirSync(join(home.toolkeyHome, "config"), { recursive: true });
    writeFileSync(
      join(home.toolkeyHome, "config", "config.toml"),
      '[service.acme]\nissuer = "jfrog"\nurl = "https://acme.jfrog.io"\nauto = true\nnpm = { registry = "https://acme.jfrog.io/artifactory/api/npm/npm/" }\n',
    );
    await home.acceptConfig();
    expectDone(await home.toolkey(["setup", "pnpm"]));
    expect(readFileSync(authIni(), "utf8")).toContain("//acme.jfrog.io/artifactory/api/npm/npm/:tokenHelper=");
  });

  it("is refused without a token, and in a directory whose name pnpm can't take", async () => {
    const refused = await home.toolkey(["setup", "pnpm"]);
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toContain("toolkey: pnpm has no token for any registry\nhint: toolkey add SERVICE --tool pnpm");
    const env = { TOOLKEY_HOME: join(home.directory, "a b") };
    expectDone(await home.toolkey(["init", "--key", "file"], { env }));
    expectDone(await home.toolkey(["add", "https://h.example.com", "--tool", "pnpm"], { env, stdin: "S3CRET" }));
    const quoted = await home.toolkey(["setup", "pnpm"], { env });
    expectDone(await home.toolkey(["stop"], { env }));
    expect(quoted).toMatchObject({ code: 2, stdout: "" });
    expect(quoted.stderr).toContain("its name has to be quoted");
    expect(existsSync(authIni())).toBe(false);
  });

  it("a read-only file stays as it is", async () => {
    await home.addToken("pnpm", "https://registry.example.com", "S3CRET");
    writeFileSync(npmrc(), "a=b\n");
    chmodSync(npmrc(), 0o444);
    const refused = await home.toolkey(["setup", "pnpm"], { env: pretendPnpm("10.1.0") });
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain(".npmrc is read-only");
    expect(readFileSync(npmrc(), "utf8")).toBe("a=b\n");
  });
});

const NEWEST = 12;

describe.each(matrix([NEWEST], [10, 11]))("pnpm %i, set up", (major) => {
  const absent = clientsMissing(["pnpm", major]) || verdaccioMissing();
  let verdaccio: Verdaccio;
  let pnpm: Client;
  let project: string;

  beforeAll(async () => {
    if (absent) return;
    verdaccio = await startVerdaccio();
    pnpm = client("pnpm", major);
  });

  afterAll(() => verdaccio?.close());

  beforeEach(async () => {
    if (absent) return;
    project = join(home.directory, "project");
    mkdirSync(project);
    writeFileSync(npmrc(), `@acme:registry=${verdaccio.origin}/\nregistry=${verdaccio.origin}/\ncafile=${verdaccio.caFile}\nfetch-retries=0\n`);
    writeFileSync(join(project, "package.json"), JSON.stringify({ name: "@acme/mine", version: `1.0.${major}` }));
  });

  function run(...argv: string[]): Promise<Ended> {
    const [program, ...first] = pnpm.argv;
    return home.run(program, [...first, ...argv], { cwd: project, env: { ...pnpm.environment, CI: "1", NODE_EXTRA_CA_CERTS: verdaccio.caFile } });
  }

  async function setUp(): Promise<void> {
    await home.addToken("pnpm", verdaccio.origin, (await verdaccio.createToken()).token);
    expectDone(await home.toolkey(["setup", "pnpm"], { env: pnpm.environment }));
  }

  it.skipIf(absent)("gets its token, installs and publishes, and no file holds it", async () => {
    await setUp();
    const secret = /^Bearer (.*)$/m.exec((await home.run("toolkey-authorization", ["pnpm", verdaccio.origin])).stdout)?.[1] ?? "";
    expectDone(await run("publish", "--no-git-checks"));
    writeFileSync(join(project, "package.json"), JSON.stringify({ name: "user", dependencies: { "@acme/mine": `1.0.${major}` } }));
    // A package this young is quarantined by default.
    expectDone(await run("install", "--no-frozen-lockfile", "--config.minimum-release-age=0"));
    expect(existsSync(join(project, "node_modules", "@acme", "mine", "package.json"))).toBe(true);
    expect(secret.length).toBeGreaterThan(10);
    const found = await home.run("grep", ["-rlF", "--exclude-dir=proc", secret, home.directory]);
    expect(found.stdout).toBe("");
  });

  it.skipIf(absent)("without a token any more it goes on with all other registries, and says that none was given", async () => {
    await setUp();
    const [token] = await home.tokens();
    await home.ask("revoke", { ids: [token?.id ?? ""], local: true });
    expectDone(await run("install"));
    const refused = await run("add", "@acme/thing");
    expect(refused.code).not.toBe(0);
    expect(refused.stdout + refused.stderr).toContain("401");
  });

  it.skipIf(absent)("toolkey run -- pnpm has nothing to complain of", async () => {
    await setUp();
    const [program, ...first] = pnpm.argv;
    const ended = await home.toolkey(["run", "--tool", "pnpm", "--", program, ...first, "install"], { cwd: project, env: { ...pnpm.environment, CI: "1" } });
    expect(ended.code).toBe(0);
    expect(ended.stderr).toMatch(/^toolkey: \S+ uses pnpm-\w+ for https:\/\/localhost:\d+ through the gateway\n$/);
  });

  // What the programs say in its place does not depend on the version.
  if (major !== NEWEST) return;

  it.skipIf(absent).each(sampled([
    ["switches the checks of TLS off", "strict-ssl=false\n"],
    ["brings certificates", "cafile=ca.pem\n"],
    ["names the registry without encryption", "registry=HTTP\n"],
  ], 2))("a project that %s gets nothing", async (_what, text) => {
    await setUp();
    writeFileSync(join(project, "ca.pem"), readFileSync(verdaccio.caFile));
    writeFileSync(join(project, ".npmrc"), text.replace("HTTP", `http://localhost:${verdaccio.port}/`));
    const [name = ""] = readdirSync(programs());
    const inside = await home.run(join(programs(), name), [], { cwd: project });
    expect(inside).toMatchObject({ code: 0, stdout: "toolkey none-for-this-registry\n" });
    expect(inside.stderr).toContain("toolkey: pnpm gets no token");
    mkdirSync(join(project, "deep"));
    writeFileSync(join(project, "pnpm-workspace.yaml"), "packages: ['deep']\n");
    expect((await home.run(join(programs(), name), [], { cwd: join(project, "deep") })).stdout).toContain("none-for-this-registry");
    expect((await home.run(join(programs(), name), [], { cwd: home.directory })).stdout).toContain("Bearer ");
    expect((await run("add", "@acme/thing")).code).not.toBe(0);
  });

  it.skipIf(absent)("a vault that is locked, and one that is gone, don't stop it either", async () => {
    await setUp();
    await home.ask("lock", {});
    expectDone(await run("install"));
    await home.stop();
    rmSync(join(home.toolkeyHome, "data", "vault.age"));
    expectDone(await run("install"));
  });
});
