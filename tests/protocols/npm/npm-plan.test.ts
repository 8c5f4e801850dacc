import { describe, expect, it } from "vitest";
import { npm } from "../../../src/protocols/npm/plan.ts";
import { NOTHING, outcomeOf, type Situation } from "../client-request.ts";

const ACME = { id: "npm-acme", target: "https://npm.acme.com" };
const NPMJS = { id: "npm-js", target: "https://registry.npmjs.org" };
const TOKENS = [ACME, NPMJS];
const SCOPED = "@acme:registry=https://npm.acme.com/libs/\n";
const FILE = { descriptor: "userconfig" };
const MANIFEST = JSON.stringify({ name: "p" });

const outcome = (situation: Situation) => outcomeOf(npm, { tokens: TOKENS, ...situation });
const contentOf = (plan: Readonly<Record<string, unknown>>) => (plan["descriptors"] as Record<string, string>)["userconfig"];

describe("what npm gets", () => {
  it("a token for each registry in force, in the user's own configuration", async () => {
    expect(
      await outcome({
        files: {
          "/p/package.json": MANIFEST,
          "/p/.npmrc": SCOPED,
          "/home/me/.npmrc": "cafile=/etc/corp.pem\n//npm.acme.com/libs/:_authToken=stale\n//npm.acme.com/libs/:_auth=stale\n//other/:_authToken=${KEPT}\n[odd]\nx=1\n",
        },
      }),
    ).toEqual({
      needs: ["https://npm.acme.com/libs", "https://registry.npmjs.org"],
      plan: {
        ...NOTHING,
        environment: { NPM_CONFIG_USERCONFIG: FILE },
        descriptors: {
          userconfig:
            "; toolkey: begin\n//npm.acme.com/libs/:_authToken=secret-of-npm-acme\n//registry.npmjs.org/:_authToken=secret-of-npm-js\n; toolkey: end\n" +
            "cafile=/etc/corp.pem\n//other/:_authToken=${KEPT}\n[odd]\nx=1\n",
        },
        given: [
          { token: "npm-acme", place: "https://npm.acme.com/libs" },
          { token: "npm-js", place: "https://registry.npmjs.org" },
        ],
      },
    });
  });

  it("user name and token, where the service takes no other", async () => {
    const { plan } = await outcome({ files: { "/p/.npmrc": SCOPED, "/p/package.json": MANIFEST }, tokens: [{ ...ACME, username: "dave", secret: "pässwörd;#" }] });
    expect(plan).toEqual({
      ...NOTHING,
      environment: { NPM_CONFIG_USERCONFIG: FILE },
      descriptors: { userconfig: `; toolkey: begin\n//npm.acme.com/libs/:_auth=${Buffer.from("dave:pässwörd;#").toString("base64")}\n; toolkey: end\n` },
      given: [{ token: "npm-acme", place: "https://npm.acme.com/libs" }],
    });
  });

  it("nothing if there is no token: its environment is left as it is", async () => {
    expect((await outcome({ tokens: [], files: { "/p/.npmrc": SCOPED } })).plan).toEqual(NOTHING);
  });

  it("the file that is named already, in each spelling of its variable", async () => {
    const { plan } = await outcome({
      environment: { npm_config_userconfig: "~/work/npmrc", Npm_Config_UserConfig: "~/work/npmrc" },
      files: { "/home/me/work/npmrc": `registry=https://npm.acme.com/\n`, "/home/me/.npmrc": "x=1\n" },
    });
    expect(plan).toEqual({
      ...NOTHING,
      environment: { npm_config_userconfig: FILE, Npm_Config_UserConfig: FILE },
      descriptors: { userconfig: "; toolkey: begin\n//npm.acme.com/:_authToken=secret-of-npm-acme\n; toolkey: end\nregistry=https://npm.acme.com/\n" },
      given: [{ token: "npm-acme", place: "https://npm.acme.com" }],
    });
  });

  it("not what an outer toolkey run had added to that file", async () => {
    const { plan } = await outcome({
      environment: { NPM_CONFIG_USERCONFIG: "/proc/7/fd/21" },
      files: { "/proc/7/fd/21": "; toolkey: begin\n//registry.npmjs.org/:_auth=of-pnpm\n//npm.acme.com/:_authToken=of-pnpm\n; toolkey: end\nx=1\n" },
    });
    expect(contentOf(plan)).toBe("; toolkey: begin\n//registry.npmjs.org/:_authToken=secret-of-npm-js\n; toolkey: end\nx=1\n");
  });
});

