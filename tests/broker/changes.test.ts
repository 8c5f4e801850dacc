import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  add,
  approve,
  dropOutdated,
  existing,
  prefer,
  replaceSecret,
  restore,
  standIns,
  suspend,
  type Change,
  type ChangeContext,
  type NewToken,
  type NewSecret,
} from "../../src/broker/changes.ts";
import { judge } from "../../src/broker/answering/refusals.ts";
import { revokeLocally } from "../../src/broker/token-life/service-changes.ts";
import { instant } from "../../src/core/clock.ts";
import { Failure } from "../../src/core/failure.ts";
import { Secret } from "../../src/core/secret.ts";
import { formatTarget, origin, parseTarget } from "../../src/core/target.ts";
import type { Token } from "../../src/core/tokens/token.ts";
import { TokenMap } from "../../src/vault/token-map.ts";
import { failureOf } from "../fixtures/failures.ts";
import { makeToken, revealed } from "../fixtures/tokens.ts";

const NOW = Date.parse("2026-11-22T04:20:18Z");
const DAY_MS = 86_400_000;
const IN_30_DAYS = "2026-12-22T04:20:18Z";
const IN_A_MINUTE = "2026-11-22T04:21:18Z";

/** A context that counts its ids: new-1, new-2, … */
function context(now = NOW): ChangeContext {
  let count = 0;
  const newId = (_tool: string, taken: TokenMap): string => {
    do count += 1;
    while (taken.get(`new-${count}`) !== undefined);
    return `new-${count}`;
  };
  return { now, keepSuspendedMs: 30 * DAY_MS, newId };
}

/** What a client hands over. */
function handed(fields: Partial<NewToken> & { at?: string; holds?: string } = {}): NewToken {
  const { at = "https://git.example", holds = "NEW-SECRET", ...given } = fields;
  const target = parseTarget(at);
  return { tool: "git", service: target.host, target, username: "alice", secret: new Secret(holds), facts: { kind: "opaque" }, ...given };
}

const alice = makeToken({ id: "alice", username: "alice", holds: "OLD-SECRET" });
const bob = makeToken({ id: "bob", username: "bob", holds: "BOB-SECRET" });
const shelved = makeToken({ id: "shelved", username: "alice", holds: "SHELVED", state: "suspended", dropAt: "2026-12-01T00:00:00Z" });
const wiped = makeToken({ id: "wiped", username: "alice", holds: "", state: "revoked", dropAt: "2026-12-01T00:00:00Z" });
const npm = makeToken({ id: "npm", tool: "npm", username: "alice", holds: "OLD-SECRET" });
const below = makeToken({ id: "below", username: "alice", at: "https://git.example/a", holds: "BELOW" });
const elsewhere = makeToken({ id: "elsewhere", username: "alice", at: "https://other.example" });
const brief = makeToken({ id: "brief", username: "alice", holds: "BRIEF", dropAt: IN_A_MINUTE });
const NEW: Token = makeToken({ id: "new-1", username: "alice", holds: "NEW-SECRET", createdAt: "2026-11-22T04:20:18Z" });

const STORED: Token = { ...NEW, storedByTool: true };

/** A new secret of which its service tells nothing. */
const told = (secret: Secret): NewSecret => ({ secret, facts: { kind: "opaque" } });
const suspended = (token: Token, dropAt = IN_30_DAYS): Token => ({ ...token, state: "suspended", preferred: false, dropAt });

/** The whole map and what is said to have changed, with secrets as text. */
function outcome(change: Change | undefined): unknown {
  return change && { tokens: revealed(change.tokens.all()), changed: change.changed.map(({ id }) => id) };
}

function expected(tokens: readonly Token[], changed: readonly string[]): unknown {
  return { tokens: revealed(tokens), changed };
}

