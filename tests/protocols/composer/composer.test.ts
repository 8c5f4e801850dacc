import { describe, expect, it } from "vitest";
import { isSession, toolOfCommand } from "../../../src/protocols/command.ts";
import { findInComposerAuth } from "../../../src/protocols/composer/auth-secrets.ts";
import { composer } from "../../../src/protocols/composer/plan.ts";
import { fetchedUrls, prefersSources, readJson, repositoriesOf, trustSettings, vendorOf } from "../../../src/protocols/composer/project.ts";
import { withoutPieces } from "../../../src/protocols/plaintext/removal.ts";
import { NOTHING, outcomeOf, throughOf, type Situation } from "../client-request.ts";

const manifest = (value: object): string => JSON.stringify({ repositories: [{ type: "composer", url: "https://a.example/php" }], ...value });
const outcome = (situation: Situation) => outcomeOf(composer, { files: { "/p/composer.json": manifest({}) }, tokens: [{ id: "c-1", target: "https://a.example", username: "bob", secret: "s" }], ...situation });
const authOf = async (situation: Situation): Promise<Record<string, unknown> | undefined> => {
  const { COMPOSER_AUTH: auth } = (await outcome(situation)).plan["environment"] as { COMPOSER_AUTH?: { secret: string } };
  return auth === undefined ? undefined : (JSON.parse(auth.secret) as Record<string, unknown>);
};
const logins = async (situation: Situation): Promise<unknown> => {
  const auth = await authOf(situation);
  return auth && Object.fromEntries(Object.entries(auth).filter(([kind]) => kind !== "gitlab-domains"));
};

describe("a project", () => {
  it("names repositories in a list and by name, and archives in its lock file", () => {
    expect(repositoriesOf(readJson('\uFEFF{"repositories": {"a": {"url": "https://a.example"}, "packagist.org": false}}'))).toEqual(["https://a.example"]);
    expect(repositoriesOf(readJson('{"repositories": [{"url": 1}, null, {"url": "b"}]}'))).toEqual(["b"]);
    expect(fetchedUrls(readJson('{"packages": [{"dist": {"url": "https://d", "mirrors": [{"url": "https://m"}]}, "source": null, "funding": [{"url": "https://f"}]}], "packages-dev": [{"source": {"url": "https://s"}}]}'))).toEqual(["https://d", "https://m", "https://s"]);
    expect(fetchedUrls(readJson('{"repositories": [{"type": "package", "package": {"dist": {"url": "https://d"}}}]}'))).toEqual(["https://d"]);
    for (const broken of ["", "[]", "{", "null", undefined]) expect(repositoriesOf(readJson(broken))).toEqual([]);
  });

  it.each([
    [{ config: { "secure-http": false } }, ["secure-http"]],
    [{ config: { "secure-http": true, "disable-tls": false } }, []],
    [{ config: { "secure-http": 0 } }, ["secure-http"]],
    [{ config: { "disable-tls": "1", cafile: "", capath: "x" } }, ["disable-tls", "cafile", "capath"]],
    [{ repositories: [{ options: { ssl: {} } }] }, ["ssl in options"]],
    [{ packages: [{ "transport-options": { http: { proxy: "x" } } }] }, ["http in transport-options"]],
    [{ config: { "gitlab-domains": ["x"] } }, []],
  ])("of %j says %j of trust", (document, said) => {
    expect(trustSettings(document)).toEqual(said);
  });

  it("that is nested too deeply is not trusted", () => {
    expect(trustSettings(readJson(`{"a":${"[".repeat(100)}${"]".repeat(100)}}`))).toEqual(["what is nested too deeply"]);
  });

});

