/** What OAuth servers answer besides what the real one does (black-box/services/oauth): each form, each error, and no answer at all. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Secret } from "../../src/core/secret.ts";
import type { Http } from "../../src/issuers/http.ts";
import type { ServiceCredential } from "../../src/issuers/outcomes.ts";
import { readOwnService } from "../../src/issuers/own-services.ts";
import { discover } from "../../src/issuers/oauth/endpoints.ts";
import { requestToken } from "../../src/issuers/oauth/token-request.ts";
import { oauth as issuer } from "../../src/issuers/services/oauth.ts";
import type { Service } from "../../src/issuers/service.ts";
import { clientFor, NO_ANSWERS } from "../fixtures/services/issuer-calls.ts";
import { json, startTestServer, text, type Answer, type TestServer } from "../fixtures/network/test-server.ts";

const METADATA = "/.well-known/oauth-authorization-server";
const ORDER = { tool: "git", description: "git on laptop" };
const TOKEN: ServiceCredential = { secret: new Secret("ACCESS"), refreshToken: new Secret("REFRESH") };

let server: TestServer;
let http: Http;
let service: Service;
/** By path, and what was sent there. */
let answers: Record<string, Answer>;
let forms: string[];

const metadata = (more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  issuer: server.origin,
  token_endpoint: `${server.origin}/token`,
  device_authorization_endpoint: `${server.origin}/device`,
  authorization_endpoint: `${server.origin}/authorize?audience=api`,
  revocation_endpoint: `${server.origin}/revoke`,
  introspection_endpoint: `${server.origin}/introspect`,
  ...more,
});

beforeAll(async () => {
  server = await startTestServer({}, () => ({
    secrets: () => ["ACCESS", "REFRESH", "DEVICE", "CODE"],
    async handle({ path, body }) {
      forms.push(`${path} ${new URLSearchParams((await body()).toString()).toString()}`);
      return answers[path] ?? text(404, "no such page");
    },
  }));
  http = clientFor(server);
  service = readOwnService("corp", { issuer: "oauth", url: server.origin, client_id: "me", git: { url: "https://git.example" } });
});
afterEach(() => {
  server.faults.clear();
  expect(server.leaks).toEqual([]);
});
afterAll(() => server.close());

const with_ = (more: Readonly<Record<string, Answer>>, of: Readonly<Record<string, unknown>> = {}): void => {
  forms = [];
  answers = { [METADATA]: json(200, metadata(of)), ...more };
};

describe("the metadata", () => {
  it("stands before a path (RFC 8414), or behind it (OpenID Connect)", async () => {
    with_({});
    const url = `${server.origin}/realms/acme`;
    answers = { "/.well-known/oauth-authorization-server/realms/acme": json(200, metadata({ issuer: url })) };
    expect(await discover(url, http)).toMatchObject({ token: `${server.origin}/token`, device: `${server.origin}/device` });
    answers = { "/realms/acme/.well-known/openid-configuration": json(200, metadata({ issuer: `${url}/` })) };
    expect(await discover(`${url}/`, http)).toMatchObject({ token: `${server.origin}/token` });
  });

  it.each<[what: string, change: () => Record<string, unknown>, detail: string]>([
    ["of another host", () => ({ issuer: "https://evil.example" }), "its metadata is that of another host"],
    ["of another path", () => ({ issuer: `${server.origin}/other` }), "its metadata is that of another path"],
    ["without a token endpoint", () => ({ token_endpoint: undefined }), "its metadata (RFC 8414) has no usable token_endpoint"],
    ["with an endpoint that others could read", () => ({ token_endpoint: "http://sso.example/token" }), "its metadata (RFC 8414) has no usable token_endpoint"],
    ["with a program in place of a page", () => ({ authorization_endpoint: "javascript:alert(1)" }), "its metadata (RFC 8414) has no usable authorization_endpoint"],
  ])("%s is refused", async (_what, change, detail) => {
    with_({}, change());
    expect(await discover(server.origin, http)).toEqual({ outcome: "wrong-host", detail });
  });

  it("may not be there at all", async () => {
    with_({});
    answers = {};
    expect(await discover(server.origin, http)).toEqual({ outcome: "wrong-host", detail: "it says nowhere where its endpoints are (RFC 8414)" });
  });

  it.each(NO_ANSWERS.filter(({ outcome }) => outcome.outcome !== "wrong-host"))("$what", async ({ fault, outcome }) => {
    with_({});
    server.faults.add({ path: "*" }, fault, { times: Infinity });
    expect(await discover(server.origin, http)).toEqual(outcome);
  });
});

