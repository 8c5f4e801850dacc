/**
 * docs/json.md is what `--json` prints: of every command, every field that is printed is there, of the type that it says, and every field
 * that is there is printed.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COMMANDS } from "../../../src/cli/commands.ts";
import { CODES, exitCode } from "../../../src/core/failure.ts";
import { matrix } from "../../fixtures/form.ts";
import { BIN, expectDone, makeHome, type RunOptions, type TestHome } from "../../fixtures/homes/home.ts";
import { startJfrogAccess, type JfrogAccess } from "../../fixtures/services/jfrog/jfrog-access.ts";
import { JsonDocs, pathsOf, typeOf, type Path } from "../../fixtures/documents/json-docs.ts";
import { makeLockedTemplate, type LockedTemplate } from "../../fixtures/homes/locked-home.ts";
import { PageLogin } from "../../fixtures/homes/page-login.ts";
import { missing } from "../../fixtures/programs/programs.ts";
import { canHaveSystemHome, makeSystemHome } from "../../fixtures/homes/system-configuration.ts";
import { onTerminal } from "../../fixtures/processes/terminal-session.ts";
import { makeTls, type TestTls } from "../../fixtures/network/tls.ts";

/** Those that print what is not theirs to choose. */
const WITHOUT = ["run", "shell-init", "completion", "help"];
const NAMES = COMMANDS.map(({ name }) => name).filter((name) => !WITHOUT.includes(name));
/** Printed at a service with which services/oauth.test.ts tries it. */
const ELSEWHERE: ReadonlySet<Path> = new Set(["oldEndsAt", ...(canHaveSystemHome() ? [] : ["systemFile"])]);
const DOCS = new JsonDocs();

let tls: TestTls;
let jfrog: JfrogAccess;
let home: TestHome;
const others: TestHome[] = [];
const secrets: string[] = [];
/** What was printed, by the command, and all of it. */
const printed: { readonly command: string; readonly argv: readonly string[]; readonly document: unknown }[] = [];
let said = "";

type Wanted = RunOptions & { readonly code?: number; readonly at?: Pick<TestHome, "toolkey"> };

/** Runs a command, and keeps its document. */
async function told<Document = unknown>(argv: readonly string[], { code = 0, at = home, ...options }: Wanted = {}): Promise<Document> {
  const [command = "", ...rest] = argv;
  const ended = await at.toolkey([command, "--json", ...rest], options);
  return keep(argv, ended.stdout, [ended.code, ended.stderr], code) as Document;
}

function keep(argv: readonly string[], stdout: string, [code, stderr]: readonly [number | null, string], wanted: number): unknown {
  expect([argv, code, code === wanted ? "" : stderr + stdout]).toEqual([argv, wanted, ""]);
  const document = JSON.parse(stdout) as unknown;
  printed.push({ command: argv[0] ?? "", argv, document });
  said += stdout + stderr;
  return document;
}

/** A secret that is in no document. */
function secret(text: string): string {
  secrets.push(text);
  return text;
}

async function newHome(): Promise<TestHome> {
  const made = await makeHome();
  others.push(made);
  return made;
}

const config = (text: string): void => {
  mkdirSync(join(home.toolkeyHome, "config"), { recursive: true, mode: 0o700 });
  writeFileSync(join(home.toolkeyHome, "config", "config.toml"), text);
};
const put = (name: string, text: string, mode = 0o600): string => {
  const path = join(home.directory, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text, { mode });
  return path;
};

/** Another home, where little is as it should be. */
async function awkward(): Promise<void> {
  const odd = await newHome();
  const TOOLKEY_HOME = join(odd.directory, "x".repeat(100));
  const at = { at: odd, env: { TOOLKEY_HOME } };
  await told(["status"], at);
  mkdirSync(TOOLKEY_HOME, { mode: 0o700 });
  writeFileSync(join(TOOLKEY_HOME, "log"), "");
  await told(["init", "--key", "file"], at);
  await told(["init", "--key", "file"], at);
  await told(["init", "--rekey", "--key", "file"], at);
  await told(["init", "--key", "keychain"], { ...at, code: 1 });
  const bus = { DBUS_SESSION_BUS_ADDRESS: "unix:abstract=nowhere", NODE_EXTRA_CA_CERTS: tls.caFile };
  const proxies = { http_proxy: "http://127.0.0.1:9", https_proxy: "http://127.0.0.1:9", no_proxy: "localhost" };
  await told(["status"], { ...at, env: { TOOLKEY_HOME, ...bus, ...proxies } });
  await told(["stop"], at);
}

