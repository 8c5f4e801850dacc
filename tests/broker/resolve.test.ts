import { describe, expect, it } from "vitest";
import { placeMark } from "../../src/broker/answering/place-mark.ts";
import { resolve, type Query } from "../../src/broker/answering/resolve.ts";
import { parseTarget } from "../../src/core/target.ts";
import type { Token, TokenUsage } from "../../src/core/tokens/token.ts";
import { TokenMap } from "../../src/vault/token-map.ts";
import { makeToken } from "../fixtures/tokens.ts";

const NOW = "2026-11-22T04:20:18Z";
const PAST = "2026-11-22T04:20:17Z";
const FUTURE = "2026-11-22T04:20:19Z";

function ask(at: string, fields: Partial<Query> = {}): Query {
  return { tool: "git", target: parseTarget(at), ...fields };
}

/** The id of the token that answers, then of the one that does for a client that can't present that, and so on. */
function answers(tokens: readonly Token[], query: Query, usage: Readonly<Record<string, TokenUsage>> = {}): string[] {
  const ids: string[] = [];
  for (;;) {
    const { token } = resolve(new TokenMap(tokens), query, NOW, (id) => usage[id], ({ id }) => !ids.includes(id));
    if (token === undefined) return ids;
    ids.push(token.id);
  }
}

function instead(tokens: readonly Token[], query: Query): string | undefined {
  return resolve(new TokenMap(tokens), query, NOW, () => undefined, () => true).passedOver.at(0)?.token.id;
}

describe("a tool gets its own token or none", () => {
  const tokens = [
    makeToken({ id: "git-1", tool: "git", at: "https://h" }),
    makeToken({ id: "npm-1", tool: "npm", at: "https://h", preferred: true }),
    makeToken({ id: "gitlab-1", tool: "gitlab", at: "https://h" }),
    makeToken({ id: "constructor-1", tool: "constructor", at: "https://h" }),
  ];

  it.each<[tool: string, expected: string[]]>([
    ["git", ["git-1"]],
    ["npm", ["npm-1"]],
    ["gitlab", ["gitlab-1"]],
    ["constructor", ["constructor-1"]],
    ["maven", []],
    ["", []],
    ["*", []],
    ["Git", []],
    ["toString", []],
    ["__proto__", []],
  ])("%j: %j", (tool, expected) => {
    expect(answers(tokens, ask("https://h/a", { tool }))).toEqual(expected);
  });

  it("is not told of another tool's suspended one either", () => {
    const suspended = tokens.map((token): Token => ({ ...token, state: "suspended" }));
    expect(["git", "npm", "maven", ""].map((tool) => instead(suspended, ask("https://h", { tool })))).toEqual(["git-1", "npm-1", undefined, undefined]);
  });
});

describe("what it is wanted for decides", () => {
  const both = makeToken({ id: "both", at: "https://h" });
  const reading = makeToken({ id: "reading", at: "https://h", onlyFor: "reading" });
  const publishing = makeToken({ id: "publishing", at: "https://h", onlyFor: "publishing" });
  const all = [both, reading, publishing];

  it.each<[what: string, aim: Query["aim"], tokens: Token[], expected: string[]]>([
    ["the narrower first", "reading", all, ["reading", "both"]],
    ["the narrower first", "publishing", all, ["publishing", "both"]],
    ["before the default", "publishing", [{ ...both, preferred: true }, publishing], ["publishing", "both"]],
    ["but not before a longer path", "publishing", [{ ...both, target: parseTarget("https://h/a") }, publishing], ["both", "publishing"]],
    ["never one for the other", "publishing", [reading], []],
    ["who doesn't say what for gets what is for both", undefined, all, ["both"]],
    ["and else none", undefined, [reading, publishing], []],
    ["a default for the other one does not stand in the way", "publishing", [{ ...reading, preferred: true, username: "x", state: "suspended" }, both], ["both"]],
  ])("%s: %s", (_what, aim, tokens, expected) => {
    expect(answers(tokens, ask("https://h/a", { aim }))).toEqual(expected);
  });

  it("and what is said where nothing answers", () => {
    const said = (tokens: readonly Token[], aim: Query["aim"]) => resolve(new TokenMap(tokens), ask("https://h", { aim }), NOW, () => undefined, () => true).passedOver.map(({ token: { id }, why }) => [id, why]);
    expect(said([publishing], "reading")).toEqual([["publishing", "other-aim"]]);
    expect(said([publishing, { ...reading, state: "suspended" }], "reading")).toEqual([["reading", "suspended"]]);
    expect(said([{ ...publishing, facts: { kind: "opaque", expiresAt: PAST } }], "reading")).toEqual([]);
    expect(said(all, "reading")).toEqual([]);
  });
});

