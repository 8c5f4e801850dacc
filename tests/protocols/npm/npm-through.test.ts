import { describe, expect, it } from "vitest";
import { npm } from "../../../src/protocols/npm/plan.ts";
import type { WhyNotThrough } from "../../../src/protocols/tool-protocol.ts";
import { NOTHING, throughOf, type Situation, type Through } from "../client-request.ts";

const ACME = { id: "npm-acme", target: "https://npm.acme.com" };
const SCOPED = "@acme:registry=https://npm.acme.com/libs/\n";
const FILES = { "/p/package.json": '{"name":"p"}', "/p/.npmrc": SCOPED };

const through = async (situation: Situation) => throughOf(npm, { tokens: [ACME], files: FILES, ...situation });
const permitted = async (situation: Situation) => (await through(situation)) as Through & { permit: { routes: Record<string, unknown>[] } };
const routes = async (situation: Situation) => (await permitted(situation)).permit.routes;
const locked = (...urls: string[]) => JSON.stringify({ packages: Object.fromEntries(urls.map((resolved, index) => [`node_modules/a${index}`, { resolved }])) });

describe("npm through the gateway", () => {
  it("has all registries at one place, and a phantom for it", async () => {
    expect(await through({ files: { ...FILES, "/home/me/.npmrc": "cafile=~/corp.pem\nhttps-proxy=http://proxy:1\n@acme:registry=https://old/\n" } })).toEqual({
      plan: {
        ...NOTHING,
        environment: {
          npm_config_registry: "http://127.0.0.1:7777/",
          "npm_config_@acme:registry": "http://127.0.0.1:7777/",
          npm_config_replace_registry_host: "npm.acme.com",
          npm_config_noproxy: "127.0.0.1",
          npm_config_userconfig: { descriptor: "userconfig" },
        },
        descriptors: {
          userconfig: "; toolkey: begin\n//127.0.0.1:7777/:_authToken=PHANTOM\n@acme:registry=http://127.0.0.1:7777/\n; toolkey: end\ncafile=~/corp.pem\nhttps-proxy=http://proxy:1\n",
        },
        given: [{ token: "npm-acme", place: "https://npm.acme.com/libs" }],
      },
      permit: {
        addressing: "npm",
        holder: "command",
        publishes: false,
        routes: [
          { target: "https://npm.acme.com/libs", isAuthorized: true, publishes: false, scopes: ["@acme"] },
          { target: "https://registry.npmjs.org", isAuthorized: false, publishes: false, scopes: [""] },
        ],
        caFiles: ["/home/me/corp.pem"],
        proxies: { httpProxy: "http://proxy:1", httpsProxy: "http://proxy:1" },
      },
    });
  });

  it("says whose archives it asks for without a token, for the sake of a git dependency at the same host", async () => {
    const beside = (dependency: string) => permitted({ files: { ...FILES, "/p/package.json": JSON.stringify({ dependencies: { a: dependency } }) } });
    expect((await beside("git+https://npm.acme.com/a.git")).plan["notes"]).toEqual(["npm asks npm.acme.com for package archives without a token: with packages from git, npm can have those of one host only through the gateway, and not of git's own"]);
    expect((await beside("git+https://git.acme.com/a.git")).plan["notes"]).toEqual([]);
  });

  it("gives nothing where there is no token", async () => {
    expect(((await through({ tokens: [] })) as Through).plan["given"]).toEqual([]);
  });

  it("says it in each spelling that is set, and what no variable can say by an argument", async () => {
    const { plan } = await permitted({
      environment: { NPM_CONFIG_REGISTRY: "https://npm.acme.com/", Npm_Config_UserConfig: "/u", no_proxy: "corp" },
      files: { "/u": "@Acme:registry=https://npm.acme.com/a\n@my_co:registry=https://npm.acme.com/b\n" },
    });
    expect(plan["environment"]).toEqual({
      NPM_CONFIG_REGISTRY: "http://127.0.0.1:7777/",
      npm_config_replace_registry_host: "npm.acme.com",
      npm_config_noproxy: "corp,127.0.0.1",
      Npm_Config_UserConfig: { descriptor: "userconfig" },
    });
    expect(plan["arguments"]).toEqual(["--@Acme:registry=http://127.0.0.1:7777/", "--@my_co:registry=http://127.0.0.1:7777/"]);
  });

  it("leads several scopes to one place, and a scope that a service declares", async () => {
    const declared = [{ service: "acme", url: "https://npm.acme.com/libs", npmScope: "@own" }];
    expect(await routes({ declared, arguments: ["install", "@own/x"], files: { ...FILES, "/home/me/.npmrc": "@other:registry=https://npm.acme.com/libs\n" } })).toEqual([
      { target: "https://npm.acme.com/libs", isAuthorized: true, publishes: false, scopes: ["@own", "@other", "@acme"] },
      { target: "https://registry.npmjs.org", isAuthorized: false, publishes: false, scopes: [""] },
    ]);
  });
});

