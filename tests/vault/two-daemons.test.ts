/** Several processes on one vault: each sees what the others do, and nothing is lost. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, writeFileSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Broker } from "../../src/broker/broker.ts";
import { Session } from "../../src/broker/session.ts";
import { TokenRecords } from "../../src/broker/token-records.ts";
import { exchange } from "../../src/client/exchange.ts";
import type { OperationName, Operations } from "../../src/core/administration.ts";
import { systemClock } from "../../src/core/clock.ts";
import { Secret } from "../../src/core/secret.ts";
import { parseTarget } from "../../src/core/target.ts";
import type { Token } from "../../src/core/token.ts";
import { renderRequest } from "../../src/core/wire.ts";
import { identityOf } from "../../src/platform/inode.ts";
import { paths as pathsOf, type Paths } from "../../src/platform/paths.ts";
import { newIdentity, renderIdentityFile, type VaultIdentity } from "../../src/vault/envelope.ts";
import { acquireLock, LockLost } from "../../src/vault/lock.ts";
import { Vault } from "../../src/vault/vault.ts";
import { startOwnDaemon, whenFile, type OwnDaemon } from "../fixtures/daemon-process.ts";
import { makeHome, type TestHome } from "../fixtures/home.ts";
import { lockFromElsewhere } from "../fixtures/other-machine.ts";
import { missing } from "../fixtures/programs.ts";

/** How many requests one client has under way at a time. */
const IN_FLIGHT = 4;

/** The secrets by host of a vault, opened with Debian's `age`. */
async function openWithAge(data: string): Promise<Record<string, string>> {
  const { stdout } = await promisify(execFile)("age", ["-d", "-i", join(data, "identity.txt"), join(data, "vault.age")], {
    maxBuffer: 16 * 1024 * 1024,
  });
  const { tokens } = JSON.parse(stdout) as { tokens: { service: string; secret: string }[] };
  return Object.fromEntries(tokens.map(({ service, secret }) => [service, secret]));
}

describe("two daemons with one data directory", () => {
  let home: TestHome;
  let data: string;
  let daemons: [Client, Client];
  let unlock: () => Promise<void>;

  interface Client {
    readonly daemon: OwnDaemon;
    store(host: string, secret: string): Promise<void>;
    get(host: string): Promise<string | undefined>;
    administer<Name extends OperationName>(operation: Name, payload: Operations[Name]["request"]): Promise<Operations[Name]["answer"]>;
  }

  async function client(name: string): Promise<Client> {
    const runtime = join(home.directory, name);
    await mkdir(runtime, { mode: 0o700 });
    const environment = { TOOLKEY_HOME: "", XDG_DATA_HOME: join(home.directory, "share"), XDG_RUNTIME_DIR: runtime };
    const daemon = await startOwnDaemon(home, { env: environment });
    expect(daemon.told).toBe("ready");
    const ask = async (tool: string, operation: string, payload: string): Promise<string | undefined> => {
      const answer = await exchange(join(runtime, "toolkey", identityOf(data) ?? "", "agent.sock"), renderRequest({ tool, operation, payload }));
      if (answer === undefined) throw new Error("the daemon is gone");
      if (answer.status === "error") throw answer.failure;
      return answer.status === "ok" ? answer.payload : undefined;
    };
    return {
      daemon,
      async store(host, secret) {
        await ask("git", "store", `protocol=https\nhost=${host}\nusername=u\npassword=${secret}\n`);
      },
      async get(host) {
        const found = await ask("git", "get", `protocol=https\nhost=${host}\n`);
        return found === undefined ? undefined : /^password=(.*)$/m.exec(found)?.[1];
      },
      administer: async (operation, payload) =>
        JSON.parse((await ask("toolkey", operation, JSON.stringify(payload))) ?? "") as never,
    };
  }

  beforeEach(async () => {
    home = await makeHome();
    data = join(home.directory, "share", "toolkey");
    // Two machines with one file system would have two.
    unlock = await lockFromElsewhere(data);
    daemons = [await client("a"), await client("b")];
    await daemons[0].administer("init", { sources: ["file"] });
  });

  afterEach(async () => {
    for (const { daemon } of daemons) daemon.child.kill("SIGTERM");
    await Promise.all(daemons.map(({ daemon }) => daemon.ended));
    await unlock();
    await home.dispose();
  });

  it.skipIf(missing("age"))(
    "that store 500 tokens each at the same time: all 1000 are there, for both of them and for 'age'",
    async () => {
      const expected: Record<string, string> = {};
      const storeAll = async (daemon: Client, name: string): Promise<void> => {
        const left = Array.from({ length: 500 }, (_none, number) => `${name}-${number}.example`);
        for (const host of left) expected[host] = `SECRET-${host}`;
        const one = async (): Promise<void> => {
          for (let host = left.shift(); host !== undefined; host = left.shift()) await daemon.store(host, `SECRET-${host}`);
        };
        await Promise.all(Array.from({ length: IN_FLIGHT }, one));
      };

      await Promise.all([storeAll(daemons[0], "a"), storeAll(daemons[1], "b")]);

      expect(Object.keys(expected)).toHaveLength(1000);
      expect(await openWithAge(data)).toEqual(expected);
      for (const daemon of daemons) {
        const { tokens } = await daemon.administer("list", {});
        expect(tokens.filter(({ state }) => state === "active").map(({ service }) => service).toSorted()).toEqual(
          Object.keys(expected).toSorted(),
        );
        expect(await daemon.get("a-499.example")).toBe("SECRET-a-499.example");
        expect(await daemon.get("b-499.example")).toBe("SECRET-b-499.example");
      }
      expect((await readdir(data)).filter((file) => file !== "usage.json" && file !== "run").toSorted()).toEqual(["identity.txt", "vault.age", "vault.age.1"]);
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
    expect(await openWithAge(data)).toEqual({ "one.example": "FIRST", "two.example": "SECOND" });
  });

  it.skipIf(missing("age"))("changes of key by one while the other stores lose nothing", async () => {
    const [a, b] = daemons;
    const hosts = Array.from({ length: 40 }, (_none, number) => `${number}.example`);
    for (let at = 0; at < hosts.length; at += IN_FLIGHT) {
      const stores = hosts.slice(at, at + IN_FLIGHT).map((host) => b.store(host, `SECRET-${host}`));
      await Promise.all([a.administer("rekey", { source: "file" }), ...stores]);
    }

    const expected = Object.fromEntries(hosts.map((host) => [host, `SECRET-${host}`]));
    expect(await openWithAge(data)).toEqual(expected);
    for (const host of hosts) expect(await a.get(host)).toBe(expected[host]);
    for (const host of hosts) expect(await b.get(host)).toBe(expected[host]);
  });
});