describe("the place decides", () => {
  const host = makeToken({ id: "host", at: "https://h" });
  const git = makeToken({ id: "git", at: "https://h/nuxeo/git" });
  const acme = makeToken({ id: "acme", at: "https://h/nuxeo/git/acme.git" });
  const all = [git, host, acme];

  it.each<[what: string, at: string, tokens: Token[], expected: string[]]>([
    ["the longest path first", "https://h/nuxeo/git/acme.git", all, ["acme", "git", "host"]],
    ["only what covers the path", "https://h/nuxeo/git/other.git", all, ["git", "host"]],
    ["whole segments only", "https://h/nuxeo/github", all, ["host"]],
    ["not what lies below the path", "https://h/nuxeo", all, ["host"]],
    ["at the root of a host only what is good for all of it", "https://h", all, ["host"]],
    ["another host", "https://g/nuxeo/git", all, []],
    ["another port", "https://h:8443/nuxeo/git", all, []],
    ["another scheme", "http://h/nuxeo/git", all, []],
    ["a host below", "https://sub.h/nuxeo/git", all, []],
    ["the same host, written otherwise", "HTTPS://H:443/nuxeo/git", all, ["git", "host"]],
  ])("%s", (_what, at, tokens, expected) => {
    expect(answers(tokens, ask(at))).toEqual(expected);
  });

  it("before what a person prefers, where the request has a path", () => {
    const tokens = [{ ...host, preferred: true }, git];
    expect(answers(tokens, ask("https://h/nuxeo/git/x"))).toEqual(["git", "host"]);
  });
});

describe("the user name decides, where one is asked for", () => {
  const tokens = [
    makeToken({ id: "alice", username: "alice" }),
    makeToken({ id: "bob", username: "bob" }),
    makeToken({ id: "empty", username: "" }),
    makeToken({ id: "none" }),
  ];

  it.each<[what: string, username: string | undefined, expected: string[]]>([
    ["none asked for: any", undefined, ["alice", "bob", "empty", "none"]],
    ["one", "alice", ["alice"]],
    ["an empty one, which is one", "", ["empty"]],
    ["one that nobody has", "carol", []],
    ["in another case, which is another", "Alice", []],
  ])("%s", (_what, username, expected) => {
    expect(answers(tokens, ask("https://git.example", { username }))).toEqual(expected);
  });
});

