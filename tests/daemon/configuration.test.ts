import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readOwn } from "../../src/daemon/configuration/file.ts";
import { lockTimes, timeOf, type Layers } from "../../src/daemon/configuration/layers.ts";
import { nothingSaid } from "../../src/daemon/configuration/reading.ts";
import { isOfTrust } from "../../src/daemon/configuration/settings.ts";
import { parseTrust, trustOf, trustText } from "../../src/daemon/configuration/trust.ts";
import { paths, type Paths } from "../../src/platform/paths.ts";
import { TOOL_NAMES } from "../../src/protocols/tool-facts.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;
const TIME = 'a time in quotes: "90s", "15m", "12h", "30d" or "2w"';
const DEFAULTS = { idle: 15 * MINUTE, absolute: 720 * MINUTE, keepSuspendedMs: 30 * DAY };
const TABLES = "the file is a table of lock, vault, sealed, sandbox, service, network";

let home = "";
let places: Paths;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "tk-config-"));
  places = paths({ TOOLKEY_HOME: home });
  mkdirSync(places.config, { mode: 0o700 });
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

function write(content: string | Uint8Array): void {
  writeFileSync(places.configFile, content, { mode: 0o600 });
}

async function times(): Promise<typeof DEFAULTS> {
  const own = await readOwn(places);
  expect(own.faults).toEqual([]);
  const layers: Layers = { own, system: nothingSaid("/etc/toolkey/config.toml"), isRootsWord: true, accepted: undefined };
  return { ...lockTimes(layers), keepSuspendedMs: timeOf(layers, "vault.keep_suspended") };
}

