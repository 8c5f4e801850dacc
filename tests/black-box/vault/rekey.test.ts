/**
 * A change of key that doesn't come to its end, while a second daemon is alive that has the old key in its memory:
 * the key that is kept opens the vault and the version before it, whoever writes.
 */
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { KeySourceName } from "../../../src/core/views/status.ts";
import { Failure } from "../../../src/core/failure.ts";
import { Secret } from "../../../src/core/secret.ts";
import { countRecipients, parseIdentityFile, renderIdentityFile } from "../../../src/vault/envelope.ts";
import { unsealWithPassphrase } from "../../../src/vault/passphrase.ts";
import { restoreScrypt } from "../../fixtures/processes/quick-scrypt.mjs";
import { matrix, sampled } from "../../fixtures/form.ts";
import { DIST, makeHome, type TestHome } from "../../fixtures/homes/home.ts";
import { startSessionBus, type SessionBus } from "../../fixtures/processes/key-store.ts";
import { lockFromElsewhere } from "../../fixtures/processes/other-machine.ts";
import { missing } from "../../fixtures/programs/programs.ts";
import { DaemonGone, openWithAge, sharedData, startVaultUser, type VaultUser } from "../../fixtures/homes/shared-vault.ts";

const AT_STEP = fileURLToPath(new URL("../../fixtures/processes/kill-at-step.mjs", import.meta.url));
const QUICK_SCRYPT = fileURLToPath(new URL("../../fixtures/processes/quick-scrypt.mjs", import.meta.url));

afterAll(restoreScrypt);
const DAEMON = [process.execPath, "--import", QUICK_SCRYPT, join(DIST, "daemon.cjs")] as const;
const DAEMON_AT_STEP = [process.execPath, "--import", QUICK_SCRYPT, "--import", AT_STEP, join(DIST, "daemon.cjs")] as const;
const PASSPHRASE = "correct horse";
const AT_ONCE = 3;
const TIMEOUT_MS = 400_000;
const TOKENS = { "a.example": "SECRET-a", "b.example": "SECRET-b" };

/** What a step changes on the disk; between two of these the disk is the same. */
const CHANGES = { after: /^(link|rename|unlink(?! .*\.tmp-))/, fail: /^(open\(w|link|rename)/ } as const;

/** Of those, where the disk is another one for another kind of key: each start of a daemon takes long. */
const KEY_CHANGES = { after: /^rename (vault\.age|identity\.\w+)\.tmp|^unlink identity\.\w+$/, fail: /^open\(w\w*\) (vault\.age|identity\.\w+)\.tmp/ } as const;

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
    program: DAEMON_AT_STEP,
    env: { ...env, TOOLKEY_TEST_DIRECTORY: sharedData(home) },
  });
}

/** Starts a daemon and opens the vault in it. */
async function start(home: TestHome, name: string, env: Readonly<Record<string, string>>): Promise<VaultUser> {
  return unlocked(await startVaultUser(home, name, { program: DAEMON, env }));
}

async function unlocked(user: VaultUser): Promise<VaultUser> {
  if ((await user.administer("status", {})).vault.state === "locked") await user.administer("unlock", { passphrase: PASSPHRASE });
  return user;
}

function rekey(user: VaultUser, to: KeySourceName): Promise<unknown> {
  return user.administer("rekey", { source: to, ...(to === "passphrase" ? { passphrase: PASSPHRASE } : {}) });
}

/** The steps of a change of key, in the order in which they are counted. */
async function stepsOf(home: TestHome, env: Readonly<Record<string, string>>, to: KeySourceName): Promise<string[]> {
  const file = join(home.directory, "steps");
  await writeFile(file, "");
  const user = await unlocked(await startAtStep(home, { ...env, TOOLKEY_TEST_STEPS: file }));
  await rekey(user, to);
  const steps = (await readFile(file, "utf8")).trimEnd().split("\n");
  await end(user);
  return steps;
}