describe("only a live token answers", () => {
  it.each<[what: string, answered: boolean, told: boolean, fields: Partial<Token>]>([
    ["active", true, false, {}],
    ["active, and to expire", true, false, { facts: { expiresAt: FUTURE } }],
    ["expired this second", false, true, { facts: { expiresAt: NOW } }],
    ["expired", false, true, { facts: { expiresAt: PAST } }],
    ["kept until later", true, false, { dropAt: FUTURE }],
    ["kept until now", false, false, { dropAt: NOW }],
    ["suspended", false, true, { state: "suspended", dropAt: FUTURE }],
    ["suspended and expired", false, true, { state: "suspended", dropAt: FUTURE, facts: { expiresAt: PAST } }],
    ["suspended for long enough", false, false, { state: "suspended", dropAt: PAST }],
    ["revoked", false, false, { state: "revoked", dropAt: FUTURE }],
    ["revoked and expired", false, false, { state: "revoked", dropAt: FUTURE, facts: { expiresAt: PAST } }],
  ])("%s: answers %s, is named as the reason %s", (_what, answered, told, fields) => {
    const tokens = [makeToken({ id: "it", ...fields })];
    expect(answers(tokens, ask("https://git.example"))).toEqual(answered ? ["it"] : []);
    expect(instead(tokens, ask("https://git.example"))).toBe(told ? "it" : undefined);
  });

  it("the latest is named as the reason, if there are several", () => {
    const tokens = ["2026-01-01", "2026-03-01", "2026-02-01"].map((day) =>
      makeToken({ id: day, state: "suspended", createdAt: `${day}T00:00:00Z` }),
    );
    expect(instead(tokens, ask("https://git.example"))).toBe("2026-03-01");
    expect(instead(tokens, ask("https://git.example", { username: "bob" }))).toBeUndefined();
    expect(instead(tokens, ask("https://other.example"))).toBeUndefined();
  });
});

describe("among several for one place", () => {
  const old = makeToken({ id: "old", username: "a", createdAt: "2026-01-01T00:00:00Z" });
  const young = makeToken({ id: "young", username: "b", createdAt: "2026-02-01T00:00:00Z" });

  it.each<[what: string, tokens: Token[], usage: Record<string, TokenUsage>, expected: string[]]>([
    ["the younger", [old, young], {}, ["young", "old"]],
    ["the last approved", [young, old], { old: { approvedAt: "2026-03-01T00:00:00Z" } }, ["old", "young"]],
    [
      "the last approved of several",
      [old, young],
      { old: { approvedAt: "2026-03-01T00:00:00Z" }, young: { approvedAt: "2026-03-02T00:00:00Z" } },
      ["young", "old"],
    ],
    ["not the last used", [old, young], { old: { lastUsedAt: "2026-03-01T00:00:00Z" } }, ["young", "old"]],
    [
      "the preferred, whatever was approved",
      [{ ...old, preferred: true }, young],
      { young: { approvedAt: "2026-03-01T00:00:00Z" } },
      ["old", "young"],
    ],
    ["not a preferred one that is suspended, but another of its user", [{ ...old, preferred: true, state: "suspended" }, { ...young, username: "a" }], {}, ["young"]],
    ["not what the tool stored, whatever was approved", [old, { ...young, storedByTool: true }], { young: { approvedAt: "2026-03-01T00:00:00Z" } }, ["old", "young"]],
    ["what the tool stored, if it was chosen", [old, { ...young, storedByTool: true, preferred: true }], {}, ["young", "old"]],
  ])("%s answers", (_what, tokens, usage, expected) => {
    expect(answers(tokens, ask("https://git.example"), usage)).toEqual(expected);
    expect(answers(tokens, ask("https://git.example/any/path"), usage)).toEqual(expected);
  });

  it("the one in whose path the request lies is not beaten by a preferred one without", () => {
    const tokens = [makeToken({ id: "a", at: "https://h/a", preferred: true }), makeToken({ id: "b", at: "https://h" })];
    expect(answers(tokens, ask("https://h", { pathUnknown: true }))).toEqual(["b", "a"]);
    expect(answers(tokens, ask("https://h/b"))).toEqual(["b"]);
  });
});

