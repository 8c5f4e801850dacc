/** Against a server that answers as measured (fixtures/registries/npm/verdaccio/README.md); the real one is in tests/black-box/services. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Secret } from "../../src/core/secret.ts";
import type { Http } from "../../src/issuers/http.ts";
import type { ServiceCredential, MintOrder } from "../../src/issuers/outcomes.ts";
import { npmRegistry as issuer } from "../../src/issuers/services/npm-registry.ts";
import type { Service } from "../../src/issuers/service.ts";
import { matrix } from "../fixtures/form.ts";
import { clientFor, NO_ANSWERS, sentSince, serviceAt } from "../fixtures/services/issuer-calls.ts";
import { basicCredentials, json, startTestServer, type Answer, type Exchange, type TestServer } from "../fixtures/network/test-server.ts";
import { revealed } from "../fixtures/tokens.ts";

const PASSWORD = "key";
const TOKEN = "npm_TOKEN-key-1";
const LOGIN: ServiceCredential = { secret: new Secret(PASSWORD), username: "alice", isLogin: true };
const OWN: ServiceCredential = { secret: new Secret(TOKEN) };
const ORDER: MintOrder = { tool: "npm", description: "npm on laptop" };

let registry: TestServer;
let service: Service;
let http: Http;
/** What the server got with POST. */
let posted: unknown;
/** What it answers in the place of its own. */
let instead: Answer | undefined;

beforeAll(async () => {
  registry = await startTestServer({}, () => ({ handle, secrets: () => [TOKEN] }));
  service = serviceAt(registry, "npm-registry");
  http = clientFor(registry);
});
afterEach(() => {
  instead = undefined;
  registry.faults.clear();
  expect(registry.leaks).toEqual([]);
});
afterAll(() => registry.close());

async function handle({ method, path, headers, body }: Exchange): Promise<Answer> {
  const basic = basicCredentials(headers.authorization);
  const known = headers.authorization === `Bearer ${TOKEN}` || (basic?.username === "alice" && basic.token === PASSWORD);
  if (method === "POST") posted = JSON.parse((await body()).toString());
  if (instead !== undefined) return instead;
  if (path === "/-/whoami") return json(200, known ? { username: "alice" } : {});
  if (!known) return json(401, { error: "no credentials provided" });
  const one = { user: "alice", key: "k1", readonly: true, cidr: ["10.0.0.0/8"], created: "2026-11-22T05:00:00.123Z" };
  if (method === "POST") return json(200, { ...one, token: TOKEN });
  if (method === "DELETE") return json(200, {});
  return json(200, { objects: [{ ...one, token: "npm_T...key-1" }], urls: { next: "" } });
}

const CALLS = {
  inspect: { method: "GET", call: (credential: ServiceCredential) => issuer.inspect?.(service, credential, http) },
  mint: { method: "POST", call: (credential: ServiceCredential) => issuer.mint?.(service, credential, ORDER, http) },
  revoke: { method: "DELETE", call: (credential: ServiceCredential) => issuer.revoke?.(service, credential, "k1", http) },
  list: { method: "GET", call: (credential: ServiceCredential) => issuer.list?.(service, credential, undefined, http) },
} as const;

