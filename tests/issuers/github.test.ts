/** Against the stand-in, which answers as GitHub's documentation says (fixtures/services/github.ts). */
import { generateKeyPairSync } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Secret } from "../../src/core/secret.ts";
import type { Http, HttpRequest } from "../../src/issuers/http.ts";
import type { Issuer } from "../../src/issuers/issuer.ts";
import type { MintOrder, ServiceCredential } from "../../src/issuers/outcomes.ts";
import { readOwnService } from "../../src/issuers/own-services.ts";
import { readTokenText } from "../../src/issuers/reading.ts";
import { Services } from "../../src/issuers/registry.ts";
import type { Service } from "../../src/issuers/service.ts";
import { github as issuer } from "../../src/issuers/services/github/github.ts";
import { TOKEN_ENDPOINTS } from "../../src/issuers/token-endpoints.ts";
import { startGitHub, type GitHub, type GitHubInstallation, type GitHubToken } from "../fixtures/services/github.ts";
import { abilitiesOf, clientFor, NO_ANSWERS, sentSince, serviceAt } from "../fixtures/services/issuer-calls.ts";
import { revealed } from "../fixtures/tokens.ts";

const KEYS = generateKeyPairSync("rsa", { modulusLength: 2048 });
const OTHER_KEYS = generateKeyPairSync("rsa", { modulusLength: 2048 });
const APP_ID = "Iv23liACME";
const INSTALLATION: GitHubInstallation = { id: 7, repositories: ["acme/widget", "acme/gadget"], permissions: { contents: "write", metadata: "read" } };
const WRONG = "Bad credentials";

let github: GitHub;
let service: Service;
let http: Http;
let app: Issuer;

beforeAll(async () => {
  github = await startGitHub({ login: "alice", app: { id: APP_ID, slug: "acme-keys", publicKey: KEYS.publicKey, installations: [INSTALLATION] } });
  service = serviceAt(github, "github");
  http = clientFor(github);
  app = readOwnService("app", { issuer: "github", app_id: APP_ID, url: github.origin, cacert: github.caFile }).issuer;
});
afterEach(() => {
  github.faults.clear();
  github.clock.skewSeconds = 0;
  github.lifetimeSeconds = 3600;
  expect(github.leaks).toEqual([]);
});
afterAll(() => github.close());

function own({ secret }: GitHubToken): ServiceCredential {
  return { secret: new Secret(secret) };
}

/** As `toolkey login` keeps it. */
function key(pem: string | Buffer): ServiceCredential {
  const [, label, body = ""] = /^-----BEGIN (.+)-----\n([^-]+)\n-----END/.exec(pem.toString()) ?? [];
  return { secret: new Secret(`-----BEGIN ${label}----- ${body.split("\n").join(" ")} -----END ${label}-----`), isLogin: true };
}

const LOGIN = key(KEYS.privateKey.export({ type: "pkcs1", format: "pem" }));
const ORDER: MintOrder = { tool: "git", description: "git on laptop", repository: "acme/widget" };

const look = (credential: ServiceCredential) => issuer.inspect?.(service, credential, http);
const end = (credential: ServiceCredential) => issuer.revokeByValue?.revoke(service, credential, http);
const mint = (order: Partial<MintOrder> = {}, login = LOGIN) => app.mint?.(service, login, { ...ORDER, ...order }, http);

const CALLS = {
  inspect: { method: "GET", call: () => look(own(github.addToken("ghp_"))) },
  "inspect of an installation's": { method: "GET", call: () => look(own(github.addToken("ghs_"))) },
  "inspect of an app": { method: "GET", call: () => app.inspect?.(service, LOGIN, http) },
  revoke: { method: "DELETE", call: () => issuer.revoke?.(service, own(github.addToken("ghs_")), undefined, http) },
  "revoke by value": { method: "POST", call: () => end(own(github.addToken("ghp_"))) },
} as const;

describe.each(Object.entries(CALLS))("%s", (_name, { method, call }) => {
  it.each(NO_ANSWERS)("$what", async ({ fault, outcome, sent }) => {
    const before = github.requests.length;
    github.faults.add({ path: "*" }, fault, { times: Infinity });
    expect(await call()).toEqual(outcome);
    expect(sentSince(github, before, method)).toBe(method === "POST" ? 1 : sent);
  });

  it.each([
    ["in words", { kind: "status", status: 403, body: '{"message":"API rate limit exceeded for 192.0.2.1."}' }, ""],
    ["with a time", { kind: "status", status: 403, retryAfter: 60, body: '{"message":"You have exceeded a secondary limit"}' }, "; it asks to wait until 60 s from now"],
  ] as const)("a 403 for too many requests, %s, says nothing of the token", async (_what, fault, wait) => {
    const before = github.requests.length;
    github.faults.add({ path: "*" }, fault, { times: Infinity });
    expect(await call()).toEqual({ outcome: "failing", detail: `too many requests (status 403)${wait}` });
    expect(sentSince(github, before, method)).toBe(1);
  });

  it("a redirect is not followed", async () => {
    github.faults.add({ path: "*" }, { kind: "redirect", to: "/login" });
    expect(await call()).toEqual({ outcome: "wrong-host", detail: "a redirect (status 302)" });
  });
});

