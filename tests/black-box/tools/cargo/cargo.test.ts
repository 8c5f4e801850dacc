/** Cargo's credential provider, and Cargo set up to ask it: the real Cargo, a registry that wants tokens. */
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startCargoRegistry, type CargoRegistry } from "../../../fixtures/registries/cargo-registry.mjs";
import { asked, makeCargoProject, type CargoProject } from "../../../fixtures/tools/cargo-project.ts";
import { BIN, expectDone, makeHome, type Ended, type RunOptions, type TestHome } from "../../../fixtures/homes/home.ts";
import { missing } from "../../../fixtures/programs/programs.ts";
import { onTerminal } from "../../../fixtures/processes/terminal-session.ts";
import { makeTls, type TestTls } from "../../../fixtures/network/tls.ts";

const PROVIDER = join(BIN, "cargo-credential-toolkey");
const GREETING = '{"v":[1]}\n';
const NOT_FOUND = '{"Err":{"kind":"not-found"}}\n';
const URL = "https://r.example";

let home: TestHome;

/** What is answered to each of these lines, behind the greeting. */
async function converse(messages: readonly (object | string)[], options: RunOptions = {}): Promise<{ answers: unknown[]; ended: Ended }> {
  const lines = messages.map((message) => (typeof message === "string" ? message : JSON.stringify({ v: 1, registry: { "index-url": `sparse+${URL}/index/`, name: "acme" }, ...message })));
  const ended = await home.run(PROVIDER, ["--cargo-plugin"], { stdin: lines.map((line) => `${line}\n`).join(""), ...options });
  expect(ended.stdout).toMatch(/^\{"v":\[1\]\}\n/);
  return { ended, answers: ended.stdout.slice(GREETING.length).split("\n").slice(0, -1).map((line): unknown => JSON.parse(line)) };
}
const get = (operation: string) => ({ kind: "get", operation });
const given = (token: string) => ({ Ok: { kind: "get", token, cache: "session", operation_independent: false } });
const MISS = { Err: { kind: "not-found" } };