describe("a client says that a secret works", () => {
  const own = { ...alice, storedByTool: true } as const;
  const ownBrief = { ...brief, storedByTool: true } as const;
  it.each<[what: string, before: Token[], accepted: NewToken, after: Token[], changed: string[], id: string]>([
    ["the first one: kept", [], handed(), [STORED], ["new-1"], "new-1"],
    ["another than it stored before: kept, and that one suspended", [own], handed(), [suspended(own), STORED], ["new-1", "alice"], "new-1"],
    ["another than a person added: kept beside it", [alice], handed(), [alice, STORED], ["new-1"], "new-1"],
    ["another than it stored and a person chose: kept beside it", [{ ...own, preferred: true }], handed(), [{ ...own, preferred: true }, STORED], ["new-1"], "new-1"],
    [
      "another than a default that was suspended: that in its place",
      [{ ...suspended(alice), preferred: true }],
      handed(),
      [suspended(alice), { ...STORED, preferred: true }],
      ["new-1", "alice"],
      "new-1",
    ],
    [
      "of nobody else is anything changed",
      [bob, npm, below, elsewhere, wiped, shelved],
      handed(),
      [bob, npm, below, elsewhere, wiped, shelved, STORED],
      ["new-1"],
      "new-1",
    ],
    [
      "a suspended one: it is back, and what the tool had put in its place suspended",
      [shelved, own],
      handed({ holds: "SHELVED" }),
      [{ ...shelved, state: "active", dropAt: undefined }, suspended(own)],
      ["shelved", "alice"],
      "shelved",
    ],
    [
      "one that a person has put another in the place of: it is back beside that, as what the tool has stored",
      [alice, shelved],
      handed({ holds: "SHELVED" }),
      [alice, { ...shelved, state: "active", dropAt: undefined, storedByTool: true }],
      ["shelved"],
      "shelved",
    ],
    [
      "the same secret for another user name: another token",
      [bob],
      handed({ holds: "BOB-SECRET" }),
      [bob, { ...STORED, secret: bob.secret }],
      ["new-1"],
      "new-1",
    ],
    [
      "the same secret, presented otherwise: another token",
      [own],
      handed({ holds: "OLD-SECRET", authtype: "Bearer" }),
      [suspended(own), { ...STORED, secret: alice.secret, authtype: "Bearer" }],
      ["new-1", "alice"],
      "new-1",
    ],
    [
      "a secret whose time here is over: a new token",
      [{ ...shelved, dropAt: "2026-11-22T04:20:18Z" }],
      handed({ holds: "SHELVED" }),
      [{ ...shelved, dropAt: "2026-11-22T04:20:18Z" }, { ...STORED, secret: shelved.secret }],
      ["new-1"],
      "new-1",
    ],
    [
      "for a time only: beside what is kept for good",
      [alice],
      handed({ dropAt: IN_A_MINUTE }),
      [alice, { ...STORED, dropAt: IN_A_MINUTE }],
      ["new-1"],
      "new-1",
    ],
    [
      "for a time only, as before: one in the place of the other, which does not stay longer for it",
      [ownBrief],
      handed({ dropAt: IN_30_DAYS }),
      [suspended(ownBrief, IN_A_MINUTE), { ...STORED, dropAt: IN_30_DAYS }],
      ["new-1", "brief"],
      "new-1",
    ],
    [
      "for good, and until now only for a time: for good",
      [brief],
      handed({ holds: "BRIEF" }),
      [{ ...brief, dropAt: undefined }],
      ["brief"],
      "brief",
    ],
    [
      "for good, and until now only for a time beside another: in the place of that",
      [own, brief],
      handed({ holds: "BRIEF" }),
      [suspended(own), { ...brief, dropAt: undefined }],
      ["brief", "alice"],
      "brief",
    ],
    [
      "with a new end and refresh token: these are learnt",
      [alice],
      handed({ holds: "OLD-SECRET", facts: { kind: "opaque", expiresAt: "2027-01-01T00:00:00Z" }, refreshToken: new Secret("R") }),
      [{ ...alice, facts: { kind: "opaque", expiresAt: "2027-01-01T00:00:00Z" }, refreshToken: new Secret("R") }],
      ["alice"],
      "alice",
    ],
    [
      "without the end that is known: it stays, and the other refresh token is learnt",
      [{ ...alice, facts: { kind: "opaque", expiresAt: "2027-01-01T00:00:00Z" }, refreshToken: new Secret("OLD") }],
      handed({ holds: "OLD-SECRET", refreshToken: new Secret("R") }),
      [{ ...alice, facts: { kind: "opaque", expiresAt: "2027-01-01T00:00:00Z" }, refreshToken: new Secret("R") }],
      ["alice"],
      "alice",
    ],
  ])("%s", (_what, before, accepted, after, changed, id) => {
    const approved = approve(new TokenMap(before), accepted, context());
    expect(outcome(approved.change)).toEqual(expected(after, changed));
    expect(approved.id).toBe(id);
  });

  it.each<[what: string, before: Token[], accepted: NewToken, id: string]>([
    ["it is there", [bob, alice], handed({ holds: "OLD-SECRET" }), "alice"],
    ["it is there, wherever below it was used", [alice], handed({ holds: "OLD-SECRET", at: "https://git.example/a/b" }), "alice"],
    ["it is there with all that belongs to it", [{ ...alice, facts: { kind: "opaque", expiresAt: "2027-01-01T00:00:00Z" }, refreshToken: new Secret("R") }], handed({ holds: "OLD-SECRET", facts: { kind: "opaque", expiresAt: "2027-01-01T00:00:00Z" }, refreshToken: new Secret("R") }), "alice"],
    ["it is there and more is known of it", [{ ...alice, facts: { kind: "opaque", expiresAt: "2027-01-01T00:00:00Z" } }], handed({ holds: "OLD-SECRET" }), "alice"],
    ["it is there for good, and now told for a time", [alice], handed({ holds: "OLD-SECRET", dropAt: IN_A_MINUTE }), "alice"],
    ["it is there twice, and suspended once", [{ ...shelved, secret: alice.secret }, alice], handed({ holds: "OLD-SECRET" }), "alice"],
  ])("and nothing is written if %s", (_what, before, accepted, id) => {
    expect(approve(new TokenMap(before), accepted, context())).toEqual({ change: undefined, id });
  });
});

