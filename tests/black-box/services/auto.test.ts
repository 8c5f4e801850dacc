/** What happens to tokens by itself, when a tool asks for one. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { isDue } from "../../../src/broker/token-life/renewal-time.ts";
import { abandon } from "../../../src/broker/token-life/service-changes.ts";
import { instant } from "../../../src/core/clock.ts";
import { parseTarget } from "../../../src/core/target.ts";
import type { Token } from "../../../src/core/tokens/token.ts";
import { readOwnService } from "../../../src/issuers/own-services.ts";
import type { Service } from "../../../src/issuers/service.ts";
import { ask, bearer } from "../../fixtures/network/ask.ts";
import { sendGit } from "../../fixtures/processes/daemon-process.ts";
import { failureLater } from "../../fixtures/failures.ts";
import { startJfrogAccess, type IssuedToken, type JfrogAccess } from "../../fixtures/services/jfrog/jfrog-access.ts";
import { makeServiceHome, type ServiceHome } from "../../fixtures/homes/service-home.ts";
import { makeTls, type TestTls } from "../../fixtures/network/tls.ts";
import { makeToken } from "../../fixtures/tokens.ts";
import { makeTokenWorld, type TokenWorld } from "../../fixtures/homes/token-world.ts";

const MINUTE_S = 60;
const HOUR_S = 60 * MINUTE_S;
const DAY_S = 24 * HOUR_S;
const READ = "artifact:npm-local/**:r";

let tls: TestTls;
let jfrog: JfrogAccess;

beforeAll(async () => {
  tls = await makeTls();
});
afterAll(() => tls.remove());
beforeEach(async () => {
  jfrog = await startJfrogAccess({ tls });
});
afterEach(() => jfrog.close());

function adminLogin(): IssuedToken {
  return jfrog.makeUserToken({ username: "admin", scope: "applied-permissions/admin" });
}

function url(): string {
  return `${jfrog.origin}/artifactory/npm-local`;
}

function made(): number {
  return jfrog.requests.filter(({ method }) => method === "POST").length;
}

async function use(secret: string | undefined): Promise<number> {
  return (await ask(jfrog, "GET", "/artifactory/npm-local/x", bearer(secret ?? ""))).status;
}

describe("the first request of a tool", () => {
  let home: ServiceHome;
  beforeEach(async () => {
    home = await makeServiceHome(`[service.acme]
issuer = "jfrog"
url = "${jfrog.origin}"
cacert = "${jfrog.caFile}"
auto = true
ttl = "2d"
scopes = { git = "${READ}" }
git = { url = "${jfrog.origin}/artifactory" }
`);
  });
  afterEach(() => home.dispose());

  it("makes a token of its own, with the scope and the time declared for it, and the next one gets the same", async () => {
    const login = adminLogin();
    await home.ask("login", { service: "acme", secret: login.accessToken });
    const first = await home.fill(url());
    expect([await use(first), await home.fill(url()), made()]).toEqual([200, first, 1]);
    const [, token] = jfrog.tokens;
    expect([token?.scope, (token?.expiry ?? 0) - (token?.issuedAt ?? 0), token?.description?.startsWith("git on ")]).toEqual([READ, 2 * DAY_S, true]);
    expect([login.accessToken, login.referenceToken]).not.toContain(first);
  });

  it("shares one token with nineteen others at the same time", async () => {
    await home.ask("login", { service: "acme", secret: adminLogin().accessToken });
    const credential = `protocol=https\nhost=localhost:${jfrog.port}\npath=artifactory/npm-local\n`;
    const answers = await Promise.all(Array.from({ length: 20 }, () => sendGit(home, "get", credential)));
    const passwords = new Set(answers.map((answer) => /^password=(.+)$/m.exec(answer)?.[1]));
    expect([passwords.size, made()]).toEqual([1, 1]);
    expect(await use([...passwords][0])).toBe(200);
    expect((await home.tokens()).map(({ tool, state }) => `${tool} ${state}`)).toEqual(["toolkey active", "git active"]);
  });

  it("makes nothing and asks nobody where there is no login", async () => {
    expect(await home.fill(url())).toBe(undefined);
    expect(jfrog.requests).toEqual([]);
  });

  it("makes nothing for another user than that of the login", async () => {
    await home.ask("login", { service: "acme", secret: adminLogin().accessToken });
    const answer = await sendGit(home, "get", `protocol=https\nhost=localhost:${jfrog.port}\nusername=bob\n`);
    expect([/^password=/m.test(answer), made()]).toEqual([false, 0]);
  });

  it("makes nothing for a place that is not declared for the tool", async () => {
    await home.ask("login", { service: "acme", secret: adminLogin().accessToken });
    expect([await home.fill(`${jfrog.origin}/elsewhere`), await home.fill("https://localhost:1/artifactory/x"), made()]).toEqual([undefined, undefined, 0]);
  });
});

describe("with a clock that moves", () => {
  let world: TokenWorld;
  let service: Service;

  async function begin(more: Partial<Parameters<typeof readOwnService>[1]> = {}): Promise<void> {
    service = readOwnService("acme", {
      issuer: "jfrog",
      url: jfrog.origin,
      cacert: jfrog.caFile,
      auto: true,
      scopes: { git: READ, npm: READ },
      git: { url: `${jfrog.origin}/artifactory` },
      npm: { registry: `${jfrog.origin}/artifactory` },
      ...more,
    });
    world = await makeTokenWorld([service]);
  }
  beforeEach(() => begin());
  afterEach(() => world.dispose());

  /** Time goes by, here and at the service. */
  function pass(seconds: number): void {
    world.clock.aheadMs += seconds * 1000;
    jfrog.clock.skewSeconds += seconds;
  }

  async function mint(wish: Parameters<TokenWorld["issuing"]["mint"]>[2] = {}): Promise<Token> {
    return world.issuing.mint(service, "git", wish);
  }

  async function states(): Promise<string[]> {
    return (await world.tokens()).map(({ tool, state }) => `${tool} ${state}`);
  }

  describe("a login", () => {
    it.each(["git", "npm", "pnpm", "maven", "http", "docker"])("is never served to %s", async (tool) => {
      await world.dispose();
      await begin({ auto: false });
      await world.login(service, adminLogin().accessToken);
      expect([await world.get(tool, jfrog.origin), await world.get(tool, url())]).toEqual([undefined, undefined]);
    });

    it("is not what a tool gets whose token could not be made", async () => {
      await world.login(service, adminLogin().accessToken);
      jfrog.faults.add({ path: "*", method: "POST" }, { kind: "status", status: 503 });
      expect(await world.get("git", url())).toBe(undefined);
    });
  });

  describe("what was refused", () => {
    it("is not tried again for five minutes, or until there is another login", async () => {
      const login = adminLogin();
      await world.login(service, login.accessToken);
      jfrog.revoke(login.id);
      for (let count = 0; count < 3; count += 1) expect(await world.get("git", url())).toBe(undefined);
      expect([made(), world.failures]).toEqual([1, ["mint acme git: Failure: acme refused to make a token: Bad credentials"]]);
      pass(5 * MINUTE_S + 1);
      expect([await world.get("git", url()), made()]).toEqual([undefined, 2]);
      await world.login(service, adminLogin().accessToken);
      world.issuing.tryAgain();
      expect([await use(await world.get("git", url())), made()]).toEqual([200, 3]);
    });
  });

  describe("renewal", () => {
    beforeEach(() => world.login(service, adminLogin().accessToken));

    it("waits until a tenth of the life is left; then the tool gets the new one, and the old one ends", async () => {
      const { id } = await mint({ ttl: 30 * DAY_S });
      const first = await world.get("git", url());
      pass(27 * DAY_S - 10 * MINUTE_S);
      expect([await world.get("git", url()), made()]).toEqual([first, 1]);
      pass(20 * MINUTE_S);
      const second = await world.get("git", url());
      expect([second === first, made(), await use(second)]).toEqual([false, 2, 200]);
      const [, renewed, old] = await world.tokens();
      expect([renewed?.id, renewed?.state, old?.state]).toEqual([id, "active", "revoking"]);
      // Whoever has it yet may finish with it.
      expect(await use(first)).toBe(200);
      await world.reconcile();
      expect([await use(first), await use(second), await states()]).toEqual([401, 200, ["toolkey active", "git active", "git revoked"]]);
    });

    it("is shared by twenty concurrent requests", async () => {
      await mint({ ttl: 10 * DAY_S });
      pass(9 * DAY_S + 1);
      const secrets = new Set(await Promise.all(Array.from({ length: 20 }, () => world.get("git", url()))));
      expect([secrets.size, made(), await states()]).toEqual([1, 2, ["toolkey active", "git active", "git revoking"]]);
    });

    it("is not done again for who had not seen it yet", async () => {
      const before = await mint({ ttl: 10 * DAY_S });
      const { token } = await world.issuing.rotate(before);
      expect([(await world.issuing.rotate(before)).token.secret.equals(token.secret), made()]).toEqual([true, 2]);
    });

    it("and its end, told by two at once, is told once or twice, and never an error", async () => {
      const { old } = await world.issuing.rotate(await mint({ ttl: 10 * DAY_S }));
      const reports = await Promise.all([world.revoking.tell(old as Token), world.revoking.tell(old as Token)]);
      expect(reports.map((report) => report?.end)).toEqual(["ended", "ended"]);
      expect(await states()).toEqual(["toolkey active", "git active", "git revoked"]);
    });

    it("keeps what the token may do, and for how long", async () => {
      const before = await mint({ ttl: 4 * DAY_S, scope: "artifact:npm-local/a/**:r,w" });
      pass(4 * DAY_S - HOUR_S);
      await world.get("git", url());
      const [, after] = await world.tokens();
      expect(after).toMatchObject({ id: before.id, facts: { scope: before.facts.scope, subject: before.facts.subject }, username: before.username, target: before.target });
      expect(Date.parse(after?.facts.expiresAt ?? "") - Date.parse(after?.facts.issuedAt ?? "")).toBe(4 * DAY_S * 1000);
      const [, first, second] = jfrog.tokens;
      expect([second?.scope, second?.username]).toEqual([first?.scope, first?.username]);
    });

    it("that fails leaves the tool with the old token, and is not tried again for five minutes", async () => {
      await mint({ ttl: 10 * DAY_S });
      const first = await world.get("git", url());
      pass(9 * DAY_S + 1);
      jfrog.faults.add({ path: "*", method: "POST" }, { kind: "status", status: 500 }, { times: 1 });
      expect([await world.get("git", url()), await world.get("git", url()), made()]).toEqual([first, first, 2]);
      pass(5 * MINUTE_S + 1);
      expect([(await world.get("git", url())) === first, made()]).toEqual([false, 3]);
    });

    it("of an expired token happens on request, and is shared by concurrent ones", async () => {
      const { id } = await mint({ ttl: DAY_S });
      const first = await world.get("git", url());
      pass(3 * DAY_S);
      expect(await use(first)).toBe(401);
      const secrets = await Promise.all(Array.from({ length: 20 }, () => world.get("git", url())));
      expect([new Set(secrets).size, await use(secrets[0]), made()]).toEqual([1, 200, 2]);
      expect((await world.tokens()).map((token) => token.id).slice(1, 2)).toEqual([id]);
    });

    it("of an expired token without auto happens on request, too", async () => {
      await world.dispose();
      await begin({ auto: false });
      await world.login(service, adminLogin().accessToken);
      await mint({ ttl: DAY_S });
      pass(3 * DAY_S);
      expect(await use(await world.get("git", url()))).toBe(200);
    });

    it("goes by our own clock, whatever that of the service says", async () => {
      jfrog.clock.skewSeconds = -7 * DAY_S;
      const { facts: { expiresAt } } = await mint({ ttl: 10 * DAY_S });
      const now = world.clock.now();
      expect(Math.abs(Date.parse(expiresAt ?? "") - (now + 10 * DAY_S * 1000))).toBeLessThan(60_000);
      await world.get("git", url());
      expect(made()).toBe(1);
    });

    it("of a token that is revoked meanwhile does not bring it back, and ends what was made", async () => {
      const token = await mint({ ttl: 10 * DAY_S });
      const stop = jfrog.onRequest(async ({ method }) => {
        if (method !== "POST") return;
        stop();
        await world.revoking.revoke(token.id);
      });
      expect((await failureLater(() => world.issuing.rotate(token))).message).toBe(`token ${token.id} is revoked`);
      expect([await states(), jfrog.tokens.filter(({ alive }) => alive).length]).toEqual([["toolkey active", "git revoked"], 1]);
    });
  });

  it("who finds that a token was made a moment ago makes no other", async () => {
    await world.login(service, adminLogin().accessToken);
    const query = { tool: "git", target: parseTarget(url()) };
    expect([await world.issuing.mintFor(query), await world.issuing.mintFor(query), made()]).toEqual([true, true, 1]);
  });

  it("without a login an expired token is none, and nobody is asked", async () => {
    const login = await world.login(service, adminLogin().accessToken);
    const { id } = await mint({ ttl: DAY_S });
    await world.broker.revokeLocally([login.id]);
    pass(2 * DAY_S);
    const asked = jfrog.requests.length;
    const { token, passedOver } = await world.broker.resolve({ tool: "git", target: parseTarget(url()) }, () => true);
    expect([token, passedOver.map((over) => over.token.id), jfrog.requests.length]).toEqual([undefined, [id], asked]);
  });

  it("a token that another toolkey with the same vault gave up meanwhile is revoked, not lost", async () => {
    await world.login(service, adminLogin().accessToken);
    const stop = jfrog.onRequest(async ({ method }) => {
      if (method !== "POST") return;
      stop();
      const intended = (await world.tokens()).find(({ state }) => state === "intended");
      await world.records.change((tokens) => ({ tokens: abandon(tokens, intended?.id ?? ""), changed: [intended as Token] }));
    });
    const failure = await failureLater(() => mint());
    expect([failure.code, failure.hints]).toEqual(["unavailable", ["try again"]]);
    expect([await states(), jfrog.tokens.map(({ alive }) => alive)]).toEqual([["toolkey active"], [true, false]]);
  });

  it("a token whose making was not answered is found by its description and revoked, and nothing else", async () => {
    await world.login(service, adminLogin().accessToken);
    const mine = jfrog.makeUserToken({ description: "git on laptop" });
    jfrog.faults.add({ path: "*", method: "POST" }, { kind: "cut off" });
    expect((await failureLater(() => mint())).code).toBe("unavailable");
    expect([await states(), jfrog.tokens.filter(({ alive }) => alive).length]).toEqual([["toolkey active", "git intended"], 3]);
    expect(await world.reconcile()).toEqual({ intended: 1, settled: 1, pending: 0, ended: 0 });
    expect([await states(), jfrog.tokens.filter(({ alive }) => alive).map(({ id }) => id).includes(mine.id)]).toEqual([["toolkey active"], true]);
    expect(jfrog.tokens.filter(({ alive }) => alive).length).toBe(2);
  });

  it("while the service can't be asked, such an intention stays", async () => {
    await world.login(service, adminLogin().accessToken);
    jfrog.faults.add({ path: "*", method: "POST" }, { kind: "cut off" });
    await failureLater(() => mint());
    jfrog.faults.add({ path: /tokens$/, method: "GET" }, { kind: "login page" });
    expect(await world.reconcile()).toEqual({ intended: 1, settled: 0, pending: 0, ended: 0 });
    expect(await states()).toEqual(["toolkey active", "git intended"]);
    jfrog.faults.add({ path: /tokens\/[^/]+$/, method: "DELETE" }, { kind: "proxy 404" });
    expect(await world.reconcile()).toEqual({ intended: 1, settled: 0, pending: 0, ended: 0 });
    expect(await world.reconcile()).toEqual({ intended: 1, settled: 1, pending: 0, ended: 0 });
  });

  describe("a refresh token", () => {
    async function refreshable(withLogin: boolean): Promise<Token> {
      const login = await world.login(service, adminLogin().accessToken);
      const token = await mint({ ttl: 10 * DAY_S, refreshable: true });
      if (!withLogin) await world.broker.revokeLocally([login.id]);
      return token;
    }

    it("renews without a login, and both parts change", async () => {
      const before = await refreshable(false);
      pass(9 * DAY_S + 1);
      const second = await world.get("git", url());
      const after = (await world.tokens()).find(({ id }) => id === before.id);
      expect(await use(second)).toBe(200);
      expect([after?.secret.equals(before.secret), after?.facts.tokenId === before.facts.tokenId, after?.refreshToken?.equals(before.refreshToken ?? before.secret)]).toEqual([
        false,
        false,
        false,
      ]);
      await world.reconcile();
      expect(await states()).toEqual(["toolkey revoked", "git active", "git revoked"]);
      // And the new one does the next time.
      pass(9 * DAY_S + 1);
      expect([(await world.get("git", url())) === second, made()]).toEqual([false, 3]);
    });

    it("is spent once, however many ask at the same time", async () => {
      await refreshable(false);
      pass(9 * DAY_S + 1);
      const secrets = new Set(await Promise.all(Array.from({ length: 20 }, () => world.get("git", url()))));
      expect([secrets.size, made()]).toEqual([1, 2]);
    });

    it("that is stale (404) leads to a new token where there is a login", async () => {
      const before = await refreshable(true);
      jfrog.revoke(before.facts.tokenId ?? "");
      // Dead, so that nobody else may refresh it either; its expiry is what makes it due.
      pass(9 * DAY_S + 1);
      const secret = await world.get("git", url());
      const after = (await world.tokens()).find(({ id }) => id === before.id);
      expect([await use(secret), made(), after?.refreshToken === undefined]).toEqual([200, 3, false]);
    });

    it("that is stale leads to a clear error where there is no login, and the old one is served while it lasts", async () => {
      const before = await refreshable(false);
      pass(9 * DAY_S + 1);
      jfrog.faults.add(
        { path: /tokens$/, method: "POST" },
        { kind: "status", status: 404, body: '{"errors":[{"code":"NOT_FOUND","message":"Token matching the provided refresh token was not found."}]}' },
        { times: Infinity },
      );
      expect(await world.get("git", url())).toBe(before.secret.reveal());
      const failure = await failureLater(() => world.issuing.rotate(before));
      expect([failure.code, failure.message, failure.hints]).toEqual([
        "denied",
        `${before.id} can't be renewed: its refresh token is spent`,
        ["toolkey login acme", `or make one there and: toolkey replace ${before.id}`],
      ]);
      expect(await states()).toEqual(["toolkey revoked", "git active"]);
    });
  });
});

