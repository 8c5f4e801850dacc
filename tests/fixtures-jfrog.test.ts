import { verify, X509Certificate } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ask, basic, bearer, type AskOptions } from "./fixtures/ask.ts";
import { startJfrogAccess, type IssuedToken, type JfrogAccess, type JfrogAccessOptions } from "./fixtures/jfrog-access.ts";
import { startNordic } from "./fixtures/nordic.ts";

const TOKENS = "/access/api/v1/tokens";
const HOUR = 3600;
const DAY = 24 * HOUR;
const WHOAMI = "/artifactory/api/npm/npm-local/-/whoami";

interface Created {
  readonly token_id: string;
  readonly access_token: string;
  readonly refresh_token: string;
  readonly reference_token: string;
}

let jfrog: JfrogAccess;
let admin: IssuedToken;
let alice: IssuedToken;

async function start(options: JfrogAccessOptions = {}) {
  jfrog = await startJfrogAccess(options);
  admin = jfrog.makeUserToken({ username: "admin" });
  alice = jfrog.makeUserToken();
}

/** A server with other rules, in the place of the usual one. */
async function restart(options: JfrogAccessOptions) {
  await jfrog.close();
  await start(options);
}

async function call(method: string, path: string, token: string | undefined, options: AskOptions = {}) {
  const { status, body } = await ask(jfrog, method, path, { ...(token === undefined ? {} : bearer(token)), ...options });
  return { status, body };
}

async function create(body: object, token = admin.accessToken) {
  const answer = await call("POST", TOKENS, token, { body });
  expect(answer).toMatchObject({ status: 200 });
  return answer.body as Created;
}

function claims(jwt: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString()) as Record<string, unknown>;
}

beforeEach(() => start());
afterEach(() => jfrog.close());

