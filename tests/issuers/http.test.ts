/** How issuers reach their services: trust, proxies, retries. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { Secret } from "../../src/core/secret.ts";
import { httpClient, type HttpAnswer } from "../../src/issuers/http.ts";
import type { Environment } from "../../src/platform/paths.ts";
import { failureLater } from "../fixtures/failures.ts";
import { PATIENCE } from "../fixtures/services/issuer-calls.ts";
import { json, startTestServer, type TestServer } from "../fixtures/network/test-server.ts";
import { ALL_ACCEPTED, makeTls, type TestTls } from "../fixtures/network/tls.ts";

const SECRET = "THE-SECRET";
const ANSWER = { kind: "json", status: 200, body: { done: true }, retryAfter: undefined };

let tls: TestTls;
let server: TestServer;

beforeAll(async () => {
  tls = await makeTls();
});
afterAll(() => tls.remove());
beforeEach(async () => {
  server = await startTestServer({ tls }, () => ({ handle: () => json(200, { done: true }), secrets: () => [SECRET] }));
});
afterEach(async () => {
  expect(server.leaks).toEqual([]);
  await server.close();
});

function get(environment: Environment, caFile: string | undefined, url = `${server.origin}/a`, method: "GET" | "POST" | "DELETE" = "GET"): Promise<HttpAnswer> {
  return httpClient({ environment, caFile, certificates: ALL_ACCEPTED }, PATIENCE).send({ method, url, authorization: { scheme: "Bearer", secret: new Secret(SECRET) } });
}

describe("a certificate", () => {
  const UNTRUSTED = { kind: "untrusted", detail: "UNABLE_TO_VERIFY_LEAF_SIGNATURE", final: true };

  it("of an authority that nobody named is not trusted, and nothing is sent", async () => {
    expect([await get({}, undefined), server.requests]).toEqual([UNTRUSTED, []]);
  });

  it("is not trusted because Node is told not to look", async () => {
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    try {
      expect(await get({ NODE_TLS_REJECT_UNAUTHORIZED: "0" }, undefined)).toEqual(UNTRUSTED);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it.each<[what: string, environment: () => Environment, caFile: () => string | undefined]>([
    ["by the service's own setting", () => ({}), () => tls.caFile],
    ["by NODE_EXTRA_CA_CERTS of who started the daemon", () => ({ NODE_EXTRA_CA_CERTS: tls.caFile }), () => undefined],
    ["by both", () => ({ NODE_EXTRA_CA_CERTS: tls.caFile }), () => tls.caFile],
  ])("is trusted %s", async (_what, environment, caFile) => {
    expect(await get(environment(), caFile())).toEqual(ANSWER);
  });

  it("is not trusted for another name than its own", async () => {
    const other = server.origin.replace("localhost", "localhost.localdomain");
    const answer = await get({}, tls.caFile, other.replace("localhost.localdomain", "[::ffff:127.0.0.1]"));
    expect(answer).toEqual({ kind: "untrusted", detail: "ERR_TLS_CERT_ALTNAME_INVALID", final: true });
  });

  it("file that can't be read is an error that names it", async () => {
    const failure = await failureLater(() => get({}, "/no/such/file.pem"));
    expect([failure.code, failure.message]).toEqual(["unavailable", "cannot read the certificates in /no/such/file.pem: ENOENT"]);
  });
});

describe("a place", () => {
  it("where nobody listens is offline, also after two more attempts", async () => {
    expect(await get({}, undefined, "https://localhost:1/a")).toEqual({ kind: "offline", detail: "ECONNREFUSED" });
  });

  it("that has no name is offline", async () => {
    expect(await get({}, undefined, "https://no-such-host.invalid/a")).toMatchObject({ kind: "offline", detail: expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN)$/) as string });
  });
});

describe("a failure that passes", () => {
  it.each(["GET", "DELETE"] as const)("is not seen: %s is sent again, at most twice", async (method) => {
    server.faults.add({ path: "*" }, { kind: "reset" });
    server.faults.add({ path: "*" }, { kind: "status", status: 503 });
    expect(await get({}, tls.caFile, undefined, method)).toEqual(ANSWER);
    expect(server.requests.map(({ status }) => status)).toEqual([0, 503, 200]);
  });

  it("is seen with POST, which may have had its effect", async () => {
    server.faults.add({ path: "*" }, { kind: "reset" });
    expect(await get({}, tls.caFile, undefined, "POST")).toEqual({ kind: "broken", detail: "the connection broke off" });
    expect(server.requests.length).toBe(1);
  });

  it("ends with the third attempt", async () => {
    const fault = server.faults.add({ path: "*" }, { kind: "status", status: 502 }, { times: Infinity });
    expect(await get({}, tls.caFile)).toMatchObject({ status: 502 });
    expect(fault.hits).toBe(3);
  });
});

describe("what an answer quotes of the secret", () => {
  const body = JSON.stringify({ a: [`x${SECRET}y`], b: SECRET });

  it("is left out where it is an error", async () => {
    server.faults.add({ path: "*" }, { kind: "status", status: 400, body });
    expect(await get({}, tls.caFile)).toMatchObject({ status: 400, body: { a: ["x[secret]y"], b: "[secret]" } });
  });

  it.each([
    ["a", "bad a: a token of anna, 'a', a1", "bad [secret]: [secret] token of anna, '[secret]', a1"],
    ["s3", "s3 s33 xs3 Bearer s3", "[secret] s33 xs3 Bearer [secret]"],
  ])("is left out as a word of its own where it is short, so that the rest can be read: %s", async (secret, said, shown) => {
    server.faults.add({ path: "*" }, { kind: "status", status: 400, body: JSON.stringify({ said }) });
    const answer = await httpClient({ environment: {}, caFile: tls.caFile, certificates: ALL_ACCEPTED }, PATIENCE).send({ method: "GET", url: `${server.origin}/x`, authorization: { scheme: "Bearer", secret: new Secret(secret) } });
    expect(answer).toMatchObject({ status: 400, body: { said: shown } });
  });

  it("is left as it is where it is the answer: a short password may be part of a token", async () => {
    server.faults.add({ path: "*" }, { kind: "wrong json", body });
    expect(await get({}, tls.caFile)).toMatchObject({ status: 200, body: { a: [`x${SECRET}y`], b: SECRET } });
  });
});

describe("a proxy", () => {
  let proxy: Server;
  let asked: string[];
  let status: number;
  let address: string;

  beforeEach(async () => {
    asked = [];
    status = 200;
    proxy = createServer().on("connect", (request, client, head: Buffer) => {
      asked.push(request.url ?? "");
      client.on("error", () => undefined);
      if (status !== 200) return void client.end(`HTTP/1.1 ${status} No\r\n\r\n`);
      const [host = "", port = ""] = (request.url ?? "").split(":");
      const there = connect(Number(port), host, () => {
        client.write("HTTP/1.1 200 OK\r\n\r\n");
        there.write(head);
        client.pipe(there).pipe(client);
      });
      there.on("error", () => client.destroy());
      client.on("close", () => there.destroy());
    });
    await once(proxy.listen(0, "127.0.0.1"), "listening");
    address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    proxy.closeAllConnections();
    proxy.close();
  });

  it.each(["https_proxy", "HTTPS_PROXY"])("named by %s is used, and the service verified through it", async (name) => {
    expect([await get({ [name]: address }, tls.caFile), asked]).toEqual([ANSWER, [`localhost:${server.port}`]]);
    expect(await get({ [name]: address }, undefined)).toMatchObject({ kind: "untrusted" });
  });

  it.each(["no_proxy", "NO_PROXY"])("is not used for what %s names", async (name) => {
    expect([await get({ HTTPS_PROXY: address, [name]: "example.com,localhost" }, tls.caFile), asked]).toEqual([ANSWER, []]);
  });

  it("of this process is not used, only of the environment that was handed in", async () => {
    vi.stubEnv("HTTPS_PROXY", address);
    try {
      expect([await get({}, tls.caFile), asked]).toEqual([ANSWER, []]);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it.each([407, 403, 502])("that answers %i is told, and not asked again", async (code) => {
    status = code;
    expect([await get({ HTTPS_PROXY: address }, tls.caFile), asked.length]).toEqual([
      { kind: "offline", detail: `the proxy answered with status ${code}`, final: true },
      1,
    ]);
  });

  it("that isn't there is offline", async () => {
    expect(await get({ HTTPS_PROXY: "http://127.0.0.1:1" }, tls.caFile)).toEqual({ kind: "offline", detail: "ECONNREFUSED" });
  });
});

describe("what is sent and told besides", () => {
  it("is who asks, since some services refuse who has no name", async () => {
    const named: (string | undefined)[] = [];
    const other = await startTestServer({ tls }, () => ({ handle: ({ headers }) => (named.push(headers["user-agent"]), json(200, {})), secrets: () => [] }));
    await get({}, tls.caFile, `${other.origin}/a`);
    expect(named).toEqual(["toolkey"]);
    await other.close();
  });

  it("is read as a form, where it says that it is one", async () => {
    const other = await startTestServer({ tls }, () => ({
      handle: () => ({ status: 200, headers: { "Content-Type": "application/x-www-form-urlencoded; charset=utf-8" }, body: "error=slow_down&interval=10" }),
      secrets: () => [],
    }));
    expect(await get({}, tls.caFile, `${other.origin}/a`)).toMatchObject({ kind: "json", body: { error: "slow_down", interval: "10" } });
    await other.close();
  });

  it("are the headers that were asked for, where they came", async () => {
    const other = await startTestServer({ tls }, () => ({ handle: () => ({ status: 204, headers: { "X-Told": "yes", "X-Other": "no" } }), secrets: () => [] }));
    const client = httpClient({ environment: {}, caFile: tls.caFile, certificates: ALL_ACCEPTED }, PATIENCE);
    expect(await client.send({ method: "GET", url: `${other.origin}/a`, tells: ["x-told", "x-absent"] })).toMatchObject({ headers: { "x-told": "yes" } });
    expect(await client.send({ method: "GET", url: `${other.origin}/a` })).not.toHaveProperty("headers");
    await other.close();
  });
});
