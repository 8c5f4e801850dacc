import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Secret } from "../../src/core/secret.ts";
import type { Http } from "../../src/issuers/http.ts";
import type { ServiceCredential, MintOrder } from "../../src/issuers/outcomes.ts";
import { jfrog as issuer } from "../../src/issuers/services/jfrog/jfrog.ts";
import { nordic } from "../../src/issuers/services/nordic.ts";
import type { Service } from "../../src/issuers/service.ts";
import { matrix } from "../fixtures/form.ts";
import { abilitiesOf, clientFor, NO_ANSWERS, sentSince, serviceAt } from "../fixtures/services/issuer-calls.ts";
import { startJfrogAccess, type ErrorShape, type IssuedToken, type JfrogAccess } from "../fixtures/services/jfrog/jfrog-access.ts";
import { revealed } from "../fixtures/tokens.ts";

const DAY_S = 86_400;
const ORDER: MintOrder = { tool: "npm", description: "npm on laptop (toolkey 1)", scope: "artifact:npm-local/**:r", ttl: 30 * DAY_S };

let jfrog: JfrogAccess;
let service: Service;
let http: Http;
let admin: IssuedToken;
/** Whose refresh token may be spent. */
let spare: IssuedToken;

beforeAll(async () => {
  jfrog = await startJfrogAccess({ stringExpiresIn: true });
  service = serviceAt(jfrog, "jfrog");
  http = clientFor(jfrog);
  admin = jfrog.makeUserToken({ username: "admin", scope: "applied-permissions/admin" });
});
beforeEach(() => {
  spare = jfrog.makeUserToken({ username: "admin", scope: "applied-permissions/admin", refreshable: true });
});
afterEach(() => {
  jfrog.faults.clear();
  jfrog.errorShape = "coded";
  expect(jfrog.leaks).toEqual([]);
});
afterAll(() => jfrog.close());

const CALLS = {
  inspect: { method: "GET", call: (token: ServiceCredential) => issuer.inspect(service, token, http) },
  mint: { method: "POST", call: (token: ServiceCredential) => issuer.mint?.(service, token, ORDER, http) },
  refresh: {
    method: "POST",
    call: (token: ServiceCredential) => issuer.refresh?.(service, { ...token, refreshToken: new Secret(spare.refreshToken ?? "") }, ORDER, http),
  },
  revoke: { method: "DELETE", call: (token: ServiceCredential) => issuer.revoke?.(service, token, "some-id", http) },
  list: { method: "GET", call: (token: ServiceCredential) => issuer.list?.(service, token, undefined, http) },
} as const;

function credential(token: string): ServiceCredential {
  return { secret: new Secret(token) };
}

/** Outcomes go to people and into the log. */
function expectNoSecret(outcome: unknown): void {
  const text = JSON.stringify(outcome);
  for (const secret of [admin.accessToken, admin.referenceToken, spare.accessToken, spare.refreshToken ?? "-"]) expect(text).not.toContain(secret);
}

describe.each(Object.entries(CALLS))("%s", (name, { method, call }) => {
  // It takes as long as they wait, which the first two show.
  const cases = name === "inspect" || name === "mint" ? NO_ANSWERS : matrix(NO_ANSWERS.slice(1), NO_ANSWERS.slice(0, 1));

  it.each(cases)("$what", async ({ fault, outcome, sent }) => {
    const before = jfrog.requests.length;
    jfrog.faults.add({ path: "*" }, fault, { times: Infinity });
    const told = await call(credential(admin.accessToken));
    jfrog.faults.clear();
    expect(told).toEqual(outcome);
    expectNoSecret(told);
    // A POST may have had its effect, so that it is never tried again.
    expect(sentSince(jfrog, before, method)).toBe(method === "POST" ? 1 : sent);
  });

  it("a redirect is not followed, with the token least of all", async () => {
    const other = await startJfrogAccess();
    try {
      jfrog.faults.add({ path: "*" }, { kind: "redirect", to: `${other.origin}/access/api/v1/tokens/me` });
      expect(await call(credential(admin.accessToken))).toEqual({ outcome: "wrong-host", detail: "a redirect (status 302)" });
      expect(other.requests).toEqual([]);
    } finally {
      await other.close();
    }
  });

  it.each<[shape: ErrorShape]>([["coded"], ["status"], ["bare"]])("401 in the shape '%s' is told in the service's words, once", async (shape) => {
    jfrog.errorShape = shape;
    const before = jfrog.requests.length;
    const told = await call(credential("no-such-token"));
    const outcome = name === "inspect" ? "invalid" : "refused";
    expect([told, sentSince(jfrog, before, method)]).toEqual([{ outcome, detail: "Bad credentials" }, 1]);
  });

  it("a message that quotes the secret is shown without it, in one line", async () => {
    const body = JSON.stringify({ errors: [{ message: `bad token\n\u001B[2J${admin.accessToken} and ${spare.refreshToken}\u202E` }] });
    jfrog.faults.add({ path: "*" }, { kind: "status", status: 401, body });
    const told = (await call(credential(admin.accessToken))) as { detail: string };
    // The refresh token is known as a secret where it was sent.
    const refreshToken = name === "refresh" ? "[secret]" : spare.refreshToken;
    expect(told.detail).toBe(`bad token [secret] and ${refreshToken}`);
  });
});