describe("a project that gets nothing, or nothing for a host", () => {
  const notes = async (files: Record<string, string>, more: Situation = {}) => (await outcome({ files: { "/p/composer.json": manifest({}), ...files }, ...more })).plan["notes"] as string[];
  const locked = (value: object): string => JSON.stringify({ packages: [{ name: "acme/x", ...value }] });
  const source = { url: "https://a.example/x.git" };
  const dist = { url: "https://a.example/x.zip" };
  const git = "c-1 is left out: Composer would hand it to git in a URL, for sources at a.example; git itself asks toolkey, after toolkey setup git";
  const trust = (said: string): string => `composer gets no token here, since the project decides whom to trust: ${said}`;

  it.each([
    ["auth.json", { "/p/auth.json": '{"secure-http": false}' }, "secure-http in /p/auth.json"],
    ["auth.json, with options", { "/p/auth.json": '{"x": {"options": {"ssl": {}}}}' }, "ssl in options in /p/auth.json"],
    ["installed.json", { "/p/vendor/composer/installed.json": locked({ "transport-options": { ssl: {} } }) }, "ssl in transport-options in /p/vendor/composer/installed.json"],
    ["installed.json of Composer 1", { "/p/vendor/composer/installed.json": '[{"transport-options": {"ssl": {}}}]' }, "ssl in transport-options in /p/vendor/composer/installed.json"],
    ["installed.json elsewhere", { "/p/composer.json": manifest({ config: { "vendor-dir": "v" } }), "/p/v/composer/installed.json": locked({ "transport-options": { http: { proxy: "x" } } }) }, "http in transport-options in /p/v/composer/installed.json"],
    ["a directory of packages that depends on variables", { "/p/composer.json": manifest({ config: { "vendor-dir": "$HOME/v" } }) }, "vendor-dir in /p/composer.json"],
  ])("by its %s", async (_what, files, said) => {
    expect(await notes(files)).toEqual([trust(said)]);
  });

  it("by the file that COMPOSER names from the root, and by the directory that COMPOSER_VENDOR_DIR names", async () => {
    expect(await notes({ "/o/c.json": manifest({ config: { cafile: "x" } }) }, { environment: { COMPOSER: "/o/c.json" } })).toEqual([trust("cafile in /o/c.json")]);
    expect(await notes({ "/v/composer/installed.json": locked({ "transport-options": { ssl: {} } }) }, { environment: { COMPOSER_VENDOR_DIR: "/v" } })).toEqual([trust("ssl in transport-options in /v/composer/installed.json")]);
  });

  it.each<[what: string, files: Record<string, string>, given: string[]]>([
    ["a repository of git's", { "/p/composer.json": JSON.stringify({ repositories: [{ type: "git", url: "https://a.example/x.git" }] }) }, ["install"]],
    ["a source alone", { "/p/composer.lock": locked({ source }) }, ["install"]],
    ["a package from its source", { "/p/vendor/composer/installed.json": locked({ source, dist, "installation-source": "source" }) }, ["update"]],
    ["sources by wish", { "/p/composer.lock": locked({ source, dist }) }, ["install", "--prefer-source"]],
    ["sources by wish, at times", { "/p/composer.lock": locked({ source, dist }) }, ["install", "--prefer-install=auto"]],
    ["sources by its settings", { "/p/composer.json": manifest({ config: { "preferred-install": { "acme/*": "source" } } }), "/p/composer.lock": locked({ source, dist }) }, ["install"]],
    ["a clone that it has already", { "/p/composer.lock": locked({ source, dist }), "/p/vendor/acme/x/.git/config": "" }, ["install"]],
  ])("at the host of %s", async (_what, files, given) => {
    expect(await notes(files, { arguments: given })).toEqual([git]);
  });

  it("but archives, whose packages have a source as well", async () => {
    expect(await logins({ files: { "/p/composer.json": manifest({}), "/p/composer.lock": locked({ source, dist }) }, arguments: ["install", "--prefer-install=dist"] })).toBeDefined();
    expect(prefersSources(readJson('{"config": {"preferred-install": "dist"}}'))).toBe(false);
    expect(vendorOf(readJson("{}"))).toBe("vendor");
  });

  it("where it goes on with what it has downloaded", async () => {
    const made = (...more: string[]) => notes({}, { arguments: ["create-project", ...more, "acme/x"] });
    expect(await made()).toEqual(["composer gets no token where it goes on with what it has downloaded, whose settings say whom to trust"]);
    expect(await made("--no-install")).toEqual([expect.stringContaining("COMPOSER_AUTH")]);
  });
});

