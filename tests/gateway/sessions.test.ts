/** What is asked inside of a session: phantoms of its tools, none of which may more than the session. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Caller } from "../../src/core/caller.ts";
import { Secret } from "../../src/core/secret.ts";
import { parseTarget } from "../../src/core/target.ts";
import type { Token } from "../../src/core/tokens/token.ts";
import { answerInner } from "../../src/daemon/granting/inner.ts";
import type { GrantWorld } from "../../src/daemon/granting/grants.ts";
import { newPhantom } from "../../src/gateway/phantoms/phantoms.ts";
import { identify } from "../../src/platform/processes/process-tree.ts";
import { REAL, startGateway, type Received, type TestGateway } from "../fixtures/network/gateway.ts";

let gateway: TestGateway;
let session: { readonly id: string; readonly secret: string };
const libs = (): string => `${gateway.upstream}/libs`;

/** A vault with one token of npm, for all of the upstream. */
const WORLD = {
  broker: {
    list: async ({ tool }: { tool: string }) => (tool === "npm" ? [{ id: "npm-1", tool, target: gateway.upstream, state: "active" }] : []),
    resolve: async () => ({ token: token(), passedOver: [] }),
  },
  access: { services: { named: () => undefined } },
  clock: { now: () => 0 },
} as unknown as GrantWorld;

function token(): Token {
  return {
    id: "npm-1", tool: "npm", service: "x", target: parseTarget(gateway.upstream), secret: new Secret(REAL), facts: {}, state: "active",
    createdAt: "2026-01-01T00:00:00Z", preferred: false, authtype: "Bearer",
  };
}

/** How many keep the vault from closing for lack of use. */
let using = 0;

beforeAll(async () => {
  gateway = await startGateway({
    using: () => {
      using += 1;
      return () => void (using -= 1);
    },
    upstream: (incoming, response) => incoming.url === "/libs/refused" ? response.writeHead(401).end() : response.end(`${incoming.method} ${incoming.headers.authorization === undefined ? "bare" : "with a token"}`),
    inner: (of, phantom, operation, body) => answerInner(WORLD, of, phantom, { operation, body }),
  });
});
afterAll(() => gateway.close());

/** A session of this process, for npm below `/libs`. */
async function open(publishes = false, starter = identify(process.ppid)): Promise<{ readonly id: string; readonly secret: string }> {
  const phantom = newPhantom();
  const id = await gateway.gateway.issue(phantom, {
    tool: "session", purpose: "make", starter,
    permit: { addressing: "session", holder: "descendants", routes: [], publishes, scope: [{ tool: "npm", target: parseTarget(libs()) }], upstream: { caFiles: [] } },
  });
  return { id, secret: phantom.reveal() };
}

const ask = (operation: string, asked: unknown, phantom = session.secret): Promise<Received> =>
  gateway.send({ method: "POST", path: `/-/${operation}`, phantom, body: typeof asked === "string" ? asked : JSON.stringify(asked) });
const json = ({ body }: Received): Record<string, unknown> => JSON.parse(body.toString()) as Record<string, unknown>;

const route = (to: string, more: object = {}) => ({ target: parseTarget(to), isAuthorized: true, publishes: true, ...more });
const issue = async (more: object = {}, tool = "npm"): Promise<{ readonly answer: Received; readonly phantom: string }> => {
  const phantom = newPhantom().reveal();
  return { phantom, answer: await ask("issue", { phantom, tool, purpose: "npm", permit: { addressing: "url", publishes: true, routes: [route(libs())], ...more } }) };
};

beforeEach(async () => {
  await gateway.gateway.end();
  session = await open();
});

