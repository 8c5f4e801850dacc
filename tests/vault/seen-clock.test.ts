/** What a wrong clock does to the tokens: nothing that can't be brought back. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Broker } from "../../src/broker/broker.ts";
import { Flights } from "../../src/broker/token-life/flights.ts";
import { Session } from "../../src/broker/session.ts";
import { TokenRecords } from "../../src/broker/token-records.ts";
import { instant } from "../../src/core/clock.ts";
import { Secret } from "../../src/core/secret.ts";
import { look } from "../../src/core/seen-time.ts";
import { parseTarget } from "../../src/core/target.ts";
import { paths as pathsOf } from "../../src/platform/paths.ts";
import { SeenClock } from "../../src/vault/seen-clock.ts";
import { makeHome, type TestHome } from "../fixtures/homes/home.ts";
import { NO_COMMANDS } from "../fixtures/no-commands.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MONTH = 31 * DAY;
const START = Date.parse("2026-11-22T00:00:00Z");

describe("what time it certainly is", () => {
  const after = (...looks: number[]): string => {
    let seen = look(undefined, START);
    for (const at of looks) seen = look(seen, START + at);
    return seen.certain;
  };

  it.each<[string, number[], string]>([
    ["nothing is at first", [], instant(0)],
    ["what was seen, a day later", [DAY], instant(START)],
    ["not what was seen an hour ago", [HOUR], instant(0)],
    ["what a clock says that is a month ahead for once", [MONTH, HOUR], instant(START)],
    ["what it says for hours", [MONTH, MONTH + HOUR, MONTH + 20 * HOUR], instant(START)],
    ["what it has said for a day", [MONTH, MONTH + DAY], instant(START + MONTH)],
    ["not what it says once it was set back", [MONTH, HOUR, DAY, 2 * DAY], instant(START + HOUR)],
    ["never later than the clock", [MONTH, MONTH + DAY, DAY], instant(START + DAY)],
  ])("%s", (_name, looks, certain) => {
    expect(after(...looks)).toBe(certain);
  });
});

describe("a clock that is wrong by a month", () => {
  let home: TestHome;
  let session: Session;
  let broker: Broker;
  let now: number;
  const clock = { now: () => now };

  function open(): void {
    session = new Session({ paths: pathsOf({ TOOLKEY_HOME: home.toolkeyHome }), environment: {}, clock, times: { idle: 10 * MONTH, absolute: 10 * MONTH }, onClose: () => undefined });
    const records = new TokenRecords({ session, clock, keepSuspendedMs: () => 30 * DAY });
    broker = new Broker({ records, supply: { mintFor: async () => false, freshen: async () => false }, fetching: NO_COMMANDS });
  }

  let secrets = 0;
  const add = (host: string): Promise<unknown> =>
    broker.add({ tool: "git", service: host, target: parseTarget(`https://${host}`), username: "u", secret: new Secret(`SECRET-${(secrets += 1)}`), facts: {} });

  async function suspend(host: string): Promise<string> {
    await add(host);
    const id = (await broker.list({})).find(({ service, state }) => service === host && state === "active")?.id ?? "";
    // Another one takes its place.
    await add(host);
    return id;
  }

  beforeEach(async () => {
    home = await makeHome();
    now = START;
    open();
    await session.create(["file"], undefined);
  });

  afterEach(() => home.dispose());

  it.each<[string, number, number]>([
    ["ahead during one write", START, START + MONTH],
    ["behind when a token is suspended", START - MONTH, START],
  ])("%s: a suspended token is there, and comes back", async (_name, suspends, writes) => {
    now = suspends;
    const id = await suspend("one.example");
    now = writes;
    await add("two.example");
    await session.save();
    now = START + HOUR;
    open();
    await add("three.example");

    expect((await broker.list({})).find((token) => token.id === id)).toMatchObject({ state: "suspended" });
    await broker.restore(id);
    expect((await broker.list({})).find((token) => token.id === id)).toMatchObject({ state: "active" });
  });

  it("that is right for all that time: a suspended token leaves the vault, also over a restart of the daemon", async () => {
    const id = await suspend("one.example");
    for (const days of [10, 40, 42]) {
      await session.save();
      open();
      now = START + days * DAY;
      await add(`after-${days}.example`);
    }
    expect((await broker.list({})).map((token) => token.id)).not.toContain(id);
  });

  it("ahead in one of two daemons: what the other has seen since counts", async () => {
    const paths = pathsOf({ TOOLKEY_HOME: home.toolkeyHome });
    const [one, other] = [await SeenClock.open(paths, clock), await SeenClock.open(paths, clock)];
    now = START + MONTH;
    one.certain();
    now = START + HOUR;
    other.certain();
    await other.save();
    now = START + MONTH + DAY;
    one.certain();
    await one.save();
    expect((await SeenClock.open(paths, clock)).certain()).toBe(instant(START + HOUR));
  });

  it("back: the vault closes no later than it would have", async () => {
    let closed = "";
    session = new Session({ paths: pathsOf({ TOOLKEY_HOME: home.toolkeyHome }), environment: {}, clock, times: { idle: DAY, absolute: 2 * DAY }, onClose: (why) => (closed = why) });
    await session.use();
    now += HOUR;
    await session.use();
    now -= MONTH;
    await session.peek();
    now += DAY - 1;
    expect(await session.peek()).toBeDefined();
    now += 1;
    expect(await session.peek()).toBeUndefined();
    expect(closed).toBe("idle");
  });

  it("back: what failed is tried again after its pause at the latest", async () => {
    const flights = new Flights({ onFailure: () => undefined, now: clock.now });
    const fails = (): Promise<boolean> => flights.quietly("x", () => Promise.reject(new Error("no")));
    await fails();
    expect(await flights.quietly("x", async () => undefined)).toBe(false);
    now -= MONTH;
    expect(await flights.quietly("x", async () => undefined)).toBe(true);
  });
});