describe.each(Object.entries(CALLS))("%s", (name, { method, call }) => {
  // It takes as long as they wait, which the first two show.
  const cases = name === "inspect" || name === "mint" ? NO_ANSWERS : matrix(NO_ANSWERS.slice(1), NO_ANSWERS.slice(0, 1));

  it.each(cases)("$what", async ({ fault, outcome, sent }) => {
    const before = registry.requests.length;
    registry.faults.add({ path: "*" }, fault, { times: Infinity });
    expect(await call(LOGIN)).toEqual(outcome);
    expect(sentSince(registry, before, method)).toBe(method === "POST" ? 1 : sent);
  });

  it.each([401, 403])("status %i is told in the registry's words, once", async (status) => {
    const before = registry.requests.length;
    instead = json(status, { error: `bad username/password, access denied: ${PASSWORD}` });
    expect(await call(LOGIN)).toEqual({ outcome: name === "inspect" ? "invalid" : "refused", detail: "bad username/password, access denied: [secret]" });
    expect(sentSince(registry, before, method)).toBe(1);
  });

  it.each([
    ["as npm's client knows it", { "WWW-Authenticate": "OTP", "npm-notice": "Open https://www.npmjs.com/login/x" }, "no", " (it says: Open https://www.npmjs.com/login/x)"],
    ["in words alone", {}, "This operation requires a one-time password.", ""],
  ] as const)("a one-time password that is wanted, %s, is told as that", async (_what, headers, error, said) => {
    const before = registry.requests.length;
    const answer = json(401, { error });
    instead = { ...answer, headers: { ...answer.headers, ...headers } };
    const detail = `it wants a one-time password for that, which no program has; a person can, with 'npm token create'${said}`;
    expect(await call(LOGIN)).toEqual(name === "inspect" ? { outcome: "invalid", detail: error } : { outcome: "refused", detail });
    expect(sentSince(registry, before, method)).toBe(1);
  });

  it("a redirect is not followed", async () => {
    registry.faults.add({ path: "*" }, { kind: "redirect", to: "/elsewhere" });
    expect(await call(LOGIN)).toEqual({ outcome: "wrong-host", detail: "a redirect (status 302)" });
  });
});

describe("whether a token is valid", () => {
  it.each<[what: string, credential: ServiceCredential, outcome: object]>([
    ["a token", OWN, { outcome: "valid", facts: { subject: "alice" } }],
    ["the login, with its user name", LOGIN, { outcome: "valid", facts: { subject: "alice" } }],
    ["a dead one, of which only the name is missing", { secret: new Secret("invalid") }, { outcome: "invalid", detail: "the registry does not know whose it is" }],
    ["a wrong password", { ...LOGIN, secret: new Secret("wrong") }, { outcome: "invalid", detail: "the registry does not know whose it is" }],
  ])("is asked with %s", async (_what, credential, outcome) => {
    expect(await CALLS.inspect.call(credential)).toEqual(outcome);
  });

  it.each([[404, json(404, {})], [200, { status: 200, body: "OK" }]])("%i of something else", async (_status, answer) => {
    instead = answer;
    expect(await CALLS.inspect.call(OWN)).toEqual({ outcome: "wrong-host", detail: "this is no npm registry" });
  });
});

describe("mint", () => {
  it("tells what was made, also where the password is part of it", async () => {
    expect(revealed(await CALLS.mint.call(LOGIN))).toEqual({
      outcome: "minted",
      secret: `secret:${TOKEN}`,
      facts: { tokenId: "k1", subject: "alice", scope: "read-only 10.0.0.0/8", kind: "scoped", issuedAt: "2026-11-22T05:00:00Z" },
    });
  });

  it("takes the end of a JWT as it says", async () => {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    const token = `${part({ alg: "HS256" })}.${part({ iat: 1_800_000_000, exp: 1_802_592_000 })}.c2ln`;
    instead = json(200, { token, key: "k2" });
    expect(revealed(await CALLS.mint.call(LOGIN))).toEqual({
      outcome: "minted",
      secret: `secret:${token}`,
      facts: { tokenId: "k2", subject: "alice", scope: "publish", kind: "scoped", issuedAt: "2027-01-15T08:00:00Z", expiresAt: "2027-02-14T08:00:00Z" },
    });
  });

  it.each<[what: string, order: Partial<MintOrder>, sent: object]>([
    ["nothing", {}, { readonly: false, cidr_whitelist: [] }],
    ["options", { readOnly: true, cidr: ["10.0.0.0/8", "fd00::/8"] }, { readonly: true, cidr_whitelist: ["10.0.0.0/8", "fd00::/8"] }],
    ["a scope, as a token that is renewed has it", { scope: "read-only 10.0.0.0/8", readOnly: false }, { readonly: true, cidr_whitelist: ["10.0.0.0/8"] }],
    ["both", { scope: "publish 10.0.0.0/8", readOnly: true, cidr: ["10.0.0.0/8"] }, { readonly: true, cidr_whitelist: ["10.0.0.0/8"] }],
  ])("limits a token by %s", async (_what, order, sent) => {
    await issuer.mint?.(service, LOGIN, { ...ORDER, ...order }, http);
    expect(posted).toEqual({ password: PASSWORD, ...sent });
  });

  it.each([["a scope of another kind of service", { scope: "artifact:npm/**:r" }], ["addresses that are none", { cidr: ["everywhere"] }]])(
    "refuses %s without asking",
    async (_what, order) => {
      const before = registry.requests.length;
      const [wrong] = "cidr" in order ? order.cidr : [order.scope];
      expect(await issuer.mint?.(service, LOGIN, { ...ORDER, ...order }, http)).toEqual({
        outcome: "refused",
        detail: `'${wrong}' is not a range of addresses such as 10.0.0.0/8`,
      });
      expect(registry.requests.length).toBe(before);
    },
  );

  it.each([["half of an object", '{"token": "'], ["another object", "{}"]])("answered with 200 and %s may have made one", async (_what, body) => {
    instead = { status: 200, body };
    expect(await CALLS.mint.call(LOGIN)).toEqual({ outcome: "failing", detail: "the answer holds no token" });
  });
});