describe("a project that decides whom to trust", () => {
  it.each(["strict-ssl=false", "cafile=./ca.pem", "https-proxy=http://evil", "//npm.acme.com/:_authToken=own", "@odd:registry=https://u:p@x/", "replace-registry-host=never"])("%s: says nothing to the gateway", async (line) => {
    const asked = await permitted({ files: { ...FILES, "/p/.npmrc": `${SCOPED}${line}\n` } });
    expect(asked.plan["given"]).toEqual([{ token: "npm-acme", place: "https://npm.acme.com/libs" }]);
    expect(asked.permit).not.toHaveProperty("caFiles");
    expect(asked.permit).not.toHaveProperty("proxies");
    expect(asked.permit.routes.filter(({ isAuthorized }) => isAuthorized)).toEqual([{ target: "https://npm.acme.com/libs", isAuthorized: true, publishes: false, scopes: ["@acme"] }]);
  });
});

describe("a person who goes past the gateway", () => {
  it.each<[what: string, situation: Situation, why: WhyNotThrough]>([
    ["a registry on the command line", { arguments: ["ci", "--registry", "https://npm.acme.com/libs"] }, { direct: "--registry is taken before the gateway" }],
    ["a scope's", { arguments: ["ci", "--@acme:registry=https://npm.acme.com/libs"] }, { direct: "--@acme:registry is taken before the gateway" }],
    ["no checks of certificates", { environment: { npm_config_strict_ssl: "false" } }, { direct: "strict-ssl is off in the environment, and the gateway always checks certificates" }],
    ["a certificate of its own", { files: { ...FILES, "/home/me/.npmrc": "//npm.acme.com/:certfile=x" } }, { withheld: "the gateway can't use '//npm.acme.com/:certfile' in /home/me/.npmrc" }],
    [
      "a token that only .npmrc has",
      { files: { ...FILES, "/home/me/.npmrc": "//registry.npmjs.org/:_authToken=mine" } },
      { withheld: "/home/me/.npmrc has a token for https://registry.npmjs.org/ that toolkey doesn't", hint: "toolkey import, which takes that token over" },
    ],
    ["a registry with a password", { files: { ...FILES, "/home/me/.npmrc": "@odd:registry=https://u:p@x/" } }, { withheld: "/home/me/.npmrc has a registry that the gateway can't lead to" }],
    ...["x.tgz", "./x.tgz", "../x.tar.gz", "/a/x.tar", "~/x.tgz"].map((spec): [string, Situation, WhyNotThrough] => [
      `an archive that is published: ${spec}`, { arguments: ["publish", spec] }, { direct: "an archive says itself where it is published, and no script runs for it" },
    ]),
    ...["dist/x.tgz", "github:u/x.tgz", "git+https://h/x.tgz", "@a/x.tgz", "dist", "x@1"].map((spec): [string, Situation, WhyNotThrough] => [
      `what npm fetches from elsewhere, and runs scripts of: ${spec}`, { arguments: ["publish", spec] }, { withheld: `'${spec}' is no directory or archive to npm`, hint: `npm publish ./${spec}` },
    ]),
    ["a registry on the command line of what is published", { arguments: ["publish", "--registry", "https://npm.acme.com/libs"] }, { withheld: "--registry is taken before the gateway, and what is published has scripts", hint: "when all is built: --ignore-scripts" }],
    ["the same with scripts after all", { arguments: ["publish", "--registry=https://npm.acme.com/libs", "--ignore-scripts", "--no-ignore-scripts"] }, { withheld: "--registry is taken before the gateway, and what is published has scripts", hint: "when all is built: --ignore-scripts" }],
    ["the same without scripts", { arguments: ["publish", "--registry=https://npm.acme.com/libs", "--ignore-scripts"] }, { direct: "--registry is taken before the gateway" }],
  ])("%s", async (_what, situation, why) => {
    expect(await through(situation)).toEqual(why);
  });

  it.each(["team ls @acme:dev", "org ls acme", "profile get", "token list", "token revoke 1", "owner add bob @acme/x", "author rm bob @acme/x", "access list packages", "access grant read-only @acme:dev", "access set status=public @acme/x"])(
    "npm %s, which is about accounts, and runs nothing of a project",
    async (line) => {
      const words = line.split(" ");
      expect(await through({ arguments: words })).toEqual({ direct: `'npm ${words.slice(0, 2).join(" ")}' asks for what is closed to the gateway` });
    },
  );

  it.each(["owner ls @acme/x", "access get status @acme/x", "access list collaborators @acme/x", "whoami", "star @acme/x", "dist-tag ls @acme/x", "run token", "install team", "exec token"])("but not for npm %s, which asks for nothing closed", async (line) => {
    expect(await through({ arguments: line.split(" ") })).toHaveProperty("permit");
  });

  it("not for a token that toolkey has, too, or one of a variable that isn't there", async () => {
    const kept = "//npm.acme.com/libs/:_authToken=stale\n//registry.npmjs.org/:_authToken=${NOT_THERE}\n";
    expect(await through({ files: { ...FILES, "/home/me/.npmrc": kept } })).toHaveProperty("permit");
  });
});