describe("the registries in force", () => {
  it.each<[what: string, situation: Situation, needs: string[]]>([
    ["the default", {}, ["https://registry.npmjs.org"]],
    ["the project before the user", { files: { "/p/package.json": "{}", "/p/.npmrc": "registry=https://p/", "/home/me/.npmrc": "registry=https://u/" } }, ["https://p"]],
    ["the user before the machine", { files: { "/home/me/.npmrc": "registry=https://u/", "/usr/local/etc/npmrc": "registry=https://g/\n@g:registry=https://gs/" } }, ["https://u", "https://gs"]],
    ["the environment before the project", { environment: { NPM_CONFIG_REGISTRY: "https://e/", "npm_config_@acme:registry": "https://es/" }, files: { "/p/.npmrc": "registry=https://p/" } }, ["https://e", "https://es"]],
    ["the command line before all", { arguments: ["ci", "--registry", "https://c/", "--@acme:registry=https://cs/"], environment: { npm_config_registry: "https://e/" } }, ["https://c", "https://cs"]],
    ["but not what a script is told", { arguments: ["run", "x", "--", "--registry=https://c/"] }, ["https://registry.npmjs.org"]],
    ["of the nearest package above", { directory: "/p/src/deep", files: { "/p/package.json": "{}", "/p/.npmrc": "registry=https://p/", "/p/src/.npmrc": "registry=https://no/" } }, ["https://p"]],
    [
      "of the workspace, not of its member",
      { directory: "/p/packages/a", files: { "/p/package.json": '{"workspaces":["packages/*"]}', "/p/.npmrc": "registry=https://root/", "/p/packages/a/package.json": "{}", "/p/packages/a/.npmrc": "registry=https://member/" } },
      ["https://root"],
    ],
    [
      "of a package that is no member",
      { directory: "/p/other", files: { "/p/package.json": '{"workspaces":{"packages":["packages/**"]}}', "/p/.npmrc": "registry=https://root/", "/p/other/package.json": "{}", "/p/other/.npmrc": "registry=https://own/" } },
      ["https://own"],
    ],
    ["of --prefix", { arguments: ["ci", "--prefix", "/q"], files: { "/p/.npmrc": "registry=https://p/", "/q/package.json": "{}", "/q/.npmrc": "registry=https://q/" } }, ["https://q"]],
    ["none of a project for a global command", { arguments: ["install", "-g", "x"], files: { "/p/package.json": "{}", "/p/.npmrc": "registry=https://p/" } }, ["https://registry.npmjs.org"]],
    ["with the variables of tools put in", { environment: { npm_config_host: "h" }, files: { "/home/me/.npmrc": "registry=https://${npm_config_host}/\n" } }, ["https://h"]],
    ["one that is none is passed over", { files: { "/home/me/.npmrc": "registry=${UNKNOWN}\n@a:registry=ftp://x/\n@b:registry=https://u:p@x/" } }, []],
    ["where a package is published", { arguments: ["publish"], files: { "/p/package.json": '{"publishConfig":{"registry":"https://pub/"}}' } }, ["https://registry.npmjs.org", "https://pub"]],
    ["where a script may publish", { arguments: ["run", "release"], files: { "/p/package.json": '{"publishConfig":{"@a:registry":"https://pub/"}}' } }, ["https://registry.npmjs.org", "https://pub"]],
    ["where a member is published", { arguments: ["publish", "-w", "a"], files: { "/p/package.json": "{}", "/p/a/package.json": '{"publishConfig":{"registry":"https://pub/"}}' } }, ["https://registry.npmjs.org", "https://pub"]],
    ["not where it would be, to install", { arguments: ["ci"], files: { "/p/package.json": '{"publishConfig":{"registry":"https://pub/"}}' } }, ["https://registry.npmjs.org"]],
    ["each once", { files: { "/home/me/.npmrc": "registry=https://u\n@a:registry=https://u/\n@b:registry=https://U:443//" } }, ["https://u"]],
  ])("%s", async (_what, situation, needs) => {
    expect((await outcome(situation)).needs).toEqual(needs);
  });
});