describe("a person adds a token", () => {
  it.each<[what: string, before: Token[], added: NewToken, after: Token[], changed: string[]]>([
    ["with all that is known of it", [], handed({ facts: { description: "d", expiresAt: "2027-01-01T00:00:00Z" }, authtype: "Bearer" }), [{ ...NEW, facts: { description: "d", expiresAt: "2027-01-01T00:00:00Z" }, authtype: "Bearer" }], ["new-1"]],
    ["in the place of another", [alice, bob], handed(), [suspended(alice), bob, NEW], ["new-1", "alice"]],
    ["for another path, another tool, another host", [below, npm, elsewhere], handed(), [below, npm, elsewhere, NEW], ["new-1"]],
    ["without a user name, which is not any user name", [alice], handed({ username: undefined }), [alice, { ...NEW, username: undefined }], ["new-1"]],
    ["with an empty user name, which is not none", [{ ...alice, username: undefined }], handed({ username: "" }), [{ ...alice, username: undefined }, { ...NEW, username: "" }], ["new-1"]],
    ["for good, in the place of one for a time", [brief], handed(), [suspended(brief, IN_A_MINUTE), NEW], ["new-1", "brief"]],
  ])("%s", (_what, before, added, after, changed) => {
    expect(outcome(add(new TokenMap(before), added, context()))).toEqual(expected(after, changed));
  });
});

describe("a service refuses", () => {
  it.each<[what: string, refused: Token[], before: Token[], after: Token[], changed: string[]]>([
    ["what is active is suspended, for as long as it would have been kept", [alice, brief], [alice, brief, bob], [suspended(alice), suspended(brief, IN_A_MINUTE), bob], ["alice", "brief"]],
    ["a default stays one, so that its suspension is not passed over", [{ ...alice, preferred: true }], [{ ...alice, preferred: true }], [{ ...suspended(alice), preferred: true }], ["alice"]],
  ])("%s", (_what, refused, before, after, changed) => {
    expect(outcome(suspend(new TokenMap(before), refused, context()))).toEqual(expected(after, changed));
  });

  it.each<[what: string, token: Token]>([
    ["has another secret by now", { ...alice, secret: new Secret("NEWER") }],
    ["is suspended already", { ...alice, state: "suspended" }],
    ["is revoked", { ...alice, state: "revoked" }],
    ["is gone", bob],
  ])("what %s is left as it is", (_what, token) => {
    expect(suspend(new TokenMap([token]), [alice], context())).toBeUndefined();
  });
});