describe("cargo-credential-toolkey", () => {
  beforeEach(async () => {
    home = await makeHome();
  });
  afterEach(() => home.dispose());

  it("without a vault has nothing to give, and says that nothing is kept; no daemon is started", async () => {
    expect((await converse([get("read"), { kind: "logout" }])).answers).toEqual([MISS, MISS]);
    expect((await converse([{ kind: "login", token: "S3CRET" }])).answers).toMatchObject([{ Err: { kind: "other", message: expect.stringMatching(/^toolkey: there is no vault at /) } }]);
    expect(existsSync(home.toolkeyHome)).toBe(false);
  });

  it("answers line by line, and ends when Cargo has no more to ask", async () => {
    await home.init();
    await home.addToken("cargo", URL, "S3CRET");
    const { answers, ended } = await converse([get("read"), { kind: "frob" }, "{", get("publish"), { ...get("read"), registry: { "index-url": "sparse+https://other.example/" } }]);
    expect(answers).toEqual([given("S3CRET"), { Err: { kind: "operation-not-supported" } }, { Err: { kind: "other", message: "toolkey: what Cargo wrote is not JSON", "caused-by": [] } }, given("S3CRET"), MISS]);
    expect(ended.code).toBe(0);
    expect((await converse([])).answers).toEqual([]);
  });

  it("keeps a login for Cargo alone, and forgets it; what the person has added stays", async () => {
    await home.init();
    const login = (token: string) => ({ kind: "login", token });
    expect((await converse([login("FIRST"), login('SECOND "q" \\ ü'), get("read")])).answers).toEqual([{ Ok: { kind: "login" } }, { Ok: { kind: "login" } }, given('SECOND "q" \\ ü')]);
    expect((await home.tokens()).filter(({ state }) => state === "active").map(({ tool, target }) => [tool, target])).toEqual([["cargo", `${URL}/index`]]);
    expect(await home.helper("get", "protocol=https\nhost=r.example\n\n")).toMatchObject({ stdout: "" });
    expect((await converse([{ kind: "logout" }, get("read"), { kind: "logout" }])).answers).toEqual([{ Ok: { kind: "logout" } }, MISS, MISS]);
    const id = await home.addToken("cargo", URL, "ADDED");
    const { answers, ended } = await converse([{ kind: "logout" }, get("read")]);
    expect(answers).toEqual([MISS, given("ADDED")]);
    expect(ended.stderr).toContain(`the cargo token ${id} for r.example stays`);
  });

  it("gives one token to read and another to publish, the narrower first, and neither for the other", async () => {
    await home.init();
    const add = async (secret: string, ...more: string[]) => expectDone(await home.toolkey(["add", `sparse+${URL}/index/`, "--tool", "cargo", ...more], { stdin: secret }));
    await add("PUBLISHES", "--for", "publishing");
    const { answers, ended } = await converse([get("read"), get("publish"), get("yank")]);
    expect(answers).toEqual([MISS, given("PUBLISHES"), given("PUBLISHES")]);
    expect(ended.stderr).toMatch(/^toolkey: the cargo token cargo-\w+ for https:\/\/r\.example\/index is for publishing only\nhint: one for that, too: toolkey add https:\/\/r\.example\/index --tool cargo\n$/);
    await add("BOTH");
    await add("READS", "--for", "reading");
    expect((await converse([get("read"), get("publish")])).answers).toEqual([given("READS"), given("PUBLISHES")]);
    const shown = expectDone(await home.toolkey(["list"])).stdout;
    expect(shown).toMatch(/ONLY FOR/);
    expect((JSON.parse(expectDone(await home.toolkey(["list", "--json"])).stdout) as { onlyFor?: string }[]).map(({ onlyFor }) => onlyFor)).toEqual(["publishing", undefined, "reading"]);
    expect(await home.toolkey(["add", URL, "--tool", "git", "--for", "reading", "--username", "u"], { stdin: "x" })).toMatchObject({ code: 2, stderr: expect.stringContaining("git does not say whether it reads or publishes") });
  });

  it("says in Cargo's words that the daemon doesn't answer, and asks nobody again", async () => {
    await home.init();
    const fast = join(home.directory, "fast");
    mkdirSync(fast);
    writeFileSync(join(fast, "timeout"), '#!/bin/sh\nshift\nexec /usr/bin/timeout 1 "$@"\n', { mode: 0o755 });
    const pid = (await home.status())?.pid ?? 0;
    process.kill(pid, "SIGSTOP");
    try {
      const { answers, ended } = await converse([get("read"), get("read")], { env: { PATH: `${fast}:${home.environment["PATH"] ?? ""}` } });
      expect(answers).toEqual([{ Err: { kind: "other", message: "toolkey: the daemon does not answer", "caused-by": [] } }]);
      expect(ended.stderr).toBe("toolkey: the daemon does not answer\n");
    } finally {
      process.kill(pid, "SIGCONT");
    }
  });

  it("says in Cargo's words that it can't read what was asked", async () => {
    await home.init();
    await home.addToken("cargo", URL, "S3CRET");
    expect((await converse([`{"v":1,"padding":"${"x".repeat(1.5 * 1024 * 1024)}"}`])).answers).toMatchObject([{ Err: { kind: "other" } }]);
    const question = JSON.stringify({ v: 1, registry: { "index-url": `sparse+${URL}/`, name: "\u00ff" }, ...get("read") });
    const ended = await home.run("sh", ["-c", `printf '%s\n' "$1" | LC_ALL=C sed 's/\\xc3/\\xff/' | ${PROVIDER} --cargo-plugin`, "sh", question]);
    const [, answer = ""] = ended.stdout.split("\n");
    expect(JSON.parse(answer)).toMatchObject({ Err: { kind: "other", message: expect.stringMatching(/^toolkey: /) } });
  });

  it("gives nothing where the directory has gone, in which settings could be", async () => {
    await home.init();
    await home.addToken("cargo", URL, "S3CRET");
    const question = JSON.stringify({ v: 1, registry: { "index-url": `sparse+${URL}/` }, ...get("read") });
    const line = `mkdir gone && cd gone && rmdir ../gone && printf '%s\n' '${question}' | ${PROVIDER} --cargo-plugin`;
    expect(await home.run("sh", ["-c", line], { cwd: home.directory })).toMatchObject({ stdout: `${GREETING}${JSON.stringify(MISS)}\n` });
  });

  it("gives nothing where the settings of a project are a pipe, and does not wait for it", async () => {
    await home.init();
    await home.addToken("cargo", URL, "S3CRET");
    const project = join(home.directory, "project");
    mkdirSync(join(project, ".cargo"), { recursive: true });
    expectDone(await home.run("mkfifo", [join(project, ".cargo", "config.toml")]));
    const { answers } = await converse([get("read")], { cwd: project });
    expect(answers).toMatchObject([{ Err: { kind: "other", message: expect.stringMatching(/^toolkey: cannot read .*\/project\/\.cargo\/config\.toml: it is a pipe or a device$/) } }]);
  });

  it("presents a token by a user name, if it has one, and else as it is", async () => {
    await home.init();
    await home.addToken("cargo", "https://basic.example", "S3CRET", "bob");
    await home.addToken("cargo", "https://own.example", "Bearer S3CRET");
    const at = (url: string) => ({ ...get("read"), registry: { "index-url": `sparse+${url}/` } });
    const { answers } = await converse([at("https://basic.example"), at("https://own.example")]);
    expect(answers).toEqual([given(`Basic ${Buffer.from("bob:S3CRET").toString("base64")}`), given("Bearer S3CRET")]);
  });

  it("says where Cargo shows it that the vault is locked, and answers by itself when no daemon runs", async () => {
    await home.init();
    await home.addToken("cargo", URL, "S3CRET");
    await home.stop();
    expect((await converse([get("read"), get("read")])).answers).toEqual([given("S3CRET"), given("S3CRET")]);
    expectDone(await home.toolkey(["lock"]));
    const { answers, ended } = await converse([get("read"), get("read")]);
    expect(answers).toEqual(Array(2).fill({ Err: { kind: "other", message: "toolkey: the vault is locked", "caused-by": [] } }));
    expect(ended.stderr).toContain("hint: toolkey unlock");
  });

  it("gives nothing, and keeps nothing, inside of a sealed command", async () => {
    await home.init();
    await home.addToken("cargo", URL, "S3CRET");
    const question = (message: object) => JSON.stringify({ v: 1, registry: { "index-url": `sparse+${URL}/` }, ...message });
    const ended = await home.toolkey(["run", "--", "sh", "-c", `true; printf '%s\\n' '${question(get("read"))}' '${question({ kind: "login", token: "T" })}' | ${PROVIDER} --cargo-plugin`]);
    expect(ended.stdout).toBe(`${GREETING}${NOT_FOUND}{"Err":{"kind":"other","message":"toolkey: the token was not kept","caused-by":[]}}\n`);
    expect(await home.tokens()).toHaveLength(1);
  });
});

