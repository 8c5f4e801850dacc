/** The life of the daemon: starting, being the only one, ending, locking, and keeping to itself. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync, realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Session } from "../../../src/broker/session.ts";
import { instant, type Clock } from "../../../src/core/clock.ts";
import { Failure } from "../../../src/core/failure.ts";
import { Secret } from "../../../src/core/secret.ts";
import { renderRequest } from "../../../src/core/wire/wire.ts";
import { readRequest } from "../../../src/daemon/socket/connection.ts";
import { agentServer, listen, prepare } from "../../../src/daemon/socket/server.ts";
import { paths } from "../../../src/platform/paths.ts";
import { acquireLock } from "../../../src/vault/lock.ts";
import {
  daemonsStarted,
  logOf,
  sendGit,
  sendOperation,
  sendRaw,
  socketOf,
  startOwnDaemon,
  vaultHash,
  whenGone,
  whenLogged,
} from "../../fixtures/processes/daemon-process.ts";
import { inForm, longTest, matrix, sampled } from "../../fixtures/form.ts";
import { hear } from "../../fixtures/processes/heard.ts";
import { BIN, DIST, expectDone, makeHome, type TestHome } from "../../fixtures/homes/home.ts";
import { missing, whereIs } from "../../fixtures/programs/programs.ts";

const EXAMPLE = "protocol=https\nhost=example.com\n";
const isRoot = process.getuid?.() === 0;
const isLinux = process.platform === "linux";

let home: TestHome;

beforeEach(async () => {
  home = await makeHome();
});

afterEach(async () => {
  vi.useRealTimers();
  await home.dispose();
});

/** A vault with one token, and no daemon. */
async function makeVault(secret = "S3CRET"): Promise<string> {
  await home.init();
  const id = await home.addGitToken("https://example.com", "alice", secret);
  await home.stop();
  return id;
}

describe("starting", () => {
  const AT_ONCE = inForm(16, 100);
  it(`${AT_ONCE} \`git credential fill\` at once with no daemon: one daemon, ${AT_ONCE} right answers`, async () => {
    await makeVault();
    await home.setUpGit();
    const before = daemonsStarted(home);
    const answers = await Promise.all(
      Array.from({ length: AT_ONCE }, () => home.git(["credential", "fill"], { stdin: EXAMPLE })),
    );
    const right = { code: 0, signal: null, stdout: `${EXAMPLE}username=alice\npassword=S3CRET\n`, stderr: "" };
    expect(answers).toEqual(Array.from({ length: AT_ONCE }, () => right));
    expect(daemonsStarted(home) - before).toBe(1);
  });

  it("of two that are started at once one runs, and the other says so and ends", async () => {
    const daemons = await Promise.all([startOwnDaemon(home), startOwnDaemon(home)]);
    const running = daemons.find(({ told }) => told === "ready");
    const other = daemons.find(({ told }) => told === "running");
    expect(await other?.ended).toEqual([0, null]);
    expect(daemonsStarted(home)).toBe(1);
    expect(JSON.parse((await sendOperation(home, "status")).slice("ok\n\n".length))).toMatchObject({ pid: running?.pid });
    running?.child.kill();
    await running?.ended;
  });

  it("one that is started later leaves the first one's socket alone", async () => {
    const first = await startOwnDaemon(home);
    const inode = statSync(socketOf(home)).ino;
    const second = await startOwnDaemon(home);
    expect(second.told).toBe("running");
    expect(await second.ended).toEqual([0, null]);
    expect(statSync(socketOf(home)).ino).toBe(inode);
    first.child.kill();
    await first.ended;
  });

  it("requests go on being answered while the daemon is stopped again and again", async () => {
    await makeVault();
    const requests = inForm(16, 30);
    const answers = await Promise.all(
      Array.from({ length: requests }, async (_, index) => {
        if (index % 10 === 5) await home.toolkey(["stop"]);
        return home.helper("get", EXAMPLE);
      }),
    );
    const right = { code: 0, signal: null, stdout: "username=alice\npassword=S3CRET\n", stderr: "" };
    expect(answers).toEqual(Array.from({ length: requests }, () => right));
  });

  it("of several `init` at once one makes the vault, and the key that is kept opens it", async () => {
    for (let round = 0; round < inForm(1, 5); round += 1) {
      const other = await makeHome();
      try {
        const daemon = await startOwnDaemon(other);
        const answers = await Promise.all(Array.from({ length: 4 }, () => sendOperation(other, "init", '{"sources":["file"]}')));
        const codes = answers.map((answer) => /^error\ncode=(.*)/.exec(answer)?.[1] ?? "made").toSorted((a, b) => a.localeCompare(b));
        expect(codes).toEqual(["exists", "exists", "exists", "made"]);
        daemon.child.kill();
        await daemon.ended;
        expect(await other.toolkey(["list"])).toMatchObject({ code: 0, stderr: "toolkey: there are no tokens\nhint: toolkey add URL --tool git\n" });
      } finally {
        await other.dispose();
      }
    }
  });

  it("gets only what it needs of the starter's environment", async () => {
    await home.init();
    await home.stop();
    const env = { GIT_ASKPASS: "x", AWS_SECRET_ACCESS_KEY: "C4NARY", NODE_OPTIONS: "--trace-exit", LD_BIND_NOW: "1" };
    expectDone(await home.toolkey(["list"], { env }));
    const pid = (await home.status())?.pid ?? 0;
    if (!isRoot) return;
    const names = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").map((entry) => entry.split("=", 1)[0]);
    expect(new Set(names)).toEqual(new Set(["", "HOME", "LANG", "PATH", "TMPDIR", "TOOLKEY_HOME"]));
  });
});

