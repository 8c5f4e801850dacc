import { describe, expect, it } from "vitest";
import { pnpm } from "../../../src/protocols/pnpm/plan.ts";
import { NOTHING, outcomeOf, type Situation } from "../client-request.ts";

const ACME = { id: "pnpm-acme", target: "https://npm.acme.com" };
const FILE = { descriptor: "userconfig" };
const SCOPED = "@acme:registry=https://npm.acme.com/\n";

const outcome = (situation: Situation) => outcomeOf(pnpm, { tokens: [ACME], ...situation });

describe("what pnpm gets", () => {
  it("a token for each registry in force, by both variables: pnpm 10 knows the one, newer ones prefer the other", async () => {
    expect(await outcome({ files: { "/home/me/.npmrc": SCOPED, "/p/package.json": "{}" } })).toEqual({
      needs: ["https://npm.acme.com", "https://registry.npmjs.org"],
      plan: {
        ...NOTHING,
        environment: { NPM_CONFIG_USERCONFIG: FILE, pnpm_config_npmrc_auth_file: FILE },
        descriptors: { userconfig: "; toolkey: begin\n//npm.acme.com/:_authToken=secret-of-pnpm-acme\n; toolkey: end\n@acme:registry=https://npm.acme.com/\n" },
        given: [{ token: "pnpm-acme", place: "https://npm.acme.com" }],
      },
    });
  });

  it("in the file that pnpm's own settings name", async () => {
    const files = { "/w/npmrc": `${SCOPED}mine=1\n`, "/home/me/.npmrc": "x=1\n" };
    for (const situation of [
      { environment: { PNPM_CONFIG_NPMRC_AUTH_FILE: "/w/npmrc" }, files },
      { files: { ...files, "/home/me/.config/pnpm/config.yaml": "npmrcAuthFile: /w/npmrc\n" } },
    ]) {
      const { plan } = await outcome(situation);
      expect(plan["descriptors"]).toEqual({ userconfig: `; toolkey: begin\n//npm.acme.com/:_authToken=secret-of-pnpm-acme\n; toolkey: end\n${SCOPED}mine=1\n` });
      expect(Object.keys(plan["environment"] as object).map((name) => name.toLowerCase())).toEqual(["npm_config_userconfig", "pnpm_config_npmrc_auth_file"]);
    }
  });
});

describe("the registries in force", () => {
  it.each<[what: string, situation: Situation, needs: string[]]>([
    ["of the workspace's settings", { directory: "/p/a", files: { "/p/pnpm-workspace.yaml": "registries:\n  default: https://d/\n  '@acme': https://a/\n", "/p/.npmrc": "registry=https://no/" } }, ["https://d", "https://a"]],
    ["of one setting there", { files: { "/p/pnpm-workspace.yaml": "registry: https://d/\n" } }, ["https://d"]],
    ["with a name of its own", { files: { "/p/pnpm-workspace.yaml": "registry: https://d/\nnamedRegistries:\n  gh: https://gh/\n" } }, ["https://d", "https://gh"]],
    ["of the package for pnpm 10, of the workspace for newer ones", { directory: "/p/a", files: { "/p/pnpm-workspace.yaml": "packages: [a]\n", "/p/.npmrc": "registry=https://root/", "/p/a/package.json": "{}", "/p/a/.npmrc": "registry=https://member/" } }, ["https://member", "https://root"]],
    ["of npm's variables for pnpm 10, of pnpm's for newer ones", { environment: { npm_config_registry: "https://ten/", pnpm_config_registry: "https://eleven/" } }, ["https://ten", "https://eleven"]],
    ["of the command line", { arguments: ["add", "x", "--config.registry=https://c/"], environment: { npm_config_registry: "https://ten/" } }, ["https://c"]],
    ["of the global files", { files: { "/home/me/.config/pnpm/rc": "registry=https://rc/", "/home/me/.config/pnpm/config.yaml": "registry: https://yaml/", "/home/me/.config/pnpm/auth.ini": "@a:registry=https://ini/" } }, ["https://rc", "https://yaml", "https://ini"]],
    ["of -C", { arguments: ["-C", "/q", "install"], files: { "/q/.npmrc": "registry=https://q/", "/p/.npmrc": "registry=https://p/" } }, ["https://q"]],
  ])("%s", async (_what, situation, needs) => {
    expect((await outcome(situation)).needs).toEqual(needs);
  });
});

