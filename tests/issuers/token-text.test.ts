import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readTokenText } from "../../src/issuers/reading.ts";

const jwt = (payload: unknown, header: unknown = { alg: "RS256" }): string =>
  `${[header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".")}.c2ln`;
const reference = (expiry: string): string => {
  const text = `reftkn:01:${expiry}:`;
  return Buffer.from(text.padEnd(48, "r")).toString("base64");
};

describe("the text of a token", () => {
  it("that is a JWT tells its id, subject, scope and times", () => {
    const token = jwt({
      jti: "8d0c1a2b",
      sub: "jfac@01h/users/team/alice",
      scp: "artifact:npm-local/**:r",
      iat: 1_800_000_000,
      exp: 1_802_592_000,
      aud: ["*@*"],
    });
    expect(readTokenText(token)).toEqual({
      facts: {
        subject: "team/alice",
        scope: "artifact:npm-local/**:r",
        kind: "scoped",
        issuedAt: "2027-01-15T08:00:00Z",
        expiresAt: "2027-02-14T08:00:00Z",
      },
      claimedId: "8d0c1a2b",
    });
  });

  it.each<[what: string, payload: unknown]>([
    ["numbers for text", { jti: 1, sub: 2, scp: 3 }],
    ["text for times", { iat: "1800000000", exp: "soon" }],
    ["times beyond all years", { iat: 1e300, exp: -1 }],
    ["nothing", {}],
  ])("that is a JWT with %s tells none of that", (_what, payload) => {
    const { facts } = readTokenText(jwt(payload));
    expect(Object.values(facts).filter((value) => value !== undefined)).toEqual([]);
  });

  it.each<[what: string, expiry: string, expiresAt: string | undefined]>([
    ["a time", "1802592000", "2027-02-14T08:00:00Z"],
    ["no end", "0000000000", undefined],
  ])("that is a reference token with %s tells that alone", (_what, expiry, expiresAt) => {
    const text = reference(expiry);
    expect(text).toHaveLength(64);
    expect(readTokenText(text)).toEqual({ facts: { kind: "identity", expiresAt } });
  });

  it.each<[what: string, text: string]>([
    ["a legacy API key", `AKCp8${"k".repeat(68)}`],
    ["a Nuxeo token", "f7c1b2aa-3d0e-4a6b-9f57-1c2d3e4f5a6b"],
    ["three parts that are no JSON", "a.b.c"],
    ["a JWT whose payload is a list", `${jwt([1, 2])}`],
    ["a JWT of two parts", jwt({ jti: "x" }).split(".").slice(0, 2).join(".")],
    ["64 characters that are no reference token", "x".repeat(64)],
    ["nothing", ""],
  ])("that is %s tells nothing", (_what, text) => {
    expect(readTokenText(text)).toEqual({ facts: {} });
  });

  it("never makes the reader throw, whatever it is", () => {
    const json = fc.json().map((text) => Buffer.from(text).toString("base64url"));
    const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array).toString("latin1"));
    const parts = fc.array(fc.oneof(json, fc.base64String(), fc.string({ unit: "binary" })), { maxLength: 4 }).map((list) => list.join("."));
    const references = fc.uint8Array({ minLength: 48, maxLength: 48 }).map((array) => {
      array.set(Buffer.from("reftkn:01:"));
      return Buffer.from(array).toString("base64");
    });
    const anyClaims = fc.dictionary(fc.constantFrom("jti", "sub", "scp", "scope", "iat", "exp"), fc.anything()).map((claims) => {
      try {
        return jwt(claims);
      } catch {
        return "not.JSON.at-all";
      }
    });
    fc.assert(
      fc.property(fc.oneof(bytes, parts, references, anyClaims, fc.string({ unit: "binary" })), (text) => {
        const { facts } = readTokenText(text);
        for (const at of [facts.issuedAt, facts.expiresAt]) expect(at ?? "2027-01-15T08:00:00Z").toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("what a token says", () => {
  it.each([
    ["jfac@01h/users/alice", "alice"],
    ["jfac@01h/users/team/alice", "team/alice"],
    ["alice", "alice"],
    [undefined, undefined],
  ])("of its subject %j names the user %j", (subject, user) => {
    expect(readTokenText(jwt({ sub: subject })).facts.subject).toBe(user);
  });

  it.each([
    ["applied-permissions/user", "identity"],
    ["applied-permissions/admin", "identity"],
    ['applied-permissions/groups:readers,"QA team"', "scoped"],
    ["artifact:npm-local/**:r", "scoped"],
  ])("of its scope %j makes it %s", (scope, kind) => {
    expect(readTokenText(jwt({ scope })).facts.kind).toBe(kind);
  });

  it.each([
    ["in Verdaccio's place", { token: { key: "k1" } }, "k1"],
    ["in both places: where JWTs have it", { jti: "j1", token: { key: "k1" } }, "j1"],
    ["besides a subject of JFrog's", { jti: "j1", sub: "jfac@01h/users/alice" }, "j1"],
  ])("of its id %s", (_what, payload, id) => {
    expect(readTokenText(jwt(payload)).claimedId).toBe(id);
  });
});
