import { describe, expect, it } from "vitest";
import type { ChangeContext, NewToken } from "../../src/broker/changes.ts";
import { takeIn } from "../../src/broker/taking-in/taking-in.ts";
import { Secret } from "../../src/core/secret.ts";
import { parseTarget } from "../../src/core/target.ts";
import type { Token } from "../../src/core/tokens/token.ts";
import { TokenMap } from "../../src/vault/token-map.ts";
import { makeToken } from "../fixtures/tokens.ts";

const CONTEXT: ChangeContext = {
  now: Date.parse("2026-11-22T00:00:00Z"),
  keepSuspendedMs: 86_400_000,
  newId: (tool) => `${tool}-new`,
};

function fresh(fields: { at?: string; holds?: string; username?: string; tool?: string } = {}): NewToken {
  const { at = "https://git.example", holds = "NEW", username = "alice", tool = "git" } = fields;
  return { tool, service: "git.example", target: parseTarget(at), username, secret: new Secret(holds), facts: { kind: "opaque" } };
}

function take(tokens: readonly Token[], taken: NewToken): { outcome: string; id: string; states: Record<string, string> } {
  const { outcome, id, tokens: map } = takeIn(new TokenMap(tokens), taken, CONTEXT);
  return { outcome, id, states: Object.fromEntries(map.all().map((token) => [token.id, token.state])) };
}

const alice = (fields: Partial<Token> & { at?: string; holds?: string } = {}): Token => makeToken({ id: "git-old", username: "alice", ...fields });

describe("a secret from a file", () => {
  it.each<[what: string, tokens: Token[], taken: NewToken, outcome: string, states: Record<string, string>]>([
    ["is added", [], fresh(), "added", { "git-new": "active" }],
    ["is known, and nothing changes", [alice({ holds: "NEW" })], fresh(), "known", { "git-old": "active" }],
    ["is known where the token covers its place", [alice({ holds: "NEW" })], fresh({ at: "https://git.example/team" }), "known", { "git-old": "active" }],
    ["is not known for a wider place", [alice({ holds: "NEW", at: "https://git.example/team" })], fresh(), "added", { "git-old": "active", "git-new": "active" }],
    ["is not known for another tool", [alice({ holds: "NEW", tool: "npm" })], fresh(), "added", { "git-old": "active", "git-new": "active" }],
    ["is not known for another user", [alice({ holds: "NEW", username: "bob" })], fresh(), "added", { "git-old": "active", "git-new": "active" }],
    ["is known if it is suspended: its service has refused it", [alice({ holds: "NEW", state: "suspended" })], fresh(), "known", { "git-old": "suspended" }],
    ["is added beside a revoked one", [alice({ holds: "", state: "revoked" })], fresh(), "added", { "git-old": "revoked", "git-new": "active" }],
    ["is added beside one whose time is over", [alice({ holds: "NEW", state: "suspended", dropAt: "2026-11-21T00:00:00Z" })], fresh(), "added", { "git-old": "suspended", "git-new": "active" }],
    ["does not take the place of another token, but is kept", [alice()], fresh(), "aside", { "git-old": "active", "git-new": "suspended" }],
    ["takes the place of a suspended one", [alice({ state: "suspended" })], fresh(), "added", { "git-old": "suspended", "git-new": "active" }],
  ])("%s", (_what, tokens, taken, outcome, states) => {
    expect(take(tokens, taken)).toMatchObject({ outcome, states });
    expect(Object.keys(take(tokens, taken).states)).toContain(take(tokens, taken).id);
  });

  it("is kept for as long as any suspended token", () => {
    const { tokens } = takeIn(new TokenMap([alice()]), fresh(), CONTEXT);
    expect(tokens.get("git-new")?.dropAt).toBe("2026-11-23T00:00:00Z");
  });
});
