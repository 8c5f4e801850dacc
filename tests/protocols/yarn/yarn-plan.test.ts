import { describe, expect, it } from "vitest";
import { yarn } from "../../../src/protocols/yarn/plan.ts";
import { NOTHING, outcomeOf, type Situation } from "../client-request.ts";

const ACME = { id: "yarn-acme", target: "https://npm.acme.com" };
const FILE = { descriptor: "userconfig" };
const PLUGIN = "/opt/toolkey/dist/yarn-plugin.cjs";
const CLASSIC = { "/p/yarn.lock": "# yarn lockfile v1\n" };
const BERRY = { "/p/yarn.lock": "__metadata:\n  version: 8\n" };
const GIVEN = [{ token: "yarn-acme", place: "https://npm.acme.com" }];
const TOLD = "; toolkey: begin\nhttps://npm.acme.com/:_authToken=secret-of-yarn-acme\nhttps://npm.acme.com/:always-auth=true\n; toolkey: end\n";

const outcome = (situation: Situation) => outcomeOf(yarn, { arguments: [], tokens: [ACME], ...situation });

describe("Yarn 1", () => {
  const npmrc = { "/home/me/.npmrc": "@acme:registry=https://npm.acme.com/\n" };

  it("gets its tokens in the user's configuration, under whole URLs, and is told to send them", async () => {
    expect(await outcome({ files: { ...CLASSIC, ...npmrc } })).toEqual({
      needs: ["https://npm.acme.com", "https://registry.yarnpkg.com"],
      plan: { ...NOTHING, environment: { NPM_CONFIG_USERCONFIG: FILE }, descriptors: { userconfig: `${TOLD}${npmrc["/home/me/.npmrc"]}` }, given: GIVEN },
    });
  });

  it("for a token of registry.npmjs.org, that registry has to be named: Yarn would take it to its own name for it", async () => {
    const tokens = [{ id: "yarn-js", target: "https://registry.npmjs.org" }];
    expect((await outcome({ tokens, files: CLASSIC })).plan).toEqual(NOTHING);
    expect((await outcome({ tokens, files: { ...CLASSIC, "/home/me/.yarnrc": 'registry "https://registry.npmjs.org/"\n' } })).plan["given"]).toHaveLength(1);
  });

  it.each<[what: string, situation: Situation, needs: string[]]>([
    [".npmrc before .yarnrc", { files: { "/p/.yarnrc": 'registry "https://y/"\n"@a:registry" "https://ya/"\n', "/home/me/.npmrc": "registry=https://n/\n" } }, ["https://n", "https://ya"]],
    ["the user's before that of a directory above", { directory: "/p/a", files: { "/p/a/yarn.lock": "# yarn lockfile v1\n", "/p/.npmrc": "registry=https://above/\n", "/home/me/.npmrc": "registry=https://user/\n" } }, ["https://user"]],
    ["options in .yarnrc", { files: { "/p/.yarnrc": '--install.registry "https://o/"\n', "/p/.npmrc": "registry=https://n/\n" } }, ["https://o"]],
    ["the command line", { arguments: ["install", "--registry", "https://c/"], files: { "/p/.yarnrc": '--registry "https://o/"\n' } }, ["https://c"]],
    ["variables", { environment: { npm_config_registry: "https://e/" }, files: { "/p/.npmrc": "registry=https://n/\n" } }, ["https://e"]],
  ])("takes %s", async (_what, situation, needs) => {
    expect((await outcome({ ...situation, files: { ...CLASSIC, ...situation.files } })).needs).toEqual(needs);
  });

  it.each<[file: string, text: string, why: string]>([
    [".npmrc", "strict-ssl=false\n", "strict-ssl in /p/.npmrc"],
    [".yarnrc", "strict-ssl false\n", "strict-ssl in /p/.yarnrc"],
    [".yarnrc", '"cafile" "./ca.pem"\n', "cafile in /p/.yarnrc"],
    [".yarnrc", '--install.strict-ssl "false"\n', "strict-ssl in /p/.yarnrc"],
    [".npmrc", "//evil.example.com/:_authToken=x\n", "credentials for //evil.example.com/ in /p/.npmrc"],
    [".npmrc", "//evil.example.com/:_password=x\n", "credentials for //evil.example.com/ in /p/.npmrc"],
  ])("in a project with %s %j gets nothing", async (name, text, why) => {
    expect((await outcome({ files: { ...CLASSIC, ...npmrc, [`/p/${name}`]: text } })).plan).toEqual({
      ...NOTHING,
      notes: [`yarn gets no token here, since the project decides whom to trust: ${why}`],
      hints: ["if that is right for all you do, set it in your own configuration instead"],
    });
  });

  it("gets nothing where the user's credentials for a host would make it send them there", async () => {
    const files = { ...npmrc, "/home/me/.npmrc": `${npmrc["/home/me/.npmrc"]}//other.example.com/:_authToken=x\n` };
    expect((await outcome({ files: { ...files, ...CLASSIC } })).plan["given"]).toEqual(GIVEN);
    const lock = '# yarn lockfile v1\n\n"@acme/a@1":\n  resolved "https://other.example.com/@acme/a.tgz#0"\n';
    expect((await outcome({ files: { ...files, "/p/yarn.lock": lock } })).plan["notes"]).toEqual([
      "yarn gets no token here, since the project decides whom to trust: credentials in /home/me/.npmrc for a host in /p/yarn.lock",
    ]);
  });

  it("gets no token for a host that its lock file names without TLS", async () => {
    const { plan } = await outcome({ files: { ...npmrc, "/p/yarn.lock": '# yarn lockfile v1\na@1:\n  resolved "http://npm.acme.com/a.tgz#0"\n' } });
    expect(plan["notes"]).toEqual(["yarn gets no token for https://npm.acme.com: /p/yarn.lock names npm.acme.com in a way by which yarn would send it elsewhere or without encryption"]);
  });
});