describe("creating", () => {
  test("answers all that was asked for", async () => {
    const scope = "artifact:npm-local/**:r";
    const answer = await call("POST", TOKENS, admin.accessToken, {
      body: {
        grant_type: "client_credentials", username: "alice", scope, expires_in: 30 * DAY, refreshable: true,
        description: "npm on host", audience: "jfrt@*", include_reference_token: true, force_revocable: true,
        project_key: "proj",
      },
    });
    expect(answer).toEqual({
      status: 200,
      body: {
        token_id: expect.any(String), access_token: expect.any(String), refresh_token: expect.any(String),
        reference_token: expect.any(String), expires_in: 30 * DAY, scope, token_type: "Bearer",
      },
    });
    const created = answer.body as Created;
    expect(claims(created.access_token)).toEqual({
      jti: created.token_id, scp: scope, aud: "jfrt@*", sub: expect.stringMatching(/^jfac@\w+\/users\/alice$/),
      iss: expect.stringMatching(/^jfac@\w+$/), iat: expect.any(Number), exp: expect.any(Number),
      ext: '{"revocable":"true"}',
    });
    expect(created.reference_token).toMatch(/^cmVmd[A-Za-z0-9]{59}$/);
    const { exp } = claims(created.access_token);
    expect(Buffer.from(created.reference_token, "base64").toString()).toMatch(`reftkn:01:${String(exp)}:`);
    expect(jfrog.tokens.at(-1)).toMatchObject({
      id: created.token_id, username: "alice", scope, description: "npm on host", project: "proj", alive: true, expiry: exp,
    });
  });

  test("a form will do", async () => {
    const answer = await call("POST", TOKENS, alice.accessToken, {
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: "expires_in=7200&refreshable=true&include_reference_token=false",
    });
    expect(answer.body).toEqual({
      token_id: expect.any(String), access_token: expect.any(String), refresh_token: expect.any(String),
      expires_in: 7200, scope: "applied-permissions/user", token_type: "Bearer",
    });
  });

  test("one that never ends has no expires_in, no exp, and 0 in its reference", async () => {
    const created = await create({ expires_in: 0, include_reference_token: true });
    expect(created).not.toHaveProperty("expires_in");
    expect(claims(created.access_token)).not.toHaveProperty("exp");
    expect(Buffer.from(created.reference_token, "base64").toString()).toMatch(/^reftkn:01:0000000000:\w{27}$/);
  });

  test("the variations that clients meet", async () => {
    await restart({ stringExpiresIn: true, bareSubject: true, audienceArray: true, tokenType: "access_token" });
    const created = await create({ expires_in: HOUR });
    expect(created).toMatchObject({ expires_in: "3600", token_type: "access_token" });
    expect(claims(created.access_token)).toMatchObject({ sub: "admin", aud: ["*@*"] });
  });

  test.each([
    [{ expires_in: -1 }],
    [{ expires_in: 1.5 }],
    [{ username: "u".repeat(256) }],
    [{ description: "d".repeat(1025) }],
    [{ scope: `artifact:${"r".repeat(500)}:r` }],
    [{ scope: "everything" }],
    [{ scope: 'applied-permissions/groups:"open' }],
    [{ grant_type: "password" }],
    [{ grant_type: "refresh_token" }],
    [{ refreshable: "maybe" }],
    [{ expiresin: 3600 }],
    ["not JSON"],
  ])("400 for %j", async (body) => {
    const headers = { "content-type": "application/json" };
    expect(await call("POST", TOKENS, admin.accessToken, { headers, body })).toMatchObject({ status: 400 });
    expect(jfrog.tokens).toHaveLength(2);
  });

  test("quoted groups may have spaces", async () => {
    const scope = 'applied-permissions/groups:g1,"group 2" artifact:a/b:r,w';
    expect(await create({ scope })).toMatchObject({ scope });
  });

  test.each([
    [{ scope: "applied-permissions/admin" }],
    [{ scope: "artifact:npm-local/**:r" }],
    [{ username: "admin" }],
    [{ expires_in: 31 * DAY }],
    [{ expires_in: 0 }],
  ])("403 for a non-admin: %j", async (body) => {
    await restart({ maxExpiresIn: 30 * DAY });
    expect(await call("POST", TOKENS, alice.accessToken, { body })).toMatchObject({ status: 403 });
    await create(body);
  });

  test("403 for a token that is not a person's, 401 for none", async () => {
    const { access_token: token } = await create({ scope: "artifact:npm-local/**:r" });
    expect(await call("POST", TOKENS, token, { body: {} })).toMatchObject({ status: 403 });
    expect(await call("POST", TOKENS, undefined, { body: {} })).toMatchObject({ status: 401 });
  });
});

describe("refreshing", () => {
  const refresh = (token: string, options: object = {}) =>
    call("POST", TOKENS, alice.accessToken, { body: { grant_type: "refresh_token", refresh_token: token, ...options } });

  test("changes everything, and the reference token must be asked for", async () => {
    const old = await create({ refreshable: true, include_reference_token: true, description: "d" }, alice.accessToken);
    const answer = await refresh(old.refresh_token);
    expect(answer.status).toBe(200);
    const fresh = answer.body as Created;
    expect(fresh.token_id).not.toBe(old.token_id);
    expect(fresh.access_token).not.toBe(old.access_token);
    expect(fresh.refresh_token).not.toBe(old.refresh_token);
    expect(fresh).not.toHaveProperty("reference_token");
    expect((await refresh(fresh.refresh_token, { include_reference_token: true })).body).toHaveProperty("reference_token");
    expect(await call("GET", WHOAMI, old.access_token)).toMatchObject({ status: 401 });
    expect(await refresh(old.refresh_token)).toEqual({
      status: 404,
      body: { errors: [{ code: "NOT_FOUND", message: "Token matching the provided refresh token was not found." }] },
    });
    expect(jfrog.tokens.filter(({ description, alive }) => description === "d" && alive)).toHaveLength(1);
  });

  test("may leave the old one alive", async () => {
    await restart({ refreshKeepsOld: true });
    const old = await create({ refreshable: true }, alice.accessToken);
    await refresh(old.refresh_token);
    expect(await call("GET", WHOAMI, old.access_token)).toMatchObject({ status: 200 });
    expect(await refresh(old.refresh_token)).toMatchObject({ status: 404 });
  });
});

