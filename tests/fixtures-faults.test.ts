import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ask } from "./fixtures/ask.ts";
import { json, startTestServer, type TestServer } from "./fixtures/test-server.ts";
import { makeTls } from "./fixtures/tls.ts";

const FINE = { status: 200, body: { done: true } };

describe("the faults of a test server", () => {
  let server: TestServer;
  let effects: number;
  beforeEach(async () => {
    effects = 0;
    server = await startTestServer({}, () => ({
      secrets: () => ["SECRET"],
      handle: async ({ body }) => {
        await body();
        effects += 1;
        return json(200, { done: true }, "token 1");
      },
    }));
  });
  afterEach(() => server.close());

  const get = async (path = "/a") => {
    const { status, body } = await ask(server, "GET", path);
    return { status, body };
  };

  test("a slow answer comes when it is released, after its effect", async () => {
    const slow = server.faults.add({ path: "/a" }, { kind: "slow" });
    const answer = get();
    await slow.hit;
    expect(effects).toBe(1);
    expect(await get()).toEqual(FINE);
    slow.release();
    expect(await answer).toEqual(FINE);
    expect(slow.hits).toBe(1);
  });

  test("cut off mid-body, with its effect", async () => {
    server.faults.add({ path: "/a" }, { kind: "cut off" });
    await expect(get()).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(effects).toBe(1);
    expect(server.requests).toEqual([{ method: "GET", path: "/a", status: 200, as: "token 1" }]);
  });

  test.each([[false, 0], [true, 1]])("a reset connection, effect %s", async (effect, expected) => {
    server.faults.add({ path: "/a" }, { kind: "reset" }, { effect });
    await expect(get()).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(effects).toBe(expected);
    expect(server.requests).toMatchObject([{ path: "/a", status: 0 }]);
  });

  test.each([
    [{ kind: "status", status: 429, retryAfter: 7 }, 429, "7"],
    [{ kind: "status", status: 503, retryAfter: new Date(0) }, 503, "Thu, 01 Jan 1970 00:00:00 GMT"],
    [{ kind: "status", status: 500 }, 500, undefined],
    [{ kind: "status", status: 502 }, 502, undefined],
  ] as const)("%j", async (fault, status, retryAfter) => {
    server.faults.add({ path: "/a" }, fault);
    const answer = await ask(server, "POST", "/a", { body: { some: "thing" } });
    expect(answer.status).toBe(status);
    expect(answer.headers["retry-after"]).toBe(retryAfter);
    expect(effects).toBe(0);
    expect(await get()).toEqual(FINE);
  });

  test.each([
    [{ kind: "login page" }, 200, "text/html; charset=utf-8", /password/],
    [{ kind: "proxy 404" }, 404, "text/html; charset=utf-8", /nginx/],
    [{ kind: "wrong json" }, 200, "application/json", /^\{"token_id": "$/],
    [{ kind: "redirect", to: "https://elsewhere.example/" }, 302, undefined, /^$/],
  ] as const)("%j", async (fault, status, type, body) => {
    server.faults.add({ path: "/a" }, fault);
    const answer = await ask(server, "GET", "/a");
    expect(answer.status).toBe(status);
    expect(answer.headers["content-type"]).toBe(type);
    expect(answer.body).toMatch(body);
    expect(answer.headers.location).toBe(fault.kind === "redirect" ? fault.to : undefined);
  });

  test("a huge body", async () => {
    server.faults.add({ path: "/a" }, { kind: "huge", bytes: 3_000_000 });
    expect(await get()).toEqual({ status: 200, body: {} });
  });

  test("for n requests, of a method, of a pattern, until cleared", async () => {
    const down = { kind: "status", status: 503 } as const;
    server.faults.add({ path: "/b/*" }, down, { times: 2 });
    server.faults.add({ path: /c$/, method: "DELETE" }, down, { times: Infinity });
    const statuses = [];
    for (const path of ["/b/1", "/a", "/b/2", "/b/3", "/c"]) statuses.push((await get(path)).status);
    expect(statuses).toEqual([503, 200, 503, 200, 200]);
    expect((await ask(server, "DELETE", "/c")).status).toBe(503);
    server.faults.clear();
    expect((await ask(server, "DELETE", "/c")).status).toBe(200);
  });

  test("the clock may be wrong, and says so in the Date header", async () => {
    server.clock.skewSeconds = -3 * 60 * 60;
    const { headers } = await ask(server, "GET", "/a");
    const behind = Date.now() - Date.parse(headers.date ?? "");
    expect(Math.round(behind / 1000 / 60)).toBe(180);
  });

  test("a listener runs after the effect and before the answer", async () => {
    const seen: unknown[] = [];
    let proceed: () => void = () => undefined;
    const may = new Promise<void>((resolve) => (proceed = resolve));
    const called = new Promise<void>((resolve) => {
      const remove = server.onRequest(async (request) => {
        seen.push(request, effects);
        resolve();
        await may;
        remove();
      });
    });
    const answer = get();
    await called;
    expect(seen).toEqual([{ method: "GET", path: "/a", status: 200, as: "token 1" }, 1]);
    proceed();
    expect(await answer).toEqual(FINE);
    await get();
    expect(seen).toHaveLength(2);
  });

  test("a secret in a URL is told, and not repeated", async () => {
    await get("/a?token=SECRET");
    await get("/a/SECRET");
    await get("/a");
    expect(server.leaks.map(({ path }) => path)).toEqual(["/a", "/a/[secret]"]);
    expect(JSON.stringify(server.requests)).not.toContain("SECRET");
  });

  test("it closes while an answer is held back", async () => {
    const slow = server.faults.add({ path: "/a" }, { kind: "slow" }, { times: Infinity });
    const answer = get().catch((error: unknown) => error);
    await slow.hit;
    await server.close();
    await answer;
    server = await startTestServer({}, () => ({ secrets: () => [], handle: () => json(200, {}) }));
  });
});

test("servers share a CA file, and can do without TLS", async () => {
  const tls = await makeTls();
  const service = () => ({ secrets: () => [], handle: () => json(200, {}) });
  const servers = await Promise.all([{ tls }, { tls }, { plain: true }].map((options) => startTestServer(options, service)));
  try {
    expect(servers.map(({ origin }) => new URL(origin).protocol)).toEqual(["https:", "https:", "http:"]);
    expect(servers[0]?.caFile).toBe(servers[1]?.caFile);
    for (const server of servers) expect((await ask(server, "GET", "/")).status).toBe(200);
  } finally {
    await Promise.all(servers.map((server) => server.close()));
  }
  await expect(readFile(tls.caFile, "utf8")).resolves.toContain("BEGIN CERTIFICATE");
  await tls.remove();
});