describe("whether a token lives", () => {
  it.each([
    ["ghp_", { scopes: ["repo", "read:packages"] }, { scope: "repo, read:packages" }],
    ["ghp_", { scopes: [] }, {}],
    ["gho_", { scopes: ["gist"] }, { scope: "gist" }],
    ["github_pat_", { expiresAt: Date.parse("2099-10-07T19:07:53Z") }, { expiresAt: "2099-10-07T19:07:53Z" }],
    ["ghu_", {}, {}],
  ] as const)("is told of %s with %j by whose it is, and with its scopes and end", async (prefix, more, facts) => {
    expect(await look(own(github.addToken(prefix, more)))).toEqual({ outcome: "valid", facts: { subject: "alice", ...facts } });
  });

  it("an end in another zone is the same instant", async () => {
    const zoned: Http = { send: async (request) => ({ ...(await http.send(request)), headers: { "github-authentication-token-expiration": "2099-10-07 21:07:53 +0200" } }) };
    expect(await issuer.inspect?.(service, own(github.addToken("ghp_")), zoned)).toMatchObject({ facts: { expiresAt: "2099-10-07T19:07:53Z" } });
  });

  it("an installation's is asked about what it can see, since it is nobody's", async () => {
    const before = github.requests.length;
    expect(await look(own(github.addToken("ghs_")))).toEqual({ outcome: "valid", facts: {} });
    expect(await look({ secret: new Secret(`ghs_${"x".repeat(36)}`) })).toEqual({ outcome: "invalid", detail: WRONG });
    expect(github.requests.slice(before).map(({ path }) => path)).toEqual(Array(2).fill("/api/v3/installation/repositories"));
  });

  it("a wrong one, and one that is over, are not valid; one that an organization keeps out is", async () => {
    expect(await look({ secret: new Secret("ghp_wrong") })).toEqual({ outcome: "invalid", detail: WRONG });
    expect(await look(own(github.addToken("ghp_", { expiresAt: 1 })))).toEqual({ outcome: "invalid", detail: WRONG });
    github.faults.add({ path: "*" }, { kind: "status", status: 403, body: '{"message":"Resource protected by organization SAML enforcement."}' });
    expect(await look(own(github.addToken("ghp_")))).toEqual({ outcome: "not-permitted" });
  });

  it.each([
    [404, '{"message":"Not Found"}', "status 404"],
    [200, '{"name":"another API"}', "this is no GitHub"],
  ])("is not told by a %i of something else", async (status, body, detail) => {
    for (const prefix of ["ghp_", "ghs_"] as const) {
      github.faults.add({ path: "*" }, { kind: "status", status, body });
      expect(await look(own(github.addToken(prefix)))).toEqual({ outcome: "wrong-host", detail });
    }
  });
});