describe("a configuration that can't be understood", () => {
  it.each(sampled<readonly [string, string, RegExp]>([
    ["a line that is not TOML", '[lock]\nidle = "5m\n', /config\.toml, line 2, column \d+: .+/],
    ["a misspelt setting", '[lock]\nidel = "5m"\n', /config\.toml, line 2: lock\.idel is not a setting\n(?:toolkey: .*\n)hint: lock is a table of idle, absolute\n/],
    ["a misspelt table", '[locks]\nidle = "5m"\n', /config\.toml, line 1: locks is not a setting/],
    ["a number for a time", "[lock]\nidle = 5\n", /config\.toml, line 2: lock\.idle has the wrong form/],
    ["a time without a unit", '[lock]\nabsolute = "5"\n', /config\.toml, line 2: lock\.absolute has the wrong form/],
  ], 5))("(%s) is said by name and place by the command line; a daemon starts, and git gets its token", async (_what, text, complaint) => {
    await makeVault();
    const directory = join(home.toolkeyHome, "config");
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writeFileSync(join(directory, "config.toml"), text);
    await home.stop();

    expect(await home.helper("get", EXAMPLE)).toMatchObject({ code: 0, stdout: expect.stringContaining("password=S3CRET") as unknown, stderr: "" });
    const list = await home.toolkey(["list"]);
    expect(list.code).toBe(0);
    expect(list.stderr).toMatch(/^toolkey: \//);
    expect(list.stderr).toMatch(complaint);
    expect(await home.ask("config", {})).toMatchObject({ idleMs: 900_000, absoluteMs: 43_200_000 });
  });
});

describe("ending", () => {
  it.each(matrix<NodeJS.Signals>(["SIGTERM"], ["SIGHUP", "SIGINT"]))("on %s: the socket goes first, a request under way is answered, exit 0", async (signal) => {
    await makeVault();
    const daemon = await startOwnDaemon(home);
    let hasEnded = false;
    const ended = daemon.ended.finally(() => (hasEnded = true));
    expect(await sendGit(home, "get", EXAMPLE)).toContain("S3CRET");

    // A transaction that waits for the vault's lock, which another process has.
    const lock = await acquireLock(join(home.toolkeyHome, "data", "vault.age"));
    let isAnswered = false;
    const answer = sendGit(home, "store", `${EXAMPLE}username=bob\npassword=UNDER-WAY\n`).finally(() => (isAnswered = true));
    // The daemon reads what has arrived before what arrives later, so the request is under way after these.
    for (let round = 0; round < 3; round += 1) await sendOperation(home, "status");

    daemon.child.kill(signal);
    await whenGone(socketOf(home), ended);
    expect([isAnswered, hasEnded]).toEqual([false, false]);
    lock.release();
    expect(await answer).toBe("ok\n\n");
    expect(await ended).toEqual([0, null]);
    expect((await home.helper("get", `${EXAMPLE}username=bob\n`)).stdout).toContain("UNDER-WAY");
  });

  it("a client that has not sent all of its request is cut off", async () => {
    const daemon = await startOwnDaemon(home);
    const socket = connect(socketOf(home));
    await once(socket, "connect");
    socket.write("action=get\ntimeout=900\n");
    for (let round = 0; round < 3; round += 1) await sendOperation(home, "status");
    const closed = once(socket.resume(), "close");
    daemon.child.kill("SIGTERM");
    await closed;
    expect(await daemon.ended).toEqual([0, null]);
  });

  it("a socket that is deleted ends the daemon, and the next request has one again", async () => {
    await makeVault();
    const daemon = await startOwnDaemon(home);
    unlinkSync(socketOf(home));
    expect(await daemon.ended).toEqual([0, null]);
    expect(await home.helper("get", EXAMPLE)).toMatchObject({ code: 0, stdout: "username=alice\npassword=S3CRET\n", stderr: "" });
  });

  it("a socket that is replaced ends the daemon, which leaves the other's alone", async () => {
    const daemon = await startOwnDaemon(home);
    const other = createServer((socket) => socket.end("mine")).listen(join(home.directory, "other"));
    await once(other, "listening");
    const { ino } = statSync(join(home.directory, "other"));
    renameSync(join(home.directory, "other"), socketOf(home));
    expect(await daemon.ended).toEqual([0, null]);
    expect(statSync(socketOf(home)).ino).toBe(ino);
    expect(await sendRaw(socketOf(home), "")).toBe("mine");
    const closed = once(other, "close");
    other.close();
    await closed;
  });

  it("a runtime directory that is removed ends the daemon", async () => {
    const daemon = await startOwnDaemon(home);
    rmSync(join(home.toolkeyHome, "data", "run"), { recursive: true });
    expect(await daemon.ended).toEqual([0, null]);
  });

  it("when tokens were last used is written down", async () => {
    const id = await makeVault();
    const daemon = await startOwnDaemon(home);
    await sendGit(home, "get", EXAMPLE);
    daemon.child.kill();
    await daemon.ended;
    const usage = JSON.parse(readFileSync(join(home.toolkeyHome, "data", "usage.json"), "utf8")) as object;
    expect(Object.keys(usage)).toEqual([id]);
  });
});

describe("the listening socket", () => {
  /** A promise and the function that resolves it. */
  function later<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
    let resolve!: (value: T) => void;
    const promise = new Promise<T>((settle) => (resolve = settle));
    return { promise, resolve };
  }

  it("is removed at once when it is closed, and what it has taken is answered still", async () => {
    const path = join(home.directory, "agent.sock");
    const asked = later<void>();
    const decided = later<string>();
    const agent = await listen(
      await prepare(agentServer(), path),
      path,
      () => {
        asked.resolve();
        return decided.promise;
      },
      () => expect.unreachable("the socket was not lost"),
    );
    const answer = sendRaw(path, "a request");
    await asked.promise;
    const closed = agent.close();
    expect(existsSync(path)).toBe(false);
    await expect(sendRaw(path, "another")).rejects.toMatchObject({ code: "ENOENT" });
    decided.resolve("its answer");
    expect(await answer).toBe("its answer");
    await closed;
  });

  it("a request that takes longer than 10 s is answered with an error, and the client is let go", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const path = join(home.directory, "agent.sock");
    const agent = await listen(await prepare(agentServer(), path), path, async (request) => (request instanceof Failure ? request.message : "whole"), () => undefined);
    const socket = connect({ path, allowHalfOpen: true });
    let text = "";
    let isClosed = false;
    socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    const ended = once(socket, "end").then(() => (isClosed = true));
    await new Promise((resolve) => socket.write("action=get\n", resolve));
    while (vi.getTimerCount() === 0) await turn();

    vi.advanceTimersByTime(9_999);
    await turn();
    expect([text, isClosed]).toEqual(["", false]);
    vi.advanceTimersByTime(1);
    await ended;
    expect(text).toBe("the request took longer than 10 s");
    socket.destroy();
    await agent.close();
  });

  it("is not that of a daemon that was killed, which it replaces", async () => {
    const path = join(home.directory, "agent.sock");
    const killed = spawn(process.execPath, ["-e", `require("net").createServer().listen(${JSON.stringify(path)},()=>process.kill(process.pid,"SIGKILL"))`]);
    await once(killed, "exit");
    expect(statSync(path).isSocket()).toBe(true);
    const agent = await listen(await prepare(agentServer(), path), path, async () => "here", () => undefined);
    expect(await sendRaw(path, "")).toBe("here");
    await agent.close();
  });
});

