/** `bin/git-credential-toolkey`: the shell script that git starts, in every shell that may be /bin/sh. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync, linkSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { dirname, join, relative } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Status } from "../../../src/core/views/status.ts";
import type { TokenView } from "../../../src/core/tokens/token.ts";
import { daemonsStarted, socketOf, vaultHash, whenDaemonEnded, whenGone } from "../../fixtures/processes/daemon-process.ts";
import { matrix } from "../../fixtures/form.ts";
import { hear } from "../../fixtures/processes/heard.ts";
import { BIN, expectDone, makeHome, type Ended, type RunOptions, type TestHome, HAS_OWN_NODE } from "../../fixtures/homes/home.ts";
import { missing, newestGit, type ProgramName } from "../../fixtures/programs/programs.ts";

const HELPER = join(BIN, "git-credential-toolkey");
const USAGE = "usage: git-credential-toolkey [--first] [--timeout SECONDS] get|store|erase|capability";
const EXAMPLE = "protocol=https\nhost=example.com\n";

const shells = matrix<readonly [name: ProgramName, command: readonly [string, ...string[]]]>([
  ["dash", ["dash"]],
], [
  ["bash", ["bash", "--posix"]],
  ["busybox", ["busybox", "ash"]],
  ["zsh", ["zsh", "--emulate", "sh"]],
]);

/** git tells what it starts where its own programs are; by that the helper knows that it is git who asks. */
const askers: [who: string, env: Record<string, string>][] = [
  ["git", { GIT_EXEC_PATH: "/usr/lib/git-core" }],
  ["another program", {}],
];

let home: TestHome;

async function tokens(): Promise<readonly TokenView[]> {
  return home.tokens();
}

async function pid(): Promise<number> {
  const status = await home.status();
  if (status === undefined) throw new Error("no daemon runs");
  return status.pid;
}

/** An environment in which starting Node fails and leaves a trace; `nodeStarts` counts those. */
function withoutNode(): Record<string, string> {
  const directory = join(home.directory, "no-node");
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "node"), `#!/bin/sh\necho "$*" >>'${directory}/started'\nexit 97\n`, { mode: 0o755 });
  return { PATH: `${directory}:${home.environment["PATH"] ?? ""}` };
}

function nodeStarts(): number {
  const record = join(home.directory, "no-node", "started");
  return existsSync(record) ? readFileSync(record, "utf8").split("\n").length - 1 : 0;
}