describe("the outcome of inspect", () => {
  it("of a live token is what the service and its own text tell", async () => {
    const { accessToken, id } = jfrog.makeUserToken({ expiresIn: 30 * DAY_S, description: "scripts", scope: "applied-permissions/user" });
    const [issuedAt, expiresAt] = [jfrog.tokens.at(-1)?.issuedAt ?? 0, jfrog.tokens.at(-1)?.expiry ?? 0].map((at) => new Date(at * 1000).toISOString().replace(".000Z", "Z"));
    expect(await issuer.inspect(service, credential(accessToken), http)).toEqual({
      outcome: "valid",
      facts: { tokenId: id, subject: "alice", scope: "applied-permissions/user", kind: "identity", issuedAt, expiresAt, description: "scripts" },
    });
  });

  it("of a live reference token is what the service tells", async () => {
    const { referenceToken, id } = jfrog.makeUserToken({ expiresIn: 0 });
    const told = await issuer.inspect(service, credential(referenceToken), http);
    expect(revealed(told)).toEqual({ outcome: "valid", facts: { kind: "identity", tokenId: id, subject: "alice", issuedAt: expect.stringMatching(/Z$/) as string } });
  });

  it.each<[what: string, given: () => string, outcome: object]>([
    ["403: it lives", () => jfrog.makeUserToken({ scope: "artifact:npm-local:r" }).accessToken, { outcome: "not-permitted" }],
    ["404 with JSON: it is too short-lived to be written down", () => jfrog.makeUserToken({ expiresIn: 3600 }).accessToken, { outcome: "not-permitted" }],
    [
      "401 of a revoked one: dead",
      () => {
        const { accessToken, id } = jfrog.makeUserToken();
        jfrog.revoke(id);
        return accessToken;
      },
      { outcome: "invalid", detail: "Bad credentials" },
    ],
    [
      "401 of an expired one: dead",
      () => {
        jfrog.clock.skewSeconds = -2 * DAY_S;
        const { accessToken } = jfrog.makeUserToken({ expiresIn: DAY_S });
        jfrog.clock.skewSeconds = 0;
        return accessToken;
      },
      { outcome: "invalid", detail: "Invalid token, expired" },
    ],
  ])("%s", async (_what, given, outcome) => {
    expect(await issuer.inspect(service, credential(given()), http)).toEqual(outcome);
  });

  it.each<[what: string, body: string, outcome: object]>([
    ["200 with half of an object", '{"token_id": "', { outcome: "wrong-host", detail: "status 200" }],
    ["200 with another object", '{"name":"npm"}', { outcome: "wrong-host", detail: "status 200" }],
    ["200 with fields of other types", '{"token_id":1,"expiry":{}}', { outcome: "wrong-host", detail: "status 200" }],
    ["200 with times beyond all years", '{"token_id":"a","expiry":99999999999999,"issued_at":-5}', { outcome: "valid", facts: { tokenId: "a" } }],
  ])("%s", async (_what, body, outcome) => {
    jfrog.faults.add({ path: "*" }, { kind: "wrong json", body });
    expect(revealed(await issuer.inspect(service, credential("opaque"), http))).toEqual(outcome);
  });

  it.each<[status: number, outcome: object]>([
    [400, { outcome: "wrong-host", detail: "status 400" }],
    [405, { outcome: "wrong-host", detail: "status 405" }],
    [404, { outcome: "not-permitted" }],
  ])("status %i", async (status, outcome) => {
    jfrog.faults.add({ path: "*" }, { kind: "status", status });
    expect(await issuer.inspect(service, credential(admin.accessToken), http)).toEqual(outcome);
  });

  it("of a proxy's 404: another server answered", async () => {
    jfrog.faults.add({ path: "*" }, { kind: "proxy 404" });
    expect(await issuer.inspect(service, credential(admin.accessToken), http)).toEqual({ outcome: "wrong-host", detail: "a web page (status 404)" });
  });

  it("is the same for Nordic, where it is all that can be done", () => {
    expect(abilitiesOf(nordic)).toEqual(["inspect"]);
  });
});

