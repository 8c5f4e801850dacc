import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Secret } from "../../src/core/secret.ts";
import type { Http } from "../../src/issuers/http.ts";
import type { Inspection } from "../../src/issuers/outcomes.ts";
import { nuxeo as issuer } from "../../src/issuers/services/nuxeo.ts";
import { abilitiesOf, clientFor, NO_ANSWERS, serviceAt } from "../fixtures/services/issuer-calls.ts";
import { startNuxeoOnline, type NuxeoOnline } from "../fixtures/services/nuxeo-online.ts";

let nuxeo: NuxeoOnline;
let http: Http;
let token: string;

beforeAll(async () => {
  nuxeo = await startNuxeoOnline({ projects: ["acme"], accounts: [{ username: "alice", tokens: {} }] });
  http = clientFor(nuxeo);
  token = nuxeo.addToken("alice", "git on laptop");
});
afterEach(() => {
  nuxeo.faults.clear();
  expect(nuxeo.leaks).toEqual([]);
});
afterAll(() => nuxeo.close());

async function inspect(secret = token, username: string | undefined = "alice"): Promise<Inspection | undefined> {
  const seen = await issuer.inspect?.(serviceAt(nuxeo, "nuxeo"), { secret: new Secret(secret), username }, http);
  expect(JSON.stringify(seen)).not.toContain(secret);
  return seen;
}

describe("a token of Nuxeo Online Services", () => {
  it("is exchanged for a derived one, which is given back", async () => {
    const before = nuxeo.requests.length;
    expect(await inspect()).toEqual({ outcome: "valid", facts: { subject: "alice" } });
    expect(nuxeo.requests.slice(before).map(({ method, path, status }) => `${method} ${path} ${status}`)).toEqual([
      "GET /nuxeo/authentication/token 201",
      "GET /nuxeo/authentication/token 202",
    ]);
    expect(nuxeo.derivedTokens).toEqual([]);
  });

  it("checked twice at the same time leaves nothing behind, either", async () => {
    expect(await Promise.all([inspect(), inspect()])).toEqual([
      { outcome: "valid", facts: { subject: "alice" } },
      { outcome: "valid", facts: { subject: "alice" } },
    ]);
    expect(nuxeo.derivedTokens).toEqual([]);
  });

  it.each([["another user's", () => inspect(token, "bob")], ["a wrong one", () => inspect("no-such-token")]])("%s is invalid, and asked for once", async (_what, ask) => {
    const before = nuxeo.requests.length;
    expect(await ask()).toEqual({ outcome: "invalid", detail: "user name or token is wrong, or the token was revoked" });
    expect(nuxeo.requests.length - before).toBe(1);
  });

  it("without a user name can't be asked about", async () => {
    const before = nuxeo.requests.length;
    expect(await issuer.inspect?.(serviceAt(nuxeo, "nuxeo"), { secret: new Secret(token) }, http)).toEqual({ outcome: "unknown" });
    expect(nuxeo.requests.length).toBe(before);
  });

  it.each(NO_ANSWERS)("$what", async ({ fault, outcome, sent }) => {
    const before = nuxeo.requests.length;
    nuxeo.faults.add({ path: "*" }, fault, { times: Infinity });
    expect(await inspect()).toEqual(outcome);
    expect(nuxeo.requests.length - before).toBe(sent);
  });

  it.each<[number, Inspection]>([
    [403, { outcome: "not-permitted" }],
    [404, { outcome: "wrong-host", detail: "status 404" }],
    [400, { outcome: "wrong-host", detail: "status 400" }],
  ])("status %i", async (status, outcome) => {
    nuxeo.faults.add({ path: "*" }, { kind: "status", status });
    expect(await inspect()).toEqual(outcome);
  });

  it("a redirect to a login page is another server's", async () => {
    nuxeo.faults.add({ path: "*" }, { kind: "redirect", to: "/nuxeo/login.jsp" });
    expect(await inspect()).toEqual({ outcome: "wrong-host", detail: "a redirect (status 302)" });
  });

  it("can neither be created nor revoked by program", () => {
    expect(abilitiesOf(issuer)).toEqual(["inspect"]);
  });
});