describe.each(shells)("under %s", (name, [shell, ...options]) => {
  const absent = missing(name);

  beforeAll(async () => {
    if (absent) return;
    home = await makeHome();
    await home.init();
  });

  afterAll(async () => {
    if (!absent) await home.dispose();
  });

  function helper(argv: readonly string[], more: RunOptions = {}): Promise<Ended> {
    return home.run(shell, [...options, HELPER, ...argv], more);
  }

  it.skipIf(absent)("with the daemon up, store, get and erase work and no Node is started", async () => {
    expectDone(await home.toolkey(["list"]));
    const env = withoutNode();
    const credential = `${EXAMPLE}username=alice\npassword=S3CRET\n`;
    expect(await helper(["store"], { stdin: credential, env })).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect(await helper(["get"], { stdin: EXAMPLE, env })).toMatchObject({
      code: 0,
      stdout: "username=alice\npassword=S3CRET\n",
      stderr: "",
    });
    const erased = await helper(["erase"], { stdin: credential, env });
    expect(erased).toMatchObject({ code: 0, stdout: "" });
    expect(erased.stderr).toMatch(
      /^toolkey: example\.com refused the git token (git-\w+); it is suspended now\nhint: a new secret for it: toolkey replace \1\nhint: if the refusal was a mistake: toolkey restore \1\n$/,
    );
    const missed = await helper(["get"], { stdin: EXAMPLE, env });
    expect(missed).toMatchObject({ code: 0, stdout: "" });
    expect(missed.stderr).toMatch(/^toolkey: the git token (git-\w+) for https:\/\/example\.com is suspended\nhint: /);
    expect(nodeStarts()).toBe(0);
  });

  it.skipIf(absent)("notes for a person are left out where git has a program to ask one with", async () => {
    const env = { ...withoutNode(), GIT_ASKPASS: "/bin/false" };
    const quiet = `${EXAMPLE.replace("example", "quiet")}username=alice\npassword=Q\n`;
    await helper(["store"], { stdin: quiet, env });
    expect(await helper(["erase"], { stdin: quiet, env })).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect(await helper(["get"], { stdin: quiet, env })).toMatchObject({ code: 0, stdout: "", stderr: "" });
  });

  describe.each(askers)("asked by %s", (_who, asker) => {
    it.skipIf(absent)("every character that a line can hold gets through, both ways", async () => {
      const password = ` -n %s%%\\n\\0\\c $HOME $(id) \`id\` "q" 'q' *?[a] ~ é 日本 \u{1F511} =a=b;& trailing `;
      const credential = `protocol=https\nhost=odd.example.com\nusername=-e \\t x\npassword=${password}\n`;
      expect(await helper(["store"], { stdin: credential, env: asker })).toMatchObject({ code: 0, stderr: "" });
      const got = await helper(["get"], { stdin: "protocol=https\nhost=odd.example.com\n", env: asker });
      expect(got.stdout).toBe(`username=-e \\t x\npassword=${password}\n`);
      await helper(["erase"], { stdin: credential, env: asker });
    });

    it.skipIf(absent)("a carriage return is refused", async () => {
      const answer = await helper(["get"], { stdin: "protocol=https\r\nhost=example.com\r\n", env: asker });
      expect(answer).toMatchObject({ code: 1, stdout: "" });
      expect(answer.stderr).toMatch(/^toolkey: the credential holds a carriage return or NUL\n/);
    });

    it.skipIf(absent)("a last line without its end counts, and blank lines at the end don't", async () => {
      await helper(["store"], { stdin: "protocol=https\nhost=lines.example.com\nusername=a\npassword=b\n\n", env: asker });
      for (const end of ["", "\n", "\n\n"]) {
        const got = await helper(["get"], { stdin: `protocol=https\nhost=lines.example.com${end}`, env: asker });
        expect(got).toMatchObject({ code: 0, stdout: "username=a\npassword=b\n", stderr: "" });
      }
    });
  });

  it.skipIf(absent)("a NUL is refused from whoever could send one", async () => {
    const answer = await helper(["get"], { stdin: "protocol=https\nhost=exam\0ple.com\n" });
    expect(answer).toMatchObject({ code: 1, stdout: "" });
    expect(answer.stderr).toMatch(/^toolkey: the credential holds a carriage return or NUL\n/);
  });

  it.skipIf(absent)("with the daemon down, Node starts one and gives the same answer", async () => {
    await home.addGitToken("https://down.example.com", "alice", "COLD");
    const stdin = "protocol=https\nhost=down.example.com\n";
    const warm = await helper(["get"], { stdin });
    await home.stop();
    expect(await helper(["get"], { stdin })).toEqual(warm);
    expect(warm).toMatchObject({ code: 0, stdout: "username=alice\npassword=COLD\n", stderr: "" });
  });

  it.skipIf(absent)("capability tells what git asks for, without a daemon", async () => {
    const env = { ...withoutNode(), TOOLKEY_HOME: join(home.directory, "none") };
    const answer = await helper(["capability"], { env });
    expect(answer).toMatchObject({ code: 0, stdout: "version 0\ncapability authtype\ncapability state\n", stderr: "" });
    expect(existsSync(env.TOOLKEY_HOME)).toBe(false);
    expect(nodeStarts()).toBe(0);
  });

  it.skipIf(absent)("an operation of a newer git is silence, without a daemon", async () => {
    const env = { ...withoutNode(), TOOLKEY_HOME: join(home.directory, "none") };
    expect(await helper(["frobnicate"], { stdin: EXAMPLE, env })).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect(existsSync(env.TOOLKEY_HOME)).toBe(false);
    expect(nodeStarts()).toBe(0);
  });

  it.skipIf(absent).each([
    [[], `toolkey: ${USAGE}\n`],
    [["--timeout", "5"], `toolkey: ${USAGE}\n`],
    [["--frobnicate", "get"], `toolkey: unknown option '--frobnicate'; ${USAGE}\n`],
    [["--timeout=soon", "get"], "toolkey: --timeout takes a number of seconds\n"],
    [["--timeout=", "get"], "toolkey: --timeout takes a number of seconds\n"],
    [["--timeout=-5", "get"], "toolkey: --timeout takes a number of seconds\n"],
    [["--timeout", "get"], "toolkey: --timeout takes a number of seconds\n"],
    [["--timeout"], "toolkey: --timeout takes a number of seconds\n"],
  ])("wrong usage %j is said and exits with 2", async (argv, stderr) => {
    expect(await helper(argv, { stdin: EXAMPLE })).toMatchObject({ code: 2, stdout: "", stderr });
  });

  it.skipIf(absent)("--help prints the usage", async () => {
    for (const option of ["--help", "-h"]) {
      expect(await helper([option])).toMatchObject({ code: 0, stdout: `${USAGE}\n`, stderr: "" });
    }
  });

  it.skipIf(absent).each([["--timeout=3600"], ["--timeout", "3600"]])("%s %s keeps for that long what store brings", async (...option) => {
    const argv = option.filter((word) => typeof word === "string");
    const host = `timeout${argv.length}.example.com`;
    await helper([...argv, "store"], { stdin: `protocol=https\nhost=${host}\nusername=a\npassword=b\n` });
    const [token] = (await tokens()).filter(({ target }) => target === `https://${host}`);
    expect(token?.state).toBe("active");
    const created = Date.parse(token?.createdAt ?? "");
    expect(Date.parse(token?.dropAt ?? "") - created).toBe(3_600_000);
  });
});

