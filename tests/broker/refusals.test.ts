import { describe, expect, it } from "vitest";
import { placeMark } from "../../src/broker/answering/place-mark.ts";
import { judge, type Report } from "../../src/broker/answering/refusals.ts";
import { Secret } from "../../src/core/secret.ts";
import { parseTarget } from "../../src/core/target.ts";
import type { Token, TokenUsage } from "../../src/core/tokens/token.ts";
import { TokenMap } from "../../src/vault/token-map.ts";
import { makeToken } from "../fixtures/tokens.ts";

const NOW = Date.parse("2026-11-22T04:20:18Z");
const APPROVED = "2026-11-20T00:00:00Z";

const added = makeToken({ id: "added", at: "https://h", username: "alice" });
const stored = makeToken({ id: "stored", at: "https://h", username: "alice", storedByTool: true });

const report = (at: string, fields: Partial<Report> = {}): Report => ({ tool: "git", target: parseTarget(at), ...fields });
const worked = (token: Token, ...at: string[]): TokenUsage => ({ approvedAt: APPROVED, workedAt: at.map((place) => placeMark(token.id, parseTarget(place))) });

function verdicts(tokens: readonly Token[], asked: Report, usage: Readonly<Record<string, TokenUsage>> = {}, isNew = (): boolean => false): string[] {
  return judge(new TokenMap(tokens), asked, { usageOf: (id) => usage[id], now: NOW, isNew }).map(({ token, verdict }) => `${token.id} ${verdict}`);
}

describe("a token that is refused", () => {
  it.each<[what: string, token: Token, usage: TokenUsage | undefined, pathUnknown: boolean, verdict: string]>([
    ["and has worked nowhere is suspended", added, undefined, false, "suspended"],
    ["and has only been given, likewise", added, { lastUsedAt: APPROVED }, false, "suspended"],
    ["where it has worked is suspended", added, worked(added, "https://h/mine", "https://h/theirs"), false, "suspended"],
    ["elsewhere is held back there", added, worked(added, "https://h/mine"), false, "held-back"],
    ["elsewhere than nobody knows where is held back there", added, { approvedAt: APPROVED }, false, "held-back"],
    ["nobody knows where, is doubted", added, worked(added, "https://h/mine"), true, "doubted"],
    ["nobody knows where, for the second time, is suspended", added, { ...worked(added, "https://h/mine"), isDoubted: true }, true, "suspended"],
    ["nobody knows where, and has worked nowhere, is suspended", added, undefined, true, "suspended"],
    ["nobody knows where, by the tool that stored it from there, is suspended", stored, { approvedAt: APPROVED }, true, "suspended"],
    ["nobody knows where, by the tool that stored it from elsewhere, is doubted", stored, worked(stored, "https://h/mine"), true, "doubted"],
    ["nobody knows where, stored by the tool and chosen by a person, is doubted", { ...stored, preferred: true }, { approvedAt: APPROVED }, true, "doubted"],
  ])("%s", (_what, token, usage, pathUnknown, verdict) => {
    const asked = report(pathUnknown ? "https://h" : "https://h/theirs", { pathUnknown, secret: token.secret });
    expect(verdicts([token], asked, usage && { [token.id]: usage })).toEqual([`${token.id} ${verdict}`]);
  });

  it.each<[what: string, fields: Partial<Report>, ids: string[]]>([
    ["by its secret", { secret: new Secret("SECRET-OF-added") }, ["added"]],
    ["by its secret, whatever the id says", { secret: new Secret("SECRET-OF-added"), id: "bob" }, ["added"]],
    ["by its secret, wherever it was given", { secret: new Secret("SECRET-OF-below") }, ["below"]],
    ["by its id", { id: "bob" }, ["bob"]],
    ["not by a secret that it had", { secret: new Secret("OLD"), id: "added" }, []],
    ["not by another user's name", { secret: new Secret("SECRET-OF-added"), username: "bob" }, []],
    ["not by an empty secret, which a revoked token has", { secret: new Secret("") }, []],
    ["not if it is suspended", { id: "shelved" }, []],
    ["not once it was to be kept no longer", { id: "over" }, []],
    ["not by another tool", { tool: "npm", secret: new Secret("SECRET-OF-added") }, []],
    ["not by another host", { target: parseTarget("https://g"), secret: new Secret("SECRET-OF-added") }, []],
  ])("is named %s", (_what, fields, ids) => {
    const tokens = [
      added,
      makeToken({ id: "bob", at: "https://h", username: "bob" }),
      makeToken({ id: "below", at: "https://h/mine", username: "alice" }),
      makeToken({ id: "shelved", at: "https://h", state: "suspended" }),
      makeToken({ id: "over", at: "https://h", dropAt: "2026-11-22T04:20:18Z" }),
      makeToken({ id: "wiped", at: "https://h", state: "revoked", holds: "" }),
    ];
    expect(judge(new TokenMap(tokens), report("https://h/theirs", fields), { usageOf: () => undefined, now: NOW, isNew: () => false }).map(({ token }) => token.id)).toEqual(ids);
  });
});

describe("what a command printed, and was refused", () => {
  const fetched = makeToken({ id: "fetched", at: "https://h", username: "alice", command: { argv: ["/bin/true"], variables: {} } });
  const refused = (isNew: boolean, pathUnknown: boolean): string[] =>
    verdicts([fetched], report("https://h/theirs", { secret: fetched.secret, pathUnknown }), { fetched: worked(fetched, "https://h/mine") }, () => isNew);

  it("is dropped, so that another one is fetched", () => {
    expect([refused(false, false), refused(false, true)]).toEqual([["fetched dropped"], ["fetched dropped"]]);
  });

  it("is held back at that place alone if another one would be the same", () => {
    expect([refused(true, false), refused(true, true)]).toEqual([["fetched held-back"], ["fetched doubted"]]);
  });
});

describe("an erase that names no token", () => {
  const chosen = { ...stored, id: "chosen", preferred: true };
  const bobs = { ...stored, id: "bobs", username: "bob" };

  it.each<[what: string, fields: Partial<Report>, expected: string[]]>([
    ["is about what the tool had stored for that host", {}, ["added kept", "stored forgotten", "chosen kept", "bobs forgotten"]],
    ["and that user", { username: "bob" }, ["bobs forgotten"]],
  ])("%s", (_what, fields, expected) => {
    const usage = Object.fromEntries([added, stored, chosen, bobs].map((token) => [token.id, worked(token, "https://h/mine")]));
    expect(verdicts([added, stored, chosen, bobs], report("https://h", { pathUnknown: true, ...fields }), usage)).toEqual(expected);
  });
});