describe("a login that ends soon", () => {
  it("is renewed when the daemon looks after tokens", async () => {
    const home = await makeServiceHome(`[service.acme]
issuer = "jfrog"
url = "${jfrog.origin}"
cacert = "${jfrog.caFile}"
git = { url = "${jfrog.origin}/artifactory" }
`);
    try {
      jfrog.clock.skewSeconds = -29 * DAY_S;
      const login = jfrog.makeUserToken({ username: "admin", scope: "applied-permissions/admin", expiresIn: 30 * DAY_S });
      jfrog.clock.skewSeconds = 0;
      await home.ask("login", { service: "acme", secret: login.accessToken });
      await home.whenLogged("looked after tokens", 2);
      const [renewed] = await home.tokens();
      expect([renewed?.tool, renewed?.state, renewed?.tokenId === login.id, renewed?.scope]).toEqual(["toolkey", "active", false, "applied-permissions/admin"]);
      expect(await home.ask("untracked", { service: "acme" })).toEqual({ tokens: [] });
    } finally {
      await home.dispose();
    }
  });
});

describe("a token is due for renewal", () => {
  const NOW = Date.parse("2026-11-22T00:00:00Z");

  it.each<[life: string, seconds: number, at: number]>([
    ["a year: seven days before", 365 * DAY_S, 7 * DAY_S],
    ["30 days: a tenth before", 30 * DAY_S, 3 * DAY_S],
    ["10 hours: a tenth before", 10 * HOUR_S, HOUR_S],
    ["2 hours: half an hour before", 2 * HOUR_S, 30 * MINUTE_S],
    ["an hour: half an hour before", HOUR_S, 30 * MINUTE_S],
    ["10 minutes: not with each request, but at half of it", 10 * MINUTE_S, 5 * MINUTE_S],
  ])("of %s", (_life, seconds, at) => {
    const left = (remaining: number): Token =>
      makeToken({ id: "t", facts: { issuedAt: instant(NOW + (remaining - seconds) * 1000), expiresAt: instant(NOW + remaining * 1000) } });
    expect([isDue(left(at + 1), NOW), isDue(left(at), NOW), isDue(left(at - 1), NOW), isDue(left(-DAY_S), NOW)]).toEqual([false, false, true, true]);
  });

  it.each<[what: string, token: Partial<Token>, due: boolean]>([
    ["never ends", { facts: { issuedAt: "2020-01-01T00:00:00Z" } }, false],
    ["is suspended", { state: "suspended", facts: { issuedAt: "2020-01-01T00:00:00Z", expiresAt: "2026-11-22T00:00:01Z" } }, false],
    ["says nothing of its beginning, by when it was added", { createdAt: "2026-11-01T00:00:00Z", facts: { expiresAt: "2026-11-22T01:00:00Z" } }, true],
    ["says that it ended before it began", { facts: { issuedAt: "2026-12-01T00:00:00Z", expiresAt: "2026-11-23T00:00:00Z" } }, false],
  ])("one that %s", (_what, fields, due) => {
    expect(isDue(makeToken({ id: "t", ...fields }), NOW)).toBe(due);
  });
});