describe("a scope that a service declares", () => {
  const declared = [{ service: "acme", url: "https://npm.acme.com/libs", npmScope: "@acme" }];

  it("is routed there, if the project or the command names it and nothing else routes it", async () => {
    const situations: Situation[] = [
      { declared, files: { "/p/package.json": '{"dependencies":{"@acme/thing":"1"}}' } },
      { declared, arguments: ["install", "@acme/thing"] },
    ];
    for (const situation of situations) {
      expect(await outcome({ ...situation, tokens: [ACME] })).toEqual({
        needs: ["https://registry.npmjs.org", "https://npm.acme.com/libs"],
        plan: {
          ...NOTHING,
          environment: { NPM_CONFIG_USERCONFIG: FILE },
          descriptors: { userconfig: "; toolkey: begin\n//npm.acme.com/libs/:_authToken=secret-of-npm-acme\n@acme:registry=https://npm.acme.com/libs/\n; toolkey: end\n" },
          given: [{ token: "npm-acme", place: "https://npm.acme.com/libs" }],
        },
      });
    }
  });

  it("is not, if it is routed already, or nobody asks for it", async () => {
    expect((await outcome({ declared, files: { "/home/me/.npmrc": "@acme:registry=https://mirror/", "/p/package.json": '{"dependencies":{"@acme/thing":"1"}}' } })).needs).toEqual(["https://mirror", "https://registry.npmjs.org"]);
    expect((await outcome({ declared, files: { "/p/package.json": '{"dependencies":{"@not-acme/thing":"1","x@acme/":"1"}}' } })).needs).toEqual(["https://registry.npmjs.org"]);
  });
});

describe("a project that decides whom to trust", () => {
  it.each([
    ["strict-ssl=false", "strict-ssl"],
    ["strict-ssl=0", "strict-ssl"],
    ['"strict-ssl" = "false" ; x', "strict-ssl"],
    ["ca[]=x", "ca"],
    ["cafile=./ca.pem", "cafile"],
    ["cert=x", "cert"],
    ["//npm.acme.com/:cafile=x", "//npm.acme.com/:cafile"],
    ["userconfig=./mine", "userconfig"],
    ["globalconfig=./mine", "globalconfig"],
    ["prefix=.", "prefix"],
  ])("%s: nothing", async (line, setting) => {
    expect((await outcome({ files: { "/p/package.json": "{}", "/p/.npmrc": `${SCOPED}${line}\n` } })).plan).toEqual({
      ...NOTHING,
      notes: [`npm gets no token here, since the project decides whom to trust: ${setting} in /p/.npmrc`],
      hints: ["if that is right for all you do, set it in your own configuration instead"],
    });
  });

  it("in publishConfig: nothing", async () => {
    const { plan } = await outcome({ arguments: ["publish"], files: { "/p/package.json": '{"publishConfig":{"strict-ssl":false}}' } });
    expect(plan["notes"]).toEqual(["npm gets no token here, since the project decides whom to trust: strict-ssl in /p/package.json"]);
  });

  it("the same in the person's own files is theirs to say", async () => {
    const { plan } = await outcome({ directory: "/home/me", files: { "/home/me/package.json": "{}", "/home/me/.npmrc": "strict-ssl=false\ncafile=x\n" } });
    expect(plan["given"]).toEqual([{ token: "npm-js", place: "https://registry.npmjs.org" }]);
  });

  it("and strict-ssl=true is no harm", async () => {
    expect((await outcome({ files: { "/p/package.json": "{}", "/p/.npmrc": "strict-ssl=true\n" } })).plan["given"]).toHaveLength(1);
  });
});