describe("toolkey setup cargo", () => {
  beforeEach(async () => {
    home = await makeHome();
    await home.init();
  });
  afterEach(() => home.dispose());

  const path = (): string => join(home.directory, ".cargo", "config.toml");
  const setup = (...argv: string[]): Promise<Ended> => home.toolkey(["setup", "cargo", ...argv]);
  function write(file: string, text: string): void {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  it.each([
    ["no file", undefined],
    ["CRLF, a BOM and no final line break", "\uFEFF[net]\r\nretry = 3\r\n[registry]\r\ndefault = 'acme'"],
    ["another provider", '[registry]\nglobal-credential-providers = [\n  "cargo:token", # built in\n  "cargo:libsecret",\n]\n'],
  ])("adds our provider to %s and takes it back to the byte; --dry-run shows it", async (_what, text) => {
    if (text !== undefined) write(path(), text);
    expect(expectDone(await setup("--dry-run")).stdout).toContain(`would change ${path()}:`);
    expect(existsSync(path()) ? readFileSync(path(), "utf8") : undefined).toBe(text);
    expect(expectDone(await setup()).stdout).toContain(`cargo asks toolkey now: changed ${path()}`);
    expect(readFileSync(path(), "utf8")).toMatch(new RegExp(`"cargo:token".*, ${JSON.stringify(PROVIDER)}\\]`));
    expect(expectDone(await setup()).stdout).toContain("cargo asks toolkey already");
    expectDone(await setup("--undo"));
    expect(existsSync(path()) ? readFileSync(path(), "utf8") : undefined).toBe(text);
    expect(existsSync(`${path()}.toolkey-backup`)).toBe(false);
  });

  it("finds the file where Cargo does: in CARGO_HOME, under its older name, behind a link", async () => {
    const other = join(home.directory, "elsewhere");
    write(join(other, "config"), "[net]\nretry = 3\n");
    expectDone(await home.toolkey(["setup", "cargo"], { env: { CARGO_HOME: other } }));
    expect(readFileSync(join(other, "config"), "utf8")).toContain(PROVIDER);
    write(join(home.directory, "dotfiles", "cargo.toml"), "");
    mkdirSync(dirname(path()), { recursive: true });
    symlinkSync("../dotfiles/cargo.toml", path());
    expectDone(await setup());
    expect(lstatSync(path()).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(home.directory, "dotfiles", "cargo.toml"), "utf8")).toContain(PROVIDER);
  });

  it.each([
    ["broken", "[registry\n", "line 1, column 10: it is not well-formed"],
    ["in a form that can't be added to", 'registry = { default = "x" }\n', "line 1: the providers can't be added to as text"],
  ])("leaves a file alone that is %s", async (_what, text, why) => {
    write(path(), text);
    expect(await setup()).toMatchObject({ code: expect.any(Number), stderr: expect.stringContaining(`toolkey: ${path()}, ${why}\nhint: it was left as it is\n`) });
    expect(readFileSync(path(), "utf8")).toBe(text);
  });

  it("leaves one alone that is read-only", async () => {
    write(path(), "[net]\nretry = 3\n");
    chmodSync(path(), 0o444);
    expect(await setup()).toMatchObject({ code: 3, stderr: expect.stringContaining(`toolkey: ${path()} is read-only`) });
  });

  it("is looked at by doctor: what beats it, what leaks", async () => {
    await home.addToken("cargo", URL, "S3CRET");
    const findings = async (env: Readonly<Record<string, string>> = {}) => (await home.toolkey(["doctor"], { env, cwd: home.directory })).stdout;
    expect(await findings()).toContain("cargo does not ask toolkey\n");
    expectDone(await setup());
    expect(await findings()).toContain("ok    cargo asks toolkey\n");
    const leaking = await findings({ CARGO_REGISTRIES_ACME_TOKEN: "x", CARGO_REGISTRY_GLOBAL_CREDENTIAL_PROVIDERS: "cargo:token" });
    expect(leaking).toContain("$CARGO_REGISTRIES_ACME_TOKEN holds a token, which every program of a build can read\n");
    expect(leaking).toContain("cargo asks what $CARGO_REGISTRY_GLOBAL_CREDENTIAL_PROVIDERS names before toolkey\n");
    write(path(), `[registry]\nglobal-credential-providers = [${JSON.stringify(PROVIDER)}, "cargo:libsecret"]\n[registries.acme]\ncredential-provider = "cargo:token"\n`);
    expect(await findings()).toMatch(/cargo asks cargo:libsecret before toolkey\n[^]*for acme cargo asks 'cargo:token', and not toolkey\n/);
    write(path(), `[registry]\nglobal-credential-providers = ["/old/cargo-credential-toolkey"]\n`);
    expect(await findings()).toContain("cargo asks /old/cargo-credential-toolkey, which is of another toolkey\n");
    write(join(home.directory, "bin", "cargo"), "#!/bin/sh\necho cargo 1.66.0\n");
    chmodSync(join(home.directory, "bin", "cargo"), 0o755);
    expect(await findings({ PATH: `${join(home.directory, "bin")}:${home.environment["PATH"] ?? ""}` })).toContain("cargo 1.66 asks nobody for its tokens\n");
    write(path(), "[registry\n");
    expect(await findings()).toContain(`cargo can't read ${path()}: line 1, column 10`);
  });

  it("has import take its tokens, by the registries of its configuration, and put them back", async () => {
    write(path(), `[registries.acme]\nindex = "sparse+${URL}/index/"\n[registries.inline]\nindex = "sparse+https://i.example/"\n`);
    const credentials = join(home.directory, ".cargo", "credentials.toml");
    const text = '[registry]\ntoken = "cio1" # mine\n[registries.acme]\ntoken = "S3CRET"\n[registries]\ninline = { token = "INLINE" }\nnowhere.token = "LOST"\n';
    write(credentials, text);
    const done = expectDone(await home.toolkey(["import", "--yes"]));
    expect(done.stdout).toMatch(/nowhere .*stays: nothing says which URL it is for/);
    expect(readFileSync(credentials, "utf8")).toBe('[registry]\n # mine\n[registries.acme]\n[registries]\ninline = {  }\nnowhere.token = "LOST"\n');
    expect((await home.tokens()).map(({ tool, target }) => `${tool} ${target}`).toSorted()).toEqual(["cargo https://crates.io", "cargo https://i.example", `cargo ${URL}/index`]);
    expect((await converse([get("read")])).answers).toEqual([given("S3CRET")]);
    expectDone(await home.toolkey(["import", "--undo"]));
    expect(readFileSync(credentials, "utf8")).toBe(text);
  });
});

