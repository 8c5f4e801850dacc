/** How a sandbox ends, and what comes through it: signals, the terminal, exit codes. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hear } from "../../fixtures/heard.ts";
import { BIN, expectDone } from "../../fixtures/home.ts";
import { missing } from "../../fixtures/programs.ts";
import { onTerminal } from "../../fixtures/terminal-session.ts";
import { makeSandboxHome, type SandboxHome } from "./sandbox-home.ts";

describe.skipIf(missing("bwrap", "script", "setsid"))("a sandbox", () => {
  let world: SandboxHome;
  beforeAll(async () => {
    world = await makeSandboxHome();
  });
  afterAll(() => world.dispose());

  /** Starts a command that says "ready". */
  async function started(command: string) {
    const child = spawn(join(BIN, "toolkey"), ["run", "--sandbox", "--quiet", "--", "sh", "-c", command], {
      cwd: world.project,
      env: world.home.environment,
      stdio: ["ignore", "pipe", "inherit"],
      detached: true,
    });
    const heard = hear(child);
    await heard.line(/^ready$/);
    return { child, said: () => heard.stdout };
  }

  it.each([0, 1, 5, 126, 127, 200])("ends with the command's own %i", async (code) => {
    expect((await world.inside(`exit ${code}`)).code).toBe(code);
  });

  it("says what can't be started, as without", async () => {
    const run = (...command: readonly string[]) => world.home.toolkey(["run", "--sandbox", "--", ...command], { cwd: world.project });
    expect(await run("there-is-none")).toMatchObject({ code: 127, stderr: expect.stringContaining("there is no program 'there-is-none'") });
    expect(await run("./package.json")).toMatchObject({ code: 126 });
  });

  it.each<NodeJS.Signals>(["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"])("%s sent to toolkey reaches the command", async (signal) => {
    const { child, said } = await started(`trap 'echo got; exit 9' ${signal.slice(3)}; echo ready; while :; do sleep 0.05; done`);
    child.kill(signal);
    expect(await once(child, "close")).toEqual([9, null]);
    expect(said()).toBe("ready\ngot\n");
  });

  it("ends with 128 and the number of the signal that ended the command", async () => {
    const { child } = await started("echo ready; sleep 60");
    child.kill("SIGTERM");
    expect(await once(child, "close")).toEqual([143, null]);
  });

  it("leaves nothing behind: an orphan in a session of its own ends with the command", async () => {
    const mark = join(world.project, "outlived");
    expectDone(await world.inside(`setsid sh -c 'trap "" TERM HUP INT; sleep 1; touch ${mark}' >/dev/null 2>&1 & sleep 0.2`));
    await wait(1500);
    expect(existsSync(mark)).toBe(false);
  });

  it("ends when toolkey is killed", async () => {
    const mark = join(world.project, "outlived-too");
    const { child } = await started(`echo ready; sleep 1; touch ${mark}`);
    child.kill("SIGKILL");
    await once(child, "exit");
    await wait(1500);
    expect(existsSync(mark)).toBe(false);
  });

  it("reaps orphans", async () => {
    const ended = await world.inside("for i in 1 2 3; do (sh -c : &) ; done; sleep 0.3; ps -e -o stat= | grep -c Z");
    expect(ended.stdout).toBe("0\n");
  });

  it("has the terminal: a size, keys, Ctrl-C for the command alone", async () => {
    const script = `trap 'echo interrupted; exit 7' INT; test -t 0 && test -t 1 && echo terminal; echo ready; while :; do sleep 0.05; done`;
    const session = onTerminal(world.home, ["toolkey", "run", "--sandbox", "--quiet", "--", "sh", "-c", script]);
    await session.shows(/ready/);
    session.type("\u0003");
    const ended = await session.ended;
    expect(ended.output).toContain("terminal");
    expect(ended.output).toContain("interrupted");
    expect(ended.code).toBe(7);
  });
});