describe("the phantom of a session", () => {
  it("leads nowhere", async () => {
    for (const path of [gateway.path("/libs/a"), "/", "/acme/x"]) expect((await gateway.send({ path, phantom: session.secret })).status).toBe(404);
    expect((await gateway.send({ path: "/-/grants", phantom: session.secret })).status).toBe(404);
  });

  it("is of no use to who is not of it", async () => {
    const other = spawn("cat", { stdio: ["pipe", "ignore", "ignore"] });
    await once(other, "spawn");
    const foreign = await open(true, identify(other.pid ?? 0));
    expect(await ask("grants", { tool: "npm", needs: [] }, foreign.secret)).toMatchObject({ status: 403, reason: expect.stringContaining("this process is not of it") as string });
    other.stdin.end();
    await once(other, "close");
    expect(await ask("grants", { tool: "npm", needs: [] }, foreign.secret)).toMatchObject({ status: 403, reason: expect.stringContaining("not valid any more") as string });
  });

  it("names tokens, and tells none", async () => {
    const answer = await ask("grants", { tool: "npm", needs: [{ target: `${libs()}/a` }, { target: gateway.upstream }, { target: "https://elsewhere.example" }] });
    expect(json(answer)).toMatchObject({ grants: [{ need: 0, token: { id: "npm-1" }, presents: "Bearer" }] });
    expect(answer.body.toString()).not.toContain(REAL);
    expect(json(await ask("grants", { tool: "pnpm", needs: [{ target: libs() }] }))).toMatchObject({ grants: [] });
    expect(json(await ask("held", { tool: "npm" }))).toEqual({ held: [] });
  });

  it.each<[what: string, operation: string, asked: unknown]>([
    ["no JSON", "grants", "{"],
    ["another shape", "grants", { tool: "npm" }],
    ["no tool", "held", { tool: "nothing" }],
    ["no operation", "seal", {}],
    ["what objects have", "constructor", {}],
    ["more than any permit takes", "grants", "x".repeat(5 * 1024 * 1024)],
  ])("is told what is wrong with %s", async (_what, operation, asked) => {
    const answer = await ask(operation, asked).catch((error: unknown) => error as Error);
    // Of what is too long the rest is not read, by which a client may be cut off.
    if (answer instanceof Error) expect(answer.message).toMatch(/ECONNRESET|EPIPE|hang up/);
    else expect(json(answer)).toMatchObject({ code: expect.stringMatching(/^(bad-request|usage|not-found)$/) as string });
    expect((await ask("grants", { tool: "npm", needs: [] })).status).toBe(200);
  });
});

describe("while a session is attended", () => {
  it("the vault doesn't close for lack of use, unless there is nothing to use", async () => {
    expect(using).toBe(0);
    const ended = gateway.gateway.attend(session.id);
    expect(using).toBe(1);
    await gateway.gateway.end([session.id]);
    expect(await ended).toBe("revoked");
    expect(using).toBe(0);
    const nothing = gateway.gateway.attend(await gateway.gateway.seal("true", { process: identify(process.ppid) } as Caller));
    expect(using).toBe(0);
    await gateway.gateway.end();
    await nothing;
  });
});

