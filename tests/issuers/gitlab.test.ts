/** Against the stand-in, which answers as GitLab's documentation says (fixtures/services/gitlab.ts). */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Secret } from "../../src/core/secret.ts";
import { gitlab as issuer } from "../../src/issuers/services/gitlab/gitlab.ts";
import type { Http } from "../../src/issuers/http.ts";
import type { MintOrder, ServiceCredential } from "../../src/issuers/outcomes.ts";
import { Services } from "../../src/issuers/registry.ts";
import type { Service } from "../../src/issuers/service.ts";
import { startGitLab, type GitLab, type GitLabToken } from "../fixtures/services/gitlab.ts";
import { clientFor, NO_ANSWERS, sentSince, serviceAt } from "../fixtures/services/issuer-calls.ts";

const ORDER: MintOrder = { tool: "git", description: "git for acme/notes on laptop (toolkey 01)", scope: "read_repository", repository: "acme/notes" };

let gitlab: GitLab;
let service: Service;
let http: Http;
let login: ServiceCredential;

beforeAll(async () => {
  gitlab = await startGitLab({ projects: ["notes"] });
  service = serviceAt(gitlab, "gitlab");
  http = clientFor(gitlab);
  login = { ...credential(gitlab.addToken("login", ["api"])), isLogin: true };
});
afterEach(() => {
  gitlab.faults.clear();
  expect(gitlab.leaks).toEqual([]);
});
afterAll(() => gitlab.close());

function credential({ secret }: GitLabToken): ServiceCredential {
  return { secret: new Secret(secret) };
}

const CALLS = {
  inspect: { method: "GET", call: () => issuer.inspect?.(service, login, http) },
  mint: { method: "GET", call: () => issuer.mint?.(service, login, ORDER, http) },
  refresh: { method: "POST", call: () => issuer.refresh?.(service, credential(gitlab.addToken("mine", ["self_rotate"])), ORDER, http) },
  revoke: { method: "DELETE", call: () => issuer.revoke?.(service, login, "999", http) },
  list: { method: "GET", call: () => issuer.list?.(service, login, undefined, http) },
} as const;

describe.each(Object.entries(CALLS))("%s", (_name, { method, call }) => {
  it.each(NO_ANSWERS)("$what", async ({ fault, outcome, sent }) => {
    const before = gitlab.requests.length;
    gitlab.faults.add({ path: "*" }, fault, { times: Infinity });
    expect(await call()).toEqual(outcome);
    expect(sentSince(gitlab, before, method)).toBe(method === "POST" ? 1 : sent);
  });
});

describe("errors are told in their words", () => {
  it.each<[status: number, body: object, detail: string]>([
    [400, { message: { scopes: ["can only contain available scopes"] } }, '{"scopes":["can only contain available scopes"]}'],
    [403, { error: "insufficient_scope", error_description: "The request requires higher privileges" }, "The request requires higher privileges"],
    [401, { message: "401 Unauthorized" }, "401 Unauthorized"],
    [404, { message: "404 Project Not Found" }, "there is no project or group 'acme/notes' that the login may see"],
  ])("%i", async (status, body, detail) => {
    const path = status === 404 || status === 401 ? "*" : "/api/v4/projects/12/access_tokens";
    gitlab.faults.add({ path }, { kind: "status", status, body: JSON.stringify(body) }, { times: Infinity });
    expect(await issuer.mint?.(service, login, ORDER, http)).toEqual({ outcome: "refused", detail });
  });

  it("a token that may not look at itself is told from one that is wrong", async () => {
    gitlab.faults.add({ path: "*" }, { kind: "status", status: 403, body: "{}" }, { times: Infinity });
    expect(await issuer.inspect?.(service, login, http)).toEqual({ outcome: "not-permitted" });
    gitlab.faults.clear();
    expect(await issuer.inspect?.(service, { secret: new Secret("glpat-wrong") }, http)).toEqual({ outcome: "invalid", detail: "401 Unauthorized" });
    expect(await issuer.inspect?.(service, { secret: new Secret("wrong") }, http)).toEqual({ outcome: "invalid", detail: "The access token was revoked" });
  });
});