describe("a hostile project", () => {
  it.each<[file: string, text: string, setting: string]>([
    [".npmrc", "strict-ssl=false\n", "strict-ssl"],
    [".npmrc", "npmrc-auth-file=./mine\n", "npmrc-auth-file"],
    ["pnpm-workspace.yaml", "strictSsl: false\n", "strict-ssl"],
    ["pnpm-workspace.yaml", "cafile: ./ca.pem\n", "cafile"],
    ["pnpm-workspace.yaml", 'ca: ["x"]\n', "ca"],
    ["pnpm-workspace.yaml", "npmrcAuthFile: ./mine\n", "npmrc-auth-file"],
    ["pnpm-workspace.yaml", "x: &x {strictSsl: false}\n<<: *x\n", "strict-ssl"],
  ])("that decides whom to trust, in %s %j: nothing", async (name, text, setting) => {
    expect((await outcome({ files: { "/home/me/.npmrc": SCOPED, [`/p/${name}`]: text } })).plan).toEqual({
      ...NOTHING,
      notes: [`pnpm gets no token here, since the project decides whom to trust: ${setting} in /p/${name}`],
      hints: ["if that is right for all you do, set it in your own configuration instead"],
    });
  });

  it.each<[file: string, text: string]>([
    ["pnpm-lock.yaml", "packages:\n  a@1:\n    resolution: {tarball: http://npm.acme.com/a.tgz}\n"],
    ["pnpm-lock.yaml", 'packages:\n  a@1:\n    resolution: {tarball: "http://npm.\\\n      acme.com/a.tgz"}\n'],
    ["pnpm-lock.yaml", "packages:\n  a@1:\n    resolution: {tarball: https://npm.acme.com:8443/a.tgz}\n"],
    ["pnpm-workspace.yaml", "registries:\n  '@b': http://npm.acme.com/\n"],
  ])("that names the host without TLS or at another port, to which pnpm takes it, in %s %j: nothing for it", async (name, text) => {
    expect((await outcome({ files: { "/home/me/.npmrc": SCOPED, [`/p/${name}`]: text } })).plan).toEqual({
      ...NOTHING,
      notes: [`pnpm gets no token for https://npm.acme.com: /p/${name} names npm.acme.com in a way by which pnpm would send it elsewhere or without encryption`],
      hints: ["write https://npm.acme.com there"],
    });
  });

  it("with YAML that is none: nothing, and a word on it", async () => {
    await expect(outcome({ files: { "/p/pnpm-workspace.yaml": "a: [" } })).rejects.toThrow("cannot read /p/pnpm-workspace.yaml: it is not YAML");
  });
});

describe("credentials that pnpm takes before those of the user", () => {
  it.each([
    ["/home/me/.config/pnpm/auth.ini", "//npm.acme.com/:_authToken=x\n"],
    ["/p/.npmrc", "//npm.acme.com/:tokenHelper=/x\n"],
  ])("in %s: left out, with a word on it", async (path, text) => {
    expect((await outcome({ files: { "/home/me/.npmrc": SCOPED, [path]: text } })).plan).toEqual({
      ...NOTHING,
      notes: [`${path} has credentials of its own for https://npm.acme.com, which pnpm takes instead of pnpm-acme`],
      hints: [`take them out of ${path}, as toolkey import --project does`],
    });
  });
});

describe("commands", () => {
  it.each(["login", "logout", "config set a b", "set a b"])("pnpm %s gets nothing", async (line) => {
    expect((await outcome({ arguments: line.split(" "), files: { "/home/me/.npmrc": SCOPED } })).plan["given"]).toEqual([]);
  });
});