describe("listing", () => {
  test("the shape has no scope, the times are in seconds", async () => {
    const { token_id: id } = await create({ description: "npm on host", expires_in: DAY });
    const expected = {
      token_id: id, subject: expect.stringContaining("/users/admin"), expiry: expect.any(Number),
      issued_at: expect.any(Number), issuer: expect.stringMatching(/^jfac@/), description: "npm on host", refreshable: false,
    };
    const query = `?token_id=${id}`;
    expect(await call("GET", `${TOKENS}${query}`, admin.accessToken)).toEqual({ status: 200, body: { tokens: [expected] } });
    expect(await call("GET", `${TOKENS}/${id}`, admin.accessToken)).toEqual({ status: 200, body: expected });
  });

  test.each([
    ["description=toolkey*&order_by=expiry", ["toolkey b", "toolkey a"]],
    ["description=toolkey*&order_by=expiry&descending_order=true", ["toolkey a", "toolkey b"]],
    ["description=toolkey%20a", ["toolkey a"]],
    ["description=toolkey", []],
    ["username=bob", ["toolkey b"]],
    ["refreshable=true", ["toolkey b"]],
  ])("%s", async (query, descriptions) => {
    await create({ description: "toolkey a", expires_in: 2 * DAY });
    await create({ description: "toolkey b", expires_in: DAY, username: "bob", refreshable: true });
    const { body } = await call("GET", `${TOKENS}?${query}`, admin.accessToken);
    expect((body as { tokens: { description: string }[] }).tokens.map(({ description }) => description)).toEqual(descriptions);
  });

  test("non-admins see their own, and none sees what is revoked, expired or not stored", async () => {
    const short = await create({ expires_in: HOUR }, alice.accessToken);
    const revoked = await create({}, alice.accessToken);
    jfrog.revoke(revoked.token_id);
    const { body } = await call("GET", TOKENS, alice.accessToken);
    expect((body as { tokens: { token_id: string }[] }).tokens.map(({ token_id: id }) => id)).toEqual([alice.id]);
    expect(await call("GET", `${TOKENS}/${admin.id}`, alice.accessToken)).toMatchObject({ status: 403 });
    expect(await call("GET", `${TOKENS}/${short.token_id}`, alice.accessToken)).toMatchObject({ status: 404 });
    expect(await call("GET", `${TOKENS}/no-such-token`, alice.accessToken)).toMatchObject({ status: 404 });
  });
});

describe("tokens/me", () => {
  test("200 by any of the ways to present one", async () => {
    for (const options of [
      bearer(alice.accessToken), bearer(alice.referenceToken), basic("alice", alice.accessToken), basic("", alice.referenceToken),
      { headers: { "x-jfrog-art-api": alice.referenceToken } },
    ]) {
      expect(await ask(jfrog, "GET", `${TOKENS}/me`, options)).toMatchObject({ status: 200, body: { token_id: alice.id } });
    }
    expect(await ask(jfrog, "GET", `${TOKENS}/me`, basic("bob", alice.accessToken))).toMatchObject({ status: 401 });
  });

  test("403 alive, but not allowed to look", async () => {
    const { access_token: token } = await create({ scope: "artifact:npm-local/**:r" });
    expect(await call("GET", `${TOKENS}/me`, token)).toMatchObject({ status: 403 });
    expect(await call("GET", WHOAMI, token)).toMatchObject({ status: 200 });
  });

  test("404 below the persistency threshold, though it works", async () => {
    const { access_token: token } = await create({ expires_in: 3 * HOUR - 1 });
    expect(await call("GET", `${TOKENS}/me`, token)).toMatchObject({ status: 404 });
    expect(await call("GET", WHOAMI, token)).toMatchObject({ status: 200 });
    const { access_token: longer } = await create({ expires_in: 3 * HOUR });
    expect(await call("GET", `${TOKENS}/me`, longer)).toMatchObject({ status: 200 });
  });

  test("401 invalid: revoked, expired or never one", async () => {
    const { access_token: token } = await create({ expires_in: DAY });
    jfrog.clock.skewSeconds = DAY;
    expect(await call("GET", `${TOKENS}/me`, token)).toMatchObject({
      status: 401, body: { errors: [{ code: "UNAUTHORIZED", message: "Invalid token, expired" }] },
    });
    expect(await call("GET", WHOAMI, token)).toMatchObject({
      status: 401, body: { errors: [{ message: "Token failed verification: expired" }] },
    });
    expect(jfrog.tokens.at(-1)).toMatchObject({ alive: false, revoked: false });
    jfrog.revoke(alice.id);
    for (const dead of [alice.accessToken, alice.referenceToken, "garbage"]) {
      expect(await call("GET", `${TOKENS}/me`, dead)).toMatchObject({ status: 401 });
    }
  });
});