describe("the token endpoint", () => {
  const ask = (grant: string) =>
    requestToken(
      { endpoint: `${server.origin}/token`, clientId: "me", parameters: { grant_type: grant }, secrets: [], scope: "read" },
      http,
    );

  it.each([200, 400, 401])("tells errors in their form, also with status %i", async (status) => {
    const said = async (error: string, grant = "device", description?: string): Promise<unknown> => {
      with_({ "/token": json(status, { error, ...(description === undefined ? {} : { error_description: description }) }) });
      return ask(grant);
    };
    expect(await said("authorization_pending")).toEqual({ outcome: "not-yet" });
    expect(await said("slow_down")).toEqual({ outcome: "slower" });
    expect(await said("access_denied")).toEqual({ outcome: "refused", detail: "it was declined on the page" });
    expect(await said("expired_token")).toEqual({ outcome: "refused", detail: "the code has expired" });
    expect(await said("invalid_grant", "refresh_token")).toEqual({ outcome: "stale" });
    expect(await said("invalid_grant", "authorization_code", "already used")).toEqual({ outcome: "refused", detail: "already used" });
    expect(await said("invalid_client", "device", "unknown\nclient")).toEqual({ outcome: "refused", detail: "unknown client" });
    expect(await said("unsupported_grant_type")).toEqual({ outcome: "refused", detail: "unsupported grant type" });
    expect(await said("temporarily_unavailable")).toMatchObject({ outcome: "failing" });
  });

  it("gives tokens with numbers as text, without a time, without a scope", async () => {
    with_({ "/token": json(200, { access_token: "A", expires_in: "3600", refresh_token: "R", scope: "read write" }) });
    expect(await ask("device")).toMatchObject({ outcome: "minted", lifetime: 3600, facts: { scope: "read write", kind: "scoped" } });
    with_({ "/token": json(200, { access_token: "A", refresh_token: null, expires_in: null, scope: "" }) });
    expect(await ask("device")).toMatchObject({ outcome: "minted", lifetime: undefined, refreshToken: undefined, facts: { scope: "read" } });
  });

  it.each<[what: string, more: object]>([
    ["of another kind than Bearer", { token_type: "DPoP" }],
    ["that no header can hold", { access_token: "A€" }],
    ["that is far too long", { access_token: "A".repeat(20_000) }],
    ["with a scope that is far too long", { scope: "s".repeat(10_000) }],
  ])("a token %s is none", async (_what, more) => {
    with_({ "/token": json(200, { access_token: "A", token_type: "bearer", ...more }) });
    expect(await ask("device")).toEqual({ outcome: "failing", detail: "the answer holds no token that can be used" });
  });

  it("an error with the status of success repeats no secret either", async () => {
    with_({ "/token": json(200, { error: "invalid_request", error_description: "bad: REFRESH-SECRET" }) });
    const secrets = [new Secret("REFRESH-SECRET")];
    const asked = { endpoint: `${server.origin}/token`, clientId: "me", parameters: { grant_type: "refresh_token", refresh_token: "REFRESH-SECRET" }, secrets };
    expect(JSON.stringify(await requestToken(asked, http))).not.toContain("REFRESH-SECRET");
  });

  it("may answer without a token", async () => {
    with_({ "/token": json(200, {}) });
    expect(await ask("device")).toEqual({ outcome: "failing", detail: "the answer holds no token that can be used" });
    with_({ "/token": json(403, {}) });
    expect(await ask("device")).toEqual({ outcome: "refused", detail: "status 403" });
  });

  it.each(NO_ANSWERS)("$what, asked once", async ({ fault, outcome }) => {
    with_({});
    server.faults.add({ path: "/token" }, fault, { times: Infinity });
    expect(await ask("device")).toEqual(outcome);
  });
});

