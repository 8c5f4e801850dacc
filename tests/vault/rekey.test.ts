/**
 * A change of key that doesn't come to its end, while a second daemon is alive that has the old key in its memory:
 * the key that is kept opens the vault and the version before it, whoever writes.
 */
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { KeySourceName } from "../../src/core/administration.ts";
import { Failure } from "../../src/core/failure.ts";
import { Secret } from "../../src/core/secret.ts";
import { countRecipients, parseIdentityFile, renderIdentityFile } from "../../src/vault/envelope.ts";
import { unsealWithPassphrase } from "../../src/vault/passphrase.ts";
import { DIST, makeHome, type TestHome } from "../fixtures/home.ts";
import { startSessionBus, type SessionBus } from "../fixtures/key-store.ts";
import { lockFromElsewhere } from "../fixtures/other-machine.ts";
import { missing } from "../fixtures/programs.ts";
import { DaemonGone, openWithAge, sharedData, startVaultUser, type VaultUser } from "../fixtures/shared-vault.ts";

const AT_STEP = fileURLToPath(new URL("../fixtures/kill-at-step.mjs", import.meta.url));
const PASSPHRASE = "correct horse";
const AT_ONCE = 3;
const TIMEOUT_MS = 400_000;
const TOKENS = { "a.example": "SECRET-a", "b.example": "SECRET-b" };

/** What a step changes on the disk; between two of these the disk is the same. */
const CHANGES = { after: /^(link|rename|unlink(?! .*\.tmp-))/, fail: /^(open\(w|link|rename)/ } as const;

type End = "after" | "fail";

let template: TestHome;

beforeAll(async () => {
  template = await makeHome();
  const unlock = await lockFromElsewhere(sharedData(template));
  const user = await startVaultUser(template, "a");
  await user.administer("init", { sources: ["file"] });
  for (const [host, secret] of Object.entries(TOKENS)) await user.store(host, secret);
  await end(user);
  await unlock();
});

afterAll(() => template.dispose());

async function end({ daemon }: VaultUser): Promise<void> {
  daemon.child.kill("SIGTERM");
  await daemon.ended;
}

/** A home with a copy of the template's data, which another machine uses as well: so that each daemon has a place of its own. */
async function copyOfTemplate(): Promise<TestHome> {
  const home = await makeHome();
  await mkdir(join(home.directory, "share"), { mode: 0o700 });
  await cp(sharedData(template), sharedData(home), { recursive: true });
  const unlock = await lockFromElsewhere(sharedData(home));
  return {
    ...home,
    async dispose() {
      await unlock();
      await home.dispose();
    },
  };
}

/** A daemon that counts its steps in the data directory, and at one of them is killed or finds the disk full. */
function startAtStep(home: TestHome, env: Readonly<Record<string, string>>): Promise<VaultUser> {
  return startVaultUser(home, "a", {
    program: [process.execPath, "--import", AT_STEP, join(DIST, "daemon.cjs")],
    env: { ...env, TOOLKEY_TEST_DIRECTORY: sharedData(home) },
  });
}

/** The steps of a change of key, and at which of them it begins. */
async function stepsOf(home: TestHome, env: Readonly<Record<string, string>>, rekey: (user: VaultUser) => Promise<unknown>): Promise<string[]> {
  const file = join(home.directory, "steps");
  await writeFile(file, "");
  const user = await startAtStep(home, { ...env, TOOLKEY_TEST_STEPS: file });
  await rekey(user);
  const steps = (await readFile(file, "utf8")).trimEnd().split("\n");
  await end(user);
  return steps;
}

/** Deriving a key from a passphrase takes long, and is the same each time. */
const openedBefore = new Map<string, Promise<string>>();

function opened(file: Buffer): Promise<string> {
  const known = openedBefore.get(file.toString("hex")) ?? unsealWithPassphrase(file, new Secret(PASSPHRASE), "identity.age");
  openedBefore.set(file.toString("hex"), known);
  return known;
}

/** An identity file with the key that is kept, by what is there. */
async function keptKey(home: TestHome, bus?: SessionBus): Promise<string> {
  const data = sharedData(home);
  const ofPassphrase = join(data, "identity.age");
  const ofFile = join(data, "identity.txt");
  const text = existsSync(ofPassphrase)
    ? await opened(await readFile(ofPassphrase))
    : existsSync(ofFile) ? await readFile(ofFile, "utf8") : ((await bus?.keptFor(join(data, "vault.age"))) ?? "");
  const kept = join(await mkdtemp(join(home.directory, "kept-")), "identity.txt");
  await writeFile(kept, renderIdentityFile(parseIdentityFile(text, "what is kept")), { mode: 0o600 });
  return kept;
}

/** The kept key opens the vault and the version before it. Returns what the vault holds. */
async function expectOpens(home: TestHome, bus?: SessionBus): Promise<Record<string, string>> {
  const key = await keptKey(home, bus);
  const vault = join(sharedData(home), "vault.age");
  await openWithAge(key, `${vault}.1`);
  return openWithAge(key, vault);
}

/** Stores with a daemon that may find out that the key it held is not the one that is kept. */
async function storeUnlocked(user: VaultUser, host: string): Promise<void> {
  try {
    await user.store(host, `SECRET-${host}`);
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== "locked") throw error;
    await user.administer("unlock", { passphrase: PASSPHRASE });
    await user.store(host, `SECRET-${host}`);
  }
}

