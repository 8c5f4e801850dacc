/** Against the stand-in, which answers as Gitea's source does (fixtures/services/gitea.ts). */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Secret } from "../../src/core/secret.ts";
import { gitea as issuer } from "../../src/issuers/services/gitea.ts";
import type { Http } from "../../src/issuers/http.ts";
import type { ServiceCredential, MintOrder } from "../../src/issuers/outcomes.ts";
import { Services } from "../../src/issuers/registry.ts";
import type { Service } from "../../src/issuers/service.ts";
import { startGitea, type Gitea, type GiteaToken } from "../fixtures/services/gitea.ts";
import { clientFor, NO_ANSWERS, sentSince, serviceAt } from "../fixtures/services/issuer-calls.ts";
import { revealed } from "../fixtures/tokens.ts";

const PASSWORD = "correct horse battery";
const LOGIN: ServiceCredential = { secret: new Secret(PASSWORD), username: "alice", isLogin: true };
const UNKNOWN = "invalid username, password or token";
const ORDER: MintOrder = { tool: "git", description: "git on laptop (toolkey 01)", scope: "write:repository" };

let gitea: Gitea;
let service: Service;
let http: Http;

beforeAll(async () => {
  gitea = await startGitea({ username: "alice", password: PASSWORD });
  service = serviceAt(gitea, "gitea");
  http = clientFor(gitea);
});
afterEach(() => {
  gitea.faults.clear();
  expect(gitea.leaks).toEqual([]);
});
afterAll(() => gitea.close());

const CALLS = {
  inspect: { method: "GET", call: (credential: ServiceCredential) => issuer.inspect?.(service, credential, http) },
  mint: { method: "POST", call: (credential: ServiceCredential) => issuer.mint?.(service, credential, ORDER, http) },
  revoke: { method: "DELETE", call: (credential: ServiceCredential) => issuer.revoke?.(service, credential, "999", http) },
  list: { method: "GET", call: (credential: ServiceCredential) => issuer.list?.(service, credential, undefined, http) },
} as const;

function own({ secret }: GiteaToken): ServiceCredential {
  return { secret: new Secret(secret), username: "alice" };
}

describe.each(Object.entries(CALLS))("%s", (name, { method, call }) => {
  it.each(NO_ANSWERS)("$what", async ({ fault, outcome, sent }) => {
    const before = gitea.requests.length;
    gitea.faults.add({ path: "*" }, fault, { times: Infinity });
    expect(await call(LOGIN)).toEqual(outcome);
    expect(sentSince(gitea, before, method)).toBe(method === "POST" ? 1 : sent);
  });

  it.each<[status: number, message: string]>([
    [401, UNKNOWN],
    [403, "user should be the owner or a site admin"],
  ])("status %i is told in its words, once", async (status, message) => {
    const before = gitea.requests.length;
    gitea.faults.add({ path: "*" }, { kind: "status", status, body: JSON.stringify({ message }) }, { times: Infinity });
    const looked = status === 401 ? { outcome: "invalid", detail: message } : { outcome: "not-permitted" };
    expect(await call(LOGIN)).toEqual(name === "inspect" ? looked : { outcome: "refused", detail: message });
    expect(sentSince(gitea, before, method)).toBe(1);
  });

  it("a redirect is not followed", async () => {
    gitea.faults.add({ path: "*" }, { kind: "redirect", to: "/user/login" });
    expect(await call(LOGIN)).toEqual({ outcome: "wrong-host", detail: "a redirect (status 302)" });
  });
});

describe("whether a token lives", () => {
  it("is told by whose it is; without the scope to look at that it is valid all the same", async () => {
    expect(await CALLS.inspect.call(LOGIN)).toEqual({ outcome: "valid", facts: { subject: "alice" } });
    expect(await CALLS.inspect.call(own(gitea.addToken("reads", ["read:user"])))).toEqual({ outcome: "valid", facts: { subject: "alice" } });
    expect(await CALLS.inspect.call(own(gitea.addToken("pushes", ["write:repository"])))).toEqual({ outcome: "not-permitted" });
    expect(await CALLS.inspect.call({ ...LOGIN, secret: new Secret("wrong") })).toEqual({ outcome: "invalid", detail: UNKNOWN });
  });

  it.each([
    [404, "{}", "status 404"],
    [200, '{"name":"another API"}', "this is no Gitea"],
  ])("is not told by a %i of something else", async (status, body, detail) => {
    gitea.faults.add({ path: "*" }, { kind: "status", status, body });
    expect(await CALLS.inspect.call(LOGIN)).toEqual({ outcome: "wrong-host", detail });
  });
});