describe("logins", () => {
  it("are by host, with a port where it has one, and a user name or none", async () => {
    expect(await logins({})).toEqual({ "http-basic": { "a.example": { username: "bob", password: "s" } } });
    const files = { "/p/composer.json": manifest({ repositories: { x: { url: "https://b.example:8443" } } }) };
    expect(await logins({ files, tokens: [{ id: "c-1", target: "https://b.example:8443", secret: "t" }] })).toEqual({ bearer: { "b.example:8443": "t" } });
  });

  it("of GitHub are of its own kind, for what is downloaded from its API, too", async () => {
    const files = { "/p/composer.json": "{}", "/p/composer.lock": JSON.stringify({ packages: [{ dist: { url: "https://api.github.com/repos/a/b/zipball/0" } }] }) };
    const github = (secret: string): Situation => ({ files, tokens: [{ id: "c-1", target: "https://github.com", username: "x", secret }] });
    expect((await outcome(github("ghp_1"))).needs).toEqual(["https://github.com"]);
    expect(await logins(github("ghp_1"))).toEqual({ "github-oauth": { "github.com": "ghp_1" } });
    expect((await outcome(github("a-b"))).plan).toMatchObject({ environment: {}, notes: ["c-1 is left out: Composer takes no token with such characters for github.com"] });
  });

  it("go to no host whose name is the beginning of theirs, for which there is none", async () => {
    const files = { "/p/composer.json": manifest({ repositories: { x: { url: "https://a.b:84" } } }) };
    const situation = { files, tokens: [{ id: "c-1", target: "https://a.b:84", secret: "t" }] };
    expect(await authOf(situation)).toEqual({ bearer: { "a.b:84": "t" }, "gitlab-domains": ["a", "a.", "a.b", "a.b:", "a.b:8"] });
    expect(await authOf({ ...situation, environment: { COMPOSER_AUTH: '{"gitlab-domains":["own.example"]}' } })).toMatchObject({ "gitlab-domains": ["own.example", "a", "a.", "a.b", "a.b:", "a.b:8"] });
  });

  it("are put to a person's own, which come first", async () => {
    const environment = { COMPOSER_AUTH: '{"http-basic":{"o.example":{"username":"u","password":"p"}},"x":1}' };
    expect(await logins({ environment })).toEqual({ "http-basic": { "o.example": { username: "u", password: "p" }, "a.example": { username: "bob", password: "s" } }, x: 1 });
    expect(await logins({ environment: { COMPOSER_AUTH: '{"gitlab-token":{"a.example":"x"}}' } })).toBeUndefined();
    await expect(outcome({ environment: { COMPOSER_AUTH: "x" } })).rejects.toThrow("COMPOSER_AUTH is not JSON");
  });

  it.each([
    ["plain http", "http://a.example"], ["user and password", "https://u:p@a.example"], ["another host in front", "https://a.example\\@b.example/"],
    ["no URL", "git@a.example:x"], ["a local path", "../x"],
  ])("are not looked for by %s", async (_what, url) => {
    expect((await outcome({ files: { "/p/composer.json": manifest({ repositories: [{ url }] }) } })).needs).toEqual([]);
  });

  it("are for what all URLs of a server have in common", async () => {
    const needs = async (...urls: string[]) => (await outcome({ files: { "/p/composer.json": manifest({ repositories: urls.map((url) => ({ url })) }) } })).needs;
    expect(await needs("https://a.example/x/y?q=1", "https://a.example/x/z#f")).toEqual(["https://a.example/x"]);
    expect(await needs("https://a.example/x", "https://a.example/x/../y")).toEqual(["https://a.example"]);
    expect(await needs("https://a.example/x", "https://a.example/%2e%2e/y")).toEqual(["https://a.example"]);
  });

  it("are the person's whose list it is: of COMPOSER_HOME, XDG, or of composer global", async () => {
    const text = manifest({});
    for (const [environment, path] of [[{ COMPOSER_HOME: "/c" }, "/c"], [{ XDG_CONFIG_HOME: "/x" }, "/x/composer"], [{}, "/home/me/.composer"]] as const)
      expect((await outcome({ environment, files: { [`${path}/config.json`]: text } })).needs).toEqual(["https://a.example/php"]);
    expect((await outcome({ arguments: ["global", "require", "x"], environment: { COMPOSER_HOME: "/c" }, files: { "/c/composer.json": text } })).needs).toEqual(["https://a.example/php"]);
    for (const given of [["-d", "sub", "install"], ["--working-dir=sub", "install"], ["install", "-dsub"]])
      expect((await outcome({ arguments: given, files: { "/p/sub/composer.json": text } })).needs).toEqual(["https://a.example/php"]);
    expect((await outcome({ environment: { COMPOSER: "other.json" }, files: { "/p/other.lock": '{"packages":[{"dist":{"url":"https://d.example"}}]}' } })).needs).toEqual(["https://d.example"]);
  });

  it("are not given by the gateway, and not for commands that ask nobody", async () => {
    expect(await throughOf(composer, {})).toEqual({ direct: "Composer has no way to the gateway" });
    for (const given of [["run-script", "x"], ["dump-autoload"], ["global", "exec", "x"], ["config", "-g", "x"], []]) expect((await outcome({ arguments: given })).plan).toEqual(NOTHING);
  });
});