/** An identity file with the key that is kept, by what is there. */
async function keptKey(home: TestHome, bus?: SessionBus): Promise<string> {
  const data = sharedData(home);
  const ofPassphrase = join(data, "identity.age");
  const ofFile = join(data, "identity.txt");
  const text = existsSync(ofPassphrase)
    ? await unsealWithPassphrase(await readFile(ofPassphrase), new Secret(PASSPHRASE), "identity.age")
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
async function expectNothingLost({ home, bus, env }: World, second: VaultUser): Promise<void> {
  expect(await expectOpens(home, bus)).toEqual(TOKENS);
  // The second write is the one that makes the first its backup.
  await storeUnlocked(second, "c.example");
  expect(await expectOpens(home, bus)).toEqual({ ...TOKENS, "c.example": "SECRET-c.example" });
  await storeUnlocked(second, "d.example");
  const all = { ...TOKENS, "c.example": "SECRET-c.example", "d.example": "SECRET-d.example" };
  expect(await expectOpens(home, bus)).toEqual(all);
  expect(countRecipients(await readFile(join(sharedData(home), "vault.age")))).toBe(1);
  const third = await start(home, "c", env);
  for (const [host, secret] of Object.entries(all)) expect(await third.get(host)).toBe(secret);
  await end(third);
}

/** A home whose vault is opened by a key of one kind. */
interface World {
  readonly home: TestHome;
  readonly bus: SessionBus | undefined;
  readonly env: Readonly<Record<string, string>>;
  dispose(): Promise<void>;
}

async function worldWith(from: KeySourceName, to: KeySourceName): Promise<World> {
  const home = await copyOfTemplate();
  const bus = from === "keychain" || to === "keychain" ? await startSessionBus(home) : undefined;
  await bus?.startKeyStore();
  const env: Record<string, string> = bus === undefined ? {} : { DBUS_SESSION_BUS_ADDRESS: bus.environment["DBUS_SESSION_BUS_ADDRESS"] ?? "" };
  if (from !== "file") {
    const user = await start(home, "z", env);
    await rekey(user, from);
    await end(user);
  }
  return {
    home,
    bus,
    env,
    async dispose() {
      await bus?.close();
      await home.dispose();
    },
  };
}

async function eachAtOnce<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const next = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await act(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
}

const KEYCHAIN = ["dbus-daemon", "dbus-monitor", "gnome-keyring-daemon", "secret-tool"] as const;

describe.skipIf(missing("age", ...KEYCHAIN))("a change of key that ends in the middle, with a second daemon alive", () => {
  it.each(matrix<readonly [KeySourceName, KeySourceName, string, End]>([
    ["file", "file", "killed after any step", "after"],
    ["file", "passphrase", "killed after any step", "after"],
  ], [
    ["file", "file", "with a disk that is full at any step", "fail"],
    ["passphrase", "passphrase", "killed after any step", "after"],
    ["passphrase", "passphrase", "with a disk that is full at any step", "fail"],
    ["passphrase", "file", "killed after any step", "after"],
    ["file", "keychain", "killed after any step", "after"],
    ["keychain", "file", "killed after any step", "after"],
  ]))("from %s to %s, %s: the kept key opens vault and backup, and nothing is lost", async (from, to, _words, how) => {
    const counted = await worldWith(from, to);
    const steps = await stepsOf(counted.home, counted.env, to);
    await counted.dispose();
    const matters = to === from && to === "file" ? CHANGES[how] : KEY_CHANGES[how];
    const all = steps.flatMap((step, index) => (matters.test(step) ? [index + 1] : []));
    expect(all.length).toBeGreaterThan(2);
    const at = sampled(all, 4);
    const kept = new Set<string>();

    await eachAtOnce(at, async (step) => {
      const world = await worldWith(from, to);
      const { home, bus, env } = world;
      try {
        const second = await start(home, "b", env);
        expect(await second.get("a.example")).toBe("SECRET-a");
        const before = await readFile(await keptKey(home, bus), "utf8");
        const first = await unlocked(await startAtStep(home, { ...env, TOOLKEY_TEST_KILL: `${how} ${step}` }));
        const outcome = await rekey(first, to).then(() => "done", (error: unknown) => error);
        if (how === "after") expect(outcome).toBeInstanceOf(DaemonGone);
        else expect(outcome === "done" || outcome instanceof Failure).toBe(true);
        kept.add((await readFile(await keptKey(home, bus), "utf8")) === before ? "old" : "new");
        await expectNothingLost(world, second);
        first.daemon.child.kill("SIGKILL");
        await Promise.all([first.daemon.ended, end(second)]);
      } catch (error) {
        throw new Error(`${how} step ${step}, ${steps[step - 1]}: ${String(error)}`, { cause: error });
      } finally {
        await world.dispose();
      }
    });
    expect(kept).toEqual(new Set(["old", "new"]));
  }, TIMEOUT_MS);
});

describe.skipIf(missing("age", ...KEYCHAIN))("a disk that is full at the last write of a change of key", () => {
  let world: World;

  afterEach(() => world.dispose());

  it.each(matrix<readonly [KeySourceName, KeySourceName]>(
    [["file", "keychain"]],
    [["keychain", "passphrase"], ["passphrase", "file"], ["keychain", "keychain"], ["keychain", "file"], ["passphrase", "passphrase"], ["passphrase", "keychain"], ["file", "file"], ["file", "passphrase"]],
  ))(
    "from %s to %s: the new key is kept, says the error, and opens everything, also what the second daemon writes",
    async (from, to) => {
      world = await worldWith(from, to);
      const { home, bus, env } = world;
      const second = await start(home, "b", env);
      expect(await second.get("a.example")).toBe("SECRET-a");
      const before = await keptKey(home, bus);
      // The vault is written twice by a change of key, and by nothing else of this daemon.
      const first = await unlocked(await startAtStep(home, { ...env, TOOLKEY_TEST_FULL: "2" }));

      const outcome = await rekey(first, to).catch((error: unknown) => error);

      expect(outcome).toMatchObject({ code: "unavailable", message: expect.stringContaining("no space is left"), hints: [expect.stringContaining("the new key is kept already"), expect.any(String)] });
      expect(await readFile(await keptKey(home, bus), "utf8")).not.toBe(await readFile(before, "utf8"));
      await expectNothingLost(world, second);
      expect(await first.get("c.example").catch((error: unknown) => (error as Failure).code)).toMatch(/^(SECRET-c\.example|locked)$/);
      await Promise.all([end(first), end(second)]);
    },
    TIMEOUT_MS,
  );
});
