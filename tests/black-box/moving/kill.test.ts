/** SIGKILL while tokens go out and come in: a file is whole or not there, and a vault has all of them or none. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exchange } from "../../../src/client/daemon/exchange.ts";
import { renderRequest } from "../../../src/core/wire/wire.ts";
import { socketOf, startOwnDaemon } from "../../fixtures/processes/daemon-process.ts";
import { sampled } from "../../fixtures/form.ts";
import { DIST, expectDone, makeHome, type TestHome } from "../../fixtures/homes/home.ts";
import { missing } from "../../fixtures/programs/programs.ts";

const KILLER = fileURLToPath(new URL("../../fixtures/processes/kill-at-step.mjs", import.meta.url));
const TIMEOUT_MS = 240_000;
/** What changes the disk; between two of these it is the same. */
const CHANGES = /^(open\(w|mkdir|link|rename|unlink|rmdir|copyFile|file\.writeFile)/;

let old: TestHome;
let [file, key] = ["", ""];
const homes: TestHome[] = [];
const dataOf = (home: TestHome): string => join(home.toolkeyHome, "data");

function killsAt(steps: readonly string[]): string[] {
  return steps.flatMap((step, index) => (CHANGES.test(step) ? [`after ${index + 1}`, ...(step.startsWith("file.writeFile") ? [`within ${index + 1}`] : [])] : []));
}

/** The ids of what a vault holds, as the real age reads it. */
function held(home: TestHome): string[] {
  const argv = ["-d", "-i", join(dataOf(home), "identity.txt"), join(dataOf(home), "vault.age")];
  return (JSON.parse(execFileSync("age", argv, { encoding: "utf8" })) as { tokens: { id: string }[] }).tokens.map(({ id }) => id);
}

/** Whether it was answered. */
async function importInto(home: TestHome): Promise<boolean> {
  const payload = JSON.stringify({ file, identity: readFileSync(key, "utf8") });
  const answer = await exchange(socketOf(home), renderRequest({ tool: "toolkey", operation: "importTokens", payload }));
  if (answer?.status === "error") throw answer.failure;
  return answer !== undefined;
}

describe.skipIf(missing("age", "age-keygen"))("killed with SIGKILL", () => {
  let empty: TestHome;

  async function copyOf(home: TestHome): Promise<TestHome> {
    const copy = await makeHome();
    homes.push(copy);
    cpSync(dataOf(home), dataOf(copy), { recursive: true });
    execFileSync("chmod", ["-R", "go=", copy.toolkeyHome]);
    return copy;
  }

  beforeAll(async () => {
    [old, empty] = [await makeHome(), await makeHome()];
    homes.push(old, empty);
    await Promise.all([old.init(), empty.init()]);
    for (const host of ["a", "b", "c"]) await old.addGitToken(`https://${host}.example`, "u", `S-${host}`);
    [file, key] = [join(old.directory, "tokens.age"), join(old.directory, "key.txt")];
    expectDone(await old.run("age-keygen", ["-o", key]));
    const recipient = expectDone(await old.run("age-keygen", ["-y", key])).stdout.trim();
    expectDone(await old.toolkey(["export", "--to", file, "--recipient", recipient, "--yes"]));
    await empty.stop();
  });
  afterAll(() => Promise.all(homes.map((home) => home.dispose())));

  it("the daemon at any step of an import: all tokens are there or none, and it can be done again", async () => {
    const counted = await copyOf(empty);
    const steps = `${counted.directory}.steps`;
    const start = (home: TestHome, env: Record<string, string>) =>
      startOwnDaemon(home, { program: [process.execPath, "--import", KILLER, join(DIST, "daemon.cjs")], env: { TOOLKEY_TEST_DIRECTORY: dataOf(home), ...env } });
    const whole = await start(counted, { TOOLKEY_TEST_STEPS: steps });
    expect(await importInto(counted)).toBe(true);
    whole.child.kill("SIGKILL");
    await whole.ended;
    const all = held(counted);
    expect(all).toHaveLength(3);
    const kills = killsAt(readFileSync(steps, "utf8").trimEnd().split("\n"));
    expect(kills.length).toBeGreaterThan(6);
    const seen = new Set<number>();
    for (const kill of sampled(kills, 3)) {
      const home = await copyOf(empty);
      const dying = await start(home, { TOOLKEY_TEST_KILL: kill });
      if (dying.told === "ready") expect(await importInto(home)).toBe(false);
      expect(await dying.ended).toEqual([null, "SIGKILL"]);
      expect([[], all]).toContainEqual(held(home));
      seen.add(held(home).length);
      expectDone(await home.toolkey(["import", "--from", file, "--identity", key]));
      expect(held(home)).toEqual(all);
    }
    expect(seen.has(0)).toBe(true);
  }, TIMEOUT_MS);

  it("the command at any step of an export: its file is whole or not there", async () => {
    const recipient = execFileSync("age-keygen", ["-y", key], { encoding: "utf8" }).trim();
    const directory = join(old.directory, "out");
    const run = async (env: Record<string, string>) => {
      expectDone(await old.run("sh", ["-c", `rm -rf ${directory} && mkdir ${directory}`]));
      const argv = ["--import", KILLER, join(DIST, "toolkey.cjs"), "export", "--to", join(directory, "t.age"), "--recipient", recipient, "--yes"];
      return old.run(process.execPath, argv, { env: { TOOLKEY_TEST_DIRECTORY: directory, ...env } });
    };
    const steps = join(old.directory, "steps");
    expectDone(await run({ TOOLKEY_TEST_STEPS: steps }));
    expect(readdirSync(directory)).toEqual(["t.age"]);
    const kills = killsAt(readFileSync(steps, "utf8").trimEnd().split("\n"));
    expect(kills.length).toBeGreaterThan(3);
    for (const kill of kills) {
      expect(await run({ TOOLKEY_TEST_KILL: kill })).toMatchObject({ signal: "SIGKILL" });
      if (!existsSync(join(directory, "t.age"))) continue;
      const text = execFileSync("age", ["-d", "-i", key, join(directory, "t.age")], { encoding: "utf8" });
      expect((JSON.parse(text) as { tokens: object[] }).tokens).toHaveLength(3);
    }
  }, TIMEOUT_MS);
});