it("a script of the project's is a session", () => {
  expect([["composer", "test"], ["composer", "run-script", "x"], ["composer", "exec", "x"]].map((words) => isSession(toolOfCommand(words)))).toEqual([true, true, true]);
  expect([["composer"], ["composer", "install"], ["composer", "require", "test"], ["composer", "dumpautoload"]].map((words) => isSession(toolOfCommand(words)))).toEqual([false, false, false, false]);
});

it("logins in plain text are found in auth.json and in config", () => {
  const seen = (text: string) => findInComposerAuth(text).map(({ url, username, secret, stays }) => [url, username, secret.reveal(), stays === undefined]);
  expect(seen('{"http-basic": {"a.example": {"username": "u", "password": "p"}, "b.example:1": {"username": "ghp_x", "password": "q"}, "u:p@c": {"username": "u", "password": "r"}}, "github-oauth": {"github.com": "s"}}')).toEqual([
    ["https://a.example", "u", "p", true],
    ["https://b.example:1", undefined, "q", false],
    [undefined, "u", "r", true],
    ["https://github.com", undefined, "s", true],
  ]);
  expect(seen('{"config": {"gitlab-token": {"g.example": {"username": "u", "token": "t"}}, "gitlab-oauth": {"h.example": "o"}, "bearer": {"i.example": "${X}"}, "bitbucket-oauth": {"bitbucket.org": {"consumer-key": "k", "consumer-secret": "c"}}}}')).toEqual([
    ["https://h.example", undefined, "o", true],
    ["https://g.example", undefined, "t", false],
    ["https://bitbucket.org", undefined, "c", false],
  ]);
  expect(() => findInComposerAuth('{"bearer": {"a": "b",}}')).toThrow("line 1, column 22: it is not JSON");
  expect(findInComposerAuth("")).toEqual([]);
});

it.each([
  ["all of one line", '{"bearer": {"a": "1", "b": "2"}}', '{"bearer": {}}'],
  ["all of some lines", '{\n  "bearer": {\n    "a": "1",\n    "b": "2"\n  }\n}\n', '{\n  "bearer": {\n  }\n}\n'],
  ["the first", '{"bearer": {"a": "1", "b": "${X}"}}', '{"bearer": {"b": "${X}"}}'],
  ["the last two", '{\n"bearer": {\n  "a": "${X}",\n  "b": "2",\n  "c": "3"\n}}', '{\n"bearer": {\n  "a": "${X}"\n}}'],
  ["the first two", '{"bearer": {"a": "1", "b": "2", "c": "${X}"}}', '{"bearer": {"c": "${X}"}}'],
  ["what is around one that stays", '\uFEFF{"bearer": {"a": "1", "b": "${X}", "c": "3", "d": {}}}', '\uFEFF{"bearer": {"b": "${X}", "d": {}}}'],
])("%s is cut out, and it is JSON still", (_what, text, after) => {
  const found = findInComposerAuth(text);
  expect(withoutPieces(text, found.flatMap(({ pieces }) => pieces))).toBe(after);
  expect(() => JSON.parse(after.replace("\uFEFF", ""))).not.toThrow();
});