describe("a phantom that is issued inside", () => {
  it("reaches what the session may, and ends with it, at once", async () => {
    const { phantom, answer } = await issue();
    expect(answer.status).toBe(200);
    expect((await gateway.send({ path: gateway.path("/libs/a"), phantom })).body.toString()).toBe("GET with a token");
    expect((await gateway.gateway.view()).phantoms).toMatchObject([{ tool: "session" }, { tool: "npm", session: session.id }]);
    await gateway.gateway.end([session.id]);
    expect(await gateway.send({ path: gateway.path("/libs/a"), phantom })).toMatchObject({ status: 401 });
    expect((await issue()).answer).toMatchObject({ status: 403, reason: expect.stringContaining("not valid any more") as string });
  });

  it("says nothing of its token where the host refuses it: anything inside may ask for what nobody has", async () => {
    const { phantom } = await issue();
    expect(await gateway.send({ path: gateway.path("/libs/refused"), phantom })).toMatchObject({ status: 401, reason: expect.stringContaining("refuses this to the npm token http-1") as string });
    expect(gateway.said.filter((said) => said.includes("refused"))).toEqual([]);
  });

  it("is ended by its tool after the session, and nobody is told of a refusal", async () => {
    const { id } = json((await issue()).answer);
    await gateway.gateway.end([session.id]);
    expect((await ask("end", { id })).status).toBe(403);
    expect((await ask("held", { tool: "npm" })).status).toBe(403);
    expect((await gateway.gateway.runs(1))[0]?.refused.map(({ what }) => what)).toEqual(["POST /-/held"]);
  });

  it("is ended by its tool, and by nobody of another session", async () => {
    const { phantom, answer } = await issue();
    const { id } = json(answer);
    const other = await open();
    await ask("end", { id }, other.secret);
    expect((await gateway.send({ path: gateway.path("/libs/a"), phantom })).status).toBe(200);
    await ask("end", { id: other.id });
    expect((await ask("grants", { tool: "npm", needs: [] }, other.secret)).status).toBe(200);
    await ask("end", { id });
    expect((await gateway.send({ path: gateway.path("/libs/a"), phantom })).status).toBe(401);
  });

  it.each<[what: string, more: () => object, path: string, tool?: string]>([
    ["another place", () => ({ routes: [route(gateway.upstream)] }), "/plain"],
    ["another tool's token", () => ({}), "/libs/a", "pnpm"],
    ["every service", () => ({ addressing: "service", routes: [] }), "/libs/a", "http"],
  ])("does not reach %s", async (_what, more, path, tool) => {
    const { phantom, answer } = await issue(more(), tool);
    expect(answer.status).toBe(200);
    expect(await gateway.send({ path: gateway.path(path), phantom })).toMatchObject({ status: 403, reason: expect.stringContaining("the session may use no ") as string });
  });

  it("changes nothing, unless the session may", async () => {
    const put = (phantom: string): Promise<Received> => gateway.send({ method: "PUT", path: gateway.path("/libs/@acme%2fx"), phantom, body: "{}" });
    expect(await put((await issue()).phantom)).toMatchObject({ status: 403, reason: expect.stringContaining("does not permit PUT") as string });
    session = await open(true);
    expect((await put((await issue()).phantom)).body.toString()).toBe("PUT with a token");
  });

  it.each<[what: string, more: object]>([
    ["another holder", { holder: "maven" }],
    ["a scope of its own", { scope: [] }],
    ["headers", { routes: [{ target: parseTarget("https://a.example"), isAuthorized: true, publishes: false, upstream: { headers: [["x", "y"]] } }] }],
    ["a session", { addressing: "session" }],
    ["a proxy of its own", { proxies: { httpsProxy: "http://127.0.0.1:1" } }],
    ["certificates of its own", { caFiles: ["/etc/passwd"] }],
    ["a path that servers read as another", { routes: [{ target: { ...parseTarget("https://a.example"), path: ["a", "..", "b"] }, isAuthorized: true, publishes: false }] }],
    ["an empty segment", { routes: [{ target: { ...parseTarget("https://a.example"), path: ["-", "npm", "", "v1"] }, isAuthorized: true, publishes: false }] }],
    ["a slash in a segment", { routes: [{ target: { ...parseTarget("https://a.example"), path: ["a/../b"] }, isAuthorized: true, publishes: false }] }],
  ])("is not made with %s", async (_what, more) => {
    expect(json((await issue(more)).answer)).toMatchObject({ code: "bad-request" });
  });

  it("is not made of what is no phantom, or of another one's", async () => {
    for (const phantom of [REAL, "", session.secret]) {
      const before = (await gateway.gateway.view()).phantoms.length;
      const answer = await ask("issue", { phantom, tool: "npm", purpose: "npm", permit: { addressing: "url", publishes: false, routes: [] } });
      expect(json(answer), phantom).toMatchObject({ code: "bad-request" });
      expect((await gateway.gateway.view()).phantoms).toHaveLength(before);
    }
  });

  it("is one of a thousand at most: then the oldest ends", async () => {
    const first = await issue();
    await gateway.gateway.issueAll(Array.from({ length: 999 }, (_value, index) => ({
      id: `p-${index}`, phantom: newPhantom(), tool: "npm", purpose: "npm", session: session.id, starter: identify(process.ppid),
      permit: { addressing: "url", holder: "descendants", publishes: false, routes: [], upstream: { caFiles: [] } } as const,
    })));
    expect((await issue()).answer.status).toBe(200);
    const inside = (await gateway.gateway.view()).phantoms.filter((each) => each.session === session.id);
    expect(inside).toHaveLength(1000);
    expect(inside.some(({ id }) => id === json(first.answer)["id"])).toBe(false);
  });
});