/** A machine whose administrator has written a configuration. */
async function administered(): Promise<void> {
  const odd = await makeSystemHome();
  try {
    odd.system('fixed = ["lock.idle"]\n[lock]\nidle = "5m"\n');
    odd.own('[lock]\nidle = "1h"\n');
    await told(["config"], { at: odd });
    await told(["status"], { at: odd });
  } finally {
    await odd.dispose();
  }
}

async function setUp(): Promise<void> {
  const program = (name: string): void => void put(join("programs", name), "#!/bin/sh\n", 0o755);
  for (const name of ["gradle", "cargo", "npm", "bazel"]) program(name);
  await home.addToken("maven", "acme", secret(jfrog.makeUserToken().accessToken), "alice");
  await told(["setup", "maven", "--gateway"]);
  await told(["revoke", "--phantoms"]);
  const path = [join(home.directory, "programs"), BIN, dirname(process.execPath), "/usr/bin", "/bin"];
  const env = { PATH: path.join(":"), SHELL: "/bin/bash" };
  put(".bashrc", "# mine\n");
  put(".gradle/init.d/toolkey.init.gradle", "// somebody else's\n");
  await told(["setup", "npm", "--dry-run"], { env });
  await told(["setup", "--all"], { env, code: 2 });
  await told(["setup", "--all", "--yes"], { env, code: 1 });
  await told(["setup", "--all", "--undo", "--yes"], { env });
}

/** @returns a token that git has been given */
async function tokensOfTools(): Promise<string> {
  const add = async (argv: readonly string[], text: string): Promise<string> =>
    (await told<{ token: { id: string } }>(["add", ...argv], { stdin: secret(text) })).token.id;
  const git = await add(["https://git.example/team", "--tool", "git", "--username", "alice", "--expires", "90d"], "S3CRET-git");
  await add(["crates.example", "--tool", "cargo", "--for", "reading"], "S3CRET-cargo");
  await told(["add", "fetched.example", "--tool", "npm", "--command", "--", put("prints", `#!/bin/sh\necho ${secret("S3CRET-printed")}\n`, 0o755)]);
  const stored = `capability[]=authtype\nprotocol=https\nhost=other.example\nauthtype=Bearer\ncredential=${secret("S3CRET-stored")}\n\n`;
  expectDone(await home.helper("store", stored));
  expectDone(await home.helper("get", "protocol=https\nhost=git.example\npath=team/x\n\n"));
  await told(["use", git]);
  await told(["replace", git], { stdin: secret("S3CRET-new") });
  const suspended = (await home.tokens()).find(({ state }) => state === "suspended");
  await told(["restore", suspended?.id ?? ""]);
  await told(["check", git, await add(["https://git.example/other", "--tool", "git", "--username", "bob"], `ghp_${"C3d4".repeat(9)}`)]);
  return git;
}