describe("mint", () => {
  it("asks for what was ordered, and tells what was made", async () => {
    const made = await issuer.mint?.(service, credential(admin.accessToken), { ...ORDER, username: "alice", refreshable: true, projectKey: "web" }, http);
    const state = jfrog.tokens.at(-1);
    expect(state).toMatchObject({ username: "alice", scope: ORDER.scope, description: ORDER.description, project: "web", refreshable: true });
    const at = (seconds = 0): string => new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
    expect(revealed(made)).toEqual({
      outcome: "minted",
      secret: expect.stringMatching(/^secret:eyJ/) as string,
      username: "alice",
      refreshToken: expect.stringMatching(/^secret:.{36}$/) as string,
      lifetime: 30 * DAY_S,
      facts: {
        tokenId: state?.id,
        subject: "alice",
        scope: ORDER.scope,
        kind: "scoped",
        issuedAt: at(state?.issuedAt),
        expiresAt: at(state?.expiry),
        description: ORDER.description,
      },
    });
  });

  it("of a token that never ends tells no end", async () => {
    const made = await issuer.mint?.(service, credential(admin.accessToken), { ...ORDER, ttl: 0 }, http);
    expect(revealed(made)).toMatchObject({ outcome: "minted", facts: { scope: ORDER.scope } });
    expect([made?.outcome === "minted" && made.lifetime, made?.outcome === "minted" && made.facts.expiresAt]).toEqual([undefined, undefined]);
  });

  it("creates tokens that can be revoked, however short their life is", async () => {
    const made = await issuer.mint?.(service, credential(admin.accessToken), { ...ORDER, ttl: 600 }, http);
    const id = (made?.outcome === "minted" && made.facts.tokenId) || "";
    expect(await issuer.revoke?.(service, credential(admin.accessToken), id, http)).toEqual({ outcome: "revoked" });
  });

  it("that the service does not permit is refused, in its words", async () => {
    const alice = credential(jfrog.makeUserToken().accessToken);
    expect(await issuer.mint?.(service, alice, ORDER, http)).toEqual({ outcome: "refused", detail: "Scope is not permitted" });
    expect(await issuer.mint?.(service, credential(admin.accessToken), { ...ORDER, scope: "nonsense" }, http)).toEqual({ outcome: "refused", detail: "Invalid scope" });
  });

  it.each([["half of an object", '{"token_id": "'], ["no token in it", '{"token_id":"a"}'], ["text", "OK"]])(
    "answered with 200 and %s may have made one",
    async (_what, body) => {
      jfrog.faults.add({ path: "*" }, { kind: "wrong json", body });
      expect(await issuer.mint?.(service, credential(admin.accessToken), ORDER, http)).toEqual({ outcome: "failing", detail: "the answer holds no token" });
    },
  );
});