describe.skipIf(missing("cargo", "rustc"))("the real Cargo", () => {
  let tls: TestTls;
  let registry: CargoRegistry;
  let project: CargoProject;

  beforeAll(async () => {
    tls = await makeTls();
    registry = await startCargoRegistry({
      tls,
      registries: [{ path: "/acme", tokens: [{ name: "reader", value: "READS", mayOnlyRead: true }, { name: "publisher", value: "PUBLISHES" }, { name: "typed", value: "TYPED" }] }],
      crates: [{ name: "lib1" }],
    });
    home = await makeHome();
    await home.init(tls.caFile);
    project = await makeCargoProject(home, tls.caFile, { lib1: "acme" });
    await project.configure({ acme: registry.index("/acme") });
    expectDone(await home.toolkey(["setup", "cargo"]));
  });
  afterAll(async () => {
    await home?.dispose();
    await registry?.close();
    await tls?.remove();
  });
  beforeEach(async () => {
    registry.requests.length = 0;
    await project.forget();
  });
  const add = async (secret: string, aim: string) =>
    expectDone(await home.toolkey(["add", registry.index("/acme"), "--tool", "cargo", "--for", aim], { stdin: secret }));

  it("says in its own words that there is no token", async () => {
    expect(await project.cargo(["fetch"])).toMatchObject({ code: 101, stderr: expect.stringContaining("no token found for `acme`, please run `cargo login --registry acme`") });
  });

  it("gets one to read and another to publish", async () => {
    await add("READS", "reading");
    await add("PUBLISHES", "publishing");
    expectDone(await project.cargo(["fetch"]));
    expect(asked(registry)).toEqual([
      "GET /acme/index/config.json as none", "GET /acme/index/config.json as reader", "GET /acme/index/li/b1/lib1 as reader", "GET /acme/api/v1/crates/lib1/1.0.0/download as reader",
    ]);
    registry.requests.length = 0;
    expectDone(await project.cargo(["publish", "--registry", "acme", "--allow-dirty"]));
    expect(registry.requests.filter(({ method }) => method === "PUT")).toEqual([{ method: "PUT", path: "/acme/api/v1/crates/new", as: "publisher", status: 200 }]);
    expect(registry.requests.filter(({ status }) => status === 403)).toEqual([]);
    expect(registry.published("/acme")).toContain("app");
    expectDone(await project.cargo(["yank", "--registry", "acme", "app@0.1.0"]));
    expect(registry.requests.filter(({ method }) => method === "DELETE").map(({ as, status }) => [as, status])).toEqual([["publisher", 200]]);
  });

  it("logs in, from standard input and on a terminal, and out again", async () => {
    expectDone(await project.cargo(["login", "--registry", "acme"], { stdin: "TYPED\n" }));
    expect(existsSync(join(project.own, "credentials.toml"))).toBe(false);
    expect(expectDone(await project.cargo(["logout", "--registry", "acme"])).stderr).not.toContain("not currently logged in");
    expect((await project.cargo(["logout", "--registry", "acme"])).stderr).toContain("Logout not currently logged in to `acme`");
    expect((await home.tokens()).filter(({ storedByTool, state }) => storedByTool === true && state === "active")).toEqual([]);
    expect(await project.cargo(["login", "--registry", "acme"])).toMatchObject({ code: 101, stderr: expect.stringContaining("toolkey: there is no terminal to ask for the token on") });
  });

  it.skipIf(missing("script"))("asks for the token of a login on the terminal, without showing it", async () => {
    const line = `cd ${project.directory} && CARGO_HTTP_CAINFO=${tls.caFile} cargo login --registry acme`;
    const { shown, code } = await onTerminal(line, home.environment, [["token for acme: ", "TYPED\n"]]);
    expect(code).toBe(0);
    expect(shown).toContain(`a token is to be had at ${registry.origin}/acme/me`);
    expect(shown).not.toContain("TYPED");
    expect((await home.tokens()).filter(({ storedByTool, state }) => storedByTool === true && state === "active")).toHaveLength(1);
    expectDone(await project.cargo(["logout", "--registry", "acme"]));
  });

  it("goes on with a token of its own variable where toolkey has none", async () => {
    await project.configure({ acme: registry.index("/acme"), open: registry.index("/acme").replace("localhost", "127.0.0.1") }, readFileSync(join(project.own, "config.toml"), "utf8").split("\n").slice(2).join("\n"));
    const ended = await project.cargo(["search", "--registry", "open", "x"], { env: { CARGO_REGISTRIES_OPEN_TOKEN: "READS" } });
    expect(ended.stderr).not.toContain("no token found");
    expect(asked(registry)).toContain("GET /acme/index/config.json as reader");
  });

  it("says that the vault is locked, and does not go on", async () => {
    expectDone(await home.toolkey(["lock"]));
    expect(await project.cargo(["fetch"])).toMatchObject({ code: 101, stderr: expect.stringContaining("toolkey: the vault is locked") });
    expectDone(await home.toolkey(["unlock"]));
  });

  it.each([
    ["its certificates", '[http]\ncainfo = "evil.pem"\n', (evil: string) => evil],
    ["them by a file that it includes", 'include = "more.toml"\n', (evil: string) => evil],
  ])("gives a project nothing that brings %s", async (_what, text) => {
    await project.write(".cargo/config.toml", text);
    await project.write(".cargo/more.toml", '[http]\ncainfo = "evil.pem"\n');
    const question = `{"v":1,"registry":{"index-url":"${registry.index("/acme")}"},"kind":"get","operation":"read"}\n`;
    const ended = await home.run(PROVIDER, ["--cargo-plugin"], { cwd: project.directory, stdin: question });
    expect(ended).toMatchObject({ stdout: `${GREETING}${NOT_FOUND}`, stderr: expect.stringMatching(/^toolkey: cargo gets no token for https:\/\/localhost:\d+\/acme\/index: http\.cainfo in \/.*\/project\/\.cargo\/(config|more)\.toml would decide/) });
    await home.stop();
    expect((await home.run(PROVIDER, ["--cargo-plugin"], { cwd: project.directory, stdin: question })).stdout).toBe(`${GREETING}${NOT_FOUND}`);
    rmSync(join(project.directory, ".cargo"), { recursive: true });
  });

  it("gives a project nothing for another registry by the name of a known one", async () => {
    const other = await startCargoRegistry({ tls, registries: [{ path: "/acme", tokens: [] }] });
    await project.write(".cargo/config.toml", `[registries.acme]\nindex = "${other.index("/acme")}"\n`);
    expect((await project.cargo(["fetch"])).code).toBe(101);
    expect(new Set(other.requests.map(({ as }) => as))).toEqual(new Set(["none"]));
    await other.close();
    rmSync(join(project.directory, ".cargo"), { recursive: true });
  });
});
