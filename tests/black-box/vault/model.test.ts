/**
 * Random operations by two daemons on one vault, killed at random, held against a model: what was acknowledged is there,
 * what got no answer is there or not, and nothing else is. TOOLKEY_TEST_SEED repeats one.
 */
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Failure } from "../../../src/core/failure.ts";
import { inForm } from "../../fixtures/form.ts";
import { makeHome, type TestHome } from "../../fixtures/homes/home.ts";
import { lockFromElsewhere } from "../../fixtures/processes/other-machine.ts";
import { missing } from "../../fixtures/programs/programs.ts";
import { DaemonGone, openWithAge, sharedData, startVaultUser, type VaultUser } from "../../fixtures/homes/shared-vault.ts";

const ROUNDS = inForm(2, 300);
const SEED = Number(process.env["TOOLKEY_TEST_SEED"] ?? "1");
const OPERATIONS_A_ROUND = 16;
const HOSTS = ["a.example", "b.example", "c.example", "d.example", "e.example"];

/** What may be stored for a host: the secret that was acknowledged last, or one whose store got no answer since. */
type Model = Map<string, Set<string | undefined>>;

describe.skipIf(missing("age"))("random operations of two daemons with random kills", () => {
  let home: TestHome;
  let users: VaultUser[];
  let unlock: () => Promise<void>;

  beforeEach(async () => {
    home = await makeHome();
    unlock = await lockFromElsewhere(sharedData(home));
    users = [await startVaultUser(home, "0"), await startVaultUser(home, "1")];
    await users[0]?.administer("init", { sources: ["file"] });
  });

  afterEach(async () => {
    for (const { daemon } of users) daemon.child.kill("SIGKILL");
    await Promise.all(users.map(({ daemon }) => daemon.ended));
    await unlock();
    await home.dispose();
  });

  it(`lose nothing that was acknowledged (seed ${SEED}, ${ROUNDS} rounds)`, async () => {
    const random = generator(SEED);
    const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
    const model: Model = new Map(HOSTS.map((host) => [host, new Set([undefined])]));
    let secrets = 0;

    /** One operation; of the hosts it is the only one under way. */
    const operate = async (user: VaultUser, host: string): Promise<void> => {
      const may = model.get(host) ?? new Set();
      const kind = random();
      const secret = `SECRET-${(secrets += 1)}`;
      try {
        if (kind < 0.55) {
          may.add(secret);
          await user.store(host, secret);
          model.set(host, new Set([secret]));
        } else if (kind < 0.9) {
          const found = await user.get(host);
          expect([...may], `${host} as one of the daemons has it`).toContain(found);
          model.set(host, new Set([found]));
        } else {
          await user.administer("rekey", { source: "file" });
        }
      } catch (error) {
        if (!(error instanceof DaemonGone)) throw error;
      }
    };

    for (let round = 0; round < ROUNDS; round += 1) {
      const left = Array.from({ length: OPERATIONS_A_ROUND }, () => pick(HOSTS));
      const busy = new Set<string>();
      const victim = Math.floor(random() * 2);
      const killAt = Math.floor(random() * OPERATIONS_A_ROUND);
      const work = async (): Promise<void> => {
        for (let host = left.shift(); host !== undefined; host = left.shift()) {
          if (busy.has(host)) continue;
          busy.add(host);
          const operation = operate(pick(users), host).finally(() => busy.delete(host));
          // While it is under way, at a moment that the scheduler draws.
          if (OPERATIONS_A_ROUND - left.length === killAt + 1) users[victim]?.daemon.child.kill("SIGKILL");
          await operation;
        }
      };
      const outcomes = await Promise.allSettled([work(), work(), work()]);
      for (const outcome of outcomes) if (outcome.status === "rejected") throw withRound(outcome.reason, round);
      users[victim]?.daemon.child.kill("SIGKILL");
      await users[victim]?.daemon.ended;

      // The other one is alive, with the key that it has in its memory; real age opens what is there with the kept one.
      const identity = join(sharedData(home), "identity.txt");
      const onDisk = await openWithAge(identity, join(sharedData(home), "vault.age"));
      await openWithAge(identity, join(sharedData(home), "vault.age.1"));
      for (const [host, may] of model) {
        expect([...may], `${host} in round ${round}`).toContain(onDisk[host]);
        model.set(host, new Set([onDisk[host]]));
      }
      users[victim] = await startVaultUser(home, String(victim));
    }
  }, 240_000 + ROUNDS * 30_000);
});

function withRound(reason: unknown, round: number): unknown {
  const said = reason instanceof Failure ? `${reason.code}: ${reason.message}` : String(reason);
  return new Error(`round ${round}: ${said}`, { cause: reason });
}

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
