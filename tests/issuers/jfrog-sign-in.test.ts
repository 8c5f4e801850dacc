/** Signing in at a JFrog platform's page, as its own clients do it (services.md §2), and what else may be answered. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { jfrog as issuer } from "../../src/issuers/services/jfrog/jfrog.ts";
import type { Http } from "../../src/issuers/http.ts";
import type { Service } from "../../src/issuers/service.ts";
import type { BegunSignIn, Polling } from "../../src/issuers/sign-in-page.ts";
import { clientFor, NO_ANSWERS, sentSince, serviceAt } from "../fixtures/services/issuer-calls.ts";
import { startJfrogAccess, type JfrogAccess } from "../fixtures/services/jfrog/jfrog-access.ts";

const REQUEST = "/access/api/v2/authentication/jfrog_client_login/request";
const TOKEN = /jfrog_client_login\/token\//;

let jfrog: JfrogAccess;
let service: Service;
let http: Http;

beforeAll(async () => {
  jfrog = await startJfrogAccess({ atPage: "alice" });
  service = serviceAt(jfrog, "jfrog");
  http = clientFor(jfrog);
});
afterEach(() => jfrog.faults.clear());
afterAll(() => jfrog.close());

const begin = () => issuer.signInPage?.begin(service, { hasBrowser: true, redirectUri: () => Promise.reject(new Error("not needed")) }, http);

async function begun(): Promise<BegunSignIn & { readonly next: Polling }> {
  const sign = await begin();
  if (sign?.outcome !== "begun" || sign.next.by !== "polling") throw new Error("not begun");
  return { ...sign, next: sign.next };
}

it("names the program, and shows the end of the session, which the page asks for", async () => {
  const { page, code, seconds, next, isSecret } = await begun();
  const url = new URL(page);
  expect([url.origin, url.pathname, url.searchParams.get("jfClientName"), url.searchParams.get("jfClientCode")]).toEqual([jfrog.origin, "/ui/login", "toolkey", "1"]);
  const session = url.searchParams.get("jfClientSession") ?? "";
  expect(session).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  expect([code, seconds, next.everySeconds, isSecret]).toEqual([session.slice(-4), 300, 3, true]);
  expect(await next.ask()).toEqual({ outcome: "not-yet" });
});

it.each([404, 405])("is not there where the platform answers %i: it is older", async (status) => {
  jfrog.faults.add({ path: REQUEST }, { kind: "status", status });
  expect(await begin()).toEqual({ outcome: "not-there" });
});

it.each<[status: number, body: object, detail: string]>([
  [400, { errors: [{ code: "BAD_REQUEST", message: "no session" }] }, "no session"],
  [403, { code: "FORBIDDEN", message: "switched off" }, "switched off"],
])("a refusal (%i) is told in its words", async (status, body, detail) => {
  jfrog.faults.add({ path: REQUEST }, { kind: "status", status, body: JSON.stringify(body) });
  expect(await begin()).toEqual({ outcome: "refused", detail });
});

describe.each(NO_ANSWERS)("$what", ({ fault, outcome, sent }) => {
  it("as it begins, asked once", async () => {
    const before = jfrog.requests.length;
    jfrog.faults.add({ path: REQUEST }, fault, { times: Infinity });
    expect(await begin()).toEqual(outcome);
    expect(sentSince(jfrog, before, "POST")).toBe(1);
  });

  it("as it waits", async () => {
    const { next } = await begun();
    const before = jfrog.requests.length;
    jfrog.faults.add({ path: TOKEN }, fault, { times: Infinity });
    expect(await next.ask()).toEqual(outcome);
    expect(sentSince(jfrog, before, "GET")).toBe(sent);
  });
});

it.each<[what: string, body: string, outcome: object]>([
  ["without a token", "{}", { outcome: "failing", detail: "the answer holds no token" }],
  ["with more fields, and seconds as text", '{"access_token":"A","expires_in":"60","more":1}', { outcome: "minted", lifetime: 60 }],
])("an answer %s", async (_what, body, outcome) => {
  const { next } = await begun();
  jfrog.faults.add({ path: TOKEN }, { kind: "wrong json", body });
  expect(await next.ask()).toMatchObject(outcome);
});