/** The life of tokens at a service. */
async function atService(): Promise<void> {
  const login = new PageLogin(home, ["acme", "--json"], { SSH_CONNECTION: "x" });
  const [, page = ""] = await login.said(/sign in at ACME: (\S+)/);
  const [, code = ""] = await login.said(/asks for it: (\S+)/);
  await visitTrusting(page, `code=${code}`);
  const ended = await login.ended();
  for (const line of ended.stdout.trim().split("\n")) keep(["login"], line, [ended.code, ended.stderr], 0);
  await told(["login", "acme", "--paste"], { stdin: secret(jfrog.makeUserToken().accessToken) });
  await told(["login", "printed"]);
  const minted = await told<{ token: { id: string } }>(["mint", "acme", "--tool", "npm", "--ttl", "30d"]);
  await told(["rotate", minted.token.id]);
  await told(["check", minted.token.id]);
  jfrog.faults.add({ path: "*", method: "DELETE" }, { kind: "cut off" }, { times: 9 });
  await told(["rotate", minted.token.id]);
  jfrog.faults.clear();
  const stray = jfrog.makeUserToken({ description: "old laptop" });
  await told(["list", "--remote", "acme"]);
  await told(["revoke", "--remote", "acme", stray.id, "none-such"], { code: 2 });
  await told(["revoke", "--remote", "acme", "--yes", stray.id, "none-such"], { code: 1 });
  await told(["revoke", "--yes", minted.token.id]);
}

async function visitTrusting(page: string, body: string): Promise<void> {
  const { Agent, request } = await import("undici");
  const { body: answer } = await request(page, { dispatcher: new Agent({ connect: { ca: tls.ca } }), method: "POST", body });
  await answer.text();
}

async function throughGateway(): Promise<void> {
  const { accessToken } = jfrog.makeUserToken();
  await home.addToken("http", "acme", secret(accessToken));
  const asks = (more: string): string => `curl -s ${more} --netrc-file "$TOOLKEY_NETRC" "$TOOLKEY_HTTP/acme/artifactory/api/system/ping"`;
  const inside = ["sh", "-c", `${asks("")} >&2; ${asks("-X DELETE")} >&2; exec toolkey status --json`];
  const ended = await home.toolkey(["run", "--", "sh", "-c", `toolkey run --tool http -- "$@"`, "sh", ...inside]);
  keep(["status"], ended.stdout, [ended.code, ended.stderr], 0);
  await told(["log"]);
}

async function imported(): Promise<void> {
  const key = secret(`ghp_${"A1b2".repeat(9)}`);
  const file = put(".git-credentials", `https://alice:${key}@github.com\n`);
  put(".npmrc", `//npm.example/:_authToken=${secret("S3CRET-npm")}\n`, 0o400);
  put(".docker/config.json", "{ this is none");
  put(".m2/settings.xml", `<settings><servers><server><id>nobody-knows</id><username>u</username><password>${secret("S3CRET-maven")}</password></server></servers></settings>`);
  await told(["import"]);
  await told(["import", "--check"], { code: 1 });
  await told(["import", "--yes"], { code: 1 });
  await told(["doctor"], { code: 1 });
  rmSync(file);
  mkdirSync(file);
  await told(["import", "--undo"], { code: 1 });
  await told(["import", "--drop-backups"], { code: 2 });
  await told(["import", "--drop-backups", "--yes"]);
  await told(["import", "--undo"]);
}

/** To a home that has nothing of it, and back. */
async function moved(): Promise<void> {
  const file = join(home.directory, "tokens.age");
  const passphrase = secret("correct horse battery staple");
  await told(["revoke", "--all", "--dry-run"]);
  await told(["export"], { code: 2 });
  await told(["export", "--to", file, "--yes"], { stdin: passphrase });
  const there = await newHome();
  await there.init();
  await told(["import", "--from", file], { at: there, stdin: passphrase });
  await told(["import", "--from", file], { stdin: passphrase });
}

