/** Programs that hang, print without end, or leave others behind. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { runLimited, type RunResult } from "../../src/platform/processes/limited-run.ts";

const LONG = { milliseconds: 60_000, bytes: 1000 };
const sh = (script: string, limits = LONG): Promise<RunResult> => runLimited(["/bin/sh", "-c", script], { PATH: process.env["PATH"], A: "1" }, limits);

/** Its parent, which has ended, may not have been waiting for it. */
function isGone(pid: string): boolean {
  try {
    return /\) Z/.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return true;
  }
}

/** What is killed ends when it has its turn. */
const untilGone = (pid: string): Promise<void> => expect.poll(() => isGone(pid), { timeout: 20_000 }).toBe(true);

describe("a program", () => {
  it("has what it is given and nothing else: no input, the directory / and these variables", async () => {
    const ran = await sh('cat; pwd; env | grep -v -e ^PWD= -e ^_= -e ^PATH= -e ^SHLVL=; echo said >&2');
    expect(ran).toEqual({ end: { how: "exited", code: 0 }, stdout: "/\nA=1\n", stderr: "said\n" });
  });

  it.each<[string, RunResult["end"]]>([
    ["exit 7", { how: "exited", code: 7 }],
    ["kill -9 $$", { how: "killed", signal: "SIGKILL" }],
  ])("%s", async (script, end) => {
    expect(await sh(script)).toMatchObject({ end });
  });

  it("that isn't there is told from one that fails", async () => {
    expect(await runLimited(["/nowhere/at-all"], {}, LONG)).toMatchObject({ end: { how: "not-started", code: "ENOENT" } });
    expect(await runLimited(["/etc/passwd"], {}, LONG)).toMatchObject({ end: { how: "not-started", code: "EACCES" } });
  });

  it("that hangs is ended, with what it has started", async () => {
    const { end, stdout } = await sh("sleep 1000 & echo $!; wait", { ...LONG, milliseconds: 300 });
    expect(end).toEqual({ how: "took-too-long" });
    await untilGone(stdout.trim());
  });

  it("leaves nothing behind in its group, whatever that waits for", async () => {
    const { end, stdout } = await sh("(trap '' TERM HUP; exec sleep 1000 >/dev/null 2>&1) & echo $!");
    expect(end).toEqual({ how: "exited", code: 0 });
    await untilGone(stdout.trim());
  });

  it("that does not end when it is asked to is killed", async () => {
    expect(await sh("trap '' TERM; while :; do sleep 0.1; done", { ...LONG, milliseconds: 300 })).toMatchObject({ end: { how: "took-too-long" } });
  });

  it("that prints without end is ended; of what it says the beginning is kept", async () => {
    expect((await sh("yes")).end).toEqual({ how: "printed-too-much" });
    const { end, stderr } = await sh("head -c 5000 /dev/zero | tr '\\0' x >&2");
    expect([end, stderr.length]).toEqual([{ how: "exited", code: 0 }, 1000]);
  });

  it("is over when it has ended, whoever holds its output open", async () => {
    const { end, stdout } = await sh("setsid sleep 1000 & echo $!");
    expect([end, stdout]).toEqual([{ how: "exited", code: 0 }, expect.stringMatching(/^\d+\n$/)]);
    process.kill(Number(stdout), "SIGKILL");
  });
});