describe("a host that the project names without TLS", () => {
  it.each<[file: string, text: string]>([
    ["package.json", '{"dependencies":{"a":"http://npm.acme.com/a.tgz"}}'],
    ["package.json", '{"overrides":{"a":"HTTP://NPM.acme.com:80/a.tgz"}}'],
    ["package.json", String.raw`{"dependencies":{"a":"http:\u002f\u002fnpm.acme.com/a.tgz"}}`],
    ["package.json", String.raw`{"dependencies":{"a":"http:\\npm.acme.com\\a.tgz"}}`],
    ["package.json", '{"dependencies":{"a":"http:npm.acme.com/a.tgz"}}'],
    ["package.json", '{"dependencies":{"a":"http://x:y@npm.ac%6De.com/a.tgz"}}'],
    ["package.json", '{"dependencies":{"a":"http://ｎpm.acme.com/a.tgz"}}'],
    ["package.json", String.raw`{"dependencies":{"a":"ht\ttp://npm.ac\nme.com/a.tgz"}}`],
    ["package.json", 'not JSON, "http://npm.acme.com/"'],
    ["package-lock.json", '{"packages":{"a":{"resolved":"http://npm.acme.com:8080/a.tgz"}}}'],
    ["npm-shrinkwrap.json", '{"packages":{"a":{"resolved":"http://npm.acme.com/a.tgz"}}}'],
    ["yarn.lock", 'a@1:\n  resolved "http://npm.acme.com/a.tgz#0"\n'],
    [".npmrc", `${SCOPED}@b:registry=http://npm.acme.com/\n`],
  ])("in %s %s: its token is left out", async (name, text) => {
    const { plan } = await outcome({ files: { "/p/package.json": "{}", "/home/me/.npmrc": SCOPED, [`/p/${name}`]: text } });
    expect({ ...plan, descriptors: {} }).toEqual({
      ...NOTHING,
      environment: { NPM_CONFIG_USERCONFIG: FILE },
      given: [{ token: "npm-js", place: "https://registry.npmjs.org" }],
      notes: [`npm gets no token for https://npm.acme.com/libs: /p/${name} names npm.acme.com in a way by which npm would send it elsewhere or without encryption`],
      hints: ["write https://npm.acme.com there"],
    });
    expect(contentOf(plan)).not.toContain("secret-of-npm-acme");
  });

  it("by the person's own configuration, which is found by host as well", async () => {
    const { plan } = await outcome({ files: { "/home/me/.npmrc": `${SCOPED}@old:registry=http://npm.acme.com/\n` }, tokens: [ACME] });
    expect(plan["given"]).toEqual([]);
  });

  it("as its homepage, which nobody fetches: no harm", async () => {
    const text = '{"homepage":"http://npm.acme.com/","repository":{"url":"http://npm.acme.com/"},"dependencies":{"funding":"1"}}';
    expect((await outcome({ files: { "/home/me/.npmrc": SCOPED, "/p/package.json": text } })).plan["given"]).toHaveLength(2);
    expect((await outcome({ files: { "/home/me/.npmrc": SCOPED, "/p/package.json": '{"dependencies":{"funding":"http://npm.acme.com/"}}' } })).plan["given"]).toHaveLength(1);
  });

  it("a target without TLS is for the person to give", async () => {
    const situation = { files: { "/home/me/.npmrc": "registry=http://localhost:4873/\n", "/p/package.json": '{"dependencies":{"a":"http://localhost:4873/a.tgz"}}' } };
    expect((await outcome({ ...situation, tokens: [{ id: "npm-1", target: "http://localhost:4873" }] })).plan["given"]).toHaveLength(1);
    expect((await outcome({ ...situation, tokens: [{ id: "npm-1", target: "https://localhost:4873" }] })).plan).toEqual(NOTHING);
  });
});

