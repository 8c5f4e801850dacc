import { describe, expect, it } from "vitest";
import { insteadOf, replacing, staysWhy } from "../../src/broker/moving/advice.ts";
import type { ReachedService } from "../../src/broker/service-access.ts";
import { ADMINISTRATION } from "../../src/core/wire/administration.ts";
import { Secret } from "../../src/core/secret.ts";
import type { Token } from "../../src/core/tokens/token.ts";
import { readOwnService } from "../../src/issuers/own-services.ts";
import { Services } from "../../src/issuers/registry.ts";
import { makeToken } from "../fixtures/tokens.ts";

const COMMAND = { argv: ["/opt/aws/aws", "a b"], variables: { HOME: "/h" } } as const;
const EXPIRES = { expiresAt: "2027-01-01T00:00:00Z" };

const own = new Services([
  readOwnService("corp", { issuer: "oauth", url: "https://sso.example", client_id: "me", git: { url: "https://git.example" } }),
  readOwnService("app", { issuer: "github", url: "https://github.com", app_id: "1", git: { url: "https://github.com" } }),
]);

/** With nothing that would speak to it. */
function reached(name: string): ReachedService {
  const service = own.existing(name);
  return { service, issuer: service.issuer, http: undefined as never, settings: undefined as never };
}

const token = (fields: Partial<Token> & { holds?: string; at?: string } = {}): Token => makeToken({ id: "git-aaaa", ...fields });

describe("a token that goes to another machine", () => {
  it.each<[what: string, token: Token, why: string | undefined]>([
    ["is taken along", token(), undefined],
    ["is taken along, suspended", token({ state: "suspended" }), undefined],
    ["stays if a refresh token renews it", token({ refreshToken: new Secret("R") }), "renews"],
    ["stays, suspended, if a refresh token renews it", token({ refreshToken: new Secret("R"), state: "suspended" }), "renews"],
    ["that is to be revoked goes, for that", token({ refreshToken: new Secret("R"), state: "revoking" }), undefined],
    ["stays if a command fetches it", token({ holds: "", command: COMMAND }), "fetched"],
    ["stays while it is made", token({ holds: "", state: "intended" }), "being-made"],
    ["stays if it is an app's key", token({ tool: ADMINISTRATION, holds: "-----BEGIN RSA PRIVATE KEY----- x -----END RSA PRIVATE KEY-----" }), "key"],
    ["goes if it is a login", token({ tool: ADMINISTRATION }), undefined],
    ["goes as revoked", token({ holds: "", state: "revoked" }), undefined],
  ])("%s", (_what, one, why) => {
    expect(staysWhy(one)).toBe(why);
  });
});

describe("in the place of one that stays", () => {
  it.each<[what: string, token: Token, stays: "renews" | "fetched" | "key", service: string | undefined, hint: string]>([
    ["a tool signs in", token({ service: "corp" }), "renews", "corp", "toolkey login corp --tool git"],
    ["toolkey signs in", token({ service: "jfrog@h", tool: ADMINISTRATION }), "renews", "jfrog@h", "toolkey login jfrog@h"],
    ["one is made", token({ service: "jfrog@h" }), "renews", "jfrog@h", "toolkey mint jfrog@h --tool git"],
    ["of nobody's service the tool itself signs in", token(), "renews", undefined, "sign in there again with git"],
    ["the command is run there", token({ username: "bob", onlyFor: "reading", command: COMMAND }), "fetched", undefined, "toolkey add https://git.example --tool git --username bob --for reading --command -- /opt/aws/aws 'a b'"],
    ["that of a service is confirmed there", token({ service: "arts", command: { ...COMMAND, ofService: true } }), "fetched", undefined, "toolkey login arts"],
    ["an app has another key", token({ service: "app", tool: ADMINISTRATION }), "key", "app", "make another key of the app for it, then: toolkey login app --key-file FILE"],
  ])("%s", (_what, one, stays, service, hint) => {
    expect(insteadOf(one, stays, service === undefined ? undefined : reached(service))).toBe(hint);
  });
});

describe("made anew is", () => {
  it.each<[what: string, token: Token, service: string | undefined, isLoggedIn: boolean, renews: boolean, hint: string]>([
    ["what a login makes", token({ facts: EXPIRES }), "jfrog@h", true, true, "toolkey rotate git-aaaa"],
    ["the same without an end, which toolkey does not renew by itself", token(), "jfrog@h", true, false, "toolkey rotate git-aaaa"],
    ["the same after a login", token({ facts: EXPIRES }), "jfrog@h", false, false, "toolkey login jfrog@h, then: toolkey rotate git-aaaa"],
    ["what renews itself, without a login", token({ facts: EXPIRES, holds: "glpat-0123456789abcdefghij" }), "gitlab", false, true, "toolkey rotate git-aaaa"],
    ["what has a page", token(), "nuxeo", false, false, "make another at https://connect.nuxeo.com/nuxeo/site/connect/tokens, then: toolkey replace git-aaaa"],
    ["what has none", token(), undefined, false, false, "make another there, then: toolkey replace git-aaaa"],
    ["a password, by changing it", token({ tool: ADMINISTRATION }), "npm-registry@h", true, false, "change it there, then: toolkey replace git-aaaa"],
  ])("%s", (_what, one, service, isLoggedIn, renews, hint) => {
    expect(replacing(one, service === undefined ? undefined : reached(service), isLoggedIn)).toEqual({ renews, hint });
  });
});
