/** A stand-in for a coding agent in a session: it lives on, starts shells without a terminal, clears variables, runs things in the background. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { clientsMissing } from "../../fixtures/tools/clients.ts";
import { childrenOf, identify } from "../../../src/platform/processes/process-tree.ts";
import { longTest } from "../../fixtures/form.ts";
import { BIN } from "../../fixtures/homes/home.ts";
import { missing } from "../../fixtures/programs/programs.ts";
import { makeSessionWorld, type SessionWorld } from "../../fixtures/homes/session-world.ts";
import { verdaccioMissing } from "../../fixtures/registries/npm/verdaccio.ts";

/**
 * Reads what to run as lines of JSON, runs it in a shell of its own, and says in one line how that ended. As agents do: a session of its own,
 * nothing to read from, and with `inherit: "core"` no variables but those that every login has.
 */
const AGENT = `
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
const CORE = ["HOME", "PATH", "SHELL", "USER", "LOGNAME", "TMPDIR", "LANG"];
console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  const { command, inherit = "all", background = false, set = {} } = JSON.parse(line);
  const env = { ...Object.fromEntries(Object.entries(process.env).filter(([name]) => inherit !== "core" || CORE.includes(name))), ...set };
  const shell = spawn("sh", [...(inherit === "login" ? ["-l"] : []), "-c", command], { env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  shell.stdout.on("data", (text) => (output += text));
  shell.stderr.on("data", (text) => (output += text));
  if (background) { shell.unref(); console.log(JSON.stringify({ code: null, output: "" })); continue; }
  const code = await new Promise((resolve) => shell.on("close", resolve));
  console.log(JSON.stringify({ code, output }));
}`;

interface Asked {
  readonly command: string;
  readonly inherit?: "all" | "core" | "login";
  readonly background?: boolean;
  readonly set?: Readonly<Record<string, string>>;
}

describe.skipIf(verdaccioMissing() || clientsMissing(["npm", 12]) || missing("setsid"))("an agent in a session", () => {
  let world: SessionWorld;
  let agent: ChildProcess;
  let lines: Interface;
  const ask = async (asked: Asked): Promise<{ readonly code: number | null; readonly output: string }> => {
    agent.stdin?.write(`${JSON.stringify(asked)}\n`);
    const [line] = (await once(lines, "line")) as [string];
    return JSON.parse(line) as { code: number | null; output: string };
  };
  const installed = (): Promise<string | undefined> => world.project.installed("@acme/thing");

  beforeAll(async () => {
    world = await makeSessionWorld();
    agent = spawn(join(BIN, "toolkey"), ["run", "--quiet", "--", process.execPath, "--input-type=module", "-e", AGENT], {
      cwd: world.project.directory,
      env: { ...world.home.environment, ...world.project.environment, REPOSITORY: world.repository },
      stdio: ["pipe", "pipe", "inherit"],
    });
    world.home.running.add(agent);
    lines = createInterface({ input: agent.stdout as NodeJS.ReadableStream });
    await once(lines, "line");
  });
  beforeEach(async () => {
    for (const path of ["project/node_modules", ".npm", "project/clone"]) await rm(join(world.home.directory, path), { recursive: true, force: true });
  });
  afterAll(async () => {
    agent.stdin?.end();
    await once(agent, "close");
    await world.close();
  });

  const BOTH = 'git clone -q "$REPOSITORY" clone && npm install';
  it.each<[how: string, asked: () => Asked]>([
    ["as it is", () => ({ command: BOTH })],
    ["with the variables of a login alone", () => ({ command: BOTH, inherit: "core", set: { REPOSITORY: world.repository, NODE_EXTRA_CA_CERTS: world.project.environment["NODE_EXTRA_CA_CERTS"] ?? "" } })],
    ["in a login shell, whose files set PATH anew", () => ({ command: `PATH=${world.project.environment["PATH"]}; ${BOTH}`, inherit: "login" })],
  ])("clones and installs %s", async (_how, asked) => {
    const { code, output } = await ask(asked());
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(await installed()).toBe("1.2.3");
    for (const secret of world.secrets) expect(output).not.toContain(secret);
  });

  it("does so in the background, by what has lost its parents", async () => {
    await ask({ command: `(setsid sh -c '${BOTH}; echo $? >ended' >/dev/null 2>&1 &)`, background: true });
    await expect.poll(() => readFile(join(world.project.directory, "ended"), "utf8").catch(() => ""), { timeout: 60_000 }).toBe("0\n");
    expect(await installed()).toBe("1.2.3");
  });

  longTest("does so after an hour, of which it has spent most waiting", async () => {
    await ask({ command: "sleep 3600" });
    expect(await ask({ command: BOTH })).toMatchObject({ code: 0 });
    expect(await installed()).toBe("1.2.3");
  }, 4_000_000);

  it("is told in a line what gets past all that leads", async () => {
    const { code, output } = await ask({ command: 'git ls-remote "$REPOSITORY"', inherit: "core", set: { PATH: "/usr/bin:/bin", REPOSITORY: world.repository, GIT_TERMINAL_PROMPT: "0", TOOLKEY_HOME: world.home.toolkeyHome } });
    expect(code).not.toBe(0);
    expect(output).toContain("toolkey: git is given nothing, and nothing is stored, inside of node");
  });

  it("gets no answer from toolkey but what is there, and leaves no zombies behind", async () => {
    const secret = await ask({ command: `${join(BIN, "toolkey")} run --direct -- npm view @acme/thing; printf 'protocol=https\\nhost=%s\\n\\n' ${new URL(world.repository).host} | git credential fill` });
    for (const each of world.secrets) expect(secret.output).not.toContain(each);
    expect((await ask({ command: `${join(BIN, "toolkey")} list` })).output).toContain("npm-");
    for (let index = 0; index < 5; index += 1) await ask({ command: "(setsid true &) ; true" });
    // Of what is below it only what runs is left.
    await expect.poll(() => childrenOf(agent.pid ?? 0).filter((pid) => identify(pid) === undefined), { timeout: 20_000 }).toEqual([]);
  });
});