describe("a person brings a token back", () => {
  it.each<[what: string, before: Token[], after: Token[], changed: string[]]>([
    ["for good", [shelved], [{ ...shelved, state: "active", dropAt: undefined }], ["shelved"]],
    ["in the place of another", [alice, shelved], [suspended(alice), { ...shelved, state: "active", dropAt: undefined }], ["shelved", "alice"]],
    [
      "in the place of the preferred one",
      [{ ...alice, preferred: true }, shelved],
      [suspended(alice), { ...shelved, state: "active", dropAt: undefined, preferred: true }],
      ["shelved", "alice"],
    ],
    ["beside those of others", [bob, npm, below, shelved], [bob, npm, below, { ...shelved, state: "active", dropAt: undefined }], ["shelved"]],
  ])("%s", (_what, before, after, changed) => {
    expect(outcome(restore(new TokenMap(before), "shelved", context()))).toEqual(expected(after, changed));
  });

  it.each<[id: string, code: string]>([
    ["alice", "exists"],
    ["wiped", "denied"],
    ["nobody", "not-found"],
  ])("but not %s: %s", (id, code) => {
    expect(failureOf(() => restore(new TokenMap([alice, wiped]), id, context())).code).toBe(code);
  });
});

describe("a person replaces a secret", () => {
  const full: Token = {
    ...alice,
    authtype: "Bearer",
    preferred: true,
    facts: {
      description: "laptop",
      kind: "scoped",
      tokenId: "T",
      subject: "S",
      scope: "C",
      issuedAt: "2026-01-01T00:00:00Z",
      expiresAt: "2026-11-01T00:00:00Z",
    },
    refreshToken: new Secret("R"),
  };

  it("and nothing that the service said of the old one is said of the new one; the old one stays, suspended", () => {
    const replaced = replaceSecret(new TokenMap([full, bob]), "alice", told(new Secret("NEW-SECRET")), context());
    expect(outcome(replaced)).toEqual(
      expected(
        [
          { ...alice, secret: NEW.secret, facts: { kind: "opaque", description: "laptop" }, authtype: "Bearer", preferred: true, createdAt: NEW.createdAt },
          bob,
          { ...suspended(full), id: "new-1" },
        ],
        ["alice", "new-1"],
      ),
    );
  });

  it.each<[what: string, before: Token[], id: string, after: Token[], changed: string[]]>([
    [
      "of a suspended token, which is active then, in the place of another",
      [alice, shelved],
      "shelved",
      [suspended(alice), { ...NEW, id: "shelved" }, { ...suspended(shelved), id: "new-1" }],
      ["shelved", "alice", "new-1"],
    ],
    [
      "of a token that was kept for a time, which is kept for good then",
      [brief],
      "brief",
      [{ ...NEW, id: "brief" }, { ...suspended(brief, IN_A_MINUTE), id: "new-1" }],
      ["brief", "new-1"],
    ],
  ])("%s", (_what, before, id, after, changed) => {
    expect(outcome(replaceSecret(new TokenMap(before), id, told(NEW.secret), context()))).toEqual(expected(after, changed));
  });

  it.each<[what: string, id: string, secret: string, code: string]>([
    ["of a revoked token", "wiped", "X", "denied"],
    ["by itself", "alice", "OLD-SECRET", "exists"],
    ["of no token", "nobody", "X", "not-found"],
  ])("but not %s", (_what, id, secret, code) => {
    const { code: got, message, hints } = failureOf(() => replaceSecret(new TokenMap([alice, wiped]), id, told(new Secret(secret)), context()));
    expect(got).toBe(code);
    expect([message, ...hints].join()).not.toContain("SECRET");
  });
});