describe("whatever the shell", () => {
  beforeEach(async () => {
    home = await makeHome();
    await home.init();
    await home.addGitToken("https://example.com", "alice", "S3CRET");
  });

  afterEach(() => home.dispose());

  const RIGHT = { code: 0, stdout: "username=alice\npassword=S3CRET\n", stderr: "" };

  async function endDaemon(): Promise<void> {
    await home.stop();
  }

  it("the socket that a killed daemon left behind is replaced", async () => {
    process.kill(await pid(), "SIGKILL");
    await whenDaemonEnded(home);
    expect(statSync(socketOf(home)).isSocket()).toBe(true);
    const env = withoutNode();
    expect(await home.helper("get", EXAMPLE)).toMatchObject(RIGHT);
    expect(daemonsStarted(home)).toBe(2);
    expect(await home.helper("get", EXAMPLE, { env })).toMatchObject(RIGHT);
    expect(nodeStarts()).toBe(0);
  });

  it("a store that meets the socket of a killed daemon goes to the vault, not to a cache daemon of git's", async () => {
    process.kill(await pid(), "SIGKILL");
    await whenDaemonEnded(home);
    const credential = "protocol=https\nhost=stale.example.com\nusername=a\npassword=b\n";
    expect(await home.helper("store", credential)).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect((await tokens()).map(({ target }) => target)).toContain("https://stale.example.com");
    expect(daemonsStarted(home)).toBe(2);
  });

  it("git's own cache daemon on our socket path is replaced, and its end costs nothing", async () => {
    await endDaemon();
    const squatter = spawn("git", ["credential-cache--daemon", socketOf(home)], {
      env: { ...home.environment },
      stdio: ["ignore", "pipe", "inherit"],
      detached: true,
    });
    await hear(squatter).line(/^ok$/);
    const theirs = statSync(socketOf(home)).ino;

    expect(await home.helper("get", EXAMPLE)).toMatchObject(RIGHT);
    expect(statSync(socketOf(home)).ino).not.toBe(theirs);
    const env = withoutNode();
    expect(await home.helper("get", EXAMPLE, { env })).toMatchObject(RIGHT);
    expect(nodeStarts()).toBe(0);

    // At its end it removes its socket, which is ours by now.
    const gone = whenGone(socketOf(home), once(squatter, "exit"));
    process.kill(-(squatter.pid ?? 0), "SIGTERM");
    await gone;
    await whenDaemonEnded(home);
    expect(await home.helper("get", EXAMPLE)).toMatchObject(RIGHT);
  });

  it("works through symbolic links, also relative ones, with the daemon down", async () => {
    const bin = join(home.directory, "bin");
    mkdirSync(bin);
    symlinkSync(relative(bin, HELPER), join(bin, "second"));
    symlinkSync("second", join(bin, "git-credential-toolkey"));
    await endDaemon();
    const argv = { stdin: EXAMPLE, cwd: "/" };
    expect(await home.run(join(bin, "git-credential-toolkey"), ["get"], argv)).toMatchObject(RIGHT);
    expect(daemonsStarted(home)).toBe(2);
  });

  it("Node's own variables slow its start down or change it, and are kept from it", async () => {
    await endDaemon();
    const env = { NODE_OPTIONS: "--no-such-option", NODE_EXTRA_CA_CERTS: "/no/such/file" };
    expect(await home.helper("get", EXAMPLE, { env })).toMatchObject(RIGHT);
  });

  it.skipIf(HAS_OWN_NODE)("a missing Node is said, where it is needed", async () => {
    await endDaemon();
    const env = withoutNode();
    const answer = await home.helper("get", EXAMPLE, { env });
    expect(answer.code).toBe(97);
    expect(nodeStarts()).toBe(1);
  });

  describe.each(matrix<[what: string, prepare: (run: string, other: string) => void, complaint: string, needsRoot: boolean]>([
    ["a directory of another user", (run: string, other: string): void => {
      mkdirSync(run, { mode: 0o700 });
      symlinkSync(other, join(run, "agent.sock"));
      chownSync(run, 65_534, 65_534);
    }, "belongs to another user (uid 65534)", true],
    ["a symbolic link", (run: string, other: string): void => symlinkSync(dirname(other), run), "is not a directory", false],
    ["a directory that others may write to, with another user's socket", (run: string, other: string): void => {
      mkdirSync(run);
      chmodSync(run, 0o777);
      linkSync(other, join(run, "agent.sock"));
      chownSync(other, 65_534, 65_534);
    }, "others have access to the directory", true],
  ], [
    ["a directory that others may write to, with a link", (run: string, other: string): void => {
      mkdirSync(run);
      chmodSync(run, 0o777);
      symlinkSync(other, join(run, "agent.sock"));
    }, "others have access to the directory", false],
  ]))("a runtime directory that is %s", (_what, prepare, complaint, needsRoot) => {
    let stranger: Server;
    let connections: number;
    const elsewhere = (): string => join(home.directory, "x", "agent.sock");

    beforeEach(async () => {
      mkdirSync(join(home.directory, "x"), { mode: 0o700 });
      connections = 0;
      stranger = createServer((socket) => {
        connections += 1;
        socket.end("ok\n\nusername=mallory\npassword=trap\n");
      }).listen(elsewhere());
      await once(stranger, "listening");
    });

    afterEach(() => {
      stranger.close();
    });

    it.skipIf(needsRoot && process.getuid?.() !== 0)("is not used for anything", async () => {
      const toolkeyHome = join(home.directory, "y");
      mkdirSync(join(toolkeyHome, "data"), { recursive: true, mode: 0o700 });
      prepare(join(toolkeyHome, "data", "run"), elsewhere());
      const env = { TOOLKEY_HOME: toolkeyHome };
      const credential = `${EXAMPLE}username=alice\npassword=S3CRET\n`;
      for (const operation of ["get", "store", "erase"]) {
        const answer = await home.helper(operation, credential, { env });
        expect(answer).toMatchObject({ code: 3, stdout: "" });
        expect(answer.stderr).toContain(complaint);
      }
      const cli = await home.toolkey(["list"], { env });
      expect(cli.code).toBe(3);
      expect(cli.stderr).toContain(complaint);
      expect(connections).toBe(0);
    });
  });

  it.each(matrix<[what: string, env: Record<string, string | undefined>, directory: string]>([
    ["XDG_DATA_HOME", { XDG_DATA_HOME: "HOME/data" }, "data"],
    ["HOME, where XDG_DATA_HOME is relative", { XDG_DATA_HOME: "data" }, ".local/share"],
    ["HOME, whatever is the session's", { XDG_RUNTIME_DIR: "HOME/run", TMPDIR: "HOME/tmp" }, ".local/share"],
  ], [["HOME", {}, ".local/share"]]))("without TOOLKEY_HOME, by %s, the script and Node mean the same socket", async (_what, variables, directory) => {
    for (const name of ["tmp", "run"]) mkdirSync(join(home.directory, name), { mode: 0o700 });
    const env: Record<string, string | undefined> = { TOOLKEY_HOME: undefined };
    for (const [name, value] of Object.entries(variables)) env[name] = value?.replace("HOME", home.directory);
    expectDone(await home.toolkey(["init", "--key", "file"], { env }));
    try {
      const status = JSON.parse(expectDone(await home.toolkey(["status", "--json"], { env })).stdout) as Status;
      expect(status.socket).toBe(join(home.directory, directory, "toolkey", "run", "agent.sock"));
      const helperEnv = { ...env, ...withoutNode() };
      await home.helper("store", `${EXAMPLE}username=alice\npassword=S3CRET\n`, { env: helperEnv });
      expect(await home.helper("get", EXAMPLE, { env: helperEnv })).toMatchObject(RIGHT);
      expect(nodeStarts()).toBe(0);
    } finally {
      expectDone(await home.toolkey(["stop"], { env }));
    }
  });
});

