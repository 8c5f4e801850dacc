/** `toolkey setup yarn`, and its plugin in the real Yarn against a real registry. */
import { existsSync, lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { client, clientsMissing, type Client } from "../../../fixtures/tools/clients.ts";
import { IS_LONG, longTest, sampled } from "../../../fixtures/form.ts";
import { DIST, expectDone, makeHome, type Ended, type TestHome } from "../../../fixtures/homes/home.ts";
import { startVerdaccio, verdaccioMissing, type Verdaccio } from "../../../fixtures/registries/npm/verdaccio.ts";

const PLUGIN = join(DIST, "yarn-plugin.cjs");

let home: TestHome;

beforeEach(async () => {
  home = await makeHome();
  await home.init();
});

afterEach(() => home.dispose());

const settings = (): string => join(home.directory, ".yarnrc.yml");

describe("toolkey setup yarn", () => {
  it("names the plugin, once; undo leaves every byte as it was", async () => {
    const before = "# mine\r\nplugins:\r\n  - path: a.cjs # mine\r\nnodeLinker:   node-modules";
    const real = join(home.directory, "dotfiles.yml");
    writeFileSync(real, before);
    symlinkSync("dotfiles.yml", settings());
    expect(expectDone(await home.toolkey(["setup", "yarn", "--dry-run"])).stdout).toContain(`+   - "${PLUGIN}"`);
    expect(readFileSync(settings(), "utf8")).toBe(before);
    const setup = expectDone(await home.toolkey(["setup", "yarn"]));
    expect(setup.stderr).toContain("hint: Yarn 1 and 2 have no such hook");
    expect(readFileSync(settings(), "utf8")).toContain(PLUGIN);
    expect(lstatSync(settings()).isSymbolicLink()).toBe(true);
    expect(readFileSync(`${settings()}.toolkey-backup`, "utf8")).toBe(before);
    expect(expectDone(await home.toolkey(["setup", "yarn"])).stdout).toContain("yarn asks toolkey already");
    expectDone(await home.toolkey(["setup", "yarn", "--undo"]));
    expect(readFileSync(settings(), "utf8")).toBe(before);
    expect(existsSync(`${settings()}.toolkey-backup`)).toBe(false);
  });

  it("a file that it made goes away again", async () => {
    expectDone(await home.toolkey(["setup", "yarn"]));
    expectDone(await home.toolkey(["setup", "yarn", "--undo"]));
    expect(existsSync(settings())).toBe(false);
    expect(expectDone(await home.toolkey(["setup", "yarn", "--undo"])).stdout).toContain("has nothing of toolkey");
  });
});

describe("Yarn 4, set up", () => {
  const absent = clientsMissing(["yarn", 4], ["yarn", 1]) || verdaccioMissing();
  let verdaccio: Verdaccio;
  let yarn: Client;
  let project: string;

  beforeAll(async () => {
    if (absent) return;
    verdaccio = await startVerdaccio();
    yarn = client("yarn", 4);
  });

  afterAll(() => verdaccio?.close());

  beforeEach(async () => {
    if (absent) return;
    project = join(home.directory, "project");
    mkdirSync(project);
    writeFileSync(join(project, "package.json"), JSON.stringify({ name: "@acme/mine", version: `1.0.${Date.now()}` }));
    writeFileSync(join(project, "yarn.lock"), "");
    writeFileSync(
      settings(),
      `httpsCaFilePath: ${verdaccio.caFile}\nenableGlobalCache: true\nnodeLinker: node-modules\nhttpRetry: 0\nnpmPreapprovedPackages: ["@acme/*"]\n` +
        `npmScopes:\n  acme:\n    npmRegistryServer: "${verdaccio.origin}"\n    npmPublishRegistry: "${verdaccio.origin}"\n`,
    );
    const { token } = await verdaccio.createToken();
    await home.addToken("yarn", verdaccio.origin, token);
    expectDone(await home.toolkey(["setup", "yarn"]));
  });

  function run(argv: readonly string[], env: Readonly<Record<string, string>> = {}, { argv: [program, ...first], environment } = yarn): Promise<Ended> {
    return home.run(program, [...first, ...argv], { cwd: project, env: { ...environment, CI: undefined, ...env } });
  }

  const whoami = async (env: Readonly<Record<string, string>> = {}): Promise<string> => (await run(["npm", "whoami", "--scope", "acme"], env)).stdout;

  it.skipIf(absent)("asks for its token, publishes and installs", async () => {
    expect(await whoami()).toContain(verdaccio.username);
    expectDone(await run(["install"], { YARN_ENABLE_IMMUTABLE_INSTALLS: "false" }));
    expectDone(await run(["npm", "publish"]));
    const { version } = JSON.parse(readFileSync(join(project, "package.json"), "utf8")) as { version: string };
    writeFileSync(join(project, "package.json"), JSON.stringify({ name: "user", dependencies: { "@acme/mine": version } }));
    const installed = await run(["install"], { YARN_ENABLE_IMMUTABLE_INSTALLS: "false" });
    expect(installed.code, installed.stdout).toBe(0);
    expect(existsSync(join(project, "node_modules", "@acme", "mine", "package.json"))).toBe(true);
    expect(readFileSync(join(project, "yarn.lock"), "utf8")).not.toContain("http");
  });

  it.skipIf(absent)("named by YARN_PLUGINS as well, it is the same", async () => {
    expect(await whoami({ YARN_PLUGINS: PLUGIN })).toContain(verdaccio.username);
    // By the variable alone: yarn.test.ts.
    if (!IS_LONG) return;
    expectDone(await home.toolkey(["setup", "yarn", "--undo"]));
    expect(await whoami()).not.toContain(verdaccio.username);
    expect(await whoami({ YARN_PLUGINS: PLUGIN })).toContain(verdaccio.username);
  });

  it.skipIf(absent)("starts the daemon where none runs, and is told why there is no token", async () => {
    await home.stop();
    expect(await whoami()).toContain(verdaccio.username);
    if (IS_LONG) {
      const [token] = await home.tokens();
      await home.ask("revoke", { ids: [token?.id ?? ""], local: true });
      expect((await run(["npm", "whoami", "--scope", "acme"])).code).not.toBe(0);
    }
    await home.ask("lock", {});
    expect((await run(["npm", "whoami", "--scope", "acme"])).stderr).toContain("toolkey: the vault is locked");
  });

  it.skipIf(absent).each(sampled([
    ["switches the checks of TLS off", "enableStrictSsl: false\n"],
    ["brings certificates", "httpsCaFilePath: ./ca.pem\n"],
    ["brings certificates for a host", 'networkSettings:\n  "*":\n    httpsCaFilePath: ./ca.pem\n'],
  ], 3))("a project that %s gets nothing", async (_what, text) => {
    writeFileSync(join(project, "ca.pem"), readFileSync(verdaccio.caFile));
    writeFileSync(join(project, ".yarnrc.yml"), text);
    const refused = await run(["npm", "whoami", "--scope", "acme"]);
    expect(refused.stdout).not.toContain(verdaccio.username);
    expect(refused.code).not.toBe(0);
    writeFileSync(join(project, ".yarnrc.yml"), "nodeLinker: pnp\n");
    expect(await whoami()).toContain(verdaccio.username);
  });

  it.skipIf(absent)("a registry that the token is not for gets none", async () => {
    const other = await startVerdaccio();
    try {
      writeFileSync(join(project, ".yarnrc.yml"), `npmScopes:\n  acme:\n    npmRegistryServer: "${other.origin}"\n`);
      writeFileSync(settings(), readFileSync(settings(), "utf8").replace(verdaccio.caFile, other.caFile));
      const refused = await run(["npm", "whoami", "--scope", "acme"]);
      expect(refused.code).not.toBe(0);
      expect(refused.stdout).toContain("No authentication configured");
    } finally {
      await other.close();
    }
  });

  longTest.skipIf(absent)("Yarn 1 takes no notice", async () => {
    writeFileSync(join(project, "package.json"), JSON.stringify({ name: "user" }));
    expectDone(await run(["install", "--offline"], {}, client("yarn", 1)));
  });
});