describe("what is published", () => {
  const changing = async (situation: Situation) => (await routes(situation)).map(({ target, publishes }) => [target, publishes]);

  it.each(["publish", "unpublish", "dist-tag add", "deprecate @acme/x", "owner ls", "-w a dist-tag", "--tag beta publish"])("npm %s may change what has a token, and nothing else", async (line) => {
    expect(await changing({ arguments: line.split(" ") })).toEqual([["https://npm.acme.com/libs", true], ["https://registry.npmjs.org", false]]);
  });

  it.each(["ci", "run publish", "exec publish", "view publish", "whoami", "test"])("npm %s changes nothing", async (line) => {
    expect(await changing({ arguments: line.split(" ") })).toEqual([["https://npm.acme.com/libs", false], ["https://registry.npmjs.org", false]]);
  });

  it("--publish: whatever the command", async () => {
    expect(await changing({ arguments: ["run", "release"], publish: true })).toEqual([["https://npm.acme.com/libs", true], ["https://registry.npmjs.org", false]]);
  });

  it("goes where publishConfig says, by an argument that comes before it", async () => {
    const files = { ...FILES, "/p/package.json": '{"name":"p","publishConfig":{"registry":"https://npm.acme.com/npm%20x","@a:registry":"https://pub/"}}' };
    const { plan, permit } = await permitted({ arguments: ["publish"], files });
    expect(plan["arguments"]).toEqual(["--registry=http://127.0.0.1:7777/https/npm.acme.com/npm%20x/", "--@a:registry=http://127.0.0.1:7777/https/pub/"]);
    expect(permit.routes).toEqual([
      { target: "https://npm.acme.com/libs", isAuthorized: true, publishes: true, scopes: ["@acme"] },
      { target: "https://registry.npmjs.org", isAuthorized: false, publishes: false, scopes: [""] },
      { target: "https://npm.acme.com/npm%20x", isAuthorized: true, publishes: true, scopes: [] },
      { target: "https://pub", isAuthorized: false, publishes: false, scopes: ["@a"] },
    ]);
    expect((await permitted({ arguments: ["run", "x"], files })).plan["arguments"]).toEqual([]);
    expect((await permitted({ arguments: ["unpublish", "p@1"], files })).plan["arguments"]).toHaveLength(2);
    expect((await permitted({ arguments: ["unpublish", "pq"], files })).plan["arguments"]).toEqual([]);
  });
});

