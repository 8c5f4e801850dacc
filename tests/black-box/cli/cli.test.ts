/** The command line as a person or a script meets it: messages, exit codes, streams, JSON. */
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Status } from "../../../src/core/views/status.ts";
import type { TokenView } from "../../../src/core/tokens/token.ts";
import { TOOL_NAMES } from "../../../src/protocols/tool-facts.ts";
import { vaultHash, whenDaemonEnded } from "../../fixtures/processes/daemon-process.ts";
import { longTest, matrix, sampled } from "../../fixtures/form.ts";
import { BIN, expectDone, makeHome, type Ended, type RunOptions, type TestHome } from "../../fixtures/homes/home.ts";
import { missing } from "../../fixtures/programs/programs.ts";
import { onTerminal } from "../../fixtures/processes/terminal-session.ts";

/** What is said of a new token for git in a home in which git is not set up. */
const NOT_ASKED = (url: string): string => `toolkey: git does not get it yet: for ${url} it asks no helper\nhint: toolkey setup git\n`;

const COMMANDS = ["init", "add", "list", "show", "replace", "restore", "revoke", "use", "check", "services", "login", "mint", "rotate", "setup", "run", "shell-init", "import", "export", "log", "status", "config", "lock", "unlock", "stop", "doctor", "completion"];
const ID = /git-[a-z2-9]{4}/;

let home: TestHome;

function toolkey(argv: readonly string[], options?: RunOptions): Promise<Ended> {
  return home.toolkey(argv, options);
}

/** In this process, but for options of the command line. */
async function tokens(...options: readonly string[]): Promise<readonly TokenView[]> {
  if (options.length === 0) return home.tokens();
  return JSON.parse(expectDone(await toolkey(["list", "--json", ...options])).stdout) as TokenView[];
}

function add(secret: string, ...options: readonly string[]): Promise<Ended> {
  return toolkey(["add", "https://example.com", "--tool", "git", "--username", "alice", ...options], { stdin: secret });
}

/** The same without a start of the command line, where it is but what a test begins with. */
function hold(secret: string, url = "https://example.com", username = "alice"): Promise<string> {
  return home.addGitToken(url, username, secret);
}

async function added(ended: Promise<Ended>): Promise<string> {
  return ID.exec(expectDone(await ended).stdout)?.[0] ?? "";
}

/** `toolkey:` lines in lower case and without a full stop, then `hint:` lines; nothing else. */
function expectManners(stderr: string): void {
  const lines = stderr.split("\n");
  expect(lines.pop()).toBe("");
  expect(lines.filter((line) => !/^(toolkey|hint): ./.test(line))).toEqual([]);
  expect(lines.filter((line) => /^toolkey: [A-Z]/.test(line))).toEqual([]);
  expect(lines.filter((line) => line.endsWith("."))).toEqual([]);
  const firstHint = lines.findIndex((line) => line.startsWith("hint:"));
  expect(firstHint === -1 ? [] : lines.slice(firstHint).filter((line) => !line.startsWith("hint:"))).toEqual([]);
}

/** Fails with this exit code, this first line and these hints, nothing on standard output. */
function expectFailure(ended: Ended, code: 1 | 2 | 3, message: string | RegExp, ...hints: readonly string[]): void {
  expectManners(ended.stderr);
  const [first = "", ...rest] = ended.stderr.trimEnd().split("\n");
  if (typeof message === "string") expect(first).toBe(`toolkey: ${message}`);
  else expect(first.replace(/^toolkey: /, "")).toMatch(message);
  expect(rest).toEqual(hints.map((hint) => `hint: ${hint}`));
  expect([ended.code, ended.stdout]).toEqual([code, ""]);
}