describe("a person revokes a token here", () => {
  it.each<[what: string, token: Token]>([
    ["an active one", { ...alice, preferred: true, refreshToken: new Secret("R"), facts: { description: "d" } }],
    ["a suspended one", { ...shelved, facts: { description: "d" } }],
  ])("%s: no secret of it is left, and nothing else changes", (_what, token) => {
    const change = revokeLocally(new TokenMap([bob, token, npm]), token.id, context());
    const revoked: Token = {
      ...token,
      secret: new Secret(""),
      refreshToken: undefined,
      state: "revoked",
      preferred: false,
      dropAt: IN_30_DAYS,
    };
    expect(outcome(change)).toEqual(expected([bob, revoked, npm], [token.id]));
  });

  it.each<[id: string, code: string]>([
    ["wiped", "exists"],
    ["nobody", "not-found"],
  ])("but not %s: %s", (id, code) => {
    expect(failureOf(() => revokeLocally(new TokenMap([wiped]), id, context())).code).toBe(code);
  });
});

describe("a person prefers a token", () => {
  it("to all others of its tool on the same host, and of no other", () => {
    const tokens = [alice, { ...bob, preferred: true }, { ...below, preferred: true }, { ...npm, preferred: true }, { ...elsewhere, preferred: true }];
    expect(outcome(prefer(new TokenMap(tokens), "alice"))).toEqual(
      expected(
        [{ ...alice, preferred: true }, bob, below, { ...npm, preferred: true }, { ...elsewhere, preferred: true }],
        ["alice", "bob", "below"],
      ),
    );
  });

  it.each<[id: string, code: string]>([
    ["shelved", "denied"],
    ["wiped", "denied"],
    ["nobody", "not-found"],
  ])("but not %s: %s", (id, code) => {
    expect(failureOf(() => prefer(new TokenMap([shelved, wiped]), id)).code).toBe(code);
  });
});

describe("tokens for different aims", () => {
  const reader = makeToken({ id: "reader", username: "alice", holds: "READER", onlyFor: "reading" });
  const publisher = makeToken({ id: "publisher", username: "alice", holds: "PUBLISHER", onlyFor: "publishing" });
  const states = (tokens: TokenMap): string[] => tokens.all().map(({ id, state, preferred }) => `${id} ${state}${preferred ? " default" : ""}`);

  it("live side by side; one takes the place of another for the same aim", () => {
    const before = new TokenMap([alice, reader, publisher]);
    expect(states(add(before, handed({ onlyFor: "publishing" }), context()).tokens)).toEqual(["alice active", "reader active", "publisher suspended", "new-1 active"]);
    expect(states(add(before, handed(), context()).tokens)).toEqual(["alice suspended", "reader active", "publisher active", "new-1 active"]);
  });

  it("keep their aim with a new secret, and when they come back", () => {
    const replaced = replaceSecret(new TokenMap([alice, publisher]), "publisher", told(new Secret("NEWER")), context()).tokens;
    expect(replaced.all().map(({ id, state, onlyFor }) => [id, state, onlyFor])).toEqual([["alice", "active", undefined], ["publisher", "active", "publishing"], ["new-1", "suspended", "publishing"]]);
    expect(states(restore(replaced, "new-1", context()).tokens)).toEqual(["alice active", "publisher suspended", "new-1 active"]);
  });

  it("each have a default, and what a tool stores is for both", () => {
    const before = prefer(prefer(new TokenMap([alice, bob, reader, publisher]), "publisher").tokens, "alice").tokens;
    expect(states(before)).toEqual(["alice active default", "bob active", "reader active", "publisher active default"]);
    expect(states(prefer(before, "bob").tokens)).toEqual(["alice active", "bob active default", "reader active", "publisher active default"]);
    const { tokens } = approve(new TokenMap([publisher]), handed(), context()).change ?? {};
    expect(tokens?.all().map(({ state, onlyFor }) => [state, onlyFor])).toEqual([["active", "publishing"], ["active", undefined]]);
  });

  it("stand in for each other only where they answer all that the other did", () => {
    const tokens = new TokenMap([alice, bob, reader, publisher]);
    expect(standIns(tokens, publisher).map(({ id }) => id)).toEqual(["alice", "bob"]);
    expect(standIns(tokens, alice).map(({ id }) => id)).toEqual(["bob"]);
  });

  it("are refused by their secret, whatever it was wanted for", () => {
    const report = { tool: "git", target: parseTarget("https://git.example"), username: "alice", secret: new Secret("PUBLISHER") };
    const grounds = { usageOf: () => undefined, now: NOW, isNew: () => false };
    expect(judge(new TokenMap([alice, reader, publisher]), report, grounds).map(({ token, verdict }) => [token.id, verdict])).toEqual([["publisher", "suspended"]]);
  });
});