describe("a token", () => {
  it("is made for a project with a day as its end, found by its name, and ended by its id or by itself", async () => {
    const made = await issuer.mint?.(service, login, { ...ORDER, ttl: 7 * 86_400 }, http);
    if (made?.outcome !== "minted") throw new Error("not made");
    expect(made.facts).toMatchObject({ description: ORDER.description, scope: "read_repository self_rotate", kind: "scoped", tokenId: expect.stringMatching(/^projects-12-\d+$/) });
    expect(made.facts.expiresAt).toMatch(/^\d{4}-\d\d-\d\dT00:00:00Z$/);
    const listed = await issuer.list?.(service, login, ORDER.description, http);
    expect(listed).toEqual({ outcome: "listed", tokens: [expect.objectContaining({ tokenId: made.facts.tokenId })] });
    expect(await issuer.revoke?.(service, login, made.facts.tokenId, http)).toEqual({ outcome: "revoked" });
    const [other] = [await issuer.mint?.(service, login, ORDER, http)];
    if (other?.outcome !== "minted") throw new Error("not made");
    expect(await issuer.revoke?.(service, { secret: other.secret }, other.facts.tokenId, http)).toEqual({ outcome: "revoked" });
    expect(await issuer.inspect?.(service, { secret: other.secret }, http)).toMatchObject({ outcome: "invalid" });
  });

  it("lives for at least a day, however short a time was wished for", async () => {
    const made = await issuer.mint?.(service, login, { ...ORDER, ttl: 60 }, http);
    expect(made?.outcome === "minted" && Date.parse(made.facts.expiresAt ?? "") > Date.now()).toBe(true);
  });

  it("renews itself where it may; one that was renewed before is spent, and not tried again", async () => {
    const before = gitlab.addToken("mine", ["self_rotate"]);
    const renewed = await issuer.refresh?.(service, credential(before), ORDER, http);
    expect(renewed).toMatchObject({ outcome: "minted", facts: { description: "mine" } });
    expect(await issuer.refresh?.(service, credential(before), ORDER, http)).toEqual({ outcome: "stale" });
    const narrow = credential(gitlab.addToken("narrow", ["read_repository"]));
    expect(await issuer.refresh?.(service, narrow, ORDER, http)).toMatchObject({ outcome: "refused" });
    expect([issuer.renewsItself?.(before.secret), issuer.renewsItself?.("other")]).toEqual([true, false]);
  });

  it("of a tool is ended with a login of its page, which stays", async () => {
    const made = await issuer.mint?.(service, login, ORDER, http);
    if (made?.outcome !== "minted") throw new Error("not made");
    const known = gitlab.addToken("page", ["api"]);
    const secret = "of-a-sign-in";
    Object.assign(known, { secret });
    const signedIn = { secret: new Secret(secret), refreshToken: new Secret(`refresh-${secret}`), isLogin: true };
    expect(await issuer.revoke?.(service, signedIn, made.facts.tokenId, http)).toEqual({ outcome: "revoked" });
    expect(gitlab.tokens.filter((token) => [secret, made.secret.reveal()].includes(token.secret)).map(({ alive }) => alive)).toEqual([false, true]);
    const own = { ...service, client: { clientId: "ours", check: undefined, scopes: undefined } };
    expect(await issuer.revoke?.(own, signedIn, undefined, http)).toEqual({ outcome: "revoked" });
    expect(gitlab.tokens.find((token) => token.secret === secret)?.alive).toBe(false);
  });

  it("of a person is listed without the description of one", async () => {
    const listed = await issuer.list?.(service, login, undefined, http);
    expect(listed?.outcome === "listed" && listed.tokens.map(({ description }) => description)).toContain("login");
  });
});

it("is recognised by its host", () => {
  const place = (url: string): string => new Services([]).place(url, "git").service;
  expect([place("https://gitlab.com/acme"), place("https://gitlab.example.com/acme")]).toEqual(["gitlab", "gitlab@gitlab.example.com"]);
});