describe("without a vault", () => {
  beforeAll(async () => {
    home = await makeHome();
  });

  afterAll(() => home.dispose());

  const USAGE_HINT = "toolkey --help, or toolkey COMMAND --help";

  it.each(sampled(COMMANDS, 9))("%s --help shows an example and starts no daemon", async (command) => {
    const help = await toolkey([command, "--help"]);
    expect(help).toMatchObject({ code: 0, stderr: "" });
    expect(help.stdout).toMatch(new RegExp(`^toolkey ${command}\\b`));
    expect(help.stdout).toMatch(new RegExp(`\\nExamples:\\n(.*\\n)*.*toolkey ${command}`));
    expect(await home.status()).toBeUndefined();
  });

  it("--help lists every command, and the exit codes", async () => {
    const help = await toolkey(["--help"]);
    expect(help).toMatchObject({ code: 0, stderr: "" });
    expect([...help.stdout.matchAll(/^ {2}toolkey ([\w-]+)/gm)].map(([, name]) => name)).toEqual([...COMMANDS, "help"]);
    expect(help.stdout).toContain("Exit codes: 0 done, 1 failed, 2 wrong usage, 3 locked or denied, 130 Ctrl-C.");
  });

  it("add of a host without a tool says that one is to be named", async () => {
    expectFailure(await toolkey(["add", "https://example.com"]), 2, "no tool was named", `add --tool with one of: ${TOOL_NAMES.join(", ")}`);
  });

  it("--version prints the build", async () => {
    expect((await toolkey(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\+[0-9a-f]{12} \(checkout\)\n$/);
  });

  it.each(matrix<[string[], string]>([
    [[], "no command was named"],
    [["list", "--frobnicate"], "unknown option '--frobnicate'"],
    [["add", "npm.example.com", "--secret-fil=x"], "unknown option '--secret-fil'; did you mean '--secret-file'?"],
    [["list", "--tool"], "--tool needs a value"],
    [["show"], "an argument is missing: ID"],
    [["init", "--key", "floppy"], 'this is not one of the choices: key is "floppy", but must be one of "keychain", "passphrase", "file"'],
  ], [
    [["show", "a", "b"], "unknown argument: b"],
    [["init", "--kye", "file"], "unknown option '--kye'; did you mean '--key'?"],
    [["list", "-z"], "unknown option '-z'"],
    [["list", "--secret-file", "x"], "unknown option '--secret-file'"],
    [["list", "--jsno", "more"], "unknown option '--jsno'; did you mean '--json'?"],
    [["list", "--no-frobnicate"], "unknown option '--no-frobnicate'"],
    [["completion", "tcsh"], 'this is not one of the choices: shell is "tcsh", but must be one of "bash", "zsh", "fish"'],
  ]))("wrong usage: %j", async (argv, message) => {
    const [command] = argv;
    expectFailure(await toolkey(argv), 2, message, command === undefined ? USAGE_HINT : `toolkey ${command} --help`);
  });

  it("an option with a secret is told how secrets are given", async () => {
    const hints = ["a secret never stands on the command line: --secret-file FILE", "if one did, it is in the history of your shell now", "toolkey add --help"];
    const ended = await toolkey(["add", "https://npm.example.com", "--tool", "npm", "--token", "s3cret-in-the-wrong-place"]);
    expectFailure(ended, 2, "unknown option '--token'", ...hints);
  });

  it("an option before the command is told where it stands", async () => {
    const { code, stderr } = await toolkey(["--json", "list"]);
    expect([code, stderr]).toEqual([2, "toolkey: no command was named\nhint: options stand behind the command: toolkey list --json\nhint: toolkey --help, or toolkey COMMAND --help\n"]);
  });

  it.each(matrix([
    ["lisst", "there is no command 'lisst'; did you mean 'list'?", "toolkey list --help"],
    ["rm", "there is no command 'rm'; did you mean 'revoke'?", "toolkey revoke --help"],
    ["frobnicate", "there is no command 'frobnicate'", "toolkey --help"],
  ], [
    ["delete", "there is no command 'delete'; did you mean 'revoke'?", "toolkey revoke --help"],
    ["settings", "there is no command 'settings'; did you mean 'config'?", "toolkey config --help"],
  ]))("'toolkey %s git-7f3k' says which command may be meant", async (word, message, hint) => {
    expectFailure(await toolkey([word, "git-7f3k"]), 2, message, hint);
  });

  it("help is --help, help COMMAND is COMMAND --help, and of what is no command it says which there are", async () => {
    const all = expectDone(await toolkey(["--help"]));
    expect(await toolkey(["help"])).toEqual(all);
    expect(await toolkey(["help", "help"])).toEqual(all);
    for (const command of ["run", ...matrix(["revoke"], ["completion", "import"])]) expect(await toolkey(["help", command])).toEqual(expectDone(await toolkey([command, "--help"])));
    const commands = `commands: ${[...COMMANDS, "help"].join(", ")}`;
    expectFailure(await toolkey(["help", "lisst"]), 2, "there is no command 'lisst'; did you mean 'list'?", "toolkey list --help", commands);
    expectFailure(await toolkey(["help", "frobnicate"]), 2, "there is no command 'frobnicate'", "toolkey --help", commands);
    expectFailure(await toolkey(["help", "list", "show"]), 2, "unknown argument: show", "toolkey help --help");
    expect(await home.status()).toBeUndefined();
  });

  it("messages are the same in every locale", async () => {
    const env = { LANG: "de_DE.UTF-8", LC_ALL: "de_DE.UTF-8" };
    expectFailure(await toolkey(["show"], { env }), 2, "an argument is missing: ID", "toolkey show --help");
    expect((await toolkey(["show", "--help"], { env })).stdout).toContain("Examples:");
  });

  it("a full disk behind standard output is an error, and no bug", async () => {
    for (const argv of [["help"], ["completion", "bash"]]) {
      const ended = await home.run("sh", ["-c", 'exec toolkey "$@" >/dev/full', "sh", ...argv]);
      expect(ended).toEqual({ code: 1, signal: null, stdout: "", stderr: "toolkey: it can't go on: ENOSPC\n" });
    }
  });

  it("status and stop say that no daemon runs, and start none", async () => {
    expect(await toolkey(["status"])).toMatchObject({ code: 0, stdout: "daemon     not running; the first request starts it\n", stderr: "" });
    expect(JSON.parse((await toolkey(["status", "--json"])).stdout)).toEqual({ running: false });
    expect(await toolkey(["stop"])).toMatchObject({ code: 0, stdout: "no daemon was running\n", stderr: "" });
    expect(JSON.parse((await toolkey(["stop", "--json"])).stdout)).toEqual({ stopped: false });
  });

  it.each([
    [["mint", "nuxeo"], "no tool was named", "add --tool with one of: git, maven, nuxeoctl, http"],
    [["setup", "mvn"], "there is no tool 'mvn'; did you mean 'maven'?", `tools: ${TOOL_NAMES.join(", ")}`],
    [["setup", "http"], "http needs no setup: 'toolkey run' starts what is to have its tokens", `toolkey run --tool http -- sh -c 'curl --netrc-file "$TOOLKEY_NETRC" "$TOOLKEY_HTTP/SERVICE/PATH"'`],
  ])("%j says what else to do", async (argv, message, hint) => {
    expectFailure(await toolkey(argv), 2, message, hint);
  });

  it.each(sampled([
    [["list"]],
    [["show", "git-7f3k"]],
    [["add", "https://example.com", "--tool", "git", "--username", "a"]],
    [["replace", "git-7f3k"]],
    [["restore", "git-7f3k"]],
    [["use", "git-7f3k"]],
    [["unlock"]],
    [["revoke", "--local", "--yes", "git-7f3k"]],
  ], 3))("%j says how to make one", async (argv) => {
    const vault = join(home.toolkeyHome, "data", "vault.age");
    expectFailure(await toolkey(argv, { stdin: "secret\n" }), 1, `there is no vault at ${vault}`, "make one: toolkey init");
  });

  it("says so after 'toolkey lock' as well, to whatever needs one", async () => {
    expectDone(await toolkey(["lock"]));
    const ended = await toolkey(["show", "git-7f3k"]);
    expectFailure(ended, 1, `there is no vault at ${join(home.toolkeyHome, "data", "vault.age")}`, "make one: toolkey init");
    expectDone(await toolkey(["stop"]));
  });

  it("init without a key store and a terminal takes no plain key file by itself", async () => {
    const refused = await toolkey(["init"], { env: { DBUS_SESSION_BUS_ADDRESS: "unix:path=/nonexistent", XDG_RUNTIME_DIR: undefined } });
    expect([refused.code, refused.stdout]).toEqual([1, ""]);
    expectManners(refused.stderr);
    expect(refused.stderr).toContain("hint: on a machine without people: toolkey init --key file\n");
  });
});

describe("with a vault", () => {
  let prepared: TestHome;

  beforeAll(async () => {
    prepared = await makeHome();
    await prepared.init();
    await prepared.stop();
  });

  afterAll(() => prepared.dispose());

  /** Whether the home holds no more than toolkey's own data: with the vault put back it is as good as a new one, and its daemon runs already. */
  let isAsNew = false;

  beforeEach(async () => {
    if (isAsNew) return;
    home = await makeHome();
    cpSync(join(prepared.toolkeyHome, "data"), join(home.toolkeyHome, "data"), { recursive: true });
    for (const directory of [home.toolkeyHome, join(home.toolkeyHome, "data")]) chmodSync(directory, 0o700);
  });

  afterEach(async () => {
    isAsNew = readdirSync(home.directory).join() === "t" && !existsSync(join(home.toolkeyHome, "config"));
    if (isAsNew) putVaultBack();
    else await home.dispose();
  });

  /** As another machine with the same data directory would write it: the daemon sees it with its next request. */
  function putVaultBack(): void {
    if (vaultHash(home) === vaultHash(prepared)) return;
    const data = join(home.toolkeyHome, "data");
    copyFileSync(join(prepared.toolkeyHome, "data", "vault.age"), join(data, "vault.of-before"));
    renameSync(join(data, "vault.of-before"), join(data, "vault.age"));
    rmSync(join(data, "vault.age.1"), { force: true });
  }

  afterAll(() => home.dispose());

  it("init says where vault and key are; again it is done already, unless it was to be otherwise", async () => {
    const other = await makeHome();
    try {
      const data = join(other.toolkeyHome, "data");
      const made = await other.toolkey(["init", "--key", "file"]);
      expect(made).toMatchObject({ code: 0, stderr: "" });
      expect(made.stdout).toBe(
        `made ${data}/vault.age\nits key is kept in ${data}/identity.txt (file): whoever reads that file opens the vault, the scripts of a build too\n`,
      );
      const there = `there is a vault already: ${data}/vault.age`;
      const kept = `its key is kept in ${data}/identity.txt (file)`;
      const before = readFileSync(join(data, "vault.age"));
      expect(await other.toolkey(["init", "--key", "file"])).toMatchObject({ code: 0, stdout: `${there}\n${kept}; nothing was changed\n`, stderr: "" });
      expect(await other.toolkey(["init"])).toMatchObject({ code: 0, stderr: "hint: to change its key: toolkey init --rekey\n" });
      const otherwise = await other.toolkey(["init", "--key", "keychain"]);
      expectFailure(otherwise, 1, `${there}; ${kept}, and not as asked (keychain)`, "nothing was changed", "to change its key: toolkey init --rekey --key keychain");
      expect(await other.toolkey(["init", "--accept"])).toMatchObject({ code: 0 });
      mkdirSync(join(other.toolkeyHome, "config"), { mode: 0o700 });
      writeFileSync(join(other.toolkeyHome, "config", "config.toml"), '[service.acme]\nurl = "https://acme.example"\ngit = { url = "https://acme.example" }\n');
      const waits = await other.toolkey(["init", "--accept", "--key", "file"]);
      expect(waits).toMatchObject({ code: 1, stdout: "" });
      expect(waits.stderr).toContain(`${there}; a change of config.toml waits to be accepted\nhint: nothing was changed\nhint: to accept what waits: toolkey config accept\n`);
      expect(readFileSync(join(data, "vault.age"))).toEqual(before);
    } finally {
      await other.dispose();
    }
  });

  describe("add", () => {
    it("prints the id, the tool, the target and the user, and never the secret", async () => {
      const ended = await add("S3CRET\n", "--description", "for CI");
      expect(ended).toMatchObject({ code: 0, stderr: NOT_ASKED("https://example.com") });
      expect(ended.stdout).toMatch(/^added git-[a-z2-9]{4} \(git, https:\/\/example\.com, as alice\)\n$/);
      expect(await tokens()).toMatchObject([{ tool: "git", target: "https://example.com", username: "alice", description: "for CI", state: "active" }]);
    });

    it("cuts white space around the secret off", async () => {
      await added(add("  S3CRET \r\n"));
      expect((await home.helper("get", "protocol=https\nhost=example.com\n")).stdout).toBe("username=alice\npassword=S3CRET\n");
    });

    it("takes a known service by its name", async () => {
      expectDone(await toolkey(["add", "nuxeo", "--tool", "git", "--username", "alice"], { stdin: "N" }));
      expect(await tokens()).toMatchObject([{ service: "nuxeo", target: "https://connect.nuxeo.com/nuxeo/git" }]);
    });

    it("suspends what was there for the same place and user, and says so", async () => {
      const first = await hold("ONE");
      const second = await add("TWO");
      expectManners(second.stderr);
      expect(second.stderr).toMatch(new RegExp(`^toolkey: ${first}, which was there before, is suspended`));
      expect((await tokens()).map(({ id, state }) => [id === first, state])).toEqual([[true, "suspended"], [false, "active"]]);
    });

    it.each(sampled([
      ["an empty secret", "", 2, "the secret is empty", ["nothing was changed", "paste it at the prompt, or pipe it in"]],
      ["a secret of white space", " \n\n", 2, "the secret is empty", ["nothing was changed", "paste it at the prompt, or pipe it in"]],
      ["a secret of two lines", "ONE\nTWO\n", 2, "the secret is more than one line", ["nothing was changed"]],
      ["a secret with a NUL", "ONE\0TWO\n", 2, "the secret holds a control character, such as a line break or NUL", ["nothing was stored; give it as one line of plain text"]],
      ["a secret with an escape", "ONE\x1b[2J", 2, "the secret holds a control character, such as a line break or NUL", ["nothing was stored; give it as one line of plain text"]],
    ] as const, 2))("refuses %s", async (_what, secret, code, message, hints) => {
      const before = vaultHash(home);
      expectFailure(await add(secret), code, message, ...hints);
      expect(vaultHash(home)).toBe(before);
    });

    it("refuses a file that was piped in by mistake", async () => {
      expectFailure(await add("x".repeat(100_000)), 2, "what is piped in is too large for a secret");
    });

    it("of a service that is mistyped it says which may be meant, and a URL is only for what takes one", async () => {
      for (const [argv, message, others] of [
        [["add", "gihub", "--tool", "git", "--username", "a"], "there is no service 'gihub'; did you mean 'github'?", "give a URL, or one of: nuxeo, "],
        [["mint", "gitlba", "--tool", "git"], "there is no service 'gitlba'; did you mean 'gitlab'?", "give a URL, or one of: nuxeo, "],
        [["login", "https://git.example.com"], "there is no service 'https://git.example.com'", "services: nuxeo, "],
      ] as const) {
        const { code, stderr } = await toolkey(argv, { stdin: "secret" });
        expect([code, stderr]).toEqual([2, expect.stringContaining(`toolkey: ${message}\nhint: ${others}`)]);
      }
    });

    it.each(matrix<[string, string[], string, string]>([
      ["no user name", ["https://example.com", "--tool", "git"], "git needs a user name with a token", "add --username NAME"],
      ["a place that is neither a service nor a URL", ["nowhere", "--tool", "git", "--username", "a"], "there is no service 'nowhere'", "give a URL, or one of: nuxeo, nuxeo-packages, jfrog-connect, nordic, github, gitlab, bitbucket, jfrog@HOST, npm-registry@HOST, gitea@HOST, github@HOST, gitlab@HOST"],
      ["credentials in the URL", ["https://a:b@example.com", "--tool", "git", "--username", "a"], "the URL holds a password, which may be in the history of your shell now",
        "create another one at its service, and give the URL without it: toolkey asks for the token"],
      ["a user name in the URL", ["https://a@example.com", "--tool", "git"], "a target must not hold a user name or a secret", "leave out everything up to the '@', and give the name with --username"],
      ["toolkey itself", ["https://example.com", "--tool", "toolkey"], "toolkey's own tokens are kept with 'toolkey login'", "toolkey login SERVICE"],
      ["a host with a wildcard", ["https://*.example.com", "--tool", "git", "--username", "a"], "a token is for one host, and '*' stands for none", "add it for each host by its name"],
      ["a way by which git asks nobody", ["ssh://example.com/x", "--tool", "git", "--username", "a"], "git asks for no token where it goes by ssh", "give the URL that begins with https://"],
      ["a service that is not for the tool", ["nuxeo", "--tool", "bun"], "there is nothing for bun at Nuxeo Online Services",
        "it is for: git, maven, nuxeoctl, http; or give a URL"],
    ], [
      ["a query in the URL", ["https://example.com/?x", "--tool", "git", "--username", "a"], "a target must not hold a query or a fragment", "write it as https://host[:port]/path"],
      ["a program for a tool", ["https://example.com", "--tool", "mvn"], "there is no tool 'mvn'; did you mean 'maven'?", `tools: ${TOOL_NAMES.join(", ")}`],
      ["a tool that toolkey does not know", ["nuxeo", "--tool", "cvs"], "there is no tool 'cvs'", `tools: ${TOOL_NAMES.join(", ")}`],
      ["an empty user name", ["https://example.com", "--tool", "git", "--username", ""], "git needs a user name with a token", "add --username NAME"],
    ]))("refuses %s", async (_what, argv, message, hint) => {
      const before = vaultHash(home);
      expectFailure(await toolkey(["add", ...argv], { stdin: "S3CRET" }), 2, message, hint);
      expect(vaultHash(home)).toBe(before);
    });

    it("refuses a secret that is there already, and says under which id", async () => {
      const id = await hold("S3CRET");
      expectFailure(await add("S3CRET"), 1, `this secret is in the vault already, as ${id} (active)`, `toolkey show ${id}`);
    });

    it("says how to get a suspended one back instead of adding it again", async () => {
      const id = await hold("ONE");
      await hold("TWO");
      expectFailure(await add("ONE"), 1, `this secret is in the vault already, as ${id} (suspended)`, `toolkey restore ${id}`);
    });

    it.each(matrix<[string, string, () => number]>([["a duration", "30d", () => 30 * 86_400_000]], [
      ["a short duration", "90s", () => 90_000],
    ]))("--expires takes %s", async (_what, text, length) => {
      const earliest = Math.floor(Date.now() / 1000) * 1000;
      await added(add("S3CRET", "--expires", text));
      const [token] = await tokens();
      const expires = Date.parse(token?.expiresAt ?? "");
      expect(expires).toBeGreaterThanOrEqual(earliest + length());
      expect(expires).toBeLessThanOrEqual(Date.now() + length());
    });

    it.each(sampled([
      ["2099-01-31", "2099-01-31T23:59:59Z"],
      ["2099-01-31T12:00:00Z", "2099-01-31T12:00:00Z"],
      ["2099-01-31T12:00:00+02:00", "2099-01-31T10:00:00Z"],
    ], 3))("--expires %s means %s", async (text, instant) => {
      await added(add("S3CRET", "--expires", text));
      expect((await tokens())[0]?.expiresAt).toBe(instant);
    });

    it.each(matrix([
      ["2001-01-31", "'2001-01-31' has already passed"],
      ["soon", "'soon' is not a time", "write a duration (30d), a day (2027-01-31) or an ISO time (2027-01-31T12:00:00Z)"],
    ], [
      ["0d", "'0d' has already passed"],
      ["2099-02-30", "'2099-02-30' is not a time", "write a duration (30d), a day (2027-01-31) or an ISO time (2027-01-31T12:00:00Z)"],
    ]))("--expires %s is refused", async (text = "", message = "", ...hints) => {
      expectFailure(await add("S3CRET", "--expires", text), 2, message, ...hints);
    });
  });

  describe("list and show", () => {
    it("an empty vault is said on standard error, and is an empty list in JSON", async () => {
      expect(await toolkey(["list"])).toMatchObject({ code: 0, stdout: "", stderr: "toolkey: there are no tokens\nhint: toolkey add URL --tool git\n" });
      expect((await toolkey(["list", "--json"])).stdout).toBe("[]\n");
    });

    it("list shows a line for each token, under titles, without secrets", async () => {
      const id = await added(add("S3CRET", "--expires", "2099-01-31"));
      const list = await toolkey(["list"]);
      expect(list).toMatchObject({ code: 0, stderr: "" });
      const [titles = "", row = "", ...rest] = list.stdout.split("\n");
      expect(titles).toMatch(/^ID +TOOL +.*STATE/);
      expect(row.split(/ {2,}/)).toEqual(expect.arrayContaining([id, "git", "example.com", "alice", "2099-01-31", "active"]));
      expect(rest).toEqual([""]);
    });

    it("list --tool and --service show a part, and the last of two counts", async () => {
      await hold("ONE");
      await home.addToken("npm", "https://npm.example.com", "TWO");
      expect((await tokens("--tool", "npm")).map(({ tool }) => tool)).toEqual(["npm"]);
      expect((await tokens("--service", "example.com")).map(({ tool }) => tool)).toEqual(["git"]);
      expect((await tokens("--tool", "npm", "--tool", "git")).map(({ tool }) => tool)).toEqual(["git"]);
      expect(await toolkey(["list", "--tool", "maven"])).toMatchObject({ code: 0, stdout: "", stderr: "toolkey: there are no such tokens\nhint: 'toolkey list' shows all\n" });
    });

    it("show tells all but the secret; in JSON with the fields by name", async () => {
      const id = await added(add("S3CRET", "--description", "for CI"));
      const shown = await toolkey(["show", id]);
      expect(shown).toMatchObject({ code: 0, stderr: "" });
      expect(shown.stdout).toMatch(/^id {12}git-....\ntool {10}git\nservice {7}example\.com\ntarget {8}https:\/\/example\.com\nusername {6}alice\ndescription {3}for CI\n/);
      const json = JSON.parse((await toolkey(["show", id, "--json"])).stdout) as TokenView;
      expect(json).toMatchObject({ id, tool: "git", service: "example.com", target: "https://example.com", username: "alice", description: "for CI", kind: "opaque", state: "active" });
      expect(Object.keys(json).filter((name) => /secret|password|refresh/i.test(name))).toEqual([]);
      expect([shown.stdout, JSON.stringify(json)].filter((text) => text.includes("S3CRET"))).toEqual([]);
    });

    it("the beginning of an id will do, where only one begins so", async () => {
      const id = await hold("ONE");
      expect((await toolkey(["show", id.slice(0, 5)])).stdout).toContain(id);
      await hold("TWO", "https://other.example.com", "b");
      expectFailure(await toolkey(["show", "git-"]), 1, "the ids of several tokens begin with 'git-'", "'toolkey list' shows the ids");
    });

    it.each(matrix(["show"], ["replace", "restore", "use"]))("%s of an unknown id fails and says where ids are", async (command) => {
      expectFailure(await toolkey([command, "git-zzzz"], { stdin: "x" }), 1, "there is no token 'git-zzzz'", "'toolkey list' shows the ids");
    });

    it("what a description holds can't move the cursor or hide text", async () => {
      const id = await added(add("ONE", "--description", "a\u001B[2Jb\u202Ec\nd"));
      for (const argv of [["list"], ["show", id]]) {
        const { stdout } = await toolkey(argv);
        expect(["\u001B", "\u202E"].filter((character) => stdout.includes(character))).toEqual([]);
        expect(stdout).toMatch(/a ?b ?c d/);
      }
    });
  });

  describe("replace, restore, use", () => {
    it("replace keeps the id, and the old secret as a suspended token", async () => {
      const id = await hold("ONE");
      const replaced = await toolkey(["replace", id], { stdin: "TWO\n" });
      expect(replaced.stdout).toBe(`replaced the secret of ${id} (git, https://example.com, as alice)\n`);
      const old = /as (git-\w+)\n$/.exec(replaced.stderr)?.[1] ?? "";
      expect(replaced.stderr).toBe(`toolkey: the old secret is kept, suspended, as ${old}\n`);
      expect((await home.helper("get", "protocol=https\nhost=example.com\n")).stdout).toContain("password=TWO\n");
      expectDone(await toolkey(["restore", old]));
      expect((await home.helper("get", "protocol=https\nhost=example.com\n")).stdout).toContain("password=ONE\n");
    });

    it.each(sampled([
      ["the same secret", "ONE", 1, /^token git-\w+ has this secret already$/],
      ["an empty secret", "\n", 2, /^the secret is empty$/],
      ["a secret of two lines", "A\nB\n", 2, /^the secret is more than one line$/],
    ] as const, 2))("replace refuses %s", async (_what, secret, code, message) => {
      const id = await hold("ONE");
      const before = vaultHash(home);
      const refused = await toolkey(["replace", id], { stdin: secret });
      expect([refused.code, refused.stdout]).toEqual([code, ""]);
      expectManners(refused.stderr);
      expect(refused.stderr.split("\n")[0]?.replace("toolkey: ", "")).toMatch(message);
      expect(vaultHash(home)).toBe(before);
    });

    it("restore suspends what had taken the token's place", async () => {
      const first = await hold("ONE");
      const second = await hold("TWO");
      const restored = await toolkey(["restore", first]);
      expect(restored).toMatchObject({
        code: 0,
        stdout: `${first} (git, https://example.com, as alice) is active again\n`,
        stderr: `toolkey: ${second}, which had taken its place, is suspended\n`,
      });
      expectFailure(await toolkey(["restore", first]), 1, `token ${first} is active already`);
    });

    it("use decides which of two users a request without a name gets", async () => {
      const alice = await hold("ONE");
      const bob = await hold("TWO", "https://example.com", "bob");
      for (const [id, name] of [[bob, "bob"], [alice, "alice"]]) {
        expect((await toolkey(["use", id ?? ""])).stdout).toBe(`${id} (git, https://example.com, as ${name}) is the default now\n`);
        expect((await home.helper("get", "protocol=https\nhost=example.com\n")).stdout).toContain(`username=${name}\n`);
      }
      expect((await toolkey(["show", alice])).stdout).toMatch(/^default +yes$/m);
    });

    it("use of a suspended token says to restore it first", async () => {
      const first = await hold("ONE");
      await hold("TWO");
      expectFailure(await toolkey(["use", first]), 3, `token ${first} is suspended`, `bring it back first: toolkey restore ${first}`);
    });
  });

  describe("a suspended token that nothing replaces", () => {
    it("is named by list and doctor, with what to do", async () => {
      const id = await hold("ONE");
      expectDone(await home.helper("erase", "protocol=https\nhost=example.com\nusername=alice\npassword=ONE\n"));
      const said = `the git token ${id} for https://example.com is suspended`;
      expect((await toolkey(["list"])).stderr).toBe(`toolkey: ${said}\nhint: a new secret for it: toolkey replace ${id}\nhint: to use it again: toolkey restore ${id}\n`);
      expect((await toolkey(["doctor"])).stdout).toContain(`${said}\n`);
      await hold("TWO");
      expect((await toolkey(["list"])).stderr).toBe("");
      expect((await toolkey(["doctor"])).stdout).not.toContain(said);
    });
  });

  describe("revoke", () => {
    it("without --local says that the service of a plain host can't be told, and what to do then", async () => {
      const id = await hold("ONE");
      const ended = await toolkey(["revoke", "--yes", id]);
      expect(ended).toMatchObject({ code: 1, stdout: `not revoked yet: ${id} (git, https://example.com, as alice)\n` });
      expect(ended.stderr).toContain("toolkey: it is revoked here, but is still valid at example.com, where toolkey can't revoke it\n");
      expect(ended.stderr).toContain(`hint: revoke it there, then: toolkey revoke --done ${id}; if it was never one of its tokens: toolkey revoke --local ${id}, which deletes it\n`);
      expect((await tokens()).map(({ state }) => state)).toEqual(["revoking"]);
      expect(await toolkey(["revoke", "--done", id])).toMatchObject({ code: 0 });
      expect((await tokens()).map(({ state }) => state)).toEqual(["revoked"]);
    });

    it("--local deletes what never worked, also once it waits to be revoked at its service", async () => {
      const [active, waiting] = [await hold("ONE"), await hold("TWO", "https://other.example")];
      expect((await toolkey(["revoke", "--yes", waiting])).code).toBe(1);
      const ended = await toolkey(["revoke", "--local", "--yes", active, waiting]);
      expect(ended).toMatchObject({
        code: 0,
        stdout: `deleted, since it never worked: ${active} (git, https://example.com, as alice)\ndeleted, since it never worked: ${waiting} (git, https://other.example, as alice)\n`,
      });
      expect(ended.stderr).not.toContain("stay valid");
      expect(await tokens()).toEqual([]);
    });

    longTest("--local keeps the row of what has worked, also after a revocation that its service could not be told of", async () => {
      const id = await hold("ONE");
      expectDone(await home.helper("store", "protocol=https\nhost=example.com\nusername=alice\npassword=ONE\n"));
      expect((await toolkey(["revoke", "--yes", id])).stderr).not.toContain("--local");
      expect(await toolkey(["revoke", "--local", "--yes", id])).toMatchObject({ code: 0, stdout: `revoked here: ${id} (git, https://example.com, as alice)\n` });
      expect((await tokens()).map(({ state }) => state)).toEqual(["revoked"]);
    });

    it("--local --yes wipes the secret, and says what stops working", async () => {
      const id = await hold("ONE");
      expectDone(await home.helper("store", "protocol=https\nhost=example.com\nusername=alice\npassword=ONE\n"));
      const ended = await toolkey(["revoke", "--local", "--yes", id]);
      expect(ended).toMatchObject({ code: 0, stdout: `revoked here: ${id} (git, https://example.com, as alice)\n` });
      expectManners(ended.stderr);
      expect(ended.stderr).toContain("git gets no token for https://example.com any more");
      expect((await tokens()).map(({ state }) => state)).toEqual(["revoked"]);
      expect(await home.helper("get", "protocol=https\nhost=example.com\n")).toMatchObject({ code: 0, stdout: "" });
      expectFailure(await toolkey(["restore", id]), 3, `token ${id} is revoked, not suspended`, "add a new one with 'toolkey add'");
    });

    it("of several ids ends all or none", async () => {
      const id = await hold("ONE");
      const before = vaultHash(home);
      expectFailure(await toolkey(["revoke", "--local", "--yes", id, "git-zzzz"]), 1, "there is no token 'git-zzzz'", "'toolkey list' shows the ids");
      expect(vaultHash(home)).toBe(before);
    });

    it.skipIf(missing("setsid"))("without a terminal to ask on is refused", async () => {
      const id = await hold("ONE");
      const before = vaultHash(home);
      const refused = await home.run("setsid", ["--wait", join(BIN, "toolkey"), "revoke", "--local", id]);
      expect([refused.code, refused.stdout]).toEqual([2, ""]);
      expectManners(refused.stderr);
      expect(refused.stderr).toContain("toolkey: this needs a yes, and there is no terminal to ask on\n");
      expect(vaultHash(home)).toBe(before);
    });

    it.skipIf(missing("script")).each(sampled<[string, number, string[]]>([
      ["y", 0, []],
      ["n", 3, ["active"]],
      ["", 3, ["active"]],
    ], 2))("on a terminal asks first; '%s' exits with %i", async (answer, code, states) => {
      const id = await hold("ONE");
      const ended = await onTerminal(`toolkey revoke --local ${id}`, home.environment, [["[y/N] ", `${answer}\r`]]);
      expect(ended.shown).toContain(`${id} (git, https://example.com, as alice) is to be revoked`);
      expect(ended.code).toBe(code);
      expect((await tokens()).map((token) => token.state)).toEqual(states);
    });
  });

  it("standard output holds one JSON document, and nothing else does", async () => {
    const id = await hold("S3CRET");
    const commands = matrix([["list"], ["show", id], ["status"]], [["lock"], ["unlock"], ["stop"]]);
    for (const argv of commands) {
      const ended = await toolkey([...argv, "--json"]);
      expect([argv, ended.code, ended.stderr]).toEqual([argv, 0, ""]);
      expect(() => JSON.parse(ended.stdout) as unknown).not.toThrow();
      expect(ended.stdout).not.toContain("S3CRET");
    }
  });

  it("lock, unlock and stop as JSON tell the new state", async () => {
    await hold("S3CRET");
    const json = async (command: string): Promise<unknown> => JSON.parse((await toolkey([command, "--json"])).stdout) as unknown;
    const status = await home.status();
    expect(await json("lock")).toEqual({ state: "locked" });
    expect(await json("unlock")).toEqual({ state: "open", tokens: 1 });
    expect(await json("stop")).toEqual({ stopped: true, pid: status?.pid });
    await whenDaemonEnded(home);
    expect(await home.status()).toBeUndefined();
  });

  it("status tells what runs, where things are, and when the vault closes", async () => {
    expectDone(await toolkey(["unlock"]));
    const { stdout } = expectDone(await toolkey(["status"]));
    const status = JSON.parse((await toolkey(["status", "--json"])).stdout) as Status & { running: boolean };
    expect(stdout).toContain(`pid ${status.pid}`);
    expect(stdout).toContain(`vault      ${status.vault.path}\n           open, 0 tokens, closes at ${status.vault.locksAt} if it is not used\n`);
    expect(stdout).toContain(`key        file: ${join(home.toolkeyHome, "data", "identity.txt")}\n`);
    expect(stdout).toContain(`socket     ${join(home.toolkeyHome, "data", "run", "agent.sock")}\n`);
    expect(status).toMatchObject({ running: true, node: process.version, vault: { state: "open", keySource: "file", tokens: 0 } });
  });

  describe("doctor", () => {
    async function findings(): Promise<{ verdict: string; what: string; hint?: string }[]> {
      return JSON.parse((await toolkey(["doctor", "--json"])).stdout) as { verdict: string; what: string; hint?: string }[];
    }

    it("finds that git isn't set up, exits with 1 and says what to run; then all is well", async () => {
      const before = await toolkey(["doctor"]);
      expect(before.code).toBe(1);
      expect(before.stdout).toContain("BAD   git does not ask toolkey\n      toolkey setup git\n");
      expect(before.stderr).toMatch(/^toolkey: 1 of \d+ checks failed\n$/);
      expectDone(await toolkey(["setup", "git"]));
      expect(await toolkey(["doctor"])).toMatchObject({ code: 0, stderr: "" });
      expect((await findings()).filter(({ verdict }) => verdict !== "good")).toEqual([]);
    });

    it("says once what is wrong with config.toml, and that nothing is set where there is none", async () => {
      const file = join(home.toolkeyHome, "config", "config.toml");
      expect((await findings()).map(({ what }) => what)).toContain(`nothing is set in ${file}`);
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      const doctorWith = async (idle: string): Promise<Ended> => {
        writeFileSync(file, `[lock]\nidle = ${idle}\n`, { mode: 0o600 });
        return toolkey(["doctor"]);
      };
      try {
        expect((await doctorWith('"5m"')).stdout).toContain(`ok    the configuration in ${file} is in force\n`);
        const wrong = await doctorWith("5");
        expect(wrong.stdout).toContain(`look  ${file}, line 2: lock.idle has the wrong form\n`);
        expect(wrong.stderr).not.toContain("lock.idle");
      } finally {
        rmSync(file);
      }
    });

    it("finds a helper in plain text, and the file that it left", async () => {
      expectDone(await toolkey(["setup", "git"]));
      expectDone(await home.git(["config", "--global", "--add", "credential.helper", "store"]));
      writeFileSync(join(home.directory, ".git-credentials"), "https://a:b@example.com\n");
      const found = (await findings()).filter(({ verdict }) => verdict !== "good").map(({ what }) => what);
      expect(found).toEqual([
        "git also hands its credentials to: store",
        expect.stringMatching(/^git writes secrets to a plain text file: credential\.helper = store in .*\.gitconfig$/),
        `${home.directory}/.git-credentials holds secrets in plain text`,
      ]);
    });

    it("finds what can be read on the way, and adding it says so; this machine is no way", async () => {
      const add = (url: string): Promise<Ended> => toolkey(["add", url, "--tool", "git", "--username", "alice"], { stdin: `S-${url}` });
      const ended = expectDone(await add("http://git.example"));
      expect(ended.stderr).toBe("toolkey: with http, whoever is on the way to http://git.example can read this token\nhint: if the host has https, revoke this one and add another for it\n" + NOT_ASKED("http://git.example"));
      expect(expectDone(await add("http://localhost:8080")).stderr).toBe(NOT_ASKED("http://localhost:8080"));
      const id = ID.exec(ended.stdout)?.[0];
      const found = (await findings()).map(({ what }) => what).filter((what) => what.includes("http,"));
      expect(found).toEqual([`with http, whoever is on the way to http://git.example can read ${id}`]);
    });

    it("finds tokens that clients without a path can't tell apart without useHttpPath, and says what else they get", async () => {
      expectDone(await toolkey(["setup", "git"]));
      await home.addGitToken("https://example.com/one", "alice", "ONE");
      expect((await findings()).map(({ what }) => what)).toContainEqual(expect.stringContaining(": the token for https://example.com/one for all of https://example.com"));
      await home.addGitToken("https://example.com/two", "alice", "TWO");
      const found = (await findings()).filter(({ verdict }) => verdict !== "good");
      expect(found).toEqual([
        {
          code: "path-left-out",
          tool: "git",
          verdict: "doubtful",
          what: expect.stringMatching(/: none of the 2 tokens for parts of https:\/\/example\.com, since they do not say which part they mean$/) as string,
          hint: "git config --global credential.https://example.com.useHttpPath true",
        },
      ]);
      expectDone(await home.git(["config", "--global", "credential.https://example.com.useHttpPath", "true"]));
      expect((await findings()).filter(({ verdict }) => verdict !== "good")).toEqual([]);
    });
  });

  it.skipIf(missing("script"))("colours are for terminals, and NO_COLOR is respected there", async () => {
    await hold("ONE");
    const ESCAPE = "\u001B[";
    expect((await onTerminal("toolkey list", home.environment)).shown).toContain(ESCAPE);
    expect((await onTerminal("toolkey list", { ...home.environment, NO_COLOR: "1" })).shown).not.toContain(ESCAPE);
    expect((await toolkey(["list"])).stdout).not.toContain(ESCAPE);
  });

  it.skipIf(missing("script"))("add asks for the tool, the user name and the secret; of that nothing that is typed is shown", async () => {
    const ended = await onTerminal("toolkey add https://example.com", home.environment, [
      [`for which tool? (${TOOL_NAMES.join(" ")}) `, "git\r"],
      ["user name: ", "alice\r"],
      ["token for git: ", "TYPED-SECRET\r"],
    ]);
    expect(ended.code).toBe(0);
    expect(ended.shown).toContain("alice");
    expect(ended.shown).not.toContain("TYPED");
    expect((await home.helper("get", "protocol=https\nhost=example.com\n")).stdout).toBe("username=alice\npassword=TYPED-SECRET\n");
  });

  it("a reader that stops reading is no error", async () => {
    for (let count = 0; count < 3; count += 1) await home.addGitToken(`https://${count}.example.com`, "a", `S${count}`);
    const ended = await home.run("sh", ["-c", "toolkey list --json | head -n 1; toolkey list --json | true"]);
    expect(ended).toMatchObject({ code: 0, stdout: "[\n", stderr: "" });
  });
});