describe("a token is named", () => {
  const tokens = new TokenMap(["git-abcd", "git-abce", "git-x", "git-xy"].map((id) => makeToken({ id })));

  it.each<[id: string, found: string]>([
    ["git-abcd", "git-abcd"],
    ["git-x", "git-x"],
  ])("by its id: %s", (id, found) => {
    expect(existing(tokens, id).id).toBe(found);
  });

  it("by the beginning of it, where that is enough", () => {
    expect(existing(new TokenMap([alice, bob]), "al").id).toBe("alice");
  });

  it.each<[id: string, message: string]>([
    ["git-abc", "the ids of several tokens begin with 'git-abc'"],
    ["git", "the ids of several tokens begin with 'git'"],
    ["abcd", "there is no token 'abcd'"],
    ["GIT-X", "there is no token 'GIT-X'"],
    ["", "there is no token ''"],
  ])("not by %j", (id, message) => {
    expect(failureOf(() => existing(tokens, id))).toMatchObject({ code: "not-found", message });
  });

  it("not by nothing, even if there is only one", () => {
    expect(failureOf(() => existing(new TokenMap([alice]), "")).code).toBe("not-found");
  });
});

describe("what would answer in a token's place", () => {
  it("is active, of its tool, and good for all of its target", () => {
    const tokens = new TokenMap([alice, bob, shelved, wiped, npm, below, elsewhere]);
    expect(standIns(tokens, alice).map(({ id }) => id)).toEqual(["bob"]);
    expect(standIns(tokens, below).map(({ id }) => id)).toEqual(["alice", "bob"]);
  });
});

describe("what has outlived its time", () => {
  it("is dropped, and nothing else", () => {
    const tokens = new TokenMap([alice, shelved, wiped, brief, { ...bob, facts: { expiresAt: "2020-01-01T00:00:00Z" } }]);
    const at = (time: string, certain = time): string[] => dropOutdated(tokens, Date.parse(time), certain).all().map(({ id }) => id);
    expect(at("2026-11-22T04:21:17Z")).toEqual(["alice", "shelved", "wiped", "brief", "bob"]);
    expect(at("2026-11-22T04:21:18Z")).toEqual(["alice", "shelved", "wiped", "bob"]);
    expect(at("2027-01-01T00:00:00Z")).toEqual(["alice", "bob"]);
    expect(at("2027-01-01T00:00:00Z", "2026-11-22T04:20:00Z")).toEqual(["alice", "shelved", "wiped", "bob"]);
  });

  it("is not there: the map is the same", () => {
    const tokens = new TokenMap([alice, shelved]);
    expect(dropOutdated(tokens, NOW, instant(NOW))).toBe(tokens);
  });
});

/** One operation: its tool, what it may wipe, and what it does. */
interface Step {
  readonly tool: string;
  readonly wipes: string | undefined;
  run(tokens: TokenMap): TokenMap;
}

const TOOLS = ["git", "npm"] as const;
const place = fc.record({
  tool: fc.constantFrom(...TOOLS),
  at: fc.constantFrom("https://h", "https://h/a", "https://h/a/b", "https://g"),
  username: fc.constantFrom(undefined, "", "alice"),
  holds: fc.constantFrom("s1", "s2", "s3", "s4"),
});
const operations = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom("approve" as const, "add" as const), place, brief: fc.boolean(), authtype: fc.constantFrom(undefined, "Bearer"), onlyFor: fc.constantFrom(undefined, undefined, "publishing" as const) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("refuse" as const), place, named: fc.boolean() }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom("restore" as const, "replace" as const, "revoke" as const, "prefer" as const), index: fc.nat(), holds: fc.constantFrom("s1", "s5") }) },
  ),
  { maxLength: 30 },
);
type Operation = typeof operations extends fc.Arbitrary<(infer One)[]> ? One : never;