describe("revoking", () => {
  test("200, then 204, and the next use is refused while others go on", async () => {
    const { token_id: id, access_token: token } = await create({ scope: "artifact:npm-local/**:r", username: "alice" });
    expect(await call("GET", "/artifactory/api/npm/npm-local/thing", token)).toMatchObject({ status: 200 });
    expect(await call("DELETE", `${TOKENS}/${id}`, alice.accessToken)).toEqual({ status: 200, body: "" });
    expect(await call("DELETE", `${TOKENS}/${id}`, alice.accessToken)).toEqual({ status: 204, body: "" });
    expect(await call("GET", "/artifactory/api/npm/npm-local/thing", token)).toMatchObject({ status: 401 });
    expect(await call("GET", WHOAMI, alice.accessToken)).toMatchObject({ status: 200 });
    expect(jfrog.requests.slice(-2)).toEqual([
      { method: "GET", path: "/artifactory/api/npm/npm-local/thing", status: 401 },
      { method: "GET", path: WHOAMI, status: 200, as: alice.id },
    ]);
  });

  test("a token may end itself", async () => {
    const { access_token: token } = await create({ scope: "artifact:npm-local/**:r" });
    expect(await call("DELETE", `${TOKENS}/me`, token)).toMatchObject({ status: 200 });
    expect(await call("DELETE", `${TOKENS}/me`, token)).toMatchObject({ status: 401 });
  });

  test("400, 401, 403, 404", async () => {
    const foreign = jfrog.makeUserToken({ elsewhere: true });
    const path = `${TOKENS}/${foreign.id}`;
    expect(await call("DELETE", path, admin.accessToken)).toMatchObject({ status: 400 });
    expect(await call("DELETE", path, "garbage")).toMatchObject({ status: 401 });
    expect(await call("DELETE", `${TOKENS}/${admin.id}`, alice.accessToken)).toMatchObject({ status: 403 });
    expect(await call("DELETE", `${TOKENS}/no-such-token`, alice.accessToken)).toMatchObject({ status: 404 });
    expect(jfrog.tokens.every(({ alive }) => alive)).toBe(true);
  });

  test("what is too short can't be, unless it was made so", async () => {
    const { token_id: short } = await create({ expires_in: 5 * HOUR });
    const { token_id: forced } = await create({ expires_in: 5 * HOUR, force_revocable: true });
    expect(await call("DELETE", `${TOKENS}/${short}`, admin.accessToken)).toEqual({
      status: 400,
      body: { code: "BAD_REQUEST", message: "Token not revocable", detail: expect.stringContaining("revocableExpiryThresholdMillis: 21600000") },
    });
    expect(await call("DELETE", `${TOKENS}/${forced}`, admin.accessToken)).toMatchObject({ status: 200 });
  });

  test("by its value, for admins", async () => {
    const { token_id: id, reference_token: token } = await create({ include_reference_token: true });
    const body = { token };
    expect(await call("DELETE", `${TOKENS}/revoke`, alice.accessToken, { body })).toMatchObject({ status: 403 });
    expect(await call("DELETE", `${TOKENS}/revoke`, admin.accessToken, { body })).toEqual({ status: 200, body: { "revoked-token-id": id } });
    expect(await call("DELETE", `${TOKENS}/revoke`, admin.accessToken, { body: { token: "x" } })).toMatchObject({ status: 404 });
  });
});