describe("where a client doesn't say which path it means", () => {
  const host = makeToken({ id: "host", at: "https://h", username: "alice" });
  const a = makeToken({ id: "a", at: "https://h/a", username: "alice" });
  const b = makeToken({ id: "b", at: "https://h/b", username: "alice" });
  const bob = makeToken({ id: "bob", at: "https://h/a", username: "bob" });

  it.each<[what: string, tokens: Token[], username: string | undefined, id: string | undefined, why: string | undefined]>([
    ["the host's", [a, host, b], undefined, "host", undefined],
    ["the only one with a path", [a], undefined, "a", undefined],
    ["the only one of the user", [a, bob], "bob", "bob", undefined],
    ["none of two paths", [a, b], "alice", undefined, "path-unknown"],
    ["none of two users", [a, bob], undefined, undefined, "path-unknown"],
    ["the only active one", [a, { ...b, state: "suspended" }], undefined, "a", undefined],
    ["the only one that has not expired", [a, { ...b, facts: { expiresAt: PAST } }], undefined, "a", undefined],
    ["the better one of the same path and user", [{ ...a, storedByTool: true }, { ...a, id: "added" }], undefined, "added", undefined],
    ["none, if the host's default is suspended and the other is another user's", [{ ...host, preferred: true, state: "suspended" }, bob], undefined, undefined, "suspended"],
  ])("%s answers", (_what, tokens, username, id, why) => {
    const { token, passedOver } = resolve(new TokenMap(tokens), ask("https://h", { username, pathUnknown: true }), NOW, () => undefined, () => true);
    expect([token?.id, passedOver.at(0)?.why]).toEqual([id, why]);
  });
});

describe("a default that can't answer", () => {
  const alice = makeToken({ id: "alice", at: "https://h", username: "alice", preferred: true });
  const second = makeToken({ id: "second", at: "https://h", username: "alice", storedByTool: true });
  const bob = makeToken({ id: "bob", at: "https://h", username: "bob" });
  const heldAt = (token: Token, at: string, until = FUTURE): Record<string, TokenUsage> => ({ [token.id]: { heldUntil: { [placeMark(token.id, parseTarget(at))]: until } } });

  it.each<[what: string, tokens: Token[], at: string, username: string | undefined, usage: Record<string, TokenUsage>, id: string | undefined, told: [id: string, why: string][]]>([
    ["suspended: no other user's", [{ ...alice, state: "suspended" }, bob], "https://h/x", undefined, {}, undefined, [["alice", "suspended"]]],
    ["expired: no other user's", [{ ...alice, facts: { expiresAt: PAST } }, bob], "https://h/x", undefined, {}, undefined, [["alice", "expired"]]],
    ["suspended: another of its user", [{ ...alice, state: "suspended" }, bob, second], "https://h/x", undefined, {}, "second", []],
    ["suspended: who is named by the request", [{ ...alice, state: "suspended" }, bob], "https://h/x", "bob", {}, "bob", []],
    ["suspended: what is closer than it", [{ ...alice, state: "suspended" }, { ...bob, target: parseTarget("https://h/x") }], "https://h/x", undefined, {}, "bob", []],
    ["revoked: any", [{ ...alice, state: "revoked", preferred: false }, bob], "https://h/x", undefined, {}, "bob", []],
    ["held back: no other user's", [alice, bob], "https://h/x", undefined, heldAt(alice, "https://h/x"), undefined, [["alice", "held-back"]]],
    ["held back elsewhere: itself", [alice, bob], "https://h/y", undefined, heldAt(alice, "https://h/x"), "alice", []],
    ["held back until now: itself", [alice, bob], "https://h/x", undefined, heldAt(alice, "https://h/x", NOW), "alice", []],
    ["not the default, held back: another, and it is named", [{ ...alice, preferred: false, createdAt: PAST }, bob], "https://h/x", undefined, heldAt(alice, "https://h/x"), "bob", [["alice", "held-back"]]],
    ["not the default, held back, and worse than what answers: it is not named", [{ ...alice, preferred: false, createdAt: PAST }, { ...bob, preferred: true }], "https://h/x", undefined, heldAt(alice, "https://h/x"), "bob", []],
    ["held back, and alone: none, and it is named", [{ ...alice, preferred: false }], "https://h/x", undefined, heldAt(alice, "https://h/x"), undefined, [["alice", "held-back"]]],
  ])("%s", (_what, tokens, at, username, usage, id, told) => {
    const { token, passedOver } = resolve(new TokenMap(tokens), ask(at, { username }), NOW, (each) => usage[each], () => true);
    expect([token?.id, passedOver.map((over) => [over.token.id, over.why])]).toEqual([id, told]);
  });
});