describe("revoke", () => {
  it.each<[what: string, answer: Answer | undefined, outcome: object]>([
    ["200", undefined, { outcome: "revoked" }],
    ["204", { status: 204 }, { outcome: "revoked" }],
    ["404", json(404, {}), { outcome: "not-found" }],
    ["400", json(400, { error: "no" }), { outcome: "failing", detail: "no" }],
  ])("%s", async (_what, answer, outcome) => {
    instead = answer;
    expect(await CALLS.revoke.call(OWN)).toEqual(outcome);
  });

  it("without an id is not asked for: the token itself has no place in a URL", async () => {
    const before = registry.requests.length;
    expect(await issuer.revoke?.(service, OWN, undefined, http)).toEqual({ outcome: "id-unknown" });
    expect(registry.requests.length).toBe(before);
  });
});

describe("list", () => {
  it("tells the tokens, without their masked text", async () => {
    expect(await CALLS.list.call(OWN)).toEqual({
      outcome: "listed",
      tokens: [{ tokenId: "k1", scope: "read-only 10.0.0.0/8", kind: "scoped", issuedAt: "2026-11-22T05:00:00Z" }],
    });
  });

  it.each([
    ["times that are none", { key: "k", created: "yesterday" }, undefined],
    ["times in milliseconds, as npm's own has them", { key: "k", created: 1_800_000_000_000, cidr_whitelist: null }, "2027-01-15T08:00:00Z"],
    ["times beyond all years", { key: "k", created: 1e300 }, undefined],
  ])("of tokens with %s", async (_what, token, issuedAt) => {
    instead = json(200, { objects: [token] });
    expect(await CALLS.list.call(OWN)).toEqual({ outcome: "listed", tokens: [{ tokenId: "k", scope: "publish", kind: "scoped", issuedAt }] });
  });

  it.each([["half of an object", '{"objects": ['], ["another object", '{"tokens":[]}']])("200 with %s is of another server", async (_what, body) => {
    instead = { status: 200, body };
    expect(await CALLS.list.call(OWN)).toEqual({ outcome: "wrong-host", detail: "the answer is no list of tokens" });
  });
});

it("at npmjs.org a second factor leads to its page", async () => {
  const asked: Http = { send: () => Promise.resolve({ kind: "json", status: 401, body: {}, retryAfter: undefined, headers: { "www-authenticate": "OTP" } }) };
  expect(await issuer.mint?.({ url: "https://registry.npmjs.org" }, LOGIN, ORDER, asked)).toEqual({
    outcome: "refused",
    detail: "it wants a one-time password for that, which no program has: make one at https://www.npmjs.com/settings/~/tokens",
  });
});