const gits = matrix<[name: string, directory: string | undefined]>([["the newest git", newestGit()]], [["the git on PATH", ""]]);

describe.each(gits)("what %s hands to its helper", (_name, directory) => {
  const check = it.skipIf(directory === undefined && process.env["CI"] !== "true");

  beforeEach(async () => {
    home = await makeHome();
  });

  afterEach(() => home.dispose());

  check("has no NUL in it, and comes with GIT_EXEC_PATH: the helper relies on both", async () => {
    if (directory === undefined) throw new Error("the newest git is missing: tests/install-programs.sh --yes");
    const seen = join(home.directory, "seen");
    const helper = `credential.helper=!printf '%s\n' "$GIT_EXEC_PATH" >${seen}; cat >>${seen}; :`;
    const env = directory === "" ? {} : { PATH: `${directory}:${home.environment["PATH"] ?? ""}` };
    const stdin = "protocol=https\nhost=exam\0ple.com\npath=a\0b\nusername=c\0d\nwwwauth[]=Basic e\0f\n";
    await home.git(["-c", helper, "-c", "credential.useHttpPath=true", "credential", "fill"], { stdin, env });
    const [execPath, ...lines] = readFileSync(seen, "utf8").split("\n");
    expect(execPath).toMatch(/^\//);
    expect(lines).toContain("host=exam");
    expect(lines.join("\n")).not.toContain("\0");
  });
});

describe.each(gits)("the bare form `cache --socket PATH`, with %s", (_name, directory) => {
  const check = it.skipIf(directory === undefined && process.env["CI"] !== "true");

  beforeEach(async () => {
    home = await makeHome();
    await home.init();
  });

  afterEach(() => home.dispose());

  function credential(operation: string, stdin: string): Promise<Ended> {
    if (directory === undefined) throw new Error("the newest git is missing: tests/install-programs.sh --yes");
    const helper = `credential.helper=cache --timeout 600 --socket ${socketOf(home)}`;
    const env = directory === "" ? {} : { PATH: `${directory}:${home.environment["PATH"] ?? ""}` };
    return home.git(["-c", helper, "credential", operation], { stdin, env });
  }

  check("fill, approve and reject work, and what is approved is kept for its --timeout", async () => {
    const whole = `${EXAMPLE}username=alice\npassword=B4RE\n`;
    expect(await credential("approve", whole)).toMatchObject({ code: 0, stdout: "", stderr: "" });
    const [token] = await tokens();
    expect(Date.parse(token?.dropAt ?? "") - Date.parse(token?.createdAt ?? "")).toBe(600_000);
    expect(await credential("fill", EXAMPLE)).toMatchObject({ code: 0, stdout: whole, stderr: "" });
    expect(await credential("reject", whole)).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect((await tokens()).map(({ state }) => state)).toEqual(["suspended"]);
  });

  check("a miss and a malformed request are silence, for which git asks its next helper", async () => {
    const before = vaultHash(home);
    const missed = await credential("fill", EXAMPLE);
    expect(missed.code).toBe(128);
    expect(missed.stderr).toBe("fatal: could not read Username for 'https://example.com': terminal prompts disabled\n");
    const client = await home.git(["credential-cache", "--socket", socketOf(home), "get"], { stdin: "no equals sign\n" });
    expect(client).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect(vaultHash(home)).toBe(before);
  });

  check("`git credential-cache exit` locks the vault", async () => {
    await home.addGitToken("https://example.com", "alice", "S3CRET");
    expectDone(await home.git(["credential-cache", "--socket", socketOf(home), "exit"]));
    expect((await home.status())?.vault.state).toBe("locked");
    expect(await home.helper("get", EXAMPLE)).toMatchObject({ code: 3, stdout: "" });
  });
});