describe("by value", () => {
  /** The client, with the stand-in in the place of api.github.com. */
  const sentTo = (server: GitHub, asked: HttpRequest[]): Http => ({
    send(request) {
      asked.push(request);
      return clientFor(server).send({ ...request, url: request.url.replace("https://api.github.com", `${server.origin}/api/v3`) });
    },
  });

  it.each(["ghp_", "github_pat_", "gho_", "ghu_"] as const)("%s is ended at github.com by nobody in particular", async (prefix) => {
    const online = await startGitHub({ login: "alice", online: true });
    const token = online.addToken(prefix);
    const asked: HttpRequest[] = [];
    expect(issuer.revokeByValue?.takes(token.secret)).toBe(true);
    expect(await issuer.revokeByValue?.revoke({ url: "https://github.com" }, own(token), sentTo(online, asked))).toEqual({ outcome: "accepted" });
    expect(asked).toMatchObject([{ url: "https://api.github.com/credentials/revoke", authorization: undefined }]);
    expect([online.tokens, online.leaks]).toEqual([[], []]);
    await online.close();
  });

  it("an Enterprise Server is asked by the token itself, and ends personal ones only", async () => {
    const token = github.addToken("ghp_");
    expect(await end(own(token))).toEqual({ outcome: "accepted" });
    expect(github.tokens).not.toContain(token);
    expect(await end(own(github.addToken("gho_")))).toMatchObject({ outcome: "on-its-page" });
    const old = await startGitHub({ login: "alice", isOld: true });
    expect(await issuer.revokeByValue?.revoke(serviceAt(old, "github"), own(old.addToken("ghp_")), clientFor(old))).toMatchObject({ outcome: "on-its-page" });
    await old.close();
  });

  it.each([
    [401, "refused"],
    [403, "refused"],
    [422, "failing"],
  ])("status %i is %s, in GitHub's words", async (status, outcome) => {
    github.faults.add({ path: "*" }, { kind: "status", status, body: '{"message":"Validation Failed"}' });
    expect(await end(own(github.addToken("ghp_")))).toEqual({ outcome, detail: "Validation Failed" });
  });

  it("what it says of a token's text has the text no more", async () => {
    const token = github.addToken("ghp_");
    github.faults.add({ path: "*" }, { kind: "status", status: 422, body: JSON.stringify({ message: `bad: ${token.secret}` }) });
    expect(await end(own(token))).toEqual({ outcome: "failing", detail: "bad: [secret]" });
  });

  it("an installation's is ended by itself, once; what has another form by people", async () => {
    const token = github.addToken("ghs_");
    const revoke = (credential: ServiceCredential) => issuer.revoke?.(service, credential, undefined, http);
    expect(issuer.revokeByValue?.takes(token.secret)).toBe(false);
    expect(await revoke(own(token))).toEqual({ outcome: "revoked" });
    expect(await revoke(own(token))).toEqual({ outcome: "refused", detail: WRONG });
    expect(await revoke({ secret: new Secret("0123456789abcdef0123456789abcdef01234567") })).toMatchObject({ outcome: "on-its-page" });
  });
});