beforeAll(async () => {
  tls = await makeTls();
  jfrog = await startJfrogAccess({ tls, atPage: "alice", revocableExpiryThreshold: 60 });
  await awkward();
  if (canHaveSystemHome()) await administered();
  home = await newHome();
  await home.init(tls.caFile);
  config(`[service.acme]
issuer = "jfrog"
title = "ACME"
url = "${jfrog.origin}"
cacert = "${tls.caFile}"
npm = { registry = "${jfrog.origin}/artifactory/api/npm/npm-local/" }
maven = { url = "${jfrog.origin}/artifactory/maven", server = "acme" }
http = { url = "${jfrog.origin}/artifactory" }
[service.printed]
issuer = "command"
command = ["${put("of-service", `#!/bin/sh\necho ${secret("S3CRET-of-a-command")}\n`, 0o755)}"]
url = "https://printed.example"
git = { url = "https://printed.example", username = "aws" }
`);
  await told(["config"]);
  await told(["config", "accept"], { code: 2 });
  const { accepted } = await told<{ accepted: string }>(["config", "accept", "--yes"]);
  await told(["config", "accept"]);
  const git = await tokensOfTools();
  await atService();
  await throughGateway();
  await setUp();
  await imported();
  await moved();
  await told(["services"]);
  await told(["services", "acme"]);
  await told(["list"]);
  await told(["show", git]);
  await told(["revoke", git], { code: 2 });
  await told(["revoke", git, "--yes"], { code: 1 });
  await told(["revoke", "--done", git, git], { code: 1 });
  const [, sha256 = ""] = /([0-9a-f]{64})/.exec(accepted) ?? [];
  await told(["config", "refuse", sha256]);
  config("idle = 900\n");
  await told(["config"]);
  await told(["config", "check", put("proposed.toml", 'fixed = ["lock"]\n[lock]\nidle = "5m"\nabsolute = 1\n')], { code: 1 });
  config("");
  await told(["lock"]);
  await told(["list"], { code: 3 });
  await told(["unlock"]);
  await told(["show", "git-none"], { code: 1 });
  await told(["list", "--nothing"], { code: 2 });
  await told(["stop"]);
}, 300_000);

afterAll(async () => {
  for (const each of others) await each.dispose();
  await jfrog?.close();
  await tls?.remove();
});

it("every command has it, and is tried here, but for those that print what is not theirs to choose", async () => {
  expect([...new Set(printed.map(({ command }) => command))].toSorted()).toEqual(NAMES.toSorted());
  expect(NAMES.filter((name) => !DOCS.has(name))).toEqual([]);
  for (const name of WITHOUT) {
    const { stdout } = await home.toolkey([name, "--help"]);
    expect([stdout.includes("--json"), readDocs()]).toEqual([false, expect.stringContaining(`\`${name}\``)]);
  }
});

function readDocs(): string {
  return readFileSync(join(import.meta.dirname, "../../../docs/json.md"), "utf8").split("\n").slice(0, 4).join("\n");
}

/** The fields of what a command has printed. Where one entry stands for the array, it is one. */
function fieldsOf(command: string): [Path, unknown][] {
  return printed
    .filter((one) => one.command === command)
    .flatMap(({ document }) => pathsOf(isError(document) ? { error: document.error } : command === "show" || command === "services" ? [document].flat() : document));
}

function isError(document: unknown): document is { error: unknown } {
  return typeof document === "object" && document !== null && "error" in document && Object.keys(document).length === 1;
}

/** Of each field also what it stands in. */
function withContainers(fields: Iterable<Path>): Set<Path> {
  return new Set([...fields].flatMap((path) => [...path.matchAll(/\[\]|\.|$/g)].flatMap(({ index, 0: end }) => [path.slice(0, index), path.slice(0, index) + (end === "[]" ? end : "")])));
}

describe.each(NAMES)("%s --json", (command) => {
  const fields = new Map([...DOCS.fieldsOf(command), ...DOCS.errorFields()]);

  it("prints no field that is not documented, and each is what it is said to be", () => {
    const known = withContainers(fields.keys());
    expect(fieldsOf(command).map(([path]) => path).filter((path) => !known.has(path))).toEqual([]);
    const wrong = fieldsOf(command).filter(([path, value]) => !fits(fields.get(path), value));
    expect(wrong).toEqual([]);
  });

  // By which traffic comes to be told of.
  it.skipIf(missing("curl"))("has no field in its documentation that nothing prints", () => {
    const commands = DOCS.beside(command);
    const found = new Set(commands.flatMap((each) => fieldsOf(each).map(([path]) => path)));
    const lacking = DOCS.ownFieldsOf(command).filter((path) => !found.has(path));
    expect(lacking.filter((path) => !ELSEWHERE.has(path))).toEqual([]);
  });
});