describe("reading a request", () => {
  let server: Server;
  let client: Socket;
  let accepted: Socket;

  beforeEach(async () => {
    const path = join(home.directory, "pair");
    server = createServer({ allowHalfOpen: true }).listen(path);
    await once(server, "listening");
    client = connect({ path, allowHalfOpen: true });
    [accepted] = (await once(server, "connection")) as [Socket];
  });

  afterEach(() => {
    client.destroy();
    accepted.destroy();
    server.close();
  });

  const LIMITS = { bytes: 10, milliseconds: 10_000 };
  const NOTHING = Buffer.alloc(0);

  it.each([
    ["as many bytes as are allowed", "0123456789"],
    ["nothing", ""],
  ])("takes %s", async (_what, text) => {
    const request = readRequest(accepted, NOTHING, LIMITS);
    client.end(text);
    expect(String(await request)).toBe(text);
  });

  it("refuses one byte more, after it has read all, so that the client hears why", async () => {
    const request = readRequest(accepted, NOTHING, LIMITS);
    client.end("01234567890");
    await expect(request).rejects.toMatchObject({ code: "bad-request", message: "the request is larger than 10 bytes" });
  });

  it("refuses what is late, however much has come", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const request = readRequest(accepted, NOTHING, LIMITS);
    client.write("0123");
    await once(accepted, "data");
    vi.advanceTimersByTime(10_000);
    await expect(request).rejects.toMatchObject({ code: "bad-request", message: "the request took longer than 10 s" });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("refuses what the client abandons", async () => {
    const request = readRequest(accepted, NOTHING, LIMITS);
    accepted.destroy();
    await expect(request).rejects.toMatchObject({ message: "the client went away before its request was whole" });
  });
});

describe("an open vault", () => {
  const MINUTE = 60_000;
  const TIMES = { idle: 15 * MINUTE, absolute: 12 * 60 * MINUTE };
  let now: number;
  let closed: string[];
  let session: Session;
  const clock: Clock = { now: () => now };

  beforeEach(async () => {
    now = Date.parse("2026-11-22T08:00:00Z");
    closed = [];
    const environment = { TOOLKEY_HOME: home.toolkeyHome };
    session = new Session({ paths: paths(environment), environment, clock, times: TIMES, onClose: (why) => closed.push(why) });
    await session.create(["file"], undefined);
  });

  afterEach(() => session.lock());

  async function state(): Promise<string> {
    return (await session.state()).state;
  }

  it("closes 15 minutes after its last use", async () => {
    now += 14 * MINUTE;
    await session.use();
    now += 15 * MINUTE - 1;
    expect(await state()).toBe("open");
    now += 1;
    expect(await state()).toBe("closed");
    expect(closed).toEqual(["idle"]);
    expect(await session.peek()).toBeUndefined();
  });

  it("a question for its status is not use", async () => {
    now += 14 * MINUTE;
    expect(await state()).toBe("open");
    expect(await session.peek()).toBeDefined();
    expect((await session.state()).locksAt).toBe("2026-11-22T08:15:00Z");
    now += MINUTE;
    expect(await state()).toBe("closed");
  });

  it("closes 12 hours after it was opened, however much it is used", async () => {
    for (let hour = 0; hour < 12 * 60 - 5; hour += 5) {
      now += 5 * MINUTE;
      await session.use();
    }
    expect((await session.state()).locksAt).toBe("2026-11-22T20:00:00Z");
    now += 5 * MINUTE - 1;
    expect(await state()).toBe("open");
    now += 1;
    expect(await state()).toBe("closed");
    expect(closed).toEqual(["absolute"]);
  });

  it("what goes on counts as use until its end, but the 12 hours hold", async () => {
    const done = session.using();
    now += 60 * MINUTE;
    expect(await state()).toBe("open");
    done();
    now += 15 * MINUTE - 1;
    expect(await state()).toBe("open");
    now += 1;
    expect(await state()).toBe("closed");

    await session.use();
    session.using();
    now += 12 * 60 * MINUTE - 1;
    expect(await state()).toBe("open");
    now += 1;
    expect(await state()).toBe("closed");
    expect(closed).toEqual(["idle", "absolute"]);
  });

  it("a use that comes too late does not put off what is due", async () => {
    now += 15 * MINUTE;
    session.using()();
    expect(await state()).toBe("closed");
  });

  it("a key file opens it again with the next use, for as long again", async () => {
    now += 16 * MINUTE;
    expect(await state()).toBe("closed");
    await session.use();
    expect((await session.state()).locksAt).toBe("2026-11-22T08:31:00Z");
  });

  it("a person's lock holds until a person unlocks, whatever the key source", async () => {
    await session.lock();
    expect(await state()).toBe("locked");
    await expect(session.use()).rejects.toMatchObject({ code: "locked", hints: ["toolkey unlock"] });
    now += 24 * 60 * MINUTE;
    await expect(session.use()).rejects.toMatchObject({ code: "locked" });
    await session.unlock(undefined);
    expect(await state()).toBe("open");
    expect(closed).toEqual(["asked"]);
  });

  it("announces its end five minutes before, by itself, if only a person can open it again", async () => {
    await session.lock();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const environment = { TOOLKEY_HOME: join(home.directory, "other") };
    const world = { paths: paths(environment), environment, clock, times: TIMES, onClose: () => undefined };
    for (const [source, announced] of [["file", false], ["passphrase", true]] as const) {
      const soon: string[] = [];
      session = new Session({ ...world, onClosingSoon: () => void soon.push(session.closingSoon() ?? "") });
      if (source === "file") await session.create(["file"], undefined);
      else {
        await session.unlock(undefined);
        await session.rekey("passphrase", new Secret("p"));
      }
      const opened = now;
      session.using();
      const pass = async (minutes: number): Promise<void> => {
        now += minutes * MINUTE;
        vi.advanceTimersByTime(minutes * MINUTE + 50);
        for (let round = 0; round < 3; round += 1) await turn();
      };
      // The timers before are of the idle time, which the use puts off each time.
      for (let minute = 5; minute < 12 * 60 - 5; minute += 5) await pass(5);
      expect(soon).toEqual([]);
      await pass(5);
      expect(soon).toEqual(announced ? [instant(opened + 12 * 60 * MINUTE)] : []);
      expect(session.closingSoon()).toBe(soon[0]);
      await session.lock();
    }
  });

  it("closes by itself, with no request to notice the time", async () => {
    await session.lock();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const whenClosed = new Promise<string>((resolve) => {
      const environment = { TOOLKEY_HOME: home.toolkeyHome };
      session = new Session({ paths: paths(environment), environment, clock, times: TIMES, onClose: resolve });
    });
    await session.use();
    now += 10 * MINUTE;
    vi.advanceTimersByTime(10 * MINUTE);
    await session.use();
    now += 10 * MINUTE;
    vi.advanceTimersByTime(10 * MINUTE);
    expect(await session.peek()).toBeDefined();
    now += 5 * MINUTE;
    // The timer of the first use has run out by now, and was set anew.
    for (let round = 0; round < 100; round += 1) await turn();
    vi.advanceTimersByTime(6 * MINUTE);
    expect(await whenClosed).toBe("idle");
  });
});

describe("locking", () => {
  it("the idle time of config.toml closes the vault, and the next request opens it again", async () => {
    await makeVault();
    mkdirSync(join(home.toolkeyHome, "config"), { mode: 0o700 });
    writeFileSync(join(home.toolkeyHome, "config", "config.toml"), '[lock]\nidle = "1s"\n');
    const right = { code: 0, stdout: "username=alice\npassword=S3CRET\n", stderr: "" };
    const before = readFileSync(logOf(home), "utf8").length;
    const daemon = await startOwnDaemon(home);
    expect(await home.helper("get", EXAMPLE)).toMatchObject(right);
    await whenLogged(home, '"why":"idle","msg":"vault closed"', daemon.ended);
    expect(readFileSync(logOf(home), "utf8").slice(before)).toContain("vault closed");
    expect(await home.helper("get", EXAMPLE)).toMatchObject(right);
  });

  it("lock holds until unlock, also with a key file", async () => {
    await makeVault();
    expect(expectDone(await home.toolkey(["lock"])).stdout).toBe("the vault is locked\n");
    const locked = "toolkey: the vault is locked\nhint: toolkey unlock\n";
    for (let round = 0; round < inForm(1, 2); round += 1) {
      expect(await home.helper("get", EXAMPLE)).toMatchObject({ code: 3, stdout: "", stderr: locked });
      expect(await home.helper("store", `${EXAMPLE}username=b\npassword=c\n`)).toMatchObject({ code: 3, stdout: "", stderr: locked });
      expect(await home.toolkey(["list"])).toMatchObject({ code: 3, stdout: "", stderr: locked });
      expect((await home.status())?.vault.state).toBe("locked");
    }
    expect(expectDone(await home.toolkey(["unlock"])).stdout).toBe("the vault is open: 1 token\n");
    expect((await home.helper("get", EXAMPLE)).stdout).toBe("username=alice\npassword=S3CRET\n");
  });
});

describe("another build", () => {
  let install: string;

  /** A copy of the program that takes itself for another build. */
  function installBuild(version: string): { toolkey: string; helper: string } {
    mkdirSync(install);
    cpSync(DIST, join(install, "dist"), { recursive: true });
    cpSync(BIN, join(install, "bin"), { recursive: true });
    symlinkSync(join(DIST, "..", "node_modules"), join(install, "node_modules"));
    for (const name of ["daemon.js", "git-credential.js", "toolkey.js"]) {
      const file = join(install, "dist", "code", name);
      const text = readFileSync(file, "utf8");
      const changed = text.replaceAll(/"\d+\.\d+\.\d+\+[0-9a-f]{12}"/g, `"${version}"`);
      if (changed === text) throw new Error(`no build id in ${file}`);
      writeFileSync(file, changed);
    }
    return { toolkey: join(install, "bin", "toolkey"), helper: join(install, "bin", "git-credential-toolkey") };
  }

  beforeEach(() => {
    install = join(home.directory, "install");
  });

  async function running(): Promise<{ pid: number | undefined; build: string | undefined }> {
    const status = await home.status();
    return { pid: status?.pid, build: status?.build };
  }

  it.each(matrix(["99.0.0+0123456789ab"], ["0.1.0+0123456789ab"]))("a client of build %s has the older daemon make way for its own", async (version) => {
    await makeVault();
    const newer = installBuild(version);
    expectDone(await home.toolkey(["list"]));
    const before = await running();
    expect(expectDone(await home.run(newer.toolkey, ["list"])).stdout).toContain("alice");
    const after = await running();
    expect(after.build).toBe(version);
    expect(after.pid).not.toBe(before.pid);
    expect((await home.run(newer.helper, ["get"], { stdin: EXAMPLE })).stdout).toContain("S3CRET");
  });

  it("an older client is served by the newer daemon", async () => {
    await makeVault();
    const older = installBuild("0.0.1+0123456789ab");
    expectDone(await home.toolkey(["list"]));
    const before = await running();
    expect(expectDone(await home.run(older.toolkey, ["list"])).stdout).toContain("alice");
    expect((await home.run(older.helper, ["get"], { stdin: EXAMPLE })).stdout).toContain("S3CRET");
    expect(await running()).toEqual(before);
  });

  it("a question for the status restarts nothing", async () => {
    await makeVault();
    const newer = installBuild("99.0.0+0123456789ab");
    expectDone(await home.toolkey(["list"]));
    const before = await running();
    expect(expectDone(await home.run(newer.toolkey, ["status"])).stdout).toContain(`pid ${before.pid}`);
    expect(await running()).toEqual(before);
  });
});

describe("what is made", () => {
  it("is private to its owner, whatever the umask of the starter", async () => {
    const init = 'umask 000; exec toolkey init --key file';
    expectDone(await home.run("sh", ["-c", init]));
    await home.addGitToken("https://example.com", "alice", "S3CRET");
    await home.addGitToken("https://example.com", "bob", "S3CRET-2");
    const modes = new Map<string, string>();
    const walk = (directory: string): void => {
      modes.set(directory, (statSync(directory).mode & 0o777).toString(8));
      for (const entry of readdirSync(directory, { withFileTypes: true })) {
        const path = join(directory, entry.name);
        if (entry.isDirectory()) walk(path);
        else modes.set(path, (statSync(path).mode & 0o077).toString(8));
      }
    };
    walk(home.toolkeyHome);
    const expected = [...modes.keys()].map((path) => [path, statSync(path).isDirectory() ? "700" : "0"]);
    expect([...modes]).toEqual(expected);
    expect([...modes.keys()].map((path) => path.slice(home.toolkeyHome.length))).toEqual(
      expect.arrayContaining(["/data", "/data/vault.age", "/data/identity.txt", "/log/daemon.log", "/data/run", "/data/run/agent.sock"]),
    );
  });

  it.skipIf(!isLinux || missing("strace"))("is made so, and not changed to it afterwards", async () => {
    const trace = join(home.directory, "trace");
    const calls = "trace=mkdir,mkdirat,open,openat,bind,umask,chmod,fchmod,fchmodat";
    const traced = ["strace", "-f", "-qq", "-s", "4096", "-o", trace, "-e", calls, process.execPath, join(DIST, "daemon.cjs")];
    const daemon = await startOwnDaemon(home, { program: ["sh", "-c", 'umask 000; exec "$@"', "sh", ...traced] });
    expect(daemon.told).toBe("ready");
    await home.init();
    await home.addGitToken("https://example.com", "alice", "S3CRET");
    await home.stop();
    await daemon.ended;

    const lines = readFileSync(trace, "utf8").split("\n").filter((line) => line.includes(home.toolkeyHome) || line.includes("umask("));
    expect(lines[0]).toContain("umask(077");
    expect(lines.filter((line) => line.includes("umask(")).map((line) => /umask\((\d+)/.exec(line)?.[1])).toEqual(["077"]);
    const made = lines.filter((line) => /\bmkdir(at)?\(/.test(line) && !line.includes("ENOENT"));
    expect(made.filter((line) => !/, 0?700\)|\.lock"/.test(line))).toEqual([]);
    const files = lines.filter((line) => line.includes("O_CREAT"));
    expect(files.length).toBeGreaterThan(3);
    expect(files.filter((line) => !/, 0600\)/.test(line))).toEqual([]);
    expect(lines.filter((line) => /chmod/.test(line))).toEqual([]);
    expect(lines.filter((line) => /\bbind\(.*\/run\/.*= 0$/.test(line))).toHaveLength(1);
  });
});

describe.skipIf(!isLinux)("its memory", () => {
  it("leaves no core dump, and SIGUSR1 opens no debugger", async () => {
    await makeVault();
    const daemon = await startOwnDaemon(home);
    const limits = readFileSync(`/proc/${daemon.pid}/limits`, "utf8");
    expect(/^Max core file size\s+(\S+)\s+(\S+)/m.exec(limits)?.slice(1)).toEqual(["0", "0"]);

    const ignored = BigInt(`0x${/^SigIgn:\s+(\w+)$/m.exec(readFileSync(`/proc/${daemon.pid}/status`, "utf8"))?.[1] ?? "0"}`);
    const SIGUSR1 = 10n;
    expect((ignored >> (SIGUSR1 - 1n)) & 1n).toBe(1n);
    const before = isRoot ? listeningSockets(daemon.pid) : [];
    daemon.child.kill("SIGUSR1");
    expect(await sendGit(home, "get", EXAMPLE)).toContain("S3CRET");
    if (isRoot) expect(listeningSockets(daemon.pid)).toEqual(before);
    expect(before).toEqual([]);
    daemon.child.kill();
    await daemon.ended;
  });

  it.skipIf(missing("strace", "setpriv"))("can't be read, or debugged, by other programs of its user", async () => {
    const uid = isRoot ? 65_534 : (process.getuid?.() ?? 0);
    const directory = mkdtempSync(join(tmpdir(), "tk-"));
    try {
      // A checkout below root's home is nobody else's to read.
      const dist = isRoot ? join(directory, "dist") : DIST;
      if (isRoot) {
        cpSync(DIST, dist, { recursive: true });
        cpSync(join(DIST, "../node_modules/@koromix"), join(directory, "node_modules/@koromix"), { recursive: true });
        chownSync(directory, uid, uid);
      }
      const [runner, ...options] = isRoot ? (["setpriv", `--reuid=${uid}`, `--regid=${uid}`, "--clear-groups"] as const) : (["env"] as const);
      const env = { TOOLKEY_HOME: join(directory, "t"), HOME: directory };
      const daemon = await startOwnDaemon(home, { program: [runner, ...options, process.execPath, join(dist, "daemon.cjs")], env });
      const other = spawn(runner, [...options, process.execPath, "-e", "process.stdin.resume();console.log(1)"], { stdio: ["pipe", "pipe", "inherit"] });
      await hear(other).line(/^1$/);

      // The kernel gives the files of a process that is not dumpable to root.
      const owner = (pid: number | undefined, file: string): number => statSync(`/proc/${pid}/${file}`).uid;
      expect(daemon.told).toBe("ready");
      expect(["environ", "mem", "maps"].map((file) => owner(other.pid, file))).toEqual([uid, uid, uid]);
      expect(["environ", "mem", "maps"].map((file) => owner(daemon.pid, file))).toEqual([0, 0, 0]);
      const read = await home.run(runner, [...options, "cat", `/proc/${daemon.pid}/maps`]);
      expect(read.code).not.toBe(0);
      expect(read.stdout).toBe("");
      // Who is let in stays until it is ended.
      const traced = await home.run(runner, [...options, "timeout", "10", realpathSync(whereIs("strace") ?? ""), "-e", "trace=none", "-p", String(daemon.pid)]);
      expect([traced.code, traced.stderr]).toEqual([1, expect.stringMatching(/attach.*Operation not permitted/)]);

      other.stdin.end();
      daemon.child.kill();
      await daemon.ended;
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  /** The inodes of the TCP sockets on which a process listens. */
  function listeningSockets(pid: number): string[] {
    const own = new Set(
      readdirSync(`/proc/${pid}/fd`).map((fd) => {
        try {
          return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
        } catch {
          return undefined;
        }
      }),
    );
    const LISTEN = "0A";
    return ["tcp", "tcp6"].flatMap((table) =>
      readFileSync(`/proc/net/${table}`, "utf8")
        .split("\n")
        .slice(1)
        .map((line) => line.trim().split(/\s+/))
        .filter((fields) => fields[3] === LISTEN && own.has(fields[9]))
        .map((fields) => fields[9] ?? ""),
    );
  }
});

describe("secrets", () => {
  it.skipIf(!isLinux || missing("strace"))("are in no argument and no environment of any program", async () => {
    await home.init();
    const trace = join(home.directory, "trace");
    const traced = async (argv: readonly string[], stdin: string): Promise<void> => {
      expectDone(await home.run("strace", ["-f", "-qq", "-v", "-s", "100000", "-e", "trace=execve", "-o", trace, ...argv], { stdin }));
      const text = readFileSync(trace, "utf8");
      expect(text).toMatch(/execve\(.*(toolkey|credential)/);
      expect(text).not.toContain("C4NARY");
    };
    await traced(["toolkey", "add", "https://example.com", "--tool", "git", "--username", "alice"], "C4NARY-1\n");
    const [token] = await home.tokens();
    await traced(["git-credential-toolkey", "get"], EXAMPLE);
    await traced(["git-credential-toolkey", "--timeout=60", "store"], `${EXAMPLE}username=bob\npassword=C4NARY-2\n`);
    await traced(["git-credential-toolkey", "erase"], `${EXAMPLE}username=alice\npassword=C4NARY-1\n`);
    await traced(["toolkey", "replace", token?.id ?? ""], "C4NARY-3\n");
    expect((await home.helper("get", `${EXAMPLE}username=alice\n`)).stdout).toContain("C4NARY-3");
  });

  it("are in no file, no log and no answer but the one that is asked for", async () => {
    await home.init();
    const said: string[] = [];
    const hear = async (ended: Promise<{ stdout: string; stderr: string }>): Promise<void> => {
      const { stdout, stderr } = await ended;
      said.push(stdout + stderr);
    };
    const id = await home.addGitToken("https://example.com", "alice", "C4NARY-1");
    await hear(home.toolkey(["add", "https://example.com", "--tool", "git", "--username", "alice"], { stdin: "C4NARY-1\n" }));
    await hear(home.helper("store", `${EXAMPLE}username=alice\npassword=C4NARY-2\noauth_refresh_token=C4NARY-R\n`));
    await hear(home.helper("erase", `${EXAMPLE}username=alice\npassword=C4NARY-2\n`));
    await hear(home.helper("get", EXAMPLE));
    await hear(home.toolkey(["replace", id], { stdin: "C4NARY-3\nC4NARY-4\n" }));
    await hear(home.toolkey(["restore", id]));
    await hear(home.helper("store", `C4NARY ${EXAMPLE}`));
    await hear(home.toolkey(["show", "C4NARY-5"]));
    await hear(home.toolkey(["add", "https://alice:C4NARY-6@example.com", "--tool", "git", "--username", "a"], { stdin: "x\n" }));
    for (const options of [["--json"], []]) {
      await hear(home.toolkey(["list", ...options]));
      await hear(home.toolkey(["show", id, ...options]));
      await hear(home.toolkey(["status", ...options]));
      await hear(home.toolkey(["doctor", ...options]));
    }
    await hear(home.toolkey(["revoke", "--local", "--yes", id]));
    // What a person typed as an id is said back to that person, and to nobody else.
    expect(said.filter((text) => text.includes("C4NARY")).map((text) => text.split("\n")[0])).toEqual(["username=alice", "toolkey: there is no token 'C4NARY-5'"]);
    expect(readFileSync(logOf(home), "utf8")).not.toContain("C4NARY");
    expect((await home.run("grep", ["-rla", "C4NARY", home.directory])).stdout).toBe("");
  });
});

describe("the log", () => {
  const MAX_BYTES = 1024 * 1024;

  it("is moved away when it has grown to 1 MiB, and the one that was moved before is gone", async () => {
    mkdirSync(join(home.toolkeyHome, "log"), { recursive: true, mode: 0o700 });
    writeFileSync(logOf(home), `${"x".repeat(MAX_BYTES - 2)}\n`, { mode: 0o600 });
    writeFileSync(`${logOf(home)}.1`, "of long ago\n", { mode: 0o600 });
    const daemon = await startOwnDaemon(home);
    for (let round = 0; round < 3; round += 1) await sendOperation(home, "status");
    expect(readFileSync(`${logOf(home)}.1`, "utf8")).toMatch(/^x+\n\{.*"msg":"listening"\}\n$/);
    expect(readFileSync(logOf(home), "utf8").trim().split("\n").map((line) => (JSON.parse(line) as { operation: string }).operation)).toEqual(["status", "status", "status"]);
    expect([logOf(home), `${logOf(home)}.1`].map((file) => statSync(file).mode & 0o777)).toEqual([0o600, 0o600]);
    daemon.child.kill();
    await daemon.ended;
  });

  longTest("stays below 2 MiB, however long and many the requests are", async () => {
    await home.init();
    const long = `${EXAMPLE}path=${"%/".repeat(400_000)}\n`;
    for (let round = 0; round < 5; round += 1) expect(await sendGit(home, "get", long)).toBe("miss\n\n");
    const requests = 6000;
    const batch = 50;
    for (let sent = 0; sent < requests; sent += batch) {
      await Promise.all(Array.from({ length: batch }, () => sendGit(home, "get", `${EXAMPLE}path=${"p".repeat(300)}\n`)));
    }
    const sizes = readdirSync(join(home.toolkeyHome, "log")).map((name) => statSync(join(home.toolkeyHome, "log", name)).size);
    expect(sizes).toHaveLength(2);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(MAX_BYTES + 1024);
    expect(Math.max(...sizes)).toBeGreaterThan(MAX_BYTES - 1024);
  });

  it("that can't be written to fails no request", async () => {
    await makeVault();
    const daemon = await startOwnDaemon(home);
    appendFileSync(logOf(home), "x".repeat(MAX_BYTES));
    rmSync(join(home.toolkeyHome, "log"), { recursive: true });
    for (let round = 0; round < 20; round += 1) expect(await sendGit(home, "get", EXAMPLE)).toContain("S3CRET");
    const before = vaultHash(home);
    expect(await sendGit(home, "store", `${EXAMPLE}username=new\npassword=token\n`)).toBe("ok\n\n");
    expect(vaultHash(home)).not.toBe(before);
    daemon.child.kill();
    expect(await daemon.ended).toEqual([0, null]);
  });
});

describe("on the wire", () => {
  it("a daemon that is asked to stop by a request of the wire answers it first", async () => {
    const daemon = await startOwnDaemon(home);
    const answer = await sendRaw(socketOf(home), renderRequest({ tool: "toolkey", operation: "stop", payload: "{}" }));
    expect(answer).toBe(`ok\n\n{"pid":${daemon.pid}}`);
    expect(await daemon.ended).toEqual([0, null]);
    expect(existsSync(socketOf(home))).toBe(false);
  });
});
