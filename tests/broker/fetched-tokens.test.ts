/** Which tokens the command of a service fetches, and what of refusals is theirs. */
import { describe, expect, it } from "vitest";
import { judge } from "../../src/broker/answering/refusals.ts";
import type { ChangeContext } from "../../src/broker/changes.ts";
import { confirm, fetchedThere, type Confirmed } from "../../src/broker/fetching/fetched-tokens.ts";
import { parseTarget } from "../../src/core/target.ts";
import type { Token } from "../../src/core/tokens/token.ts";
import { TokenMap } from "../../src/vault/token-map.ts";
import { makeToken } from "../fixtures/tokens.ts";

const NOW = Date.parse("2026-12-01T12:00:00Z");
const COMMAND = { argv: ["/opt/aws/aws"], variables: {}, ofService: true } as const;
const OTHER = { ...COMMAND, argv: ["/opt/aws/other"] } as const;

const context = (): ChangeContext => ({ now: NOW, keepSuspendedMs: 1000, newId: (tool, taken) => `${tool}-${taken.all().length}` });
const use = (tool: string, at: string, username?: string): Confirmed["uses"][number] => ({ tool, target: parseTarget(at), username });
const fetched = (id: string, fields: Partial<Token> & { at?: string } = {}): Token => makeToken({ id, service: "artifacts", holds: "", command: COMMAND, ...fields });

function confirmed(tokens: readonly Token[], uses: Confirmed["uses"], named?: string): { tokens: string[]; left: readonly string[] } {
  const { change, left } = confirm(new TokenMap(tokens), { service: "artifacts", command: OTHER, uses, named }, context());
  const after = change?.tokens.all() ?? tokens;
  return { tokens: after.map(({ id, state, command }) => `${id} ${state} ${command?.argv[0] ?? "-"}`), left };
}

describe("a command that is confirmed", () => {
  it("is for each tool of its service, whose tokens keep their ids; others stay", () => {
    const own = makeToken({ id: "own", at: "https://h/git" });
    expect(confirmed([own, fetched("git-a", { at: "https://g" })], [use("git", "https://g"), use("npm", "https://n")])).toEqual({ tokens: ["own active -", "git-a active /opt/aws/other", "npm-2 active /opt/aws/other"], left: [] });
  });

  it("is for no place that the service has no more, and no other user name", () => {
    expect(confirmed([fetched("git-a", { at: "https://old" }), fetched("git-b", { at: "https://g", username: "b" })], [use("git", "https://g", "c")]).tokens).toEqual(["git-a suspended /opt/aws/aws", "git-b suspended /opt/aws/aws", "git-2 active /opt/aws/other"]);
  });

  it("is for no tool whose token was revoked, unless that is named; and then for no other anew", () => {
    const revoked = fetched("git-a", { at: "https://g", state: "revoked", command: undefined });
    const uses = [use("git", "https://g"), use("npm", "https://n")];
    expect(confirmed([revoked], uses)).toEqual({ tokens: ["git-a revoked -", "npm-1 active /opt/aws/other"], left: ["git"] });
    expect(confirmed([revoked], uses, "git")).toEqual({ tokens: ["git-a revoked -", "git-1 active /opt/aws/other"], left: [] });
  });

  it("changes nothing where the service has no tools", () => {
    expect(confirmed([], [])).toEqual({ tokens: [], left: [] });
  });
});

describe("what a tool wants to keep", () => {
  const tokens = new TokenMap([fetched("git-a", { at: "https://g/team", username: "aws" }), fetched("npm-a", { tool: "npm", at: "https://n" }), fetched("git-b", { at: "https://s", state: "suspended" })]);
  it.each([
    ["git", "https://g/team/x", "aws", "git-a"], ["git", "https://g", "aws", "git-a"], ["npm", "https://n/x", "anybody", "npm-a"],
    ["git", "https://g/other", "aws", undefined], ["git", "https://g/team", "alice", undefined], ["git", "https://n", undefined, undefined], ["git", "https://s", undefined, undefined],
  ])("by %s at %s of %s is that of %s", (tool, at, username, id) => {
    expect(fetchedThere(tokens, { tool, target: parseTarget(at), username })?.id).toBe(id);
  });
});

it("one secret that was printed for two users is refused to the one that is named", () => {
  const held = ["ann", "bob"].map((username) => fetched(`git-${username}`, { at: "https://g", username, secret: makeToken({ id: "x", holds: "same" }).secret }));
  const report = { tool: "git", target: parseTarget("https://g/x"), username: "bob", secret: held[0]?.secret };
  expect(judge(new TokenMap(held), report, { usageOf: () => undefined, now: NOW, isNew: () => false }).map(({ token, verdict }) => `${token.id} ${verdict}`)).toEqual(["git-bob dropped"]);
});
