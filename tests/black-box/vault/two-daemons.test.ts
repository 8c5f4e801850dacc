/** Several processes on one vault: each sees what the others do, and nothing is lost. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { renameSync, writeFileSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rename, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Broker } from "../../../src/broker/broker.ts";
import { Session } from "../../../src/broker/session.ts";
import { TokenRecords } from "../../../src/broker/token-records.ts";
import { systemClock } from "../../../src/core/clock.ts";
import { Secret } from "../../../src/core/secret.ts";
import { parseTarget } from "../../../src/core/target.ts";
import type { Token } from "../../../src/core/tokens/token.ts";
import { paths as pathsOf, type Paths } from "../../../src/platform/paths.ts";
import { childrenOf } from "../../../src/platform/processes/process-tree.ts";
import { newIdentity, renderIdentityFile, type VaultIdentity } from "../../../src/vault/envelope.ts";
import { readKey, type HeldKey } from "../../../src/vault/kept-key.ts";
import { findKeySource } from "../../../src/vault/key-source.ts";
import { acquireLock, LockLost, lockOf } from "../../../src/vault/lock.ts";
import { Vault } from "../../../src/vault/vault.ts";
import { inForm } from "../../fixtures/form.ts";
import { makeHome, type TestHome } from "../../fixtures/homes/home.ts";
import { NO_COMMANDS } from "../../fixtures/no-commands.ts";
import { lockFromElsewhere } from "../../fixtures/processes/other-machine.ts";
import { missing } from "../../fixtures/programs/programs.ts";
import { openWithAge, sharedData, startVaultUser, type VaultUser } from "../../fixtures/homes/shared-vault.ts";

/** How many requests one client has under way at a time. */
const IN_FLIGHT = 4;

/** How many tokens each of two daemons stores at the same time as the other. */
const MANY = inForm(25, 200);

describe("two daemons with one data directory", () => {
  let home: TestHome;
  let data: string;
  let daemons: [VaultUser, VaultUser];
  let unlock: () => Promise<void>;

  const secretsOnDisk = (): Promise<Record<string, string>> => openWithAge(join(data, "identity.txt"), join(data, "vault.age"));

  beforeEach(async () => {
    home = await makeHome();
    data = sharedData(home);
    // Two machines with one file system would have two.
    unlock = await lockFromElsewhere(data);
    daemons = [await startVaultUser(home, "a"), await startVaultUser(home, "b")];
    await daemons[0].administer("init", { sources: ["file"] });
  });

  afterEach(async () => {
    for (const { daemon } of daemons) daemon.child.kill("SIGTERM");
    await Promise.all(daemons.map(({ daemon }) => daemon.ended));
    await unlock();
    await home.dispose();
  });

  it.skipIf(missing("age"))(
    `that store ${MANY} tokens each at the same time: all ${2 * MANY} are there, for both of them and for 'age'`,
    async () => {
      const expected: Record<string, string> = {};
      const storeAll = async (daemon: VaultUser, name: string): Promise<void> => {
        const left = Array.from({ length: MANY }, (_none, number) => `${name}-${number}.example`);
        for (const host of left) expected[host] = `SECRET-${host}`;
        const one = async (): Promise<void> => {
          for (let host = left.shift(); host !== undefined; host = left.shift()) await daemon.store(host, `SECRET-${host}`);
        };
        await Promise.all(Array.from({ length: IN_FLIGHT }, one));
      };

      await Promise.all([storeAll(daemons[0], "a"), storeAll(daemons[1], "b")]);

      expect(Object.keys(expected)).toHaveLength(2 * MANY);
      expect(await secretsOnDisk()).toEqual(expected);
      for (const daemon of daemons) {
        const { tokens } = await daemon.administer("list", {});
        expect(tokens.filter(({ state }) => state === "active").map(({ service }) => service).toSorted()).toEqual(
          Object.keys(expected).toSorted(),
        );
        expect(await daemon.get(`a-${MANY - 1}.example`)).toBe(`SECRET-a-${MANY - 1}.example`);
        expect(await daemon.get(`b-${MANY - 1}.example`)).toBe(`SECRET-b-${MANY - 1}.example`);
      }
      expect((await readdir(data)).filter((file) => file !== "run" && !/^(usage|clock)\.json/.test(file)).toSorted()).toEqual(["identity.txt", "vault.age", "vault.age.1", "vault.age.lock"]);
    },
    240_000,
  );

  it("each sees the other's change with its next request", async () => {
    const [a, b] = daemons;
    await a.store("one.example", "FIRST");
    expect(await b.get("one.example")).toBe("FIRST");
    await b.store("one.example", "SECOND");
    expect(await a.get("one.example")).toBe("SECOND");
    const id = (await a.administer("list", {})).tokens.find(({ state }) => state === "active")?.id ?? "";
    await a.administer("revoke", { ids: [id], local: true });
    expect(await b.get("one.example")).toBeUndefined();
  });

  it.skipIf(missing("age"))("a change of key by one loses nothing, and the other goes on working", async () => {
    const [a, b] = daemons;
    await a.store("one.example", "FIRST");
    expect(await b.get("one.example")).toBe("FIRST");

    await a.administer("rekey", { source: "file" });

    expect(await b.get("one.example")).toBe("FIRST");
    await b.store("two.example", "SECOND");
    expect(await a.get("two.example")).toBe("SECOND");
    expect(await secretsOnDisk()).toEqual({ "one.example": "FIRST", "two.example": "SECOND" });
  });

  it.skipIf(missing("age"))("changes of key by one while the other stores lose nothing", async () => {
    const [a, b] = daemons;
    const hosts = Array.from({ length: inForm(8, 40) }, (_none, number) => `${number}.example`);
    for (let at = 0; at < hosts.length; at += IN_FLIGHT) {
      const stores = hosts.slice(at, at + IN_FLIGHT).map((host) => b.store(host, `SECRET-${host}`));
      await Promise.all([a.administer("rekey", { source: "file" }), ...stores]);
    }

    const expected = Object.fromEntries(hosts.map((host) => [host, `SECRET-${host}`]));
    expect(await secretsOnDisk()).toEqual(expected);
    for (const host of hosts) expect(await a.get(host)).toBe(expected[host]);
    for (const host of hosts) expect(await b.get(host)).toBe(expected[host]);
  });

  it.skipIf(missing("age"))("changes of key by both at the same time: each is done, and the last one's key opens everything", async () => {
    const [a, b] = daemons;
    await a.store("one.example", "FIRST");
    expect(await b.get("one.example")).toBe("FIRST");
    for (let round = 0; round < 3; round += 1) {
      await Promise.all(daemons.map((each) => each.administer("rekey", { source: "file" })));
      expect(await secretsOnDisk()).toEqual({ "one.example": "FIRST" });
      expect(await openWithAge(join(data, "identity.txt"), join(data, "vault.age.1"))).toEqual({ "one.example": "FIRST" });
    }
    for (const each of daemons) expect(await each.get("one.example")).toBe("FIRST");
  });
});