describe("signing in", () => {
  const begin = (hasBrowser: boolean) =>
    issuer.signInPage?.begin(service, { hasBrowser, scope: "read", redirectUri: () => Promise.resolve("http://127.0.0.1:5/back") }, http);

  it("is by a code where there is no browser, and shows the page that has it filled in", async () => {
    with_({
      "/device": json(200, { device_code: "DEVICE", user_code: "AB-CD", verification_uri: "https://sso.example/d", verification_uri_complete: "https://sso.example/d?c=AB-CD", expires_in: "300" }),
      "/token": json(200, { access_token: "A" }),
    });
    const begun = await begin(false);
    expect(begun).toMatchObject({ outcome: "begun", page: "https://sso.example/d?c=AB-CD", code: "AB-CD", seconds: 300, next: { everySeconds: 5 } });
    if (begun?.outcome !== "begun" || begun.next.by !== "polling") throw new Error("not begun");
    expect(await begun.next.ask()).toMatchObject({ outcome: "minted" });
    expect(forms.slice(1)).toEqual([
      "/device client_id=me&scope=read",
      "/token grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=DEVICE&client_id=me",
    ]);
  });

  it.each<[what: string, answer: Answer, detail: string]>([
    ["says no", json(401, { error: "invalid_client" }), "invalid client"],
    ["gives no code", json(200, { user_code: "x" }), "it gives no code"],
    ["has a program in the place of a page", json(200, { device_code: "DEVICE", user_code: "x", verification_uri: "javascript:alert(1)" }), "it gives no code"],
    ["has a page that others could read", json(200, { device_code: "DEVICE", user_code: "x", verification_uri: "http://sso.example/d" }), "it gives no code"],
    ["has a page that is none", json(200, { device_code: "DEVICE", user_code: "x", verification_uri: "nowhere" }), "it gives no code"],
  ])("is refused where the server %s", async (_what, answer, detail) => {
    with_({ "/device": answer });
    expect(await begin(false)).toEqual({ outcome: "refused", detail });
  });

  it.each([[0, 0, 1, 30], [-5, -1, 1, 30], [1e9, 1e12, 60, 3600]])("asks neither all the time nor for ever: every %d s for %d s", async (interval, expires, every, seconds) => {
    with_({ "/device": json(200, { device_code: "DEVICE", user_code: "x", verification_uri: "https://sso.example/d", interval, expires_in: expires }) });
    expect(await begin(false)).toMatchObject({ seconds, next: { everySeconds: every } });
  });

  it("is in the browser with PKCE, keeps what the page's own URL says, and asks once", async () => {
    with_({ "/token": json(200, { access_token: "A", id_token: `${btoa("{}")}.${btoa('{"preferred_username":"kim"}')}.x` }) });
    const begun = await begin(true);
    if (begun?.outcome !== "begun" || begun.next.by !== "redirection") throw new Error("not begun");
    const asked = Object.fromEntries(new URL(begun.page).searchParams);
    expect(asked).toMatchObject({ audience: "api", response_type: "code", client_id: "me", scope: "read", code_challenge_method: "S256", redirect_uri: "http://127.0.0.1:5/back" });
    expect([asked["state"]?.length, asked["code_challenge"]?.length]).toEqual([22, 43]);
    expect(await begun.next.exchange(new URLSearchParams({ code: "CODE", iss: server.origin }))).toMatchObject({ outcome: "minted", facts: { subject: "kim" } });
    expect(forms.at(-1)).toMatch(/^\/token grant_type=authorization_code&code=CODE&redirect_uri=[^&]+&code_verifier=[\w-]{43}&client_id=me$/);
    for (const [query, detail] of [
      [{ error: "access_denied" }, "it was declined on the page"],
      [{ error: "server_error", error_description: "no\u001b[31m" }, "no"],
      [{ code: "CODE", iss: "https://evil.example" }, "another server has answered"],
      [{}, "the page gave no code"],
    ] as const) {
      expect(await begun.next.exchange(new URLSearchParams(query))).toEqual({ outcome: "refused", detail });
    }
    // Who names itself always does.
    with_({}, { authorization_response_iss_parameter_supported: true });
    const named = await begin(true);
    if (named?.outcome !== "begun" || named.next.by !== "redirection") throw new Error("not begun");
    expect(await named.next.exchange(new URLSearchParams({ code: "CODE" }))).toEqual({ outcome: "refused", detail: "another server has answered" });
  });

  it("needs one of both", async () => {
    with_({}, { authorization_endpoint: undefined, device_authorization_endpoint: undefined });
    expect(await begin(true)).toEqual({ outcome: "refused", detail: "it has neither a page nor codes to sign in with" });
  });
});

