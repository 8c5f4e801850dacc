/** What ends below a process that is the parent of orphans: theirs is reaped, and of its own children it still hears. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { reapOrphans } from "../../src/platform/processes/orphans.ts";

/** State of a process by its `stat`: `Z` for one that has ended and is not reaped; undefined if there is none. */
function stateOf(pid: number): string | undefined {
  try {
    return /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, "latin1"))?.[1];
  } catch {
    return undefined;
  }
}

/** Nothing else happens in this process meanwhile: Node doesn't hear of it. */
function untilEnded(pid: number): void {
  while (stateOf(pid) !== "Z") spawnSync("true");
}

describe.skipIf(process.platform !== "linux")("reapOrphans", () => {
  it("leaves to Node what it has started, whoever looks first", async () => {
    const stop = reapOrphans();
    try {
      const child = spawn("sh", ["-c", "exit 7"]);
      const ended = once(child, "exit");
      untilEnded(child.pid ?? 0);
      process.emit("SIGCHLD", "SIGCHLD");
      expect(stateOf(child.pid ?? 0)).toBe("Z");
      expect(await ended).toEqual([7, null]);
    } finally {
      stop();
    }
  });

  it("reaps what Node has not started since", async () => {
    // As good as an orphan: nobody waits for it.
    const child = spawn("true");
    const stop = reapOrphans();
    try {
      untilEnded(child.pid ?? 0);
      process.emit("SIGCHLD", "SIGCHLD");
      expect(stateOf(child.pid ?? 0)).toBeUndefined();
    } finally {
      stop();
    }
  });
});