describe("the lock of the vault", () => {
  let home: TestHome;
  let paths: Paths;
  let lock: string;
  let key: HeldKey;

  beforeEach(async () => {
    home = await makeHome();
    paths = pathsOf({ TOOLKEY_HOME: home.toolkeyHome });
    lock = lockOf(paths.vault);
    await Vault.create(paths, async () => (key = await keep(await newIdentity())));
  });

  afterEach(() => home.dispose());

  /** Puts a key where keys are kept. */
  async function keep(identity: VaultIdentity): Promise<HeldKey> {
    const file = join(paths.data, "identity.txt");
    await writeFile(`${file}.new`, renderIdentityFile(identity), { mode: 0o600 });
    await rename(`${file}.new`, file);
    return readKey(await findKeySource(paths, {}), paths, {});
  }

  const token = (id: string): Token => ({
    id,
    tool: "git",
    service: `${id}.example`,
    target: parseTarget(`https://${id}.example`),
    username: "u",
    secret: new Secret(`SECRET-${id}`),
    facts: { kind: "opaque" },
    state: "active",
    createdAt: "2026-11-22T00:00:00Z",
    preferred: false,
  });

  const idsIn = async (places: Paths): Promise<string[]> =>
    (await (await Vault.open(places, key)).tokens()).all().map(({ id }) => id);

  it("excludes others, also in the same process, until it is given back, and the next in turn gets it", async () => {
    const a = await acquireLock(paths.vault);
    const order: string[] = [];
    const b = acquireLock(paths.vault).then((held) => (order.push("b"), held.release()));
    await expect(acquireLock(paths.vault, 3)).rejects.toThrow("another process keeps");
    expect(order).toEqual([]);

    a.release();
    await acquireLock(paths.vault).then((held) => (order.push("a again"), held.release()));

    await b;
    expect(order).toEqual(["b", "a again"]);
  });

  it("of a process that was killed is free at once", async () => {
    const holder = spawn("flock", [lock, "sh", "-c", "echo held; exec sleep 600"], { stdio: ["ignore", "pipe", "ignore"] });
    await once(holder.stdout, "data");
    await expect(acquireLock(paths.vault, 1)).rejects.toThrow("another process keeps");
    const ended = once(holder.stdout, "close");
    // Both have it: 'flock' and what it started.
    const [child] = childrenOf(holder.pid ?? 0);
    for (const pid of [holder.pid, child]) process.kill(pid ?? 0, "SIGKILL");
    await ended;

    (await acquireLock(paths.vault, 1)).release();
  });

  it.each([
    ["the distant past", 0],
    ["the future", 2 ** 31],
  ])("with a time in %s is a lock like any other", async (_name, seconds) => {
    await writeFile(lock, "");
    await utimes(lock, seconds, seconds);
    await (await Vault.open(paths, key)).change((held) => ({ ...held, tokens: held.tokens.with(token("a")) }));
    expect(await idsIn(paths)).toEqual(["a"]);
  });

  it("that was removed: whoever held it knows before anything is moved into place", async () => {
    const a = await acquireLock(paths.vault);
    a.assertHeld();
    await rename(lock, `${lock}.away`);
    expect(() => a.assertHeld()).toThrow(LockLost);
    const b = await acquireLock(paths.vault, 1);

    expect(() => a.assertHeld()).toThrow(LockLost);
    a.release();

    b.assertHeld();
    b.release();
  });

  it("that an older toolkey holds or left, a directory: an error that says what to do, and nothing is changed", async () => {
    const vault = await Vault.open(paths, key);
    await rm(lock);
    await mkdir(lock);
    const before = await readFile(paths.vault, "hex");
    await expect(vault.change((held) => ({ ...held, tokens: held.tokens.with(token("a")) }))).rejects.toMatchObject({
      code: "unavailable",
      hints: [expect.stringContaining(`rmdir '${lock}'`)],
    });
    expect(await readFile(paths.vault, "hex")).toBe(before);
  });

  /** The vault as another process would write it that adds a token: made from a copy of the directory. */
  async function withAnotherToken(id: string): Promise<Buffer> {
    const copy = pathsOf({ TOOLKEY_HOME: join(home.directory, "copy") });
    await cp(paths.data, copy.data, { recursive: true });
    await (await Vault.open(copy, key)).change((held) => ({ ...held, tokens: held.tokens.with(token(id)) }));
    return readFile(copy.vault);
  }

  it.each([
    ["removed the lock's file", () => renameSync(lock, `${lock}.away`)],
    ["shares the vault but not the locks", () => undefined],
  ])("passed over by one that %s: the transaction is begun anew on what that one wrote, and both changes are kept", async (_name, passOver) => {
    const a = await Vault.open(paths, key);
    const theirs = await withAnotherToken("b");
    const seen: string[][] = [];

    await a.change((held) => {
      seen.push(held.tokens.all().map(({ id }) => id));
      if (seen.length === 1) {
        // A has read the vault, and nothing of A's comes between these.
        passOver();
        writeFileSync(`${paths.vault}.theirs`, theirs, { mode: 0o600 });
        renameSync(`${paths.vault}.theirs`, paths.vault);
      }
      return { ...held, tokens: held.tokens.with(token("a")) };
    });

    expect(seen).toEqual([[], ["b"]]);
    expect(await idsIn(paths)).toEqual(["b", "a"]);
    expect((await a.tokens()).all().map(({ id }) => id)).toEqual(["b", "a"]);
    expect((await readdir(paths.data)).filter((name) => name.includes(".tmp-"))).toEqual([]);
  });

  it("keeps others from writing during a change of key until it is done", async () => {
    const a = await Vault.open(paths, key);
    await a.change((held) => ({ ...held, tokens: held.tokens.with(token("a")) }));
    const session = new Session({
      paths,
      environment: {},
      clock: systemClock,
      times: { idle: 900_000, absolute: 900_000 },
      onClose: () => undefined,
    });
    const records = new TokenRecords({ session, clock: systemClock, keepSuspendedMs: () => 1_000_000 });
    const b = new Broker({ records, supply: { mintFor: async () => false, freshen: async () => false }, fetching: NO_COMMANDS });
    expect(await b.list({})).toHaveLength(1);
    const next = await newIdentity();
    let stored: Promise<unknown> | undefined;

    await a.changeKey(next, async () => {
      // The old key is gone before the vault is written to the new one alone: the worst time for another's store.
      const kept = await keep(next);
      const before = await readFile(paths.vault, "hex");
      stored = b.approve({
        tool: "git",
        service: "b.example",
        target: parseTarget("https://b.example"),
        username: "u",
        secret: new Secret("SECRET-b"),
        facts: { kind: "opaque" },
      }, undefined, undefined);
      for (let look = 0; look < 300; look += 1) expect(await readFile(paths.vault, "hex")).toBe(before);
      return kept;
    });
    await stored;

    key = await keep(next);
    expect((await (await Vault.open(paths, key)).tokens()).all().map(({ service }) => service)).toEqual(["a.example", "b.example"]);
    expect((await a.tokens()).all()).toHaveLength(2);
  });
});