describe("an app", () => {
  it("is known by its key, in both forms that there are", async () => {
    const inspect = (login: ServiceCredential) => app.inspect?.(service, login, http);
    const valid = { outcome: "valid", facts: { subject: "acme-keys" } };
    expect(await inspect(LOGIN)).toEqual(valid);
    expect(await inspect(key(KEYS.privateKey.export({ type: "pkcs8", format: "pem" })))).toEqual(valid);
    expect(await inspect(key(OTHER_KEYS.privateKey.export({ type: "pkcs8", format: "pem" })))).toEqual({ outcome: "invalid", detail: "A JSON web token could not be decoded" });
    const noKey = { outcome: "invalid", detail: "this is no private RSA key, as GitHub makes them for apps" };
    expect(await inspect(key(generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" })))).toEqual(noKey);
    for (const text of ["no key", "-----BEGIN PRIVATE KEY----- QUJD -----END PRIVATE KEY-----"]) expect(await inspect({ secret: new Secret(text), isLogin: true })).toEqual(noKey);
    const nobody = readOwnService("nobody", { issuer: "github", app_id: "42", url: github.origin }).issuer;
    expect(await nobody.inspect?.(service, LOGIN, http)).toEqual({ outcome: "invalid", detail: "Integration not found" });
  });

  it("its clock may be a minute ahead; more than that is told in GitHub's words", async () => {
    github.clock.skewSeconds = -50;
    expect(await app.inspect?.(service, LOGIN, http)).toMatchObject({ outcome: "valid" });
    github.clock.skewSeconds = -120;
    expect(await app.inspect?.(service, LOGIN, http)).toMatchObject({ outcome: "invalid", detail: expect.stringContaining("'iat'") as string });
  });

  it.each<[what: string, order: Partial<MintOrder>, repositories: string[], permissions: object, scope: string, part: string]>([
    ["git", {}, ["acme/widget"], { contents: "write" }, "acme/widget contents:write", "acme/widget"],
    ["git", { repository: "acme/widget.git" }, ["acme/widget"], { contents: "write" }, "acme/widget contents:write", "acme/widget"],
    ["http", {}, ["acme/widget"], { contents: "read" }, "acme/widget contents:read", "repos/acme/widget"],
    ["git", { scope: "contents:read metadata:read" }, ["acme/widget"], { contents: "read", metadata: "read" }, "acme/widget contents:read metadata:read", "acme/widget"],
    ["git", { repository: "acme/widget, gadget" }, ["acme/widget", "acme/gadget"], { contents: "write" }, "acme/widget acme/gadget contents:write", "acme"],
    // As it is renewed.
    ["git", { repository: undefined, scope: "acme/widget contents:read" }, ["acme/widget"], { contents: "read" }, "acme/widget contents:read", "acme/widget"],
  ])("makes for %s with %j a token for %j", async (tool, order, repositories, permissions, scope, part) => {
    github.clock.skewSeconds = 300;
    const made = await mint({ tool, ...order });
    const token = github.tokens.at(-1);
    expect(token).toMatchObject({ repositories, permissions });
    const { lifetime, ...rest } = revealed(made) as { lifetime: number };
    expect(lifetime).toBeGreaterThan(3590);
    expect(lifetime).toBeLessThanOrEqual(3601);
    expect(rest).toEqual({ outcome: "minted", secret: `secret:${token?.secret}`, username: "x-access-token", facts: { scope, kind: "scoped" } });
    expect(app.partFor?.("https://github.com", tool, { ...ORDER, ...order })).toBe(`https://github.com/${part}`);
    expect(await app.inspect?.(service, own(token ?? { secret: "" }), http)).toEqual({ outcome: "valid", facts: {} });
    expect(await app.revoke?.(service, own(token ?? { secret: "" }), undefined, http)).toEqual({ outcome: "revoked" });
  });

  it.each<[what: string, order: Partial<MintOrder>, detail: string]>([
    ["no repository", { repository: undefined }, "name the repository: --repository OWNER/NAME"],
    ["no owner", { repository: "widget" }, "'widget' is no repository; write OWNER/NAME, and permissions as contents:read"],
    ["a way out", { repository: "acme/.." }, "'acme/..' is no repository; write OWNER/NAME, and permissions as contents:read"],
    ["another path", { repository: "acme/widget/pulls" }, "'acme/widget/pulls' is no repository; write OWNER/NAME, and permissions as contents:read"],
    ["two owners", { repository: "acme/widget,other/thing" }, "a token is for repositories of one owner; make one for each"],
    ["a tool that it has none for", { tool: "npm" }, "an app has no tokens for npm: GitHub's packages take classic ones; make one at its page"],
    ["one where it is not installed", { repository: "other/thing" }, "the app is not installed for other/thing, or there is no such repository"],
    [
      "one that is there, and one that is not", { repository: "acme/widget,nothing" },
      "There is at least one repository that does not exist or is not accessible to the parent installation.",
    ],
    ["more than it was granted", { scope: "administration:write" }, "The permissions requested are not granted to this installation."],
  ])("makes none for %s", async (_what, order, detail) => {
    const before = github.tokens.length;
    expect(await mint(order)).toEqual({ outcome: "refused", detail });
    expect(github.tokens.length).toBe(before);
  });

  it("with a wrong key makes none, and GitHub says why", async () => {
    expect(await mint({}, key(OTHER_KEYS.privateKey.export({ type: "pkcs1", format: "pem" })))).toEqual({ outcome: "refused", detail: "A JSON web token could not be decoded" });
    expect(await mint({}, { secret: new Secret("key"), isLogin: true })).toEqual({ outcome: "refused", detail: "the login is no private RSA key" });
  });

  it("nothing was made while it only asked where it is installed; of the second answer nobody knows", async () => {
    github.faults.add({ path: "*", method: "GET" }, { kind: "status", status: 503 }, { times: 3 });
    expect(await mint()).toEqual({ outcome: "offline", detail: "status 503" });
    github.faults.add({ path: "*", method: "POST" }, { kind: "status", status: 503 });
    expect(await mint()).toEqual({ outcome: "failing", detail: "status 503" });
    github.faults.add({ path: "*", method: "POST" }, { kind: "status", status: 201, body: "{}" });
    expect(await mint()).toEqual({ outcome: "failing", detail: "the answer holds no token" });
  });

  it.each(NO_ANSWERS)("of an order to which there is no answer nobody knows: $what", async ({ fault, outcome }) => {
    const before = github.requests.length;
    github.faults.add({ path: "*", method: "POST" }, fault, { times: Infinity });
    expect(await mint()).toEqual(outcome);
    expect(sentSince(github, before, "POST")).toBe(1);
  });

  it("is only where config.toml has its id", () => {
    expect([abilitiesOf(issuer), abilitiesOf(app)]).toEqual([
      ["inspect", "refresh", "revoke"],
      ["inspect", "mint", "revoke"],
    ]);
    // A person's sign-in would take the place of its key.
    expect(app.signInPage).toBe(undefined);
    expect([issuer.signIn, app.signIn]).toEqual([undefined, "key"]);
    expect(() => readOwnService("acme", { issuer: "gitea", app_id: "1", url: "https://git.example" })).toThrow("'gitea' has no apps");
  });
});

it("a service of one's own at github.com has the places of GitHub", () => {
  const own = readOwnService("github", { issuer: "github", url: "https://github.com", client_id: "ours" });
  expect(own.tools).toEqual(new Services([]).named("github")?.tools);
});

describe("the page for a new token", () => {
  it.each([
    ["git", "https://github.com/settings/personal-access-tokens/new?name=git+on+laptop&description=for+git%2C+kept+by+toolkey&expires_in=90&contents=write"],
    ["http", "https://github.com/settings/personal-access-tokens/new?name=http+on+laptop&description=for+http%2C+kept+by+toolkey&expires_in=90&contents=read"],
    ["npm", "https://github.com/settings/tokens/new?description=npm+on+laptop&scopes=read%3Apackages"],
    ["maven", "https://github.com/settings/tokens/new?description=maven+on+laptop&scopes=read%3Apackages"],
  ])("of %s is filled in with the least that it needs", (tool, url) => {
    expect(issuer.newTokenPage?.({ url: "https://github.com" }, tool, `${tool} on laptop`)).toBe(url);
  });

  it("has no longer name than the page takes, and is on the Enterprise Server itself", () => {
    const url = new URL(issuer.newTokenPage?.({ url: "https://git.acme.example/" }, "git", `git on ${"x".repeat(60)}`) ?? "");
    expect([url.origin, url.searchParams.get("name")?.length]).toEqual(["https://git.acme.example", 40]);
  });
});

describe("where its tools have their tokens", () => {
  const places = (name: string) => Object.entries(new Services([]).named(name)?.tools ?? {}).map(([tool, { targets, presents, username }]) => [tool, targets[0]?.host, targets[0]?.path.join("/"), presents, username]);

  it("at github.com, at an Enterprise Server, and at one of GitHub's own for an enterprise", () => {
    expect(places("github")).toEqual([
      ["git", "github.com", "", "Basic", "x-access-token"],
      ["maven", "maven.pkg.github.com", "", "Basic", "x-access-token"],
      ...["npm", "pnpm", "yarn", "bun"].map((tool) => [tool, "npm.pkg.github.com", "", "Bearer", undefined]),
      ["http", "api.github.com", "", "Bearer", undefined],
    ]);
    expect(places("github@git.acme.example").at(-1)).toEqual(["http", "git.acme.example", "api/v3", "Bearer", undefined]);
    expect(places("github@acme.ghe.com").at(-1)).toEqual(["http", "api.acme.ghe.com", "", "Bearer", undefined]);
  });

  it("its hosts are recognised", () => {
    const named = (url: string): string => new Services([]).place(url, "git").service;
    expect(["https://github.com/acme", "https://acme.ghe.com/team", "https://npm.acme.ghe.com", "https://notgithub.com"].map(named)).toEqual([
      "github", "github@acme.ghe.com", "npm.acme.ghe.com", "notgithub.com",
    ]);
  });

  it("by the path that is asked for an app knows the repository", () => {
    expect(app.wishAt?.("git", ["acme", "widget.git", "info"])).toEqual({ repository: "acme/widget.git" });
    expect(app.wishAt?.("http", ["repos", "acme", "widget", "pulls"])).toEqual({ repository: "acme/widget" });
    expect([app.wishAt?.("git", ["acme"]), app.wishAt?.("http", ["user", "acme", "widget"])]).toEqual([undefined, undefined]);
  });
});

it.each([
  [`ghp_${"a".repeat(36)}`, {}],
  [`gho_${"a".repeat(36)}`, {}],
  [`github_pat_${"a".repeat(82)}`, { kind: "scoped" }],
  [`ghu_${"a".repeat(36)}`, { kind: "scoped" }],
  [`ghs_${"a".repeat(36)}`, { kind: "scoped" }],
  [`ghs_123_${"a".repeat(100)}.${"b-_".repeat(50)}.${"c".repeat(50)}`, { kind: "scoped" }],
])("of %s is told what it may be", (text, facts) => {
  expect(issuer.readToken?.(text)?.facts).toEqual(facts);
  expect(readTokenText(text).facts).toEqual(facts);
});

it("where it makes, shows and ends tokens nobody gets through the gateway", () => {
  for (const endpoint of ["credentials/revoke", "installation/token", "app/installations/*/access_tokens", "login/oauth", "settings/tokens"]) {
    expect(TOKEN_ENDPOINTS).toContain(endpoint);
  }
});