describe("a token", () => {
  it("is renewed, and keeps its refresh token where there is no other", async () => {
    with_({ "/token": json(200, { access_token: "B" }) });
    const renewed = await issuer.refresh?.(service, TOKEN, ORDER, http);
    expect(renewed).toMatchObject({ outcome: "minted", refreshToken: TOKEN.refreshToken });
    expect(await issuer.refresh?.(service, { secret: TOKEN.secret }, ORDER, http)).toEqual({ outcome: "stale" });
  });

  it("is ended with its refresh token first; unknown is as good as ended", async () => {
    with_({ "/revoke": text(200, "") });
    expect(await issuer.revoke?.(service, TOKEN, undefined, http)).toEqual({ outcome: "revoked" });
    expect(forms.slice(1)).toEqual([
      "/revoke token=REFRESH&token_type_hint=refresh_token&client_id=me",
      "/revoke token=ACCESS&token_type_hint=access_token&client_id=me",
    ]);
    with_({ "/revoke": json(400, { error: "unsupported_token_type" }) });
    expect(await issuer.revoke?.(service, TOKEN, undefined, http)).toMatchObject({ outcome: "not-revocable" });
    with_({ "/revoke": json(401, { error: "invalid_client", error_description: "who?" }) });
    expect(await issuer.revoke?.(service, TOKEN, undefined, http)).toEqual({ outcome: "refused", detail: "who?" });
    with_({}, { revocation_endpoint: undefined });
    expect(await issuer.revoke?.(service, TOKEN, undefined, http)).toMatchObject({ outcome: "not-revocable", detail: "it has no endpoint for that (RFC 7009)" });
  });

  it("is looked at by introspection, where a public client may, or at a URL of the person's choice", async () => {
    with_({ "/introspect": json(200, { active: true, username: "kim", scope: "read", exp: 1_800_000_000 }) });
    expect(await issuer.inspect?.(service, TOKEN, http)).toEqual({
      outcome: "valid",
      facts: { subject: "kim", scope: "read", expiresAt: "2027-01-15T08:00:00Z", issuedAt: undefined },
    });
    with_({ "/introspect": json(200, { active: false }) });
    expect(await issuer.inspect?.(service, TOKEN, http)).toEqual({ outcome: "invalid", detail: "expired or revoked" });
    with_({ "/introspect": json(401, { error: "invalid_client" }) });
    expect(await issuer.inspect?.(service, TOKEN, http)).toEqual({ outcome: "unknown" });
    with_({}, { introspection_endpoint: undefined });
    expect(await issuer.inspect?.(service, TOKEN, http)).toEqual({ outcome: "unknown" });

    const checked = readOwnService("corp", { issuer: "oauth", url: server.origin, client_id: "me", check: `${server.origin}/userinfo` });
    with_({ "/userinfo": json(200, { login: "kim" }) });
    expect(await issuer.inspect?.(checked, TOKEN, http)).toEqual({ outcome: "valid", facts: { subject: "kim" } });
    with_({ "/userinfo": json(401, {}) });
    expect(await issuer.inspect?.(checked, TOKEN, http)).toMatchObject({ outcome: "invalid" });
    with_({ "/userinfo": json(403, {}) });
    expect(await issuer.inspect?.(checked, TOKEN, http)).toEqual({ outcome: "not-permitted" });
  });
});

it("a client is needed, and of use only here; what is wrong is said", () => {
  const own = (table: Readonly<Record<string, unknown>>) => () => readOwnService("corp", { url: "https://sso.example", ...table } as Parameters<typeof readOwnService>[1]);
  expect(own({ issuer: "oauth" })).toThrow("there is no client_id");
  expect(own({ issuer: "npm-registry", client_id: "me" })).toThrow('client_id is not for issuer = "npm-registry"');
  expect(own({ issuer: "none", scopes: ["a"] })).toThrow("a list of scopes goes with client_id");
  expect(own({ issuer: "oauth", client_id: "me", check: "http://sso.example/me" })).toThrow("a service is reached over https");
  expect(own({ issuer: "oauth", client_id: "me", scopes: ["a", "b"] })().client?.scopes).toBe("a b");
});