describe("what is left out, with a word on it", () => {
  it("a token for a registry without TLS that the project reaches by a proxy of its own", async () => {
    const files = { "/p/package.json": "{}", "/p/.npmrc": "registry=http://npm.acme.com/\n@a:registry=https://npm.acme.net/\nproxy=http://evil/\n" };
    const tokens = [{ id: "npm-1", target: "http://npm.acme.com" }, { id: "npm-2", target: "https://npm.acme.net" }];
    const { plan } = await outcome({ files, tokens });
    expect({ ...plan, environment: {}, descriptors: {} }).toEqual({
      ...NOTHING,
      given: [{ token: "npm-2", place: "https://npm.acme.net" }],
      notes: ["npm gets no token for http://npm.acme.com, which the project lets pass through proxy in /p/.npmrc"],
      hints: ["set a proxy in your own configuration instead"],
    });
  });

  it("a token where the project has credentials of its own", async () => {
    const { plan } = await outcome({ files: { "/p/package.json": "{}", "/p/.npmrc": `${SCOPED}//npm.acme.com/libs/:_authToken=theirs\n` }, tokens: [ACME] });
    expect(plan).toEqual({
      ...NOTHING,
      notes: ["/p/.npmrc has credentials of its own for https://npm.acme.com/libs, which npm takes instead of npm-acme"],
      hints: ["take them out of /p/.npmrc, as toolkey import --project does"],
    });
  });

  it.each(["a;b", "a#b", 'a"b', "a'b", "a`b", "a\\b", "${HOME}", "a b", "a\nb=c", "ü", "true"])("a token that .npmrc can't carry: %j", async (secret) => {
    const { plan } = await outcome({ files: { "/home/me/.npmrc": SCOPED }, tokens: [{ ...ACME, secret }] });
    expect(plan).toEqual({
      ...NOTHING,
      notes: ["npm cannot be given npm-acme for https://npm.acme.com/libs: it has characters that .npmrc does not carry"],
      hints: ["make a new token and toolkey replace npm-acme"],
    });
  });

  it.each(["a!%^&*():,@|?{}<>~b$c$=", "eyJhbGciOiJIUzI1NiJ9.e30.x-y_z"])("and one that it carries: %j", async (secret) => {
    const { plan } = await outcome({ files: { "/home/me/.npmrc": SCOPED }, tokens: [{ ...ACME, secret }] });
    expect(contentOf(plan)).toContain(`//npm.acme.com/libs/:_authToken=${secret}\n`);
  });

  it("the key that npm looks for above a URL without a final slash, unless the token is good for that", async () => {
    const files = { "/home/me/.npmrc": "registry=https://npm.acme.com/libs\n" };
    const keys = async (target: string) => (contentOf((await outcome({ files, tokens: [{ ...ACME, target }] })).plan) ?? "").match(/^\/\/.*?:_authToken/gm);
    expect(await keys("https://npm.acme.com")).toEqual(["//npm.acme.com/libs/:_authToken", "//npm.acme.com/:_authToken"]);
    expect(await keys("https://npm.acme.com/libs")).toEqual(["//npm.acme.com/libs/:_authToken"]);
  });
});

describe("commands", () => {
  it.each([["--help"], ["-v"], ["--version"], ["help", "ci"], []])("npm %s asks no registry", async (...given) => {
    expect(await outcome({ arguments: given })).toEqual({ needs: [], plan: NOTHING });
  });

  it.each(["login", "adduser", "logout", "config set x y", "config delete x", "c rm x", "set x y", "config edit", "config fix", "profile enable-2fa"])(
    "npm %s keeps what it is told, and gets nothing",
    async (line) => {
      const { needs, plan } = await outcome({ arguments: line.split(" ") });
      expect({ needs, ...plan, hints: [] }).toEqual({
        ...NOTHING,
        needs: [],
        notes: [`'npm ${line.startsWith("login") || line.startsWith("adduser") || line.startsWith("logout") || line.startsWith("set") ? line.split(" ")[0] : line.split(" ").slice(0, 2).join(" ")}' writes into your own configuration, so it gets no token`],
      });
    },
  );

  it("a user configuration on the command line is taken instead", async () => {
    expect((await outcome({ arguments: ["ci", "--userconfig", "/x"] })).plan).toEqual({
      ...NOTHING,
      notes: ["npm gets no token, since it is told to read the file of --userconfig"],
      hints: ["leave --userconfig out"],
    });
  });

  it.each(["token list", "whoami", "config list", "exec x", "run login", "view set"])("npm %s gets its token", async (line) => {
    expect((await outcome({ arguments: line.split(" ") })).plan["given"]).toHaveLength(1);
  });
});