/** What holds after a change of key that ended in the middle, with a second daemon that had the vault open before. */
async function expectNothingLost(home: TestHome, second: VaultUser, start: () => Promise<VaultUser>, bus?: SessionBus): Promise<void> {
  expect(await expectOpens(home, bus)).toEqual(TOKENS);
  // The second write is the one that makes the first its backup.
  await storeUnlocked(second, "c.example");
  expect(await expectOpens(home, bus)).toEqual({ ...TOKENS, "c.example": "SECRET-c.example" });
  await storeUnlocked(second, "d.example");
  const all = { ...TOKENS, "c.example": "SECRET-c.example", "d.example": "SECRET-d.example" };
  expect(await expectOpens(home, bus)).toEqual(all);
  expect(countRecipients(await readFile(join(sharedData(home), "vault.age")))).toBe(1);
  const third = await start();
  if ((await third.administer("status", {})).vault.state === "locked") await third.administer("unlock", { passphrase: PASSPHRASE });
  for (const [host, secret] of Object.entries(all)) expect(await third.get(host)).toBe(secret);
  await end(third);
}

async function eachAtOnce<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const next = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await act(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
}

describe.skipIf(missing("age"))("a change of key that ends in the middle, with a second daemon alive", () => {
  it.each<[KeySourceName, string, End]>([
    ["file", "killed after any step", "after"],
    ["file", "with a disk that is full at any step", "fail"],
    ["passphrase", "killed after any step", "after"],
    ["passphrase", "with a disk that is full at any step", "fail"],
  ])("to a %s, %s: the kept key opens vault and backup, and nothing is lost", async (to, _words, how) => {
    const rekey = (user: VaultUser): Promise<unknown> => user.administer("rekey", { source: to, ...(to === "passphrase" ? { passphrase: PASSPHRASE } : {}) });
    const counted = await copyOfTemplate();
    const steps = await stepsOf(counted, {}, rekey);
    await counted.dispose();
    // Deriving keys from passphrases takes long: only where the disk is another than with a file.
    const matters = to === "file" ? CHANGES[how] : how === "after" ? /^rename (vault\.age|identity\.age)\.tmp|^unlink identity\.txt/ : /^open\(w\w*\) (vault\.age|identity\.age)\.tmp/;
    const at = steps.flatMap((step, index) => (matters.test(step) ? [index + 1] : []));
    expect(at.length).toBeGreaterThan(to === "file" ? 8 : 2);
    const ends: string[] = [];

    await eachAtOnce(at, async (step) => {
      const home = await copyOfTemplate();
      try {
        const second = await startVaultUser(home, "b");
        expect(await second.get("a.example")).toBe("SECRET-a");
        const first = await startAtStep(home, { TOOLKEY_TEST_KILL: `${how} ${step}` });
        const outcome = await rekey(first).then(() => "done", (error: unknown) => error);
        if (how === "after") expect(outcome).toBeInstanceOf(DaemonGone);
        else expect(outcome === "done" || outcome instanceof Failure).toBe(true);
        ends.push(existsSync(join(sharedData(home), "identity.age")) ? "moved" : "kept");
        await expectNothingLost(home, second, () => startVaultUser(home, "c"));
        first.daemon.child.kill("SIGKILL");
        await Promise.all([first.daemon.ended, end(second)]);
      } catch (error) {
        throw new Error(`${how} step ${step}, ${steps[step - 1]}: ${String(error)}`, { cause: error });
      } finally {
        await home.dispose();
      }
    });
    if (to === "passphrase") expect(new Set(ends)).toEqual(new Set(["moved", "kept"]));
  }, TIMEOUT_MS);
});

describe.skipIf(missing("age", "dbus-daemon", "dbus-monitor", "gnome-keyring-daemon", "secret-tool"))("a disk that is full at the last write of a change of key", () => {
  let home: TestHome;
  let bus: SessionBus;

  afterEach(async () => {
    await bus.close();
    await home.dispose();
  });

  const pairs: [KeySourceName, KeySourceName][] = [["keychain", "keychain"], ["keychain", "file"], ["file", "keychain"], ["file", "passphrase"], ["passphrase", "file"]];
  const withPassphrase = (source: KeySourceName): { source: KeySourceName; passphrase?: string } => ({ source, ...(source === "passphrase" ? { passphrase: PASSPHRASE } : {}) });

  it.each(pairs)("from %s to %s: the new key is kept, says the error, and opens everything, also what the second daemon writes", async (from, to) => {
    home = await copyOfTemplate();
    bus = await startSessionBus(home);
    await bus.startKeyStore();
    const env = { DBUS_SESSION_BUS_ADDRESS: bus.environment["DBUS_SESSION_BUS_ADDRESS"] ?? "" };
    const second = await startVaultUser(home, "b", { env });
    if (from !== "file") await second.administer("rekey", withPassphrase(from));
    expect(await second.get("a.example")).toBe("SECRET-a");
    const before = await keptKey(home, bus);
    // The vault is written twice by a change of key, and by nothing else of this daemon.
    const first = await startAtStep(home, { ...env, TOOLKEY_TEST_FULL: "2" });
    if (from === "passphrase") await first.administer("unlock", { passphrase: PASSPHRASE });

    const outcome = await first.administer("rekey", withPassphrase(to)).catch((error: unknown) => error);

    expect(outcome).toMatchObject({ code: "unavailable", message: expect.stringContaining("no space is left"), hints: [expect.stringContaining("the new key is kept already"), expect.any(String)] });
    expect(await readFile(await keptKey(home, bus), "utf8")).not.toBe(await readFile(before, "utf8"));
    await expectNothingLost(home, second, () => startVaultUser(home, "c", { env }), bus);
    expect(await first.get("c.example").catch((error: unknown) => (error as Failure).code)).toMatch(/^(SECRET-c\.example|locked)$/);
    await Promise.all([end(first), end(second)]);
  }, TIMEOUT_MS);
});