describe("mint", () => {
  it.each<[tool: string, scope: string | undefined, made: string]>([
    ["git", undefined, "write:repository"],
    ["npm", undefined, "write:package"],
    ["maven", undefined, "write:package"],
    ["http", undefined, "read:repository"],
    ["git", "read:repository, read:user", "read:repository read:user"],
    ["http", "all", "all"],
  ])("for %s with the scope %s makes %s", async (tool, scope, made) => {
    const description = `${tool} on laptop (toolkey ${String(scope)})`;
    const minted = await issuer.mint?.(service, LOGIN, { tool, scope: scope ?? issuer.scopes?.[tool], description, ttl: 60 }, http);
    const token = gitea.tokens.at(-1);
    expect(token).toMatchObject({ name: description, scopes: made.split(" ") });
    expect(revealed(minted)).toEqual({
      outcome: "minted",
      secret: `secret:${token?.secret}`,
      username: "alice",
      facts: { tokenId: String(token?.id), subject: "alice", description, scope: made, kind: made === "all" ? "identity" : "scoped" },
    });
  });

  it.each<[what: string, order: Partial<MintOrder>, login: Partial<ServiceCredential>, detail: string]>([
    [
      "a scope of no form", { scope: "everything", description: "too much" }, {},
      "invalid access token scope provided: access token must have a scope",
    ],
    ["another user", {}, { username: "bob" }, UNKNOWN],
    ["a wrong password", {}, { secret: new Secret("wrong") }, UNKNOWN],
  ])("is refused for %s", async (_what, order, login, detail) => {
    expect(await issuer.mint?.(service, { ...LOGIN, ...login }, { ...ORDER, ...order }, http)).toEqual({ outcome: "refused", detail });
  });

  it.each([
    [400, "access token name has been used already"],
    [404, "user redirect does not exist [name: alice]"],
    [422, "[Name]: Required"],
  ])("is refused with status %i in its words", async (status, message) => {
    gitea.faults.add({ path: "*" }, { kind: "status", status, body: JSON.stringify({ message }) });
    expect(await CALLS.mint.call(LOGIN)).toEqual({ outcome: "refused", detail: message });
  });

  it("makes no two of a name", async () => {
    gitea.addToken("twice", ["all"]);
    const order = { ...ORDER, description: "twice" };
    expect(await issuer.mint?.(service, LOGIN, order, http)).toEqual({ outcome: "refused", detail: "access token name has been used already" });
  });

  it("an answer without a token may be one that was made", async () => {
    gitea.faults.add({ path: "*" }, { kind: "status", status: 201, body: "{}" });
    expect(await CALLS.mint.call(LOGIN)).toEqual({ outcome: "failing", detail: "the answer holds no token" });
  });

  it("is done with a token in the password's place where the service takes one, else refused", async () => {
    const all = own(gitea.addToken("for toolkey", ["write:user"]));
    const order = { ...ORDER, description: "by a token" };
    expect(await issuer.mint?.(service, { ...all, isLogin: true }, order, http)).toMatchObject({ outcome: "minted" });
    const forgejo = await startGitea({ username: "alice", password: PASSWORD, passwordOnly: true });
    const token = own(forgejo.addToken("for toolkey", ["all"]));
    const refused = await issuer.mint?.(serviceAt(forgejo, "gitea"), { ...token, isLogin: true }, order, clientFor(forgejo));
    expect(refused).toEqual({ outcome: "refused", detail: "auth method not allowed" });
    await forgejo.close();
  });
});

describe("revoke", () => {
  it("ends one token by its id, with the login alone; what is gone is not found", async () => {
    const { id, ...token } = gitea.addToken("to end", ["all"]);
    const byItself = await issuer.revoke?.(service, own({ id, ...token }), String(id), http);
    expect(byItself).toEqual({ outcome: "refused", detail: "only with the account's password" });
    expect(await issuer.revoke?.(service, LOGIN, undefined, http)).toEqual({ outcome: "id-unknown" });
    expect(await issuer.revoke?.(service, LOGIN, String(id), http)).toEqual({ outcome: "revoked" });
    expect(await issuer.revoke?.(service, LOGIN, String(id), http)).toEqual({ outcome: "not-found" });
    expect(gitea.tokens.map(({ name }) => name)).not.toContain("to end");
  });

  it("status 422 is a failure in its words", async () => {
    gitea.faults.add({ path: "*" }, { kind: "status", status: 422, body: '{"message":"multiple matches for token name"}' });
    expect(await CALLS.revoke.call(LOGIN)).toEqual({ outcome: "failing", detail: "multiple matches for token name" });
  });
});

describe("list", () => {
  it.each([false, true])("tells all tokens, page by page, and those of a description (an older service: %s)", async (terse) => {
    const server = await startGitea({ username: "alice", password: PASSWORD, terse });
    for (const name of ["git on a", "git on b", "npm on a", "all of it", "git on c"]) server.addToken(name, name === "all of it" ? ["all"] : []);
    const list = (description?: string) => issuer.list?.(serviceAt(server, "gitea"), LOGIN, description, clientFor(server));
    const told = await list();
    expect(told?.outcome === "listed" && told.tokens.map(({ tokenId, description }) => [tokenId, description])).toEqual([
      ["1", "git on a"], ["2", "git on b"], ["3", "npm on a"], ["4", "all of it"], ["5", "git on c"],
    ]);
    const [, , , all] = told?.outcome === "listed" ? told.tokens : [];
    const told4 = { tokenId: "4", description: "all of it" };
    expect(all).toEqual(terse ? { ...told4, kind: "scoped" } : { ...told4, kind: "identity", scope: "all", issuedAt: "2026-11-22T05:00:00Z" });
    expect(await list("git on")).toMatchObject({ outcome: "listed", tokens: [{ tokenId: "1" }, { tokenId: "2" }, { tokenId: "5" }] });
    await server.close();
  });

  it("is none where the answer is another", async () => {
    gitea.faults.add({ path: "*" }, { kind: "status", status: 200, body: '{"tokens":[]}' });
    expect(await CALLS.list.call(LOGIN)).toEqual({ outcome: "wrong-host", detail: "the answer is no list of tokens" });
  });
});

it("the public ones are recognised by their hosts", () => {
  const { target, service: name } = new Services([]).place("https://codeberg.org/team", "git");
  expect([name, target.path]).toEqual(["gitea@codeberg.org", ["team"]]);
});
