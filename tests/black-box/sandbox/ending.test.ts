/** How a sandbox ends, and what comes through it: signals, the terminal, exit codes. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hear } from "../../fixtures/processes/heard.ts";
import { BIN, DIST, expectDone } from "../../fixtures/homes/home.ts";
import { missing } from "../../fixtures/programs/programs.ts";
import { openTerminal } from "../../fixtures/processes/pseudo-terminal.ts";
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
    const ended = await world.inside("for i in 1 2 3; do (sh -c : &) ; done; sleep 0.5; cat /proc/[0-9]*/stat | grep -c ') Z'");
    expect(ended.stdout).toBe("0\n");
  });

  it("has the terminal: Ctrl-C reaches the command once, and what it does about it counts", async () => {
    const program = join(world.project, "on-terminal.mjs");
    const lines = [
      'import { isatty } from "node:tty";',
      "let times = 0;",
      "process.on('SIGINT', () => console.log(`got ${++times}`));",
      "process.stdin.on('data', (line) => { console.log(`end ${times} ${line}`); process.exit(5); });",
      "if ([0, 1, 2].every((descriptor) => isatty(descriptor))) console.log('ready');",
    ];
    writeFileSync(program, lines.join("\n"));
    const terminal = openTerminal(world.home, `exec ${join(BIN, "toolkey")} run --sandbox -- node ${program}`);
    await terminal.answer("ready", "\u0003");
    await terminal.answer("got 1", "x\r");
    await terminal.shows("end 1 x");
    expect((await terminal.ended).code).toBe(5);
  });

  it("can't type into it", async () => {
    const program = join(world.project, "type.cjs");
    const lines = [
      `const ioctl = require(${JSON.stringify(join(DIST, "../node_modules/koffi"))}).load("libc.so.6").func("int ioctl(int, unsigned long, void *)");`,
      'console.log(ioctl(0, 0x5412, Buffer.from("#")) === 0 ? "typed" : "refused", ioctl(0, 0x5413, Buffer.alloc(8)) === 0 ? "measured" : "not");',
    ];
    writeFileSync(program, lines.join("\n"));
    for (const [option, said] of [["--sandbox", "refused measured"], ["--no-sandbox", "measured"]] as const) {
      const terminal = openTerminal(world.home, `cd project; exec ${join(BIN, "toolkey")} run ${option} --quiet -- node ${program}`);
      await terminal.shows(said);
      expect((await terminal.ended).code).toBe(0);
    }
  });

  it.skipIf(missing("bash"))("Ctrl-Z stops it, and fg lets it go on", async () => {
    const fifo = join(world.project, "stopped");
    expectDone(await world.home.run("mkfifo", [fifo]));
    const terminal = openTerminal(world.home, "bash --norc --noprofile -i", { env: { PS1: "prompt> ", HISTFILE: undefined } });
    const script = `echo re""ady; read word <${fifo}; echo $word; read line; echo "line is $line"`;
    await terminal.answer("prompt> ", `cd project; ${join(BIN, "toolkey")} run --sandbox --quiet -- sh -c '${script}'\r`);
    await terminal.shows("ready");
    terminal.type("\u001a");
    await terminal.shows("Stopped");
    await terminal.shows("prompt> ");
    const written = writeFile(fifo, "going-on\n");
    terminal.type("fg\r");
    await terminal.shows("toolkey run");
    await terminal.answer("going-on", "mine\r");
    await written;
    await terminal.shows("line is mine");
    await terminal.answer("prompt> ", "exit 3\r");
    expect((await terminal.ended).code).toBe(3);
  });
});
