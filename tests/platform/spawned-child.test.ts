/** A child that Node does not know of. What commands see of it: black-box. */
import { closeSync, constants, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { spawnChild } from "../../src/platform/linux/spawned-child.ts";
import type { ChildOptions } from "../../src/platform/processes/child.ts";
import { reapedByStarter } from "../../src/platform/processes/reaped-by-starter.ts";

const SHELL = "/bin/sh";

let directory: string;
let opened: number[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "tk-spawned-"));
  opened = [];
});
afterEach(() => {
  for (const descriptor of opened) closeSync(descriptor);
  rmSync(directory, { recursive: true });
});

function open(name: string, flags: string): number {
  const descriptor = openSync(join(directory, name), flags);
  opened.push(descriptor);
  return descriptor;
}

/** A shell that writes to a file; what it wrote, and how it ended. */
async function shell(script: string, options: Partial<ChildOptions> = {}) {
  const out = open("out", "w");
  const child = spawnChild(SHELL, ["-c", script], { environment: {}, descriptors: [0, out, 2], writes: false, ...options });
  if (child === undefined) throw new Error("not started");
  const [end, written] = await Promise.all([child.end, child.written]);
  return { end, written, stdout: readFileSync(join(directory, "out"), "utf8"), pid: child.pid };
}

describe.skipIf(process.platform !== "linux")("spawnChild", () => {
  it.each([
    ["exit 0", { code: 0 }],
    ["exit 7", { code: 7 }],
    ["exit 255", { code: 255 }],
    ["kill -KILL $$", { signal: "SIGKILL" }],
    ["kill -TERM $$", { signal: "SIGTERM" }],
    // One of those for a program's own use, which has no name.
    ["kill -40 $$", { code: 168 }],
  ])("tells how it ended: %s", async (script, expected) => {
    expect((await shell(script)).end).toEqual(expected);
  });

  it("gives it its words, its variables and no others, each as it is", async () => {
    const environment = { PLAIN: "1", EMPTY: "", LINES: "a\nb=c", ABSENT: undefined, PATH: process.env["PATH"] };
    const { stdout } = await shell('printf "%s|" "$0" "$PLAIN" "$EMPTY" "$LINES"; env | grep -c -e ABSENT -e HOME=', { environment });
    expect(stdout).toBe(`${SHELL}|1||a\nb=c|0\n`);
  });

  it("gives it the descriptors in their order, though each has the number of another, and no others", async () => {
    writeFileSync(join(directory, "one"), "ONE");
    writeFileSync(join(directory, "two"), "TWO");
    const [one, two, out] = [open("one", "r"), open("two", "r"), open("out", "w")];
    const descriptors = Array.from({ length: Math.max(one, two, out) + 1 }, (_each, at) => (at === one ? two : at === two ? one : out));
    const others = `for each in $(ls /proc/$$/fd); do test "$each" -lt ${descriptors.length} || readlink /proc/$$/fd/$each; done`;
    const { stdout } = await shell(`cat /proc/$$/fd/${two} /proc/$$/fd/${one}; ${others} | grep "$OURS"`, {
      environment: { PATH: process.env["PATH"], OURS: directory },
      descriptors,
    });
    expect(stdout).toBe("ONETWO");
  });

  it("blocks and ignores no signal, though this process ignores one", async () => {
    const { stdout } = await shell("exec grep -e SigBlk -e SigIgn /proc/self/status", { environment: { PATH: process.env["PATH"] } });
    expect(stdout).toBe("SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
    const ours = /^SigIgn:\t(\w+)$/m.exec(readFileSync("/proc/self/status", "latin1"))?.[1];
    expect(Number(`0x${ours}`)).not.toBe(0);
  });

  it("gives it standard streams that wait, though ours do not, as Node's don't", async () => {
    const stream = openSync(join(directory, "stream"), constants.O_RDWR | constants.O_CREAT | constants.O_NONBLOCK);
    opened.push(stream);
    const options = { environment: { PATH: process.env["PATH"] }, descriptors: [0, stream, stream], writes: false };
    const child = spawnChild(SHELL, ["-c", "exec cat /proc/self/fdinfo/2"], options);
    expect(await child?.end).toEqual({ code: 0 });
    const [, flags] = /^flags:\s*(\d+)$/m.exec(readFileSync(join(directory, "stream"), "utf8")) ?? [];
    expect(Number.parseInt(flags ?? "", 8) & constants.O_NONBLOCK).toBe(0);
  });

  it("hears what is written to its last descriptor until nobody can write there any more", async () => {
    // What it leaves behind goes on once it has ended, as it sees by its parent.
    const script = `printf early >&3; { while kill -0 $$ 2>/dev/null; do :; done; printf late >&3; } & exit 3`;
    const { end, written } = await shell(script, { writes: true });
    expect([end, written]).toEqual([{ code: 3 }, "earlylate"]);
  });

  it("tells each of many that run at once its own end", async () => {
    const options = { environment: {}, descriptors: [0, 1, 2], writes: false };
    const children = Array.from({ length: 40 }, (_each, at) => spawnChild(SHELL, ["-c", `exit ${at}`], options));
    expect(await Promise.all(children.map((child) => child?.end ?? Promise.resolve()))).toEqual(children.map((_each, code) => ({ code })));
    expect([...reapedByStarter]).toEqual([]);
  });

  it.each([
    ["what is not there", "/nowhere/program", "x"],
    ["a directory", "/", "x"],
    ["a word that C would cut short", SHELL, "a\0b"],
  ])("starts nothing: %s", (_what, program, word) => {
    for (const writes of [false, true]) {
      expect(spawnChild(program, [word], { environment: {}, descriptors: [0, 1, 2], writes })).toBeUndefined();
    }
  });

  it("leaves nothing open, and no handler", async () => {
    const options = { environment: {}, descriptors: [0, 1, 2], writes: true };
    const open = (): number => readdirSync("/proc/self/fd").length;
    const [handlers, before] = [process.listenerCount("SIGCHLD"), open()];
    const child = spawnChild(SHELL, ["-c", "exit 0"], options);
    await Promise.all([child?.end, child?.written]);
    spawnChild("/nowhere/program", [], options);
    expect(process.listenerCount("SIGCHLD")).toBe(handlers);
    await expect.poll(open, { timeout: 20_000 }).toBeLessThanOrEqual(before);
  });
});