function fits(what: string | undefined, value: unknown): boolean {
  if (what === undefined) return true;
  const is = typeOf(value);
  return is === what || (what === "text" && is === "time") || (what === "array" && Array.isArray(value));
}

it.each(DOCS.shapes.map(({ name }) => name))("a shape has no field that nothing prints: %s", (name) => {
  const shape = DOCS.shapes.find((each) => each.name === name);
  const places = [...DOCS.placesOf(name), ...(name === "error" ? NAMES.map((command) => ({ command, path: "error" })) : [])];
  const found = new Set(places.flatMap(({ command, path }) => fieldsOf(command).flatMap(([each]) => (each.startsWith(`${path}.`) ? [each.slice(path.length + 1)] : []))));
  expect([...(shape?.fields.keys() ?? [])].filter((field) => !found.has(field))).toEqual([]);
});

it("has no secret in it, and nothing of it is on standard error", () => {
  expect(secrets.length).toBeGreaterThan(8);
  expect(secrets.filter((each) => said.includes(each))).toEqual([]);
});

describe("what has no result", () => {
  it("is an error of which the code and the exit code are documented, all of them", () => {
    const codes = [...readFileSync(join(import.meta.dirname, "../../../docs/json.md"), "utf8").matchAll(/^\| `([a-z-]+)` \| (\d) \|/gm)].map(([, code = "", exit]) => [code, Number(exit)] as const);
    expect(codes.map(([code]) => code).toSorted()).toEqual(CODES.toSorted());
    for (const code of CODES) expect(codes).toContainEqual([code, exitCode(code)]);
  });

  it.each<[argv: readonly string[], code: string, exit: number]>([
    [["--json"], "usage", 2],
    [["lst", "--json"], "usage", 2],
    [["add", "--json"], "usage", 2],
    [["add", "https://a.example", "--json"], "usage", 2],
    [["add", "https://a.example", "--json", "--tool", "git", "--username", "u"], "usage", 2],
    [["setup", "gradel", "--json"], "usage", 2],
    [["setup", "--json"], "usage", 2],
    [["rotate", "--json", "git-none"], "not-found", 1],
    [["run", "--", BIN + "/toolkey", "stop", "--json"], "denied", 3],
  ])("%j", async (argv, code, exit) => {
    const ended = await home.toolkey(argv);
    expect([ended.code, JSON.parse(ended.stdout)]).toEqual([exit, { error: { code, message: expect.any(String) as string, hints: expect.any(Array) as string[] } }]);
    const { error } = JSON.parse(ended.stdout) as { error: { message: string } };
    expect(ended.stderr).toContain(`toolkey: ${error.message}\n`);
  });

  it("where the current directory is gone is one, too", async () => {
    const { code, stdout } = await home.run("sh", ["-c", "mkdir gone && cd gone && rmdir ../gone && exec toolkey list --json"], { cwd: home.directory });
    expect([code, JSON.parse(stdout)]).toMatchObject([1, { error: { code: "unavailable", message: "the current directory is not there any more" } }]);
  });

  it("without a vault is one, too, of every kind of request", async () => {
    const empty = await newHome();
    for (const argv of [["list"], ["mint", "acme", "--tool", "npm"], ["config", "accept", "--yes"]])
      expect([argv, (JSON.parse((await empty.toolkey([...argv, "--json"])).stdout) as { error: { code: string } }).error.code]).toEqual([argv, "no-vault"]);
  });

  it("is nothing to a program behind --, or to completion; and takes no value", async () => {
    expect(await home.toolkey(["list", "--json=true"])).toMatchObject({ code: 2, stdout: "", stderr: "toolkey: --json takes no value\n" });
    const added = expectDone(await home.toolkey(["add", "b.example", "--tool", "npm", "--command", "--", "echo", "--json"]));
    expect(added.stdout).toMatch(/^added npm-/);
    expect(expectDone(await home.toolkey(["completion-words", "--", "list", "--json", "--tool", ""])).stdout).toContain("git");
  });
});