describe("refresh", () => {
  it("changes the token, its id and the refresh token", async () => {
    const old = jfrog.makeUserToken({ refreshable: true, scope: "applied-permissions/user" });
    const token = { ...credential(old.accessToken), refreshToken: new Secret(old.refreshToken ?? "") };
    const made = await issuer.refresh?.(service, token, { ...ORDER, scope: undefined, refreshable: true }, http);
    const state = jfrog.tokens.at(-1);
    expect(made?.outcome === "minted" && [made.facts.tokenId === state?.id, made.facts.scope, made.secret.reveal() === old.accessToken, made.refreshToken?.reveal() === old.refreshToken]).toEqual([
      true, "applied-permissions/user", false, false,
    ]);
    // Spent: 404.
    const again = { ...credential(made?.outcome === "minted" ? made.secret.reveal() : ""), refreshToken: token.refreshToken };
    expect(await issuer.refresh?.(service, again, { ...ORDER, scope: undefined }, http)).toEqual({ outcome: "stale" });
  });

  it("answered by a proxy's 404 is not stale", async () => {
    jfrog.faults.add({ path: "*" }, { kind: "proxy 404" });
    expect(await CALLS.refresh.call(credential(admin.accessToken))).toEqual({ outcome: "wrong-host", detail: "a web page (status 404)" });
  });
});

describe("revoke", () => {
  it.each<[what: string, given: () => string | undefined, outcome: object]>([
    ["200", () => jfrog.makeUserToken().id, { outcome: "revoked" }],
    [
      "204",
      () => {
        const { id } = jfrog.makeUserToken();
        jfrog.revoke(id);
        return id;
      },
      { outcome: "already-revoked" },
    ],
    ["400, issued elsewhere", () => jfrog.makeUserToken({ elsewhere: true }).id, { outcome: "issued-elsewhere", detail: "Token was issued by a different service" }],
    ["400, too short-lived", () => jfrog.makeUserToken({ expiresIn: 4 * 3600 }).id, { outcome: "not-revocable", detail: "Token not revocable" }],
    ["404", () => "no-such-id", { outcome: "not-found" }],
  ])("%s", async (_what, given, outcome) => {
    expect(await issuer.revoke?.(service, credential(admin.accessToken), given(), http)).toEqual(outcome);
  });

  it("403", async () => {
    const scoped = credential(jfrog.makeUserToken({ scope: "artifact:npm-local:r" }).accessToken);
    expect(await issuer.revoke?.(service, scoped, admin.id, http)).toEqual({ outcome: "refused", detail: "Forbidden" });
  });

  it("404 in HTML: a proxy's, to be confirmed", async () => {
    jfrog.faults.add({ path: "*" }, { kind: "proxy 404" });
    expect(await CALLS.revoke.call(credential(admin.accessToken))).toEqual({ outcome: "not-found" });
  });

  it("without an id ends the token that asks", async () => {
    const { referenceToken } = jfrog.makeUserToken();
    expect(await issuer.revoke?.(service, credential(referenceToken), undefined, http)).toEqual({ outcome: "revoked" });
    expect(await issuer.inspect(service, credential(referenceToken), http)).toEqual({ outcome: "invalid", detail: "Bad credentials" });
  });
});

describe("list", () => {
  it("finds tokens by the beginning of their description", async () => {
    const description = `git on laptop (toolkey "ü" & 50 %)`;
    const { id } = jfrog.makeUserToken({ description, expiresIn: 0 });
    jfrog.makeUserToken({ description: "git on desktop" });
    const listed = await issuer.list?.(service, credential(admin.accessToken), description, http);
    expect(revealed(listed)).toEqual({ outcome: "listed", tokens: [{ tokenId: id, subject: "alice", description, issuedAt: expect.stringMatching(/Z$/) as string }] });
  });

  it("403", async () => {
    const scoped = credential(jfrog.makeUserToken({ scope: "artifact:npm-local:r" }).accessToken);
    expect(await issuer.list?.(service, scoped, undefined, http)).toEqual({ outcome: "refused", detail: "Insufficient permissions" });
  });

  it.each([["half of an object", '{"tokens": ['], ["another object", '{"objects":[]}'], ["tokens without ids", '{"tokens":[{}]}']])(
    "200 with %s is of another server",
    async (_what, body) => {
      jfrog.faults.add({ path: "*" }, { kind: "wrong json", body });
      expect(await CALLS.list.call(credential(admin.accessToken))).toEqual({ outcome: "wrong-host", detail: "the answer is no list of tokens" });
    },
  );
});
