/** A sealed command may send signals to whatever its user runs, also outside. Node answers SIGUSR1 with a debugger. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NO_DEBUGGER } from "../../../src/platform/processes/no-debugger.ts";
import { BIN, expectDone, makeHome, type TestHome } from "../../fixtures/homes/home.ts";

const SOURCE = join(import.meta.dirname, "../../../src");

let home: TestHome;

beforeAll(async () => {
  home = await makeHome();
});
afterAll(() => home.dispose());

/** Whether a process has a handler for SIGUSR1: Node's own, from before it reads its program, and no shell's. */
function hears(pid: number): boolean {
  const caught = BigInt(`0x${/^SigCgt:\s+(\w+)$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? "0"}`);
  return ((caught >> 9n) & 1n) === 1n;
}

describe.skipIf(process.platform !== "linux")("SIGUSR1", () => {
  it("opens no debugger in a command that waits for a secret", async () => {
    expectDone(await home.toolkey(["init", "--key", "file"]));
    const waiting = spawn(join(BIN, "toolkey"), ["add", "https://git.example", "--tool", "git", "--username", "alice"], { env: home.environment, stdio: ["pipe", "ignore", "pipe"] });
    const ended = once(waiting, "close");
    let said = "";
    waiting.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
    while (!hears(waiting.pid ?? 0)) await new Promise(setImmediate);
    // Node forgets one that comes while it is getting ready.
    while (said === "" && waiting.exitCode === null) {
      waiting.kill("SIGUSR1");
      await new Promise(setImmediate);
    }
    waiting.stdin.end("S3CRET");
    expect(await ended).toEqual([0, null]);
    expect(said).toMatch(/^(Starting inspector on 192\.0\.2\.1:9229 failed: address not available\n)+toolkey: git does not get it yet: for https:\/\/git\.example it asks no helper\nhint: toolkey setup git\n$/);
  });

  it("opens none in what is started by scripts, the service, and our own programs", () => {
    const scripts = readdirSync(BIN, { withFileTypes: true }).filter((entry) => entry.isFile()).map(({ name }) => join(BIN, name));
    const starts = [...scripts, join(BIN, "../install/systemd/toolkey.service")].flatMap((file) => readFileSync(file, "utf8").match(/("\$node"|@NODE@) [^|;]*?(\$here\/dist|@DAEMON@)/g) ?? []);
    expect(starts.length).toBeGreaterThan(5);
    expect(starts.filter((start) => !start.includes(NO_DEBUGGER))).toEqual([]);
    const own = readdirSync(SOURCE, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts")).flatMap((file) => readFileSync(join(SOURCE, file), "utf8").match(/\w+\(\s*process\.execPath,\s+.*/g) ?? []).filter((start) => !/^(word|openSync|statSync)\(/.test(start));
    expect(own.length).toBeGreaterThan(1);
    expect(own.filter((start) => !start.includes("[NO_DEBUGGER"))).toEqual([]);
  });
});
