import { describe, expect, it } from "vitest";
import type { ChangeContext } from "../../src/broker/changes.ts";
import { merge, type Merging } from "../../src/broker/moving/merge.ts";
import type { Token } from "../../src/core/tokens/token.ts";
import { TokenMap } from "../../src/vault/token-map.ts";
import { makeToken } from "../fixtures/tokens.ts";

const CONTEXT: ChangeContext = {
  now: Date.parse("2026-11-22T00:00:00Z"),
  keepSuspendedMs: 86_400_000,
  newId: (tool) => `${tool}-new2`,
};
const LATER = "2026-11-23T00:00:00Z";

const alice = (fields: Partial<Token> & { at?: string; holds?: string } = {}): Token => makeToken({ id: "git-aaaa", username: "alice", holds: "S", ...fields });

function take(tokens: readonly Token[], coming: Token): { outcome: string; id: string | undefined; states: Record<string, string>; map: TokenMap } {
  const { outcome, id, tokens: map } = into(new TokenMap(tokens), coming, tokens);
  return { outcome, id, map, states: Object.fromEntries(map.all().map((token) => [token.id, token.state])) };
}

/** @param before what was here before the file came */
function into(tokens: TokenMap, coming: Token, before: readonly Token[]): Merging {
  return merge(tokens, coming, CONTEXT, { before, ids: { isTaken: (id) => tokens.get(id) !== undefined, newId: (tool) => CONTEXT.newId(tool, tokens) } });
}

describe("a token of another machine", () => {
  it.each<[what: string, tokens: Token[], coming: Token, outcome: string, states: Record<string, string>]>([
    ["is added with its id", [], alice(), "added", { "git-aaaa": "active" }],
    ["is known by its secret, under another id", [alice({ id: "git-bbbb" })], alice(), "known", { "git-bbbb": "active" }],
    ["is known if it is suspended here", [alice({ state: "suspended" })], alice(), "known", { "git-aaaa": "suspended" }],
    ["does not come back if it was revoked here", [alice({ state: "revoked", holds: "" })], alice(), "known", { "git-aaaa": "revoked" }],
    ["is known if it is suspended there alone", [alice()], alice({ state: "suspended" }), "known", { "git-aaaa": "active" }],
    ["is suspended here if it was revoked there", [alice()], alice({ state: "revoked", holds: "" }), "suspended", { "git-aaaa": "suspended" }],
    ["is suspended here if it is to be revoked there", [alice({ id: "git-bbbb" })], alice({ state: "revoking" }), "suspended", { "git-bbbb": "suspended" }],
    ["is not suspended twice", [alice({ state: "suspended" })], alice({ state: "revoked", holds: "" }), "known", { "git-aaaa": "suspended" }],
    ["comes suspended as such", [], alice({ state: "suspended" }), "added", { "git-aaaa": "suspended" }],
    ["comes revoked as such", [], alice({ state: "revoked", holds: "" }), "added", { "git-aaaa": "revoked" }],
    ["that is still to be revoked comes as such", [], alice({ state: "revoking" }), "added", { "git-aaaa": "revoking" }],
    ["is kept beside the one in its place, suspended", [alice({ id: "git-bbbb", holds: "T" })], alice(), "aside", { "git-bbbb": "active", "git-aaaa": "suspended" }],
    ["with another secret under the same id is kept beside it", [alice({ holds: "T", createdAt: "2026-11-02T00:00:00Z" })], alice(), "aside", { "git-aaaa": "active", "git-new2": "suspended" }],
    ["whose id another has gets its own", [makeToken({ id: "git-aaaa", at: "https://other.example" })], alice(), "added", { "git-aaaa": "active", "git-new2": "active" }],
    ["that is revoked and whose id another has is but a row", [makeToken({ id: "git-aaaa", at: "https://other.example" })], alice({ state: "revoked", holds: "" }), "over", { "git-aaaa": "active" }],
    ["for another user is kept beside what was here before, suspended: that answers as before", [alice({ id: "git-bbbb", username: "bob" })], alice({ createdAt: "2030-01-01T00:00:00Z", preferred: true }), "aside", { "git-bbbb": "active", "git-aaaa": "suspended" }],
    ["for one aim is, too, since it would answer first", [alice({ id: "git-bbbb" })], alice({ onlyFor: "reading" }), "aside", { "git-bbbb": "active", "git-aaaa": "suspended" }],
    ["takes the place of a suspended one", [alice({ id: "git-bbbb", holds: "T", state: "suspended" })], alice(), "added", { "git-bbbb": "suspended", "git-aaaa": "active" }],
    ["whose time is over is not taken", [], alice({ dropAt: "2026-11-21T00:00:00Z" }), "over", {}],
    ["whose id could be an option gets its own", [], alice({ id: "--all" }), "added", { "git-new2": "active" }],
  ])("%s", (_what, tokens, coming, outcome, states) => {
    expect(take(tokens, coming)).toMatchObject({ outcome, states });
    expect(take(tokens, coming).states).toEqual(states);
  });

  it.each<[state: Token["state"], dropAt: string | undefined]>([["suspended", LATER], ["revoked", LATER], ["revoking", undefined], ["active", undefined]])(
    "that is %s is kept as long as any that is so here",
    (state, dropAt) => {
      expect(take([], alice({ state, dropAt: state === "active" ? undefined : "2026-01-01T00:00:00Z" })).map.get("git-aaaa")?.dropAt).toBe(dropAt);
    },
  );

  it("is the default where none is, and leaves one that is", () => {
    const preferred = (tokens: readonly Token[]): boolean | undefined => take(tokens, alice({ preferred: true })).map.get("git-aaaa")?.preferred;
    expect(preferred([])).toBe(true);
    expect(preferred([alice({ id: "git-bbbb", username: "bob", preferred: true })])).toBe(false);
    // Both of one file.
    const first = into(new TokenMap([]), alice({ preferred: true }), []).tokens;
    const both = into(first, alice({ id: "git-bbbb", username: "bob", holds: "T", preferred: true }), []);
    expect(both).toMatchObject({ outcome: "added" });
    expect(both.tokens.all().map(({ state, preferred: isDefault }) => [state, isDefault])).toEqual([["active", true], ["active", false]]);
    expect(take([alice({ id: "git-bbbb", holds: "T" })], alice({ preferred: true })).map.get("git-aaaa")?.preferred).toBe(false);
  });

  it("changes nothing when it comes again, whatever it became", () => {
    const all = [alice(), alice({ id: "git-cccc", holds: "R", state: "suspended" }), makeToken({ id: "npm-aaaa", tool: "npm", state: "revoked", holds: "" })];
    let map = new TokenMap([alice({ id: "git-bbbb", holds: "T" })]);
    const before = map.all();
    for (const token of all) map = into(map, token, before).tokens;
    for (const token of all) expect(into(map, token, map.all())).toMatchObject({ outcome: "known", tokens: map });
  });
});