test.each([
  ["coded", { errors: [{ code: "UNAUTHORIZED", message: "Bad credentials", detail: expect.any(String) }] }],
  ["status", { errors: [{ status: 401, message: "Bad credentials" }] }],
  ["bare", { code: "UNAUTHORIZED", message: "Bad credentials", detail: expect.any(String) }],
] as const)("the error shape '%s'", async (shape, body) => {
  jfrog.errorShape = shape;
  expect(await call("GET", TOKENS, "garbage")).toEqual({ status: 401, body });
});

test("the certificate of the root verifies a token's signature", async () => {
  const path = "/access/api/v1/cert/root";
  expect(await call("GET", path, alice.accessToken)).toMatchObject({ status: 403 });
  const { body: oneLine } = await call("GET", path, admin.accessToken);
  const { body: pem } = await call("GET", `${path}?formatted=true`, admin.accessToken);
  const certificate = new X509Certificate(pem as string);
  expect(certificate.raw.toString("base64")).toBe(oneLine);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  const [head = "", payload = "", signature = ""] = alice.accessToken.split(".");
  expect(JSON.parse(Buffer.from(head, "base64url").toString())).toMatchObject({ alg: "RS256", typ: "JWT" });
  const signed = Buffer.from(`${head}.${payload}`);
  expect(verify("sha256", signed, certificate.publicKey, Buffer.from(signature, "base64url"))).toBe(true);
});

test.each([
  ["artifact:npm-local/**:r", "GET", "npm-local/a/b", 200],
  ["artifact:npm-local/**:r", "PUT", "npm-local/a/b", 403],
  ["artifact:npm-local/**:r", "GET", "npm-other/a", 403],
  ["artifact:npm-local/a/*:r,w", "PUT", "npm-local/a/b", 201],
  ["artifact:npm-local/a/*:r,w", "PUT", "npm-local/a/b/c", 403],
  ["artifact:npm-local:*", "DELETE", "npm-local/a", 204],
  ["system:metrics:r", "GET", "npm-local/a", 403],
  ["applied-permissions/user", "GET", "npm-local/a", 200],
])("%s: %s %s is answered %i", async (scope, method, path, status) => {
  const { access_token: token } = await create({ scope });
  expect((await call(method, `/artifactory/api/npm/${path}`, token)).status).toBe(status);
});

test("nothing that is recorded is a secret", async () => {
  await create({ refreshable: true, include_reference_token: true });
  await call("GET", `/artifactory/api/npm/npm-local/${alice.referenceToken}`, alice.accessToken);
  expect(jfrog.leaks).toHaveLength(1);
  expect(JSON.stringify([jfrog.requests, jfrog.tokens])).not.toMatch(/eyJ|cmVmd/);
});

test("Nordic: the reference token shows itself, and part of the files is public", async () => {
  const nordic = await startNordic();
  try {
    const { id, referenceToken } = nordic.makeUserToken({ description: "nRF Connect", expiresIn: 90 * DAY });
    expect(await ask(nordic, "GET", `${TOKENS}/me`, bearer(referenceToken))).toMatchObject({
      status: 200, body: { token_id: id, expiry: expect.any(Number), description: "nRF Connect" },
    });
    expect((await ask(nordic, "GET", "/artifactory/swtools/external/app.json")).status).toBe(200);
    expect((await ask(nordic, "GET", "/artifactory/swtools/internal/app.json")).status).toBe(401);
    expect((await ask(nordic, "GET", "/artifactory/swtools/internal/app.json", bearer(referenceToken))).status).toBe(200);
  } finally {
    await nordic.close();
  }
});
