/** The daemon and who starts it, where something around them goes wrong. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { acquireLock } from "../../../src/vault/lock.ts";
import { daemonsStarted, sendGit, sendOperation, socketOf, startOwnDaemon, whenGone } from "../../fixtures/processes/daemon-process.ts";
import { matrix } from "../../fixtures/form.ts";
import { BIN, DIST, expectDone, makeHome, type TestHome } from "../../fixtures/homes/home.ts";
import { makeHomeWithoutPrivilege } from "../../fixtures/homes/without-privilege.ts";

let home: TestHome;

beforeEach(async () => {
  home = await makeHome();
});

afterEach(() => home.dispose());

const runtimeOf = (of: TestHome): string => join(socketOf(of), "..");

describe("the start", () => {
  it("waits for no process that has the number of a client that was killed", async () => {
    await mkdir(runtimeOf(home), { recursive: true, mode: 0o700 });
    for (let directory = runtimeOf(home); directory !== home.directory; directory = join(directory, "..")) await chmod(directory, 0o700);
    // As older ones wrote it: this process lives.
    await writeFile(join(runtimeOf(home), "starting"), String(process.pid), { mode: 0o600 });
    expect(expectDone(await home.toolkey(["init", "--key", "file"])).stderr).toBe("");
    expect(daemonsStarted(home)).toBe(1);
  });

  it("goes on at once when the client that was at it is killed", async () => {
    await mkdir(runtimeOf(home), { recursive: true, mode: 0o700 });
    const holder = spawn("flock", ["--no-fork", join(runtimeOf(home), "starting"), "sh", "-c", "echo held; exec sleep 600"], { stdio: ["ignore", "pipe", "ignore"] });
    await once(holder.stdout, "data");
    let isDone = false;
    const made = home.toolkey(["init", "--key", "file"]).finally(() => (isDone = true));
    // Longer than a start without anybody at it takes: another home's.
    const other = await makeHome();
    expectDone(await other.toolkey(["init", "--key", "file"]));
    await other.dispose();
    expect(isDone).toBe(false);
    holder.kill("SIGKILL");
    expectDone(await made);
  });
});

describe("the end", () => {
  it("comes though the socket can't be removed, and the next daemon takes its place", async () => {
    const bound = await makeHomeWithoutPrivilege();
    try {
      expectDone(await bound.toolkey(["init", "--key", "file"]));
      const pid = (await bound.status())?.pid ?? 0;
      await chmod(runtimeOf(bound), 0o500);
      process.kill(pid, "SIGTERM");
      expectDone(await bound.run("flock", [join(runtimeOf(bound), "daemon.lock"), "true"]));
      await chmod(runtimeOf(bound), 0o700);
      expectDone(await bound.toolkey(["list"]));
      expect((await bound.status())?.pid).not.toBe(pid);
    } finally {
      await chmod(runtimeOf(bound), 0o700);
      await bound.dispose();
    }
  });

  it("comes at once with a second signal, whatever is still under way", async () => {
    await home.init();
    await home.toolkey(["stop"]);
    const daemon = await startOwnDaemon(home);
    expect(await sendOperation(home, "list")).toContain("ok");
    const lock = await acquireLock(join(home.toolkeyHome, "data", "vault.age"));
    const store = sendGit(home, "store", "protocol=https\nhost=a.example\nusername=u\npassword=p\n").catch(() => "");
    for (let round = 0; round < 3; round += 1) await sendOperation(home, "status");
    daemon.child.kill("SIGTERM");
    await whenGone(socketOf(home), daemon.ended);
    daemon.child.kill("SIGTERM");
    expect(await daemon.ended).toEqual([1, null]);
    lock.release();
    await store;
  });
});

describe("connections that nobody uses", () => {
  const held: Socket[] = [];

  afterEach(() => {
    for (const socket of held.splice(0)) socket.destroy();
  });

  async function hold(count: number): Promise<void> {
    for (let at = 0; at < count; at += 1) {
      const socket = connect(socketOf(home)).on("error", () => undefined);
      held.push(socket);
      await once(socket, "connect");
    }
  }

  it.each(matrix<readonly [string, readonly [string, ...string[]], number]>([
    ["100 of them, where 64 files may be open", ["sh", "-c", 'ulimit -n 64; exec "$@"', "sh", process.execPath], 100],
  ], [["600 of them", [process.execPath], 600]]))("%s keep nobody from an answer", async (_name, [program, ...before], count) => {
    await home.init();
    await home.addGitToken("https://one.example", "u", "SECRET");
    await home.stop();
    const daemon = await startOwnDaemon(home, { program: [program, ...before, join(DIST, "daemon.cjs")] });
    await hold(count);
    expect(expectDone(await home.helper("get", "protocol=https\nhost=one.example\n\n")).stdout).toContain("SECRET");
    expect(expectDone(await home.toolkey(["list"])).stdout).toContain("one.example");
    expect(daemonsStarted(home)).toBe(2);
    daemon.child.kill("SIGKILL");
    await daemon.ended;
  });
});

describe("a person gets a sentence and no stack", () => {
  it("in a directory that was deleted", async () => {
    const gone = join(home.directory, "gone");
    await mkdir(gone);
    const ended = await home.run("sh", ["-c", `cd '${gone}' && rmdir '${gone}' && exec toolkey list 2>&1`]);
    expect(ended.code).toBe(1);
    expect(ended.stdout.split("\n").filter((line) => !line.startsWith("sh: "))).toEqual([
      "toolkey: the current directory is not there any more",
      "hint: cd to one that is, and try again",
      "",
    ]);
  });

  it.each([
    ["toolkey", "toolkey list"],
    ["git's helper", "printf 'protocol=https\\nhost=a.example\\n\\n' | git-credential-toolkey get"],
  ])("where few files may be open: %s", async (_name, command) => {
    const ended = await home.run("sh", ["-c", `ulimit -n 20; ${command}`]);
    expect(ended).toMatchObject({ code: 1, stdout: "", stderr: "toolkey: too few files may be open here at once (ulimit -n: 20)\nhint: ulimit -n 256\n" });
  });

  it("and git does where a token was to be kept and the vault is gone", async () => {
    await home.init();
    await sendOperation(home, "list");
    await rm(join(home.toolkeyHome, "data", "vault.age"));
    const ended = await home.run(join(BIN, "git-credential-toolkey"), ["store"], { stdin: "protocol=https\nhost=a.example\nusername=u\npassword=p\n\n" });
    expect(ended).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("toolkey: there is no vault at") as string });
  });
});