describe("a lock that is taken over", () => {
  let home: TestHome;
  let paths: Paths;
  /** The same vault by another path: proper-lockfile knows the locks of its own process by their path. */
  let elsewhere: Paths;
  let lock: string;
  let identity: VaultIdentity;

  beforeEach(async () => {
    home = await makeHome();
    await mkdir(join(home.directory, "real"));
    await symlink("real", join(home.directory, "alias"));
    paths = pathsOf({ TOOLKEY_HOME: join(home.directory, "real") });
    elsewhere = pathsOf({ TOOLKEY_HOME: join(home.directory, "alias") });
    lock = `${paths.vault}.lock`;
    identity = await newIdentity();
    await Vault.create(paths, async () => identity);
    await writeFile(join(paths.data, "identity.txt"), renderIdentityFile(identity), { mode: 0o600 });
  });

  afterEach(() => home.dispose());

  const token = (id: string): Token => ({
    id,
    tool: "git",
    service: `${id}.example`,
    target: parseTarget(`https://${id}.example`),
    username: "u",
    secret: new Secret(`SECRET-${id}`),
    kind: "opaque",
    state: "active",
    createdAt: "2026-11-22T00:00:00Z",
    preferred: false,
  });

  // Out of the way, not removed: a directory that is made right after could else look the same, inode and time.
  const takeAway = (): void => renameSync(lock, join(home.directory, "taken"));

  const idsIn = async (places: Paths): Promise<string[]> =>
    (await (await Vault.open(places, identity)).tokens()).all().map(({ id }) => id);

  it("by another: whoever lost it knows before anything is moved into place, and does not take it from the new holder", async () => {
    const a = await acquireLock(paths.vault);
    await a.assertHeld();
    takeAway();
    await expect(a.assertHeld()).rejects.toThrow(LockLost);
    const b = await acquireLock(elsewhere.vault);

    await expect(a.assertHeld()).rejects.toThrow(LockLost);
    await a.release();

    await b.assertHeld();
    expect(existsSync(lock)).toBe(true);
    await b.release();
    expect(existsSync(lock)).toBe(false);
  });

  /** The vault as another process would write it that adds a token: made from a copy of the directory. */
  async function withAnotherToken(id: string): Promise<Buffer> {
    const copy = pathsOf({ TOOLKEY_HOME: join(home.directory, "copy") });
    await cp(paths.data, copy.data, { recursive: true });
    await (await Vault.open(copy, identity)).change((held) => ({ ...held, tokens: held.tokens.with(token(id)) }));
    return readFile(copy.vault);
  }

  it.each([
    ["took the lock over and is done with it", () => takeAway()],
    ["believes to hold the lock as well", () => undefined],
  ])("by one that %s: the transaction is begun anew on what that one wrote, and both changes are kept", async (_name, takeOver) => {
    const a = await Vault.open(paths, identity);
    const theirs = await withAnotherToken("b");
    const seen: string[][] = [];

    await a.change((held) => {
      seen.push(held.tokens.all().map(({ id }) => id));
      if (seen.length === 1) {
        // A has read the vault, and nothing of A's comes between these.
        takeOver();
        writeFileSync(`${paths.vault}.theirs`, theirs, { mode: 0o600 });
        renameSync(`${paths.vault}.theirs`, paths.vault);
      }
      return { ...held, tokens: held.tokens.with(token("a")) };
    });

    expect(seen).toEqual([[], ["b"]]);
    expect(await idsIn(paths)).toEqual(["b", "a"]);
    expect((await a.tokens()).all().map(({ id }) => id)).toEqual(["b", "a"]);
    expect((await readdir(paths.data)).toSorted()).toEqual(["identity.txt", "vault.age", "vault.age.1"]);
  });

  it("by one that holds it still: nothing is moved into place until that one is done", async () => {
    const a = await Vault.open(paths, identity);
    const before = await readFile(paths.vault, "hex");
    let calls = 0;

    const change = a.change((held) => {
      calls += 1;
      if (calls === 1) {
        takeAway();
        mkdirSync(lock);
      }
      return { ...held, tokens: held.tokens.with(token("a")) };
    });
    // A has kept the backup and has done away with the file that it had written.
    await whenFile(paths.vault, () => {
      const files = readdirSync(paths.data);
      return files.includes("vault.age.1") && !files.some((name) => name.includes(".tmp-"));
    }, change);

    expect(await readFile(paths.vault, "hex")).toBe(before);
    expect(calls).toBe(1);
    rmdirSync(lock);
    await change;
    expect(calls).toBe(2);
    expect(await idsIn(paths)).toEqual(["a"]);
    expect(existsSync(lock)).toBe(false);
  });

  it("by nobody: a change of key keeps others from writing to the old key alone until it is done", async () => {
    const a = await Vault.open(paths, identity);
    await a.change((held) => ({ ...held, tokens: held.tokens.with(token("a")) }));
    const session = new Session({
      paths: elsewhere,
      environment: {},
      clock: systemClock,
      times: { idle: 900_000, absolute: 900_000 },
      onClose: () => undefined,
    });
    const records = new TokenRecords({ session, clock: systemClock, keepSuspendedMs: 1_000_000 });
    const b = new Broker({ records, supply: { mintFor: async () => false, freshen: async () => false } });
    expect(await b.list({})).toHaveLength(1);
    const next = await newIdentity();
    let stored: Promise<unknown> | undefined;

    await a.changeKey(next, async () => {
      // The old key is gone before the vault is written to the new one alone: the worst time for another's store.
      const file = join(paths.data, "identity.txt");
      await writeFile(`${file}.new`, renderIdentityFile(next), { mode: 0o600 });
      await rename(`${file}.new`, file);
      const before = await readFile(paths.vault, "hex");
      stored = b.approve({
        tool: "git",
        service: "b.example",
        target: parseTarget("https://b.example"),
        username: "u",
        secret: new Secret("SECRET-b"),
        kind: "opaque",
      }, undefined, undefined);
      for (let look = 0; look < 300; look += 1) expect(await readFile(paths.vault, "hex")).toBe(before);
    });
    await stored;

    identity = next;
    expect((await (await Vault.open(paths, next)).tokens()).all().map(({ service }) => service)).toEqual(["a.example", "b.example"]);
    expect((await a.tokens()).all()).toHaveLength(2);
  });
});