describe("archives that are not where their scope has its registry", () => {
  const others = async (situation: Situation) => (await routes(situation)).slice(2);

  it("of a lock file, of package.json, of the command line: each by its path", async () => {
    const files = {
      ...FILES,
      "/p/package.json": JSON.stringify({ homepage: "https://no/", dependencies: { a: "https://cdn.example/a.tgz?x=1" }, overrides: { b: { c: "http://cdn.example/c.tgz" } } }),
      "/p/package-lock.json": locked("https://mirror/a/-/a-1.tgz", "https://mirror/b/-/b-1.tgz", "https://npm.acme.com/libs/@acme/x/-/x-1.tgz", "https://registry.npmjs.org/c/-/c-1.tgz"),
    };
    expect(await others({ arguments: ["install", "https://given/d.tgz"], files })).toEqual([
      { target: "https://cdn.example", isAuthorized: false, publishes: false, tarballs: ["/a.tgz"] },
      { target: "http://cdn.example", isAuthorized: false, publishes: false, tarballs: ["/c.tgz"] },
      { target: "https://mirror", isAuthorized: false, publishes: false, tarballs: ["/a/-/a-1.tgz", "/b/-/b-1.tgz"] },
      { target: "https://given", isAuthorized: false, publishes: false, tarballs: ["/d.tgz"] },
    ]);
  });

  it("with the token, where one is for that place", async () => {
    const lock = locked("https://npm.acme.com/libs/plain/-/plain-1.tgz", "http://npm.acme.com/libs/clear/-/clear-1.tgz", "https://npm.acme.com/else/-/else-1.tgz");
    expect(await others({ files: { ...FILES, "/p/package-lock.json": lock } })).toEqual([
      { target: "https://npm.acme.com/libs", isAuthorized: true, publishes: false, tarballs: ["/libs/plain/-/plain-1.tgz"] },
      { target: "http://npm.acme.com", isAuthorized: false, publishes: false, tarballs: ["/libs/clear/-/clear-1.tgz"] },
      { target: "https://npm.acme.com", isAuthorized: false, publishes: false, tarballs: ["/else/-/else-1.tgz"] },
    ]);
  });

  it("but for those of npmjs, which npm takes from the registry in force", async () => {
    const files = { "/home/me/.npmrc": "registry=https://npm.acme.com/libs/\n", "/p/package.json": "{}" };
    const lock = locked("https://registry.npmjs.org/a/-/a-1.tgz", "https://registry.yarnpkg.com/b/-/b-1.tgz");
    expect(await routes({ files: { ...files, "/p/package-lock.json": lock } })).toHaveLength(1);
    expect(await routes({ environment: { npm_config_replace_registry_host: "never" }, files: { ...files, "/p/package-lock.json": lock } })).toHaveLength(2);
    expect(await routes({ environment: { npm_config_replace_registry_host: "always" }, files: { ...files, "/p/package-lock.json": locked("https://any/a.tgz") } })).toHaveLength(1);
  });

  it("what is no place is passed over", async () => {
    expect(await others({ files: { ...FILES, "/p/package-lock.json": locked("https://u:p@host:99999/a", "https://h/%2F", "file:x", "git+ssh://git@h/x.git") } })).toEqual([]);
  });
});