describe("Yarn 2 and newer", () => {
  const home = { "/home/me/.yarnrc.yml": "npmScopes:\n  acme:\n    npmRegistryServer: https://npm.acme.com\n" };

  it("gets the plugin, and no token", async () => {
    expect(await outcome({ files: { ...BERRY, ...home } })).toEqual({
      needs: ["https://npm.acme.com", "https://registry.yarnpkg.com"],
      plan: { ...NOTHING, environment: { YARN_PLUGINS: PLUGIN }, given: GIVEN },
    });
  });

  it("keeps the plugins that are named already", async () => {
    const { plan } = await outcome({ environment: { YARN_PLUGINS: `./mine.cjs;${PLUGIN}` }, files: { ...BERRY, ...home } });
    expect(plan["environment"]).toEqual({ YARN_PLUGINS: `./mine.cjs;${PLUGIN}` });
  });

  it.each<[what: string, situation: Situation, needs: string[]]>([
    ["the project before the user", { files: { "/p/.yarnrc.yml": "npmRegistryServer: https://p\n", "/home/me/.yarnrc.yml": "npmRegistryServer: https://u\n" } }, ["https://p"]],
    ["the environment before the project", { environment: { YARN_NPM_REGISTRY_SERVER: "https://e" }, files: { "/p/.yarnrc.yml": "npmRegistryServer: https://p\n" } }, ["https://e"]],
    ["also where it publishes", { files: { "/p/.yarnrc.yml": "npmPublishRegistry: https://pub\nnpmScopes: {a: {npmPublishRegistry: 'https://apub'}}\n" } }, ["https://registry.yarnpkg.com", "https://pub", "https://apub"]],
    ["publishConfig", { arguments: ["npm", "publish"], files: { "/p/package.json": '{"publishConfig":{"registry":"https://pc"}}' } }, ["https://registry.yarnpkg.com", "https://pc"]],
  ])("takes %s", async (_what, situation, needs) => {
    expect((await outcome({ ...situation, files: { ...BERRY, ...situation.files } })).needs).toEqual(needs);
  });

  it.each([
    ["enableStrictSsl: false", "enableStrictSsl"],
    ["enableStrictSsl: no", "enableStrictSsl"],
    ["httpsCaFilePath: ./ca.pem", "httpsCaFilePath"],
    ["caFilePath: ./ca.pem", "caFilePath"],
    ["networkSettings: {'*': {httpsCaFilePath: ./ca.pem}}", "networkSettings"],
  ])("in a project with %s gets nothing", async (text, setting) => {
    expect((await outcome({ files: { ...BERRY, ...home, "/p/.yarnrc.yml": `${text}\n` } })).plan).toEqual({
      ...NOTHING,
      notes: [`yarn gets no token here, since the project decides whom to trust: ${setting} in /p/.yarnrc.yml`],
      hints: ["if that is right for all you do, set it in your own configuration instead"],
    });
  });
});

describe("which Yarn it is", () => {
  const files = { "/home/me/.npmrc": "registry=https://npm.acme.com/\n", "/home/me/.yarnrc.yml": "npmRegistryServer: https://npm.acme.com\n" };
  const channels = async (situation: Situation) => Object.keys((await outcome({ ...situation, files: { ...files, ...situation.files } })).plan["environment"] as object);

  it.each<[what: string, files: Record<string, string>, channels: string[]]>([
    ["packageManager", { "/p/package.json": '{"packageManager":"yarn@4.18.1+sha512.x"}', ...CLASSIC }, ["YARN_PLUGINS"]],
    ["packageManager of 1", { "/p/package.json": '{"packageManager":"yarn@1.22.22"}', "/p/.yarnrc.yml": "" }, ["NPM_CONFIG_USERCONFIG"]],
    ["its lock file", BERRY, ["YARN_PLUGINS"]],
    ["the lock file of 1", CLASSIC, ["NPM_CONFIG_USERCONFIG"]],
    [".yarnrc.yml", { "/p/.yarnrc.yml": "" }, ["YARN_PLUGINS"]],
    ["nothing", {}, ["NPM_CONFIG_USERCONFIG", "YARN_PLUGINS"]],
  ])("is told by %s", async (_what, more, expected) => {
    expect(await channels({ files: more })).toEqual(expected);
  });

  it("the same token is told once", async () => {
    expect((await outcome({ files })).plan["given"]).toEqual(GIVEN);
  });
});

describe("commands", () => {
  it.each(["login", "npm login", "npm logout", "config set a b", "--version"])("yarn %s gets nothing", async (line) => {
    expect((await outcome({ arguments: line.split(" "), files: { "/home/me/.npmrc": "registry=https://npm.acme.com/\n" } })).needs).toEqual([]);
  });
});
