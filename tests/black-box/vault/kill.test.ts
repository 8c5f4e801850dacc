/**
 * SIGKILL at each step of what writes the data directory. The daemon counts its own file-system calls and
 * ends itself at a given one; then a daemon as it is goes on with what is there.
 */
import { execFile } from "node:child_process";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exchange } from "../../../src/client/daemon/exchange.ts";
import type { OperationName, Operations } from "../../../src/core/wire/administration.ts";
import { renderRequest } from "../../../src/core/wire/wire.ts";
import { socketOf, startOwnDaemon } from "../../fixtures/processes/daemon-process.ts";
import { IS_LONG, longTest, sampled } from "../../fixtures/form.ts";
import { DIST, makeHome, type TestHome } from "../../fixtures/homes/home.ts";
import { missing } from "../../fixtures/programs/programs.ts";

const KILLER = fileURLToPath(new URL("../../fixtures/processes/kill-at-step.mjs", import.meta.url));
const PASSPHRASE = "correct horse";
/** How many kills are tried at the same time. */
const AT_ONCE = 3;

/** Many daemons are started; a busy machine takes its time. */
const TIMEOUT_MS = 240_000;

/** What a step changes on the disk; between two of these the disk is the same. */
const CHANGES = /^(open\(w|mkdir|utimes|link|rename|unlink|rmdir|copyFile|file\.writeFile)/;

/** What may be beside the vault and its key. */
const BESIDE: ReadonlySet<string> = new Set(["usage.json", "clock.json", "run", "vault.age.1", "vault.age.lock"]);

type Moment = "before" | "within" | "after";

/** The secrets by host: those that were acknowledged, and the one whose store got no answer. */
interface Stored {
  readonly acknowledged: Readonly<Record<string, string>>;
  readonly unanswered: Readonly<Record<string, string>>;
}

const dataOf = (home: TestHome): string => join(home.toolkeyHome, "data");

async function administer<Name extends OperationName>(
  home: TestHome,
  operation: Name,
  payload: Operations[Name]["request"],
): Promise<Operations[Name]["answer"] | undefined> {
  const request = renderRequest({ tool: "toolkey", operation, payload: JSON.stringify(payload) });
  const answer = await exchange(socketOf(home), request);
  if (answer === undefined) return undefined;
  if (answer.status !== "ok") throw new Error(`${operation}: ${answer.status === "error" ? answer.failure.message : "miss"}`);
  return JSON.parse(answer.payload) as Operations[Name]["answer"];
}

/** Whether the store of a new token was acknowledged; false if the daemon died of it. */
async function store(home: TestHome, host: string, secret: string): Promise<boolean> {
  const payload = `protocol=https\nhost=${host}\nusername=u\npassword=${secret}\n`;
  const answer = await exchange(socketOf(home), renderRequest({ tool: "git", operation: "store", payload }));
  if (answer?.status === "error") throw answer.failure;
  return answer !== undefined;
}

async function get(home: TestHome, host: string): Promise<string | undefined> {
  const payload = `protocol=https\nhost=${host}\n`;
  const answer = await exchange(socketOf(home), renderRequest({ tool: "git", operation: "get", payload }));
  return answer?.status === "ok" ? /^password=(.*)$/m.exec(answer.payload)?.[1] : undefined;
}

/** Stores one new token after the other until the daemon dies of one. */
async function storeUntilDeath(home: TestHome, acknowledged: Readonly<Record<string, string>>): Promise<Stored> {
  const stored = { ...acknowledged };
  for (let number = 1; ; number += 1) {
    const host = `new-${number}.example`;
    if (!(await store(home, host, `SECRET-${host}`))) return { acknowledged: stored, unanswered: { [host]: `SECRET-${host}` } };
    stored[host] = `SECRET-${host}`;
  }
}

/** The secrets by host of an age file, opened with Debian's `age`. */
async function openWithAge(identity: string, file: string): Promise<Record<string, string>> {
  const { stdout } = await promisify(execFile)("age", ["-d", "-i", identity, file]);
  const { tokens } = JSON.parse(stdout) as { tokens: { service: string; secret: string }[] };
  return Object.fromEntries(tokens.map(({ service, secret }) => [service, secret]));
}

async function killed(home: TestHome, moment: Moment, step: number): ReturnType<typeof startOwnDaemon> {
  return startOwnDaemon(home, {
    program: [process.execPath, "--import", KILLER, join(DIST, "daemon.cjs")],
    env: { TOOLKEY_TEST_DIRECTORY: dataOf(home), TOOLKEY_TEST_KILL: `${moment} ${step}` },
  });
}

/** The steps that an action takes, as lines of call and file. */
async function stepsOf(start: string | undefined, act: (home: TestHome) => Promise<unknown>): Promise<string[]> {
  const home = await copyOf(start);
  const file = join(home.directory, "steps");
  await writeFile(file, "");
  const daemon = await startOwnDaemon(home, {
    program: [process.execPath, "--import", KILLER, join(DIST, "daemon.cjs")],
    env: { TOOLKEY_TEST_DIRECTORY: dataOf(home), TOOLKEY_TEST_STEPS: file },
  });
  await act(home);
  // What the end of the daemon writes comes after it.
  const steps = await readFile(file, "utf8");
  daemon.child.kill("SIGKILL");
  await daemon.ended;
  await home.dispose();
  return steps.trimEnd().split("\n");
}

/** A home with a copy of a data directory, or an empty one. */
async function copyOf(data: string | undefined): Promise<TestHome> {
  const home = await makeHome();
  if (data !== undefined) {
    await mkdir(home.toolkeyHome, { mode: 0o700 });
    await cp(data, dataOf(home), { recursive: true });
  }
  return home;
}

/**
 * Each moment at which a kill can leave another state behind than the one before it. Of the pieces in which a file is
 * written only the last: it is not in its place yet. Nor is what a writer removes when it is done.
 */
function moments(steps: readonly string[]): [Moment, number][] {
  return steps.flatMap((step, index): [Moment, number][] => {
    if (!CHANGES.test(step) || /^unlink .*\.tmp-/.test(step)) return [];
    if (!step.startsWith("file.writeFile")) return [["after", index + 1]];
    return steps.includes(step, index + 1) ? [] : [["within", index + 1], ["after", index + 1]];
  });
}

/**
 * Kills the daemon at each of the moments while it does something, starts another one and checks what it
 * finds.
 */
async function forEachKill(
  start: string | undefined,
  steps: readonly string[],
  kills: readonly (readonly [Moment, number])[],
  scenario: { act: (home: TestHome) => Promise<Stored>; check: (home: TestHome, stored: Stored) => Promise<void> },
): Promise<void> {
  const left = [...sampled(kills, 4)];
  const one = async (moment: Moment, step: number): Promise<void> => {
    const home = await copyOf(start);
    try {
      const dying = await killed(home, moment, step);
      const stored = await scenario.act(home);
      expect(await dying.ended).toEqual([null, "SIGKILL"]);
      const clean = await startOwnDaemon(home);
      expect(clean.told).toBe("ready");
      await scenario.check(home, stored);
      clean.child.kill("SIGTERM");
      expect(await clean.ended).toEqual([0, null]);
    } catch (error) {
      throw new Error(`killed ${moment} step ${step}, ${steps[step - 1]}: ${String(error)}`, { cause: error });
    } finally {
      await home.dispose();
    }
  };
  const next = async (): Promise<void> => {
    for (let kill = left.shift(); kill !== undefined; kill = left.shift()) await one(...kill);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
}

/** The next store succeeds and leaves nothing behind but the vault, its backup and its key. */
async function expectGoesOn(home: TestHome, keys: readonly string[]): Promise<void> {
  expect(await store(home, "next.example", "SECRET-next")).toBe(true);
  expect(await get(home, "next.example")).toBe("SECRET-next");
  const files = (await readdir(dataOf(home))).filter((name) => !BESIDE.has(name));
  expect(keys.map((key) => [key, "vault.age"])).toContainEqual(files);
}

async function expectServed(home: TestHome, { acknowledged, unanswered }: Stored, found: Readonly<Record<string, string>>): Promise<void> {
  expect([acknowledged, { ...acknowledged, ...unanswered }]).toContainEqual(found);
  for (const [host, secret] of Object.entries(found)) expect(await get(home, host)).toBe(secret);
}

// Changes of key, with a second daemon besides: rekey.test.ts.
describe.skipIf(missing("age"))("killed with SIGKILL", () => {
  let template: TestHome;
  let data: string;
  const acknowledged = { "a.example": "SECRET-a", "b.example": "SECRET-b", "c.example": "SECRET-c" };

  beforeAll(async () => {
    template = await makeHome();
    data = dataOf(template);
    await template.init();
    for (const [host, secret] of Object.entries(acknowledged)) expect(await store(template, host, secret)).toBe(true);
    const { pid } = (await template.status()) ?? { pid: 0 };
    expect(pid).toBeGreaterThan(0);
    await template.toolkey(["stop"]);
    await rm(join(data, "usage.json"), { force: true });
  });

  afterAll(() => template.dispose());

  async function expectVaultWhole(home: TestHome, stored: Stored): Promise<void> {
    const identity = join(dataOf(home), "identity.txt");
    await expectServed(home, stored, await openWithAge(identity, join(dataOf(home), "vault.age")));
    await openWithAge(identity, join(dataOf(home), "vault.age.1"));
    await expectGoesOn(home, ["identity.txt"]);
    const after = await openWithAge(identity, join(dataOf(home), "vault.age"));
    expect(after).toMatchObject({ ...stored.acknowledged, "next.example": "SECRET-next" });
  }

  it("at any step of two stores: what was acknowledged is there, and the next store works", async () => {
    const steps = await stepsOf(data, async (home) => {
      for (const host of ["1.example", "2.example"]) expect(await store(home, host, "SECRET")).toBe(true);
    });
    expect(steps.filter((step) => step.startsWith("rename vault.age.tmp-"))).toHaveLength(2);
    const kills = moments(steps).filter(([moment]) => moment === "after");
    expect(kills.length).toBeGreaterThan(8);
    await forEachKill(data, steps, [["before", 1], ...kills], { act: (home) => storeUntilDeath(home, acknowledged), check: expectVaultWhole });
  }, TIMEOUT_MS);

  it("within the writing of a file: what was acknowledged is there, and the next store works", async () => {
    const steps = await stepsOf(data, (home) => store(home, "first.example", "SECRET"));
    const kills = moments(steps).filter(([moment]) => moment === "within");
    expect(kills.length).toBeGreaterThan(0);
    await forEachKill(data, steps, kills, { act: (home) => storeUntilDeath(home, acknowledged), check: expectVaultWhole });
  });

  it("at any step of 'init': the vault is there, or is made by another 'init'", async () => {
    const act = (home: TestHome): Promise<unknown> => administer(home, "init", { sources: ["file"] });
    const steps = await stepsOf(undefined, act);
    const kills = moments(steps);
    expect(kills.length).toBeGreaterThan(8);
    await forEachKill(undefined, steps, kills, {
      act: async (home) => {
        expect(await act(home)).toBeUndefined();
        return { acknowledged: {}, unanswered: {} };
      },
      async check(home) {
        const status = await administer(home, "status", {});
        if (status?.vault.state === "absent") {
          expect(await act(home)).toMatchObject({ source: "file" });
        }
        expect(await openWithAge(join(dataOf(home), "identity.txt"), join(dataOf(home), "vault.age"))).toEqual({});
        await expectGoesOn(home, ["identity.txt"]);
      },
    });
  });

  longTest("at any step of a change of the key file: either key opens the vault, and it holds everything", async () => {
    const act = (home: TestHome): Promise<unknown> => administer(home, "rekey", { source: "file" });
    const steps = await stepsOf(data, act);
    const kills = moments(steps);
    expect(kills.length).toBeGreaterThan(16);
    await forEachKill(data, steps, kills, {
      act: async (home) => {
        expect(await act(home)).toBeUndefined();
        return { acknowledged, unanswered: {} };
      },
      async check(home, stored) {
        await expectServed(home, stored, await openWithAge(join(dataOf(home), "identity.txt"), join(dataOf(home), "vault.age")));
        await expectGoesOn(home, ["identity.txt"]);
        expect(await recipients(home)).toBe(1);
      },
    });
  }, TIMEOUT_MS);

  longTest("at any step of a change from a key file to a passphrase: one of them opens the vault, and it holds everything", async () => {
    const act = (home: TestHome): Promise<unknown> => administer(home, "rekey", { source: "passphrase", passphrase: PASSPHRASE });
    const steps = await stepsOf(data, act);
    // Deriving keys from passphrases takes long: only the steps that differ from those of the change of a key file,
    // and those that move the vault into place.
    const differs = /^file\.writeFile identity|^rename identity|^unlink identity\.txt|^rename vault\.age\.tmp/;
    const kills = moments(steps).filter(([, step]) => differs.test(steps[step - 1] ?? ""));
    expect(kills.length).toBeGreaterThan(5);
    const found = new Set<string | undefined>();
    await forEachKill(data, steps, kills, {
      act: async (home) => {
        expect(await act(home)).toBeUndefined();
        return { acknowledged, unanswered: {} };
      },
      async check(home, stored) {
        const status = await administer(home, "status", {});
        found.add(status?.vault.keySource);
        if (status?.vault.state === "locked") await administer(home, "unlock", { passphrase: PASSPHRASE });
        await expectServed(home, stored, acknowledged);
        // A key file that its daemon did not come to remove opens nothing any more.
        if (status?.vault.keySource === "passphrase") await rm(join(dataOf(home), "identity.txt"), { force: true });
        await expectGoesOn(home, ["identity.txt", "identity.age"]);
        expect(await recipients(home)).toBe(1);
      },
    });
    if (IS_LONG) expect(found).toEqual(new Set(["file", "passphrase"]));
  }, TIMEOUT_MS);
});

/** How many keys open the vault. */
async function recipients(home: TestHome): Promise<number> {
  const vault = await readFile(join(dataOf(home), "vault.age"), "latin1");
  return vault.slice(0, vault.indexOf("\n---")).match(/^-> X25519 /gm)?.length ?? 0;
}