function step(operation: Operation, tokens: TokenMap, world: ChangeContext): Step | undefined {
  if ("named" in operation) {
    const { tool, at, username, holds } = operation.place;
    const report = { tool, target: parseTarget(at), username, secret: operation.named ? new Secret(holds) : undefined };
    return { tool, wipes: undefined, run: (before) => suspend(before, judge(before, report, { usageOf: () => undefined, now: world.now, isNew: () => false }).map(({ token }) => token), world)?.tokens ?? before };
  }
  if ("brief" in operation) {
    const { kind, authtype } = operation;
    const onlyFor = kind === "add" ? operation.onlyFor : undefined;
    const accepted = handed({ ...operation.place, authtype, onlyFor, dropAt: operation.brief ? instant(world.now + 365 * DAY_MS) : undefined });
    return {
      tool: operation.place.tool,
      wipes: undefined,
      run: (before) => (kind === "add" ? add(before, accepted, world).tokens : (approve(before, accepted, world).change?.tokens ?? before)),
    };
  }
  const all = tokens.all();
  const token = all[operation.index % Math.max(all.length, 1)];
  if (token === undefined) return undefined;
  const { id, tool } = token;
  switch (operation.kind) {
    case "restore":
      return { tool, wipes: undefined, run: (before) => restore(before, id, world).tokens };
    case "replace":
      return { tool, wipes: undefined, run: (before) => replaceSecret(before, id, told(new Secret(operation.holds)), world).tokens };
    case "revoke":
      return { tool, wipes: id, run: (before) => revokeLocally(before, id, world).tokens };
    case "prefer":
      return { tool, wipes: undefined, run: (before) => prefer(before, id).tokens };
    default:
      return operation satisfies never;
  }
}

function counts(keys: readonly string[]): Map<string, number> {
  const counted = new Map<string, number>();
  for (const key of keys) counted.set(key, (counted.get(key) ?? 0) + 1);
  return counted;
}

const secretsOf = (tokens: readonly Token[]): string[] => tokens.map(({ tool, secret }) => `${tool} ${secret.reveal()}`);

describe("whatever is done, in whatever order,", () => {
  it("one token at most that a person added is active for good for a tool, target, user name and aim; tools stay apart; no secret is lost but by revoking", () => {
    fc.assert(
      fc.property(operations, (sequence) => {
        let tokens = new TokenMap([]);
        const world = context();
        for (const operation of sequence) {
          const before = tokens;
          const next = step(operation, before, world);
          if (next === undefined) continue;
          try {
            tokens = next.run(before);
          } catch (error) {
            // A change that makes no sense is refused, and changes nothing.
            expect(error).toBeInstanceOf(Failure);
            continue;
          }
          const all = tokens.all();
          const active = all.filter(({ state }) => state === "active");
          const slots = active
            .filter(({ dropAt, storedByTool }) => dropAt === undefined && storedByTool === undefined)
            .map(({ tool, target, username, onlyFor }) => JSON.stringify([tool, formatTarget(target), username ?? null, onlyFor ?? null]));
          expect(slots).toEqual([...new Set(slots)]);

          const preferred = active.filter((token) => token.preferred).map(({ tool, target, onlyFor }) => `${tool} ${origin(target)} ${onlyFor}`);
          expect(preferred).toEqual([...new Set(preferred)]);

          // Not one of another tool's tokens is as much as copied.
          const others = (map: TokenMap): Token[] => map.all().filter(({ tool }) => tool !== next.tool);
          expect(others(tokens).every((token, index) => token === others(before)[index])).toBe(true);
          expect(others(tokens)).toHaveLength(others(before).length);

          for (const { id } of before.all()) expect(tokens.get(id)).toBeDefined();
          const left = counts(secretsOf(all));
          for (const [secret, count] of counts(secretsOf(before.all().filter(({ id, state }) => state !== "revoked" && id !== next.wipes)))) {
            expect(left.get(secret) ?? 0).toBeGreaterThanOrEqual(count);
          }
          for (const token of all) {
            expect(token.state === "revoked").toBe(token.secret.isEmpty);
            if (token.state !== "active") expect(token.dropAt).toBeDefined();
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