describe("the configuration", () => {
  it("is the defaults where there is no file, and no directory", async () => {
    expect(await times()).toEqual(DEFAULTS);
    rmSync(places.config, { recursive: true });
    expect(await times()).toEqual(DEFAULTS);
  });

  it.each<[what: string, text: string, expected: typeof DEFAULTS]>([
    ["nothing", "", DEFAULTS],
    ["comments", "# lock.idle = '1m'\n", DEFAULTS],
    ["empty tables", "[lock]\n[vault]\n", DEFAULTS],
    ["one time", '[lock]\nidle = "5m"\n', { ...DEFAULTS, idle: 5 * MINUTE }],
    ["all times", '[lock]\nidle = "1h"\nabsolute = "2d"\n[vault]\nkeep_suspended = "1w"\n', {
      idle: 60 * MINUTE,
      absolute: 2 * DAY,
      keepSuspendedMs: 7 * DAY,
    }],
    ["dotted keys and line ends of DOS", 'lock.idle = "5m"\r\nvault.keep_suspended = "1d"\r\n', {
      ...DEFAULTS,
      idle: 5 * MINUTE,
      keepSuspendedMs: DAY,
    }],
  ])("is read from a file with %s", async (_what, text, expected) => {
    write(text);
    expect(await times()).toEqual(expected);
  });

  it.each<[what: string, text: string, message: string, hint: string]>([
    ["a setting that there is not", '# mine\n[lock]\nidel = "5m"\n', ", line 3: lock.idel is not a setting", "lock is a table of idle, absolute"],
    ["a table that there is not", '[locks]\nidle = "5m"\n', ", line 1: locks is not a setting", TABLES],
    ["a setting outside its table", 'idle = "5m"\n', ", line 1: idle is not a setting", TABLES],
    ["a number without a unit", "[lock]\nidle = 900\n", ", line 2: lock.idle has the wrong form", `lock.idle is ${TIME}`],
    ["a value for a table", 'lock = "5m"\n', ", line 1: lock has the wrong form", "lock is a table of idle, absolute"],
    ["a time that is none", '[lock]\n\n\nabsolute = "forever"\n', ", line 4: lock.absolute has the wrong form", `lock.absolute is ${TIME}`],
    ["an empty time", '[vault]\nkeep_suspended = ""\n', ", line 2: vault.keep_suspended has the wrong form", `vault.keep_suspended is ${TIME}`],
    ["__proto__", '[__proto__]\nidle = "5m"\n', ", line 1: __proto__ is not a setting", TABLES],
    ["a service without a URL", '[service.a]\nurl = "https://a.example"\n[service.acme]\nissuer = "none"\n', ", line 3: service.acme.url is missing", 'service.acme.url is text in quotes: "…"'],
    ["an issuer that there is not", '[service.acme]\nurl = "https://acme.example"\nissuer = "sourcehut"\n', ", line 3: service.acme.issuer has the wrong form", 'service.acme.issuer is one of "bitbucket", "gitea", "github", "gitlab", "jfrog", "nordic", "npm-registry", "nuxeo", "oauth", "command", "none"'],
    ["an app where there are none", '[service.acme]\nurl = "https://acme.example"\napp_id = "1"\n', ", line 1: service.acme: 'none' has no apps", 'app_id is for issuer = "github"'],
    ["the id of an app as a number", '[service.acme]\nurl = "https://github.com"\nissuer = "github"\napp_id = 4711\n', ", line 4: service.acme.app_id has the wrong form", 'service.acme.app_id is text in quotes: "…"'],
    ["a service in clear", '[service.acme]\nurl = "http://acme.example"\n', ", line 1: service.acme: a service is reached over https", "http is for localhost only"],
    ["a name that is none", '[service."a b"]\nurl = "https://acme.example"\n', ", line 1: service.a b is no name for it", "a name has small letters, digits and '-', and begins with a letter"],
    ["text for a switch", '[service.acme]\nurl = "https://acme.example"\nauto = "yes"\n', ", line 3: service.acme.auto has the wrong form", "service.acme.auto is true or false"],
    ["a tool's place without its table", '[service.acme]\nurl = "https://acme.example"\ngit = "https://acme.example"\n', ", line 3: service.acme.git has the wrong form", "service.acme.git is a table of url, auth, username"],
    ["a way to present tokens that there is not", '[service.acme]\nurl = "https://acme.example"\nnpm = { registry = "https://acme.example/npm", auth = "token" }\n', ", line 3: service.acme.npm.auth has the wrong form", 'service.acme.npm.auth is one of "basic", "bearer"'],
    ["a scope for a tool that there is not", '[service.acme]\nurl = "https://acme.example"\nscopes = { mvn = "x" }\n', ", line 3: service.acme.scopes.mvn is not a setting", 'service.acme.scopes is a list, in brackets, of which each is text in quotes: "…", or a table of ' + TOOL_NAMES.join(", ")],
    ["a wildcard", '[service.acme]\nurl = "https://*.acme.example"\n', ", line 1: service.acme: a token is for one host, and '*' stands for none", "add it for each host by its name"],
    ["certificates at a place that depends", '[service.acme]\nurl = "https://acme.example"\ncacert = "acme.pem"\n', ", line 3: service.acme.cacert has the wrong form", 'service.acme.cacert is an absolute path in quotes: "/…"'],
    ["a proxy with a login", '[network]\nproxy = "http://alice:secret@proxy.example:3128"\n', ", line 2: network.proxy has the wrong form", 'network.proxy is the URL of a proxy in quotes, without user name and password: "http://HOST:PORT"'],
    ["what is for the system's file", 'fixed = ["lock"]\n', ", line 1: fixed is not a setting of your own file", "it is for the system's"],
    ["one executable without a list", '[sealed]\ntrusted = "/bin/sh"\n', ", line 2: sealed.trusted has the wrong form", 'sealed.trusted is a list, in brackets, of which each is an absolute path in quotes: "/…"'],
    ["an executable of any directory", '[sealed]\ntrusted = ["sh"]\n', ", line 2: sealed.trusted.0 has the wrong form", 'sealed.trusted.0 is an absolute path in quotes: "/…"'],
  ])("has a fault with %s, and the line named, and what may be there", async (_what, text, message, hint) => {
    write(text);
    const { faults } = await readOwn(places);
    const line = Number(/line (\d+)/.exec(message)?.[1]);
    expect(faults).toEqual([{ what: `${places.configFile}${message}`, hints: [hint], line, kind: "fault", setting: expect.any(String) as unknown }]);
  });

  it("has what decides about trust in one form, whatever that of the file, and nothing else in it", async () => {
    write('# a comment\n[lock]\nidle = "5m"\n[service]\nacme = { url = "https://acme.example", "npm" = { registry = "https://acme.example/npm" } } # another\n[sealed]\ntrusted = [\n  "/opt/runner",\n]\n');
    const said = (await readOwn(places)).settings;
    const trust = new Map([...said].filter(([name]) => isOfTrust(name)));
    expect(trustText(trust)).toBe(
      '[sealed]\ntrusted = [ "/opt/runner" ]\n\n[service.acme]\nissuer = "none"\nurl = "https://acme.example"\n\n[service.acme.npm]\nregistry = "https://acme.example/npm"\n',
    );
    expect(parseTrust(trustText(trust))).toEqual({ settings: trust, certificates: {} });
    expect(trustOf(trust).services).toMatchObject([{ name: "acme", issuer: { name: "none" }, url: "https://acme.example" }]);
  });

  it.each<[auth: string | undefined, npm: string, maven: string]>([
    [undefined, "Bearer", "Basic"],
    ["basic", "Basic", "Basic"],
    ["bearer", "Bearer", "Bearer"],
  ])("has tokens presented as 'auth' says for each tool: %s", async (auth, npm, maven) => {
    const how = auth === undefined ? "" : `, auth = "${auth}"`;
    write(`[service.acme]\nurl = "https://acme.example"\nnpm = { registry = "https://acme.example/npm"${how} }\nmaven = { server = "acme", url = "https://acme.example/libs"${how} }\n`);
    const [service] = trustOf((await readOwn(places)).settings).services;
    expect([service?.tools["npm"]?.presents, service?.tools["yarn"]?.presents, service?.tools["maven"]?.presents]).toEqual([npm, npm, maven]);
  });

  it.each<[what: string, text: string, at: string]>([
    ["a time without quotes", "[lock]\nidle = 15m\n", "line 2, column 10"],
    ["a value left out", "[lock]\nidle =\n", "line 2, column 7"],
    ["a table left open", '\n[lock\nidle = "5m"\n', "line 2, column 6"],
    ["a setting twice", '[lock]\nidle = "5m"\nidle = "6m"\n', "line 3, column 1"],
    ["JSON", '{"lock": {"idle": "5m"}}', "line 1, column 1"],
  ])("is nothing with %s, and line and column named", async (_what, text, at) => {
    write(text);
    const { settings, unknown, faults: [fault, ...more] } = await readOwn(places);
    expect([settings.size, [...unknown], more, fault?.setting, fault?.hints]).toEqual([0, [""], [], "", ['text and times stand in quotes: idle = "15m"']]);
    expect(fault?.what.startsWith(`${places.configFile}, ${at}: `)).toBe(true);
    expect(fault?.what).not.toMatch(/\n|undefined/);
  });

  it("names the line that is not UTF-8", async () => {
    write(Buffer.from('[lock]\n# caf\xe9\nidle = "5m"\n', "latin1"));
    expect((await readOwn(places)).faults).toMatchObject([{ what: `${places.configFile}, line 2: it is not UTF-8`, line: 2 }]);
  });

  it("is told of the faults of each setting once, and everything else counts", async () => {
    write('[lock]\nidle = "2 m"\nabsolute = "1h"\n[sandbox]\nhide = ["a", "b", "~/c"]\nshow = ["~/d"]\n[service.a]\nurl = 1\nauto = 2\n[service.b]\nurl = "https://b.example"\n[x]\ny = 1\n');
    const { settings, faults, unknown } = await readOwn(places);
    expect([...settings.keys()]).toEqual(["lock.absolute", "sandbox.show", "service.b"]);
    expect(faults.map(({ setting, line }) => [setting, line])).toEqual([["lock.idle", 2], ["sandbox.hide", 5], ["service.a", 8], ["x", 12]]);
    expect([...unknown]).toEqual(["lock.idle", "sandbox.hide", "service.a", "x"]);
  });

  it("is read at once whatever a script has written there", async () => {
    write(Array.from({ length: 5000 }, (_, index) => `x${index} = 1\n`).join(""));
    const { faults } = await readOwn(places);
    expect([faults.length, faults[0]?.line, faults.at(-1)?.line]).toEqual([5000, 1, undefined]);
  });

  it.each<[what: string, spoil: () => void, what: RegExp]>([
    ["a directory", () => mkdirSync(places.configFile, { mode: 0o700 }), /^cannot read /],
    ["a pipe, of which nobody would ever come back", () => void execFileSync("mkfifo", [places.configFile]), /^cannot read /],
    ["larger than a configuration is", () => write(`# ${"x".repeat(64 * 1024)}`), /^cannot read /],
    ["writable by others", () => {
      write("");
      chmodSync(places.configFile, 0o666);
    }, /^others can write to /],
    ["in a directory that is writable by others", () => {
      write("");
      chmodSync(places.config, 0o777);
    }, /^others can write to /],
  ])("is nothing that can be told if the file is %s", async (_what, spoil, what) => {
    spoil();
    const { settings, unknown, faults } = await readOwn(places);
    expect([settings.size, [...unknown]]).toEqual([0, [""]]);
    expect(faults).toMatchObject([{ setting: "", what: expect.stringMatching(what) as unknown }]);
  });
});
