/** Who asks, of real processes on a real socket. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { UNKNOWN_CALLER, type Caller } from "../../src/core/caller.ts";
import { agentServer, listen, prepare, type AgentSocket } from "../../src/daemon/socket/server.ts";
import { isPeerThere } from "../../src/platform/libc.ts";
import { descriptorOf } from "../../src/platform/network/socket-descriptor.ts";
import { callerOf } from "../../src/platform/processes/caller.ts";
import { isMarked } from "../../src/platform/processes/mark.ts";
import { identify } from "../../src/platform/processes/process-tree.ts";

const isLinux = process.platform === "linux";

/** Of that many some come just when it is asked, unless there is one processor. */
const SIGNALS = 10_000;

let directory: string;
let agent: AgentSocket;
let callers: Caller[];

beforeEach(async () => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), "tk-caller-")));
  callers = [];
  const path = join(directory, "s");
  agent = await listen(await prepare(agentServer(), path), path, async (_request, caller) => {
    callers.push(caller);
    return "";
  }, () => undefined);
  // Connects, and ends with the answer; given a depth, that many shells are around it.
  writeFileSync(join(directory, "asks.mjs"), `import { connect } from "node:net"; connect(process.argv[2]).on("data", () => {}).end();`);
  writeFileSync(join(directory, "deep.sh"), `if [ "$1" -gt 0 ]; then sh "$0" $(($1 - 1)); else "$NODE" "$DIR/asks.mjs" "$DIR/s"; fi; :`);
});
afterEach(async () => {
  await agent.close();
  rmSync(directory, { recursive: true });
});

function start(program: string, argv: readonly string[]): ChildProcess {
  return spawn(program, argv, { cwd: directory, stdio: ["ignore", "ignore", "inherit"], env: { ...process.env, NODE: process.execPath, DIR: directory } });
}

async function heard(child: ChildProcess): Promise<Caller> {
  await once(child, "close");
  const [caller] = callers;
  if (caller === undefined) throw new Error("nobody asked");
  return caller;
}

describe.runIf(isLinux)("who asks", () => {
  it("is known by process, user, program and directory", async () => {
    const child = start(process.execPath, ["asks.mjs", join(directory, "s")]);
    const caller = await heard(child);
    expect(caller.pid).toBe(child.pid);
    expect(caller.process?.startTime).toMatch(/^\d+$/);
    expect(caller.uid).toBe(process.getuid?.());
    expect(caller.executable).toBe(realpathSync(process.execPath));
    expect(caller.isMarked).toBe(isMarked("self"));
    expect(caller.lineage.complete).toBe(true);
    expect(caller.lineage.ancestors[0]).toEqual(identify(process.pid));
  });

  it("is known by all parents, however many", async () => {
    const caller = await heard(start("sh", ["deep.sh", "300"]));
    expect(caller.lineage.complete).toBe(true);
    expect(caller.lineage.ancestors.length).toBeGreaterThan(300);
    expect(caller.lineage.ancestors.map(({ pid }) => pid)).toContain(process.pid);
  });

  it("is unknown once it has ended, and says so", async () => {
    const child = start("true", []);
    await once(child, "close");
    const caller = callerOf({ uid: 0, pid: child.pid });
    expect(caller).toMatchObject({ pid: child.pid, process: undefined, executable: undefined, lineage: { ancestors: [], complete: false } });
  });

  it("is what it was when it asked, whoever has its id afterwards", async () => {
    const child = start("sleep", ["60"]);
    const caller = callerOf({ uid: 0, pid: child.pid });
    child.kill("SIGKILL");
    await once(child, "close");
    expect(caller).toMatchObject({ process: { pid: child.pid }, lineage: { complete: true } });
    expect(basename(caller.executable ?? "")).toMatch(/sleep|coreutils|busybox/);
  });

  it("is unknown where its connection is that of a process that has ended, whoever has its id now", () => {
    const ended = callerOf({ uid: 0, pid: process.pid }, () => false);
    expect(ended).toEqual({ ...UNKNOWN_CALLER, uid: 0, pid: process.pid });
    expect(callerOf({ uid: 0, pid: process.pid }, () => undefined).process).toEqual(identify(process.pid));
  });

  it("is there whatever signals come meanwhile", async () => {
    const socket = connect(join(directory, "s"));
    await once(socket, "connect");
    const ignore = (): void => undefined;
    process.on("SIGWINCH", ignore);
    const signals = start("sh", ["-c", `left=${SIGNALS}; while [ $left -gt 0 ]; do kill -WINCH ${process.pid}; left=$((left - 1)); done`]);
    const over = once(signals, "close");
    try {
      await once(process, "SIGWINCH");
      const answers = Array.from({ length: SIGNALS }, () => isPeerThere(descriptorOf(socket)));
      // Before Linux 6.5 nobody knows.
      expect([[true], [undefined]]).toContainEqual([...new Set(answers)]);
    } finally {
      await over;
      process.off("SIGWINCH", ignore);
      socket.destroy();
    }
  });
});