describe("toolkey init", () => {
  it("several times at once: one makes the vault, the others find it, and all are done", async () => {
    const fresh = await newHome();
    const ended = await Promise.all(Array.from({ length: 4 }, () => fresh.toolkey(["init", "--key", "file", "--json"])));
    expect(ended.map(({ code, stderr }) => [code, stderr])).toEqual(ended.map(() => [0, ""]));
    const made = ended.map(({ stdout }) => (JSON.parse(stdout) as { made: boolean }).made);
    expect(made.filter(Boolean)).toEqual([true]);
  });

  it("needs no passphrase to find the vault as it was asked for, and does not hide that another key was", async () => {
    const locked = await newHome();
    const template = await makeLockedTemplate();
    try {
      await template.into(locked);
    } finally {
      await template.dispose();
    }
    const again = expectDone(await locked.toolkey(["init", "--key", "passphrase", "--json"]));
    expect(JSON.parse(again.stdout)).toMatchObject({ made: false, keySource: "passphrase" });
    const otherwise = await locked.toolkey(["init", "--key", "file", "--json"]);
    expect([otherwise.code, JSON.parse(otherwise.stdout)]).toMatchObject([1, { error: { code: "exists", message: expect.stringContaining("(passphrase), and not as asked (file)") as string } }]);
    // What waits to be accepted only an open vault tells.
    expect(await locked.toolkey(["init", "--accept", "--json"])).toMatchObject({ code: 3 });
  });

  it("does not say that a vault is there which nothing opens", async () => {
    const damaged = await newHome();
    await damaged.init();
    await damaged.stop();
    writeFileSync(join(damaged.toolkeyHome, "data", "vault.age"), "not age");
    const ended = await damaged.toolkey(["init", "--key", "file", "--json"]);
    expect([ended.code, JSON.parse(ended.stdout)]).toMatchObject([1, { error: { code: "damaged", message: expect.stringMatching(/there is a vault already: .*; it does not open: /) as string } }]);
    expect(readFileSync(join(damaged.toolkeyHome, "data", "vault.age"), "utf8")).toBe("not age");
  });
});

describe.skipIf(missing("script"))("on a terminal, with a vault that waits for its passphrase", () => {
  let template: LockedTemplate;
  beforeAll(async () => {
    template = await makeLockedTemplate();
  });
  afterAll(() => template?.dispose());

  /** What would ask for the passphrase, or more; each in its own way. */
  const ASKING = {
    init: ["--rekey", "--key", "passphrase"],
    add: ["https://a.example", "--tool", "git", "--username", "u"],
    replace: ["git-2222"],
    setup: ["--all"],
    config: ["accept"],
    unlock: [],
    doctor: [],
    export: ["--to", "tokens.age"],
  };
  const OTHERS = {
    list: [],
    show: ["git-2222"],
    restore: ["git-2222"],
    revoke: ["git-2222"],
    use: ["git-2222"],
    check: [],
    services: [],
    login: ["acme"],
    mint: ["acme"],
    rotate: ["git-2222"],
    import: ["--undo"],
    log: [],
    status: [],
    lock: [],
    stop: [],
  };

  it("every command is tried", () => {
    expect(Object.keys({ ...ASKING, ...OTHERS }).toSorted()).toEqual(NAMES.toSorted());
  });

  it.each(matrix(Object.entries(ASKING), Object.entries(OTHERS)))("%s %j ends without a question", async (command, argv) => {
    const locked = await newHome();
    await template.into(locked);
    const { shown } = await onTerminal(["toolkey", command, "--json", ...argv].join(" "), locked.environment);
    const [json = ""] = /^([[{]\n[^]*?\n[\]}]|\[\])$/m.exec(shown) ?? [];
    const document = JSON.parse(json) as { error?: { code: string } };
    expect(shown).not.toMatch(/passphrase of the toolkey vault:|\[y\/N\]|new passphrase/);
    expect(document.error?.code ?? "done").toMatch(/^(locked|usage|done)$/);
  });
});
