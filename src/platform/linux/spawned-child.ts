/**
 * A child that is started without Node, which would copy this process for it: half the time until a command runs. The kernel tells by
 * SIGCHLD that a child may have ended, and wait(2) of which one.
 */
import { closeSync } from "node:fs";
import { Socket } from "node:net";
import { constants } from "node:os";
import { openPipe, reapProcess, spawnProcess } from "../libc-spawn.ts";
import { reapedByStarter } from "../processes/reaped-by-starter.ts";
import { textFrom, type Child, type ChildOptions, type CommandEnd } from "../processes/child.ts";

/** As long as a timer can be, in milliseconds. */
const LONGEST_MS = 2 ** 31 - 1;

const running = new Map<number, (end: CommandEnd) => void>();

/**
 * As `startChild`.
 *
 * @param program its path
 * @returns undefined if it can't be started so
 */
export function spawnChild(program: string, argv: readonly string[], options: ChildOptions): Child | undefined {
  const { environment, descriptors, writes } = options;
  const pipe = writes ? openPipe() : undefined;
  if (writes && pipe === undefined) return undefined;
  // Before the start: it may end at once.
  if (running.size === 0) process.on("SIGCHLD", reap);
  const pid = spawnProcess(program, [program, ...argv], environment, [...descriptors, ...(pipe === undefined ? [] : [pipe.writer])]);
  if (pipe !== undefined) closeSync(pipe.writer);
  if (pid === undefined) {
    if (pipe !== undefined) closeSync(pipe.reader);
    stopIfNoneRuns();
    return undefined;
  }
  reapedByStarter.add(pid);
  // Node ends when it waits for nothing, and knows of no child.
  const waiting = setInterval(() => undefined, LONGEST_MS);
  return {
    pid,
    end: new Promise<CommandEnd>((resolve) => running.set(pid, resolve)).finally(() => clearInterval(waiting)),
    written: pipe === undefined ? Promise.resolve("") : textFrom(new Socket({ fd: pipe.reader, writable: false })),
  };
}

function reap(): void {
  for (const [pid, ended] of running) {
    const status = reapProcess(pid);
    if (status === undefined) continue;
    running.delete(pid);
    reapedByStarter.delete(pid);
    ended(endOf(status));
  }
  stopIfNoneRuns();
}

function stopIfNoneRuns(): void {
  if (running.size === 0) process.off("SIGCHLD", reap);
}

/** WTERMSIG and WEXITSTATUS of wait(2). */
function endOf(status: number): CommandEnd {
  const number = status & 0x7f;
  if (number === 0) return { code: (status >> 8) & 0xff };
  const [name] = Object.entries(constants.signals).find(([, each]) => each === number) ?? [];
  return name === undefined ? { code: 128 + number } : { signal: name as NodeJS.Signals };
}
