/**
 * SIGKILL while secrets move from a file into the vault, and while a file is written back: at every instant they
 * are in one of the two, and it can be done again.
 */
import { execFileSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exchange } from "../../../src/client/daemon/exchange.ts";
import type { OperationName, Operations } from "../../../src/core/wire/administration.ts";
import { renderRequest } from "../../../src/core/wire/wire.ts";
import { sumOf } from "../../../src/platform/files/text-file.ts";
import { socketOf, startOwnDaemon } from "../../fixtures/processes/daemon-process.ts";
import { sampled } from "../../fixtures/form.ts";
import { DIST, expectDone, makeHome, type TestHome } from "../../fixtures/homes/home.ts";
import { missing } from "../../fixtures/programs/programs.ts";

const KILLER = fileURLToPath(new URL("../../fixtures/processes/kill-at-step.mjs", import.meta.url));
const TIMEOUT_MS = 240_000;
const AT_ONCE = 3;

const BEFORE = "# mine\n//h.example/:_authToken=SECRET-1\n//i.example/:_authToken=SECRET-2\n";
const AFTER = "# mine\n";
const SECRETS = ["SECRET-1", "SECRET-2"];

/** What changes the disk; between two of these it is the same. */
const CHANGES = /^(open\(w|mkdir|link|rename|unlink|rmdir|copyFile|file\.writeFile)/;

type Kill = `${"before" | "within" | "after"} ${number}`;

const fileOf = (home: TestHome): string => join(home.directory, ".npmrc");
const dataOf = (home: TestHome): string => join(home.toolkeyHome, "data");
const textOf = (home: TestHome): string => readFileSync(fileOf(home), "utf8");

function held(home: TestHome): { tokens: { secret: string }[]; backups?: { text: string }[] } {
  const argv = ["-d", "-i", join(dataOf(home), "identity.txt"), join(dataOf(home), "vault.age")];
  return JSON.parse(execFileSync("age", argv, { encoding: "utf8" })) as ReturnType<typeof held>;
}

function killer(home: TestHome, what: { kill?: Kill; steps?: string }): Record<string, string> {
  return {
    TOOLKEY_TEST_DIRECTORY: home.directory,
    ...(what.kill === undefined ? {} : { TOOLKEY_TEST_KILL: what.kill }),
    ...(what.steps === undefined ? {} : { TOOLKEY_TEST_STEPS: what.steps }),
  };
}

/**
 * Each moment at which a kill can leave another state behind than the one before it. Of the pieces in which a file is
 * written only the last: it is not in its place yet. Nor is what a writer removes when it is done.
 */
function killsAt(steps: readonly string[]): Kill[] {
  return steps.flatMap((step, index): Kill[] => {
    if (!CHANGES.test(step) || /^unlink .*\.tmp-/.test(step)) return [];
    if (!step.startsWith("file.writeFile")) return [`after ${index + 1}`];
    return steps.includes(step, index + 1) ? [] : [`within ${index + 1}`, `after ${index + 1}`];
  });
}

async function ask<Name extends OperationName>(home: TestHome, operation: Name, payload: Operations[Name]["request"]): Promise<boolean> {
  const answer = await exchange(socketOf(home), renderRequest({ tool: "toolkey", operation, payload: JSON.stringify(payload) }));
  if (answer?.status === "error") throw answer.failure;
  return answer !== undefined;
}

/** What `toolkey import` asks for before it writes the file. */
function takeIn(home: TestHome): Promise<boolean> {
  return ask(home, "takeIn", {
    path: fileOf(home),
    text: BEFORE,
    after: sumOf(AFTER),
    secrets: ["h", "i"].map((host, index) => ({ tool: "npm", target: `https://${host}.example`, secret: `SECRET-${index + 1}` })),
  });
}

describe.skipIf(missing("age"))("killed with SIGKILL", () => {
  let plainHome: TestHome;
  const homes: TestHome[] = [];

  beforeAll(async () => {
    plainHome = await makeHome();
    await plainHome.init();
    writeFileSync(fileOf(plainHome), BEFORE);
    await plainHome.stop();
  });

  afterAll(async () => {
    for (const home of [plainHome, ...homes]) await home.dispose();
  });

  async function copyOf(home: TestHome): Promise<TestHome> {
    const copy = await makeHome();
    homes.push(copy);
    cpSync(dataOf(home), dataOf(copy), { recursive: true });
    execFileSync("chmod", ["-R", "go=", copy.toolkeyHome]);
    cpSync(fileOf(home), fileOf(copy));
    return copy;
  }

  /** The steps of a daemon that does something. */
  async function daemonSteps(home: TestHome, act: (home: TestHome) => Promise<boolean>): Promise<string[]> {
    const file = `${home.directory}.steps`;
    const { child, ended } = await startOwnDaemon(home, {
      program: [process.execPath, "--import", KILLER, join(DIST, "daemon.cjs")],
      env: killer(home, { steps: file }),
    });
    expect(await act(home)).toBe(true);
    const steps = readFileSync(file, "utf8").trimEnd().split("\n");
    child.kill("SIGKILL");
    await ended;
    return steps;
  }

  async function forEachKill(kills: readonly Kill[], one: (kill: Kill) => Promise<void>): Promise<void> {
    const left = [...sampled(kills, 5)];
    const next = async (): Promise<void> => {
      for (let kill = left.shift(); kill !== undefined; kill = left.shift()) {
        const which = kill;
        await one(which).catch((error: unknown) => {
          throw new Error(`killed ${which}: ${String(error)}`, { cause: error });
        });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, next));
  }

  async function expectGoesOn(home: TestHome): Promise<void> {
    expectDone(await home.toolkey(["import", "--yes"]));
    expect(textOf(home)).toBe(AFTER);
    const { tokens, backups } = held(home);
    expect(tokens.map(({ secret }) => secret).toSorted()).toEqual(SECRETS);
    expect(backups?.map(({ text }) => text)).toEqual([BEFORE]);
    expect(readdirSync(home.directory).filter((name) => name.startsWith(".npmrc"))).toEqual([".npmrc"]);
    expectDone(await home.toolkey(["import", "--undo"]));
    expect(textOf(home)).toBe(BEFORE);
  }

  it("toolkey import at any step: the file is whole, or its secrets are in the vault; and it can be done again", async () => {
    const counted = await copyOf(plainHome);
    const stepsFile = `${counted.directory}.steps`;
    const run = (home: TestHome, env: Record<string, string>): ReturnType<TestHome["run"]> =>
      home.run(process.execPath, ["--import", KILLER, join(DIST, "toolkey.cjs"), "import", "--yes"], { env });
    // The daemon is there already: its own steps are another test's.
    expectDone(await counted.toolkey(["list"]));
    expectDone(await run(counted, killer(counted, { steps: stepsFile })));
    const steps = readFileSync(stepsFile, "utf8").trimEnd().split("\n");
    const kills: Kill[] = ["before 1", ...killsAt(steps)];
    expect(kills.length).toBeGreaterThan(4);
    await forEachKill(kills, async (kill) => {
      const home = await copyOf(plainHome);
      expectDone(await home.toolkey(["list"]));
      expect(await run(home, killer(home, { kill }))).toMatchObject({ signal: "SIGKILL" });
      const text = textOf(home);
      expect([BEFORE, AFTER]).toContain(text);
      if (text === AFTER) expect(held(home).tokens.map(({ secret }) => secret).toSorted()).toEqual(SECRETS);
      await expectGoesOn(home);
    });
  }, TIMEOUT_MS);

  it("the daemon at any step of taking in: all of it is in the vault or none, and the file is as it was", async () => {
    const kills = killsAt(await daemonSteps(await copyOf(plainHome), takeIn));
    expect(kills.length).toBeGreaterThan(6);
    await forEachKill(kills, async (kill) => {
      const home = await copyOf(plainHome);
      const dying = await startOwnDaemon(home, { program: [process.execPath, "--import", KILLER, join(DIST, "daemon.cjs")], env: killer(home, { kill }) });
      if (dying.told === "ready") expect(await takeIn(home)).toBe(false);
      expect(await dying.ended).toEqual([null, "SIGKILL"]);
      expect(textOf(home)).toBe(BEFORE);
      const { tokens, backups } = held(home);
      expect([[0, 0], [2, 1]]).toContainEqual([tokens.length, backups?.length ?? 0]);
      await expectGoesOn(home);
    });
  }, TIMEOUT_MS);

  it("the daemon at any step of putting back: the backup is in the vault until the file is on the disk", async () => {
    const act = (home: TestHome): Promise<boolean> => ask(home, "putBack", { path: fileOf(home), force: false });
    const copy = async (): Promise<TestHome> => {
      const home = await copyOf(plainHome);
      const { child, ended } = await startOwnDaemon(home);
      expect(await takeIn(home)).toBe(true);
      writeFileSync(fileOf(home), AFTER);
      child.kill();
      await ended;
      return home;
    };
    const kills = killsAt(await daemonSteps(await copy(), act));
    expect(kills.length).toBeGreaterThan(8);
    await forEachKill(kills, async (kill) => {
      const home = await copy();
      const dying = await startOwnDaemon(home, { program: [process.execPath, "--import", KILLER, join(DIST, "daemon.cjs")], env: killer(home, { kill }) });
      if (dying.told === "ready") expect(await act(home)).toBe(false);
      expect(await dying.ended).toEqual([null, "SIGKILL"]);
      const text = textOf(home);
      expect([BEFORE, AFTER]).toContain(text);
      if (text === AFTER) expect(held(home).backups?.map((backup) => backup.text)).toEqual([BEFORE]);
      expectDone(await home.toolkey(["import", "--undo"]));
      expect(textOf(home)).toBe(BEFORE);
      expect(held(home).backups).toBeUndefined();
      expect(readdirSync(home.directory).filter((name) => name.startsWith(".npmrc"))).toEqual([".npmrc"]);
    });
  }, TIMEOUT_MS);
});
