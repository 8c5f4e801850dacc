import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { Secret } from "../../src/core/secret.ts";
import { isDropped, isExpired, viewToken, type Token } from "../../src/core/tokens/token.ts";
import { makeToken } from "../fixtures/tokens.ts";

const FULL: Required<Token> = {
  id: "git-7f3k",
  tool: "git",
  service: "nuxeo",
  target: { scheme: "https", host: "connect.nuxeo.com", port: 443, path: ["nuxeo", "git"] },
  username: "alice",
  secret: new Secret("SECRET-VALUE"),
  facts: {
    description: "laptop",
    tokenId: "id-1",
    subject: "alice@example.com",
    scope: "read",
    kind: "scoped",
    issuedAt: "2026-01-01T00:00:00Z",
    expiresAt: "2027-01-01T00:00:00Z",
  },
  refreshToken: new Secret("REFRESH-VALUE"),
  authtype: "Bearer",
  onlyFor: "publishing",
  state: "active",
  createdAt: "2026-01-02T00:00:00Z",
  preferred: true,
  dropAt: "2027-02-01T00:00:00Z",
  knownBefore: ["id-0"],
  storedByTool: true,
  command: { argv: ["/opt/aws/aws", "sts"], variables: { HOME: "/home/me" }, lifetime: 60, ofService: true },
};

describe("the view of a token", () => {
  it("has every field but the secrets and what only toolkey needs, and when it was last used", () => {
    const { secret: _secret, refreshToken: _refreshToken, knownBefore: _knownBefore, facts, ...rest } = FULL;
    expect(viewToken(FULL, { lastUsedAt: "2026-03-01T00:00:00Z", approvedAt: "2026-03-02T00:00:00Z" })).toStrictEqual({
      ...rest,
      ...facts,
      target: "https://connect.nuxeo.com/nuxeo/git",
      command: ["/opt/aws/aws", "sts"],
      lastUsedAt: "2026-03-01T00:00:00Z",
    });
  });

  it("holds nothing of a secret, not even that it is hidden", () => {
    const view = viewToken(FULL, undefined);
    expect(Object.values(view).filter((value: unknown) => value instanceof Secret)).toEqual([]);
    expect(`${JSON.stringify(view)}${inspect(view, { depth: null, showHidden: true })}`).not.toMatch(/secret|SECRET|REFRESH|refreshToken/);
  });
});

describe("the end of a token", () => {
  it.each<[end: string | undefined, over: boolean]>([
    [undefined, false],
    ["2026-11-22T04:20:17Z", true],
    ["2026-11-22T04:20:18Z", true],
    ["2026-11-22T04:20:19Z", false],
  ])("at %s is over at 2026-11-22T04:20:18Z: %s", (end, over) => {
    const now = "2026-11-22T04:20:18Z";
    expect(isExpired(makeToken({ id: "a", facts: { expiresAt: end } }), now)).toBe(over);
    expect(isDropped(makeToken({ id: "a", dropAt: end }), now)).toBe(over);
  });

  it("at the service is one thing, and in the vault another", () => {
    const past = "2026-01-01T00:00:00Z";
    expect([isExpired(makeToken({ id: "a", dropAt: past }), past), isDropped(makeToken({ id: "a", facts: { expiresAt: past } }), past)]).toEqual([false, false]);
  });
});
