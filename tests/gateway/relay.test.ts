/** What goes through the gateway, and what does not: against a server over TLS, with the real token behind a phantom. */
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { Readable } from "node:stream";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { GATEWAY_HOST } from "../../src/core/gateway/url.ts";
import type { Upstream } from "../../src/core/gateway/permit.ts";
import { parseTarget } from "../../src/core/target.ts";
import { bodyOf, REAL, REAL_HEADER, startGateway, type TestGateway } from "../fixtures/network/gateway.ts";

let gateway: TestGateway;
let phantom: string;
let requests: { method: string; url: string; headers: IncomingMessage["headers"]; rawHeaders: string[]; body: Buffer }[] = [];
let answer: (incoming: IncomingMessage, response: ServerResponse) => unknown;

beforeAll(async () => {
  gateway = await startGateway({
    upstream: (incoming, response) => {
      const { method = "", url = "", headers, rawHeaders } = incoming;
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("end", () => requests.push({ method, url, headers, rawHeaders, body: Buffer.concat(chunks) }));
      void answer(incoming, response);
    },
  });
});
beforeEach(async () => {
  requests = [];
  answer = (_incoming, response) => response.end("a jar");
  phantom = (await gateway.phantom()).secret;
});
afterAll(() => gateway.close());

const get = (path: string, headers: Record<string, string> = {}) => gateway.send({ path: gateway.path(path), phantom, headers });

describe("a request", () => {
  it("gets the real token in place of the phantom, and nothing else is added", async () => {
    const received = await get("/libs/a.jar?x=%20y", { accept: "*/*", "x-own": "1" });
    expect(received).toMatchObject({ status: 200, body: Buffer.from("a jar") });
    expect(requests).toMatchObject([{ method: "GET", url: "/libs/a.jar?x=%20y" }]);
    expect(requests[0]?.headers).toEqual({ host: new URL(gateway.upstream).host, authorization: REAL_HEADER, accept: "*/*", "x-own": "1", connection: "keep-alive" });
  });

  it.each(["basic password", "basic user name"])("may have the phantom as %s", async (where) => {
    const login = where === "basic password" ? `toolkey:${phantom}` : `${phantom}:`;
    const received = await gateway.send({ path: gateway.path("/libs/a"), headers: { authorization: `Basic ${Buffer.from(login).toString("base64")}` } });
    expect(received.status).toBe(200);
    expect(requests[0]?.headers.authorization).toBe(REAL_HEADER);
  });

  it("leaves cookies, other credentials of the hop, and what its Connection names behind", async () => {
    await get("/libs/a", { cookie: "a=b", "proxy-authorization": "Basic eA==", connection: "close, x-hop", "x-hop": "1", forwarded: "for=1.2.3.4", te: "trailers" });
    expect(Object.keys(requests[0]?.headers ?? {}).toSorted()).toEqual(["authorization", "connection", "host"]);
  });

  it.each([
    "x-http-method-override", "x-http-method", "x-method-override", "x-original-url", "x-rewrite-url", "x-forwarded-prefix", "x-forwarded-host", "x-real-ip",
    "x-jfrog-override-base-url", "x-artifactory-override-base-url", "nuxeo-virtual-host", "x_http_method_override", "x_forwarded_host", "authorization_", "x.http.method.override",
  ])("is not sent elsewhere, or as another one, by a header for proxies: %s", async (name) => {
    await get("/libs/a", { [name]: "DELETE" });
    expect(Object.keys(requests[0]?.headers ?? {}).toSorted()).toEqual(["authorization", "connection", "host"]);
  });

  it("is asked for its login if it has none", async () => {
    const received = await gateway.send({ path: gateway.path("/libs/a") });
    expect(received).toMatchObject({ status: 401, headers: { "www-authenticate": 'Basic realm="toolkey"' } });
    expect(requests).toEqual([]);
  });

  it("keeps its connection, here and there", async () => {
    const ports = new Set<number | undefined>();
    answer = (incoming, response) => {
      ports.add(incoming.socket.remotePort);
      response.end("x");
    };
    for (let count = 0; count < 5; count += 1) await get("/libs/a");
    expect(ports.size).toBe(1);
  });
});

describe("a body", () => {
  const publish = () => gateway.phantom({ routes: [{ target: parseTarget(`${gateway.upstream}/libs`), isAuthorized: true, publishes: true }] });

  it("goes up as it is, with and without a length", async () => {
    const { secret } = await publish();
    const body = randomBytes(3_000_000);
    answer = (incoming, response) => incoming.on("end", () => response.writeHead(201).end());
    expect((await gateway.send({ method: "PUT", path: gateway.path("/libs/a.jar"), phantom: secret, body })).status).toBe(201);
    const chunked = request({ host: GATEWAY_HOST, port: gateway.port, method: "PUT", path: gateway.path("/libs/b.jar"), headers: { authorization: `Bearer ${secret}` } });
    Readable.from([body.subarray(0, 1_000_000), body.subarray(1_000_000)]).pipe(chunked);
    const [second] = (await once(chunked, "response")) as [IncomingMessage];
    expect(second.statusCode).toBe(201);
    second.resume();
    expect(requests.map((each) => each.body.equals(body))).toEqual([true, true]);
    expect(requests.map(({ headers }) => [headers["content-length"], headers["transfer-encoding"]])).toEqual([["3000000", undefined], [undefined, "chunked"]]);
  });

  it("is asked for only once the phantom is good for it", async () => {
    const { secret } = await publish();
    answer = (incoming, response) => incoming.on("end", () => response.writeHead(201).end());
    const ask = async (bearer: string): Promise<{ status: number | undefined; continued: boolean }> => {
      const sent = request({ host: GATEWAY_HOST, port: gateway.port, method: "PUT", path: gateway.path("/libs/a"), agent: false, headers: { authorization: `Bearer ${bearer}`, expect: "100-continue", "content-length": 4 } });
      let continued = false;
      sent.once("continue", () => {
        continued = true;
        sent.end("body");
      });
      sent.flushHeaders();
      const [received] = (await once(sent, "response")) as [IncomingMessage];
      await bodyOf(received);
      sent.destroy();
      return { status: received.statusCode, continued };
    };
    expect(await ask(secret)).toEqual({ status: 201, continued: true });
    expect(await ask(phantom)).toEqual({ status: 403, continued: false });
    expect(requests.map(({ body }) => body.toString())).toEqual(["body"]);
  });

  it("that ends too soon ends the request at the upstream, too", async () => {
    const { secret } = await publish();
    let leave = (): unknown => undefined;
    const aborted = new Promise((resolve) => {
      answer = (incoming) => incoming.once("data", () => leave()).once("close", () => resolve(incoming.complete));
    });
    const sent = request({ host: GATEWAY_HOST, port: gateway.port, method: "PUT", path: gateway.path("/libs/a"), agent: false, headers: { authorization: `Bearer ${secret}`, "content-length": 1000 } });
    sent.on("error", () => undefined);
    leave = () => sent.destroy();
    sent.write("the beginning");
    expect(await aborted).toBe(false);
  });
});

describe("an answer", () => {
  it("is passed on as it is: parts of archives, ETags, compressed archives, HEAD, 304", async () => {
    const zipped = gzipSync("x".repeat(10_000));
    answer = (incoming, response) => {
      response.setHeader("content-type", "application/java-archive");
      if (incoming.headers["if-none-match"] === '"1"') return response.writeHead(304, { etag: '"1"' }).end();
      if (incoming.headers.range !== undefined) return response.writeHead(206, { "content-range": "bytes 0-3/100000", "content-length": 4 }).end("abcd");
      return response.writeHead(200, { "content-encoding": "gzip", etag: '"1"', "content-length": zipped.length, "last-modified": "x" }).end(zipped);
    };
    expect(await get("/libs/a", { "accept-encoding": "gzip" })).toMatchObject({ status: 200, body: zipped, headers: { "content-encoding": "gzip", etag: '"1"', "content-length": String(zipped.length) } });
    expect(await get("/libs/a", { range: "bytes=0-3" })).toMatchObject({ status: 206, body: Buffer.from("abcd"), headers: { "content-range": "bytes 0-3/100000" } });
    expect(await get("/libs/a", { "if-none-match": '"1"' })).toMatchObject({ status: 304, headers: { etag: '"1"' } });
    const head = await gateway.send({ method: "HEAD", path: gateway.path("/libs/a"), phantom });
    expect(head).toMatchObject({ status: 200, headers: { "content-length": String(zipped.length) }, body: Buffer.alloc(0) });
  });

  it.each([["gzip", gzipSync], ["deflate", deflateSync], ["br", brotliCompressSync]] as const)("that is a text and compressed is read, and passed on as it was before: %s", async (encoding, compress) => {
    const text = JSON.stringify({ a: randomBytes(200_000).toString("hex") });
    answer = (incoming, response) => response.writeHead(200, { "content-type": "application/json", "content-encoding": encoding, "x-asked": incoming.headers["accept-encoding"] }).end(compress(text));
    const received = await get("/libs/a", { "accept-encoding": `zstd, ${encoding};q=0.5, *` });
    expect(received).toMatchObject({ status: 200, headers: { "x-asked": ` ${encoding};q=0.5` .trim() } });
    expect(received.headers["content-encoding"]).toBeUndefined();
    expect(received.body.toString() === text).toBe(true);
    answer = (_incoming, response) => response.writeHead(200, { "content-type": "application/json", "content-encoding": encoding }).end(compress(`{"you":"${REAL}"}`));
    await expect(get("/libs/a")).rejects.toThrow();
  });

  it("that is a text and compressed in another way is not passed on, and neither is what is not compressed as it says", async () => {
    answer = (_incoming, response) => response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip, gzip" }).end(gzipSync(gzipSync(REAL)));
    expect(await get("/libs/a")).toMatchObject({ status: 502, reason: "toolkey: the upstream's answer is compressed in a way that the gateway does not read" });
    answer = (_incoming, response) => response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" }).end(gzipSync("x".repeat(10_000)).subarray(0, 40));
    await expect(get("/libs/a")).rejects.toThrow();
    answer = (_incoming, response) => response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" }).end();
    expect(await get("/libs/a")).toMatchObject({ status: 200, body: Buffer.alloc(0) });
  });

  it.each<[string, Record<string, string>]>([
    ["a text", { "content-type": "text/plain", "content-range": "bytes 0-3/100000" }],
    ["a small archive", { "content-type": "application/zip", "content-range": "bytes 0-3/100" }],
    ["several at once", { "content-type": "multipart/byteranges; boundary=x" }],
    ["nobody knows what", { "content-range": "bytes 0-3/*" }],
  ])("that is a part of what could be put together to a token is asked for as a whole: %s", async (_what, headers) => {
    const asked: (string | undefined)[] = [];
    answer = (incoming, response) => {
      asked.push(incoming.headers.range, incoming.headers["if-range"] as string | undefined);
      if (incoming.headers.range === undefined) response.writeHead(200, { "content-type": "text/plain" }).end("all of it");
      else response.writeHead(206, headers).end(REAL.slice(0, 4));
    };
    expect(await get("/libs/a", { range: "bytes=0-3", "if-range": '"1"' })).toMatchObject({ status: 200, body: Buffer.from("all of it") });
    expect(asked).toEqual(["bytes=0-3", '"1"', undefined, undefined]);
    answer = (_incoming, response) => response.writeHead(206, headers).end(REAL.slice(0, 4));
    expect(await get("/libs/a")).toMatchObject({ status: 502 });
  });

  it("holds back what is the upstream's own: challenges, cookies, other ways in", async () => {
    answer = (_incoming, response) =>
      response.writeHead(200, {
        "www-authenticate": "Bearer realm=x", "set-cookie": ["session=1", "b=2"], "authentication-info": "x", "alt-svc": "h3=x",
        "access-control-allow-origin": "*", "x-token": `you sent ${REAL}`, "x-kept": "yes", connection: "close, x-hop", "x-hop": "1",
      }).end("x");
    const { headers } = await get("/libs/a");
    expect(Object.keys(headers).toSorted()).toEqual(["connection", "date", "transfer-encoding", "x-kept"]);
  });

  it("says the token neither in its reason nor in a header's name", async () => {
    answer = (_incoming, response) => response.writeHead(200, `for ${REAL}`, { [REAL]: "1", "x-kept": "1" }).end("x");
    const received = await get("/libs/a");
    expect(received).toMatchObject({ status: 200, reason: "OK", headers: { "x-kept": "1" } });
    expect(received.headers).not.toHaveProperty([REAL.toLowerCase()]);
  });

  it.each<[string, Record<string, string>, string]>([
    ["said to be as it is", { "content-type": "text/plain", "content-encoding": "identity" }, `you are ${REAL}`],
    ["said to be compressed", { "content-type": "text/plain", "content-encoding": "gzip" }, `you are ${REAL}`],
    ["of several types", { "content-type": "application/problem+json; a=b" }, `you are ${REAL}`],
    ["in base64, alone", { "content-type": "text/plain" }, Buffer.from(REAL).toString("base64")],
    ["in YAML, by lines", { "content-type": "application/yaml" }, `token: >-\n  ${REAL.slice(0, 9)}\n  ${REAL.slice(9)}\n`],
    ["of a type that nobody knows", { "content-type": "application/x-own" }, `you are ${REAL}`],
    ["as a small archive", { "content-type": "application/octet-stream" }, `you are ${REAL}`],
  ])("that repeats the token is cut off, %s", async (_how, headers, body) => {
    answer = (_incoming, response) => response.writeHead(200, headers).end(body);
    await expect(get("/libs/a")).rejects.toThrow();
  });

  it("that is rewritten is searched as well, and HEAD has the length that it would have", async () => {
    const routes = [{ target: parseTarget(`${gateway.upstream}/libs`), isAuthorized: true, publishes: false, rewritesTarballs: true }];
    const { secret } = await gateway.phantom({ routes }, "pnpm");
    answer = (_incoming, response) => response.writeHead(200, { "content-type": "application/json", "content-length": 40 }).end(JSON.stringify({ you: REAL }).padEnd(40));
    await expect(gateway.send({ path: gateway.path("/libs/a"), phantom: secret })).rejects.toThrow();
    expect((await gateway.gateway.runs(1))[0]?.refused).toMatchObject([{ why: "the answer repeated the token, and was cut off" }]);
    expect((await gateway.send({ method: "HEAD", path: gateway.path("/libs/a"), phantom: secret })).headers["content-length"]).toBe("40");
  });

  it.each([200, 203])("that is rewritten is unpacked for that, also where no token goes, and refused where it can't be read (%i)", async (status) => {
    const routes = [{ target: parseTarget(gateway.upstream), isAuthorized: false, publishes: false, rewritesLinks: true }];
    const { secret } = await gateway.phantom({ routes }, "pip");
    const page = (body: string) => (answer = (_incoming, response) => response.writeHead(status, { "content-type": "text/html", "content-encoding": "gzip" }).end(gzipSync(body)));
    page('<a href="/elsewhere/x.whl">');
    const { body } = await gateway.send({ path: gateway.path("/simple/a/"), phantom: secret });
    expect(String(body)).toContain(`${gateway.path("/elsewhere/x.whl")}">`);
    page("<a <a href=/x.whl>");
    expect((await gateway.send({ path: gateway.path("/simple/a/"), phantom: secret }))).toMatchObject({ status: 502, reason: "toolkey: the page of the index has a tag that is not well-formed, which not all read in the same way" });
  });

  it("that is to be rewritten is refused if it is larger than anything should be", async () => {
    const routes = [{ target: parseTarget(`${gateway.upstream}/libs`), isAuthorized: true, publishes: false, rewritesTarballs: true }];
    const { secret } = await gateway.phantom({ routes }, "pnpm");
    answer = (_incoming, response) => Readable.from(Array.from({ length: 50 }, () => Buffer.alloc(1024 * 1024, " "))).pipe(response.writeHead(200, { "content-type": "application/json" }));
    for (let count = 0; count < 5; count += 1) {
      const { status, reason } = await gateway.send({ path: gateway.path("/libs/a"), phantom: secret });
      expect([status, reason]).toEqual([502, "toolkey: the metadata of this package is larger than the gateway reads"]);
    }
  });

  it("has the bytes of its headers, whatever they are", async () => {
    answer = (_incoming, response) => response.socket?.end("HTTP/1.1 200 OK\r\nX-Name: \xe2\x82\xac \xe9\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx", "latin1");
    expect((await get("/libs/a")).headers["x-name"]).toBe("\xe2\x82\xac \xe9");
  });

  it.each([["in one piece", [`{"_auth":"${Buffer.from(`ada:${REAL}`).toString("base64")}"}`]], ["in two", [`token: ${REAL.slice(0, 9)}`, `${REAL.slice(9)} end`]]])(
    "that repeats the token is cut off before it does, %s",
    async (_how, pieces) => {
      answer = async (_incoming, response) => {
        response.writeHead(200, { "content-type": "application/json" });
        for (const piece of pieces) await new Promise((resolve) => response.write(piece, resolve));
        response.end();
      };
      let seen = "";
      const sent = request({ host: GATEWAY_HOST, port: gateway.port, path: gateway.path("/libs/a"), agent: false, headers: { authorization: `Bearer ${phantom}` } }).end();
      const end = new Promise((resolve, reject) => {
        sent.once("error", reject);
        sent.once("response", (received) => received.on("data", (chunk: Buffer) => (seen += chunk.toString())).once("end", resolve).once("error", reject));
      });
      await expect(end).rejects.toThrow();
      expect(seen).not.toContain(REAL.slice(0, 9));
      expect((await gateway.gateway.runs(1))[0]?.refused).toMatchObject([{ why: "the answer repeated the token, and was cut off" }]);
    },
  );

  it("of a large text is whole, whatever its pieces", async () => {
    const text = randomBytes(300_000).toString("hex");
    answer = (_incoming, response) => Readable.from(text.match(/.{1,777}/g) ?? []).pipe(response.writeHead(200, { "content-type": "text/plain" }));
    expect(createHash("sha256").update((await get("/libs/a")).body).digest("hex")).toBe(createHash("sha256").update(text).digest("hex"));
  });

  it("of a redirect leads through the gateway where the phantom does, and elsewhere without the token", async () => {
    const located = async (location: string | string[]): Promise<string | undefined> => {
      answer = (_incoming, response) => response.setHeader("location", location).writeHead(302).end();
      return (await get("/libs/a/b")).headers.location;
    };
    const through = `http://127.0.0.1:${gateway.port}${gateway.path("/libs/c")}`;
    expect(await located(`${gateway.upstream}/libs/c`)).toBe(through);
    expect(await located("/libs/c")).toBe(through);
    expect(await located("../c")).toBe(through);
    expect(await located(`${gateway.upstream}/other?sig=1`)).toBe(`${gateway.upstream}/other?sig=1`);
    expect(await located("https://cdn.example/x")).toBe("https://cdn.example/x");
    expect(await located("http://[broken")).toBeUndefined();
    expect(await located(`http://127.0.0.1:${gateway.port}/https/localhost/x`)).toBeUndefined();
    expect(await located(["/libs/c", `http://127.0.0.1:${gateway.port}/acme/x`])).toBeUndefined();
  });

  it("that refuses the token says so in words that a person can use", async () => {
    answer = (_incoming, response) => response.writeHead(401, "Nope", { "www-authenticate": "Basic" }).end("secret details");
    const refused = await get("/libs/a");
    const { host } = new URL(gateway.upstream);
    const told = "toolkey: http-1 is suspended now - toolkey replace http-1";
    expect(refused).toMatchObject({ status: 401, reason: told });
    expect(JSON.parse(refused.body.toString())).toMatchObject({ status: 401, error: told });
    expect(gateway.said.at(-1)).toBe(`http-1 refused at ${gateway.upstream}/libs`);
    expect(refused.headers["www-authenticate"]).toBeUndefined();
    answer = (_incoming, response) => response.writeHead(403).end("its own words");
    const said = gateway.said.length;
    expect(await get("/libs/a")).toMatchObject({
      status: 403,
      reason: `toolkey: ${host} does not permit this to the http token http-1 - one that may: toolkey replace http-1`,
      body: Buffer.from("its own words"),
    });
    expect(gateway.said).toHaveLength(said);
  });
});

describe("a proxy", () => {
  it("of the command's is passed by a tunnel, so that it sees nothing; one of the daemon's is not asked", async () => {
    const asked: string[] = [];
    const proxy = createServer().on("connect", (incoming, client: Socket) => {
      asked.push(`${incoming.method} ${incoming.url} ${incoming.headers.authorization}`);
      const [host = "", port = ""] = (incoming.url ?? "").split(":");
      const upstream = connect(Number(port), host, () => client.write("HTTP/1.1 200 OK\r\n\r\n"));
      client.on("error", () => upstream.destroy());
      upstream.on("error", () => client.destroy()).pipe(client).pipe(upstream);
    });
    await once(proxy.listen(0, "127.0.0.1"), "listening");
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const behind = await startGateway({ upstream: (_incoming, response) => response.end("by tunnel"), environment: { https_proxy: url, http_proxy: url } });
    const reached = async (upstream: Upstream) => (await behind.send({ path: behind.path("/libs/a"), phantom: (await behind.phantom({ upstream })).secret })).body.toString();
    expect(await reached({ caFiles: [] })).toBe("by tunnel");
    expect(asked).toEqual([]);
    expect(await reached({ caFiles: [], httpsProxy: url })).toBe("by tunnel");
    expect(asked).toEqual([`CONNECT ${new URL(behind.upstream).host} undefined`]);
    expect(await reached({ caFiles: [], httpsProxy: url, noProxy: "localhost" })).toBe("by tunnel");
    expect(asked).toHaveLength(1);
    await behind.close();
    proxy.closeAllConnections();
    proxy.close();
  });

  it("is named where it is not there, without its login", async () => {
    const { secret } = await gateway.phantom({ upstream: { caFiles: [], httpsProxy: "http://ada:s3cret@localhost:1" } });
    expect(await gateway.send({ path: gateway.path("/libs/a"), phantom: secret })).toMatchObject({ status: 502, reason: "toolkey: the upstream can't be reached by the proxy localhost:1 (ECONNREFUSED)" });
  });
});

describe("an upstream that is no good", () => {
  it("is a bad gateway where it is not there or not trusted", async () => {
    const nowhere = await gateway.phantom({ routes: [{ target: parseTarget("https://localhost:1/libs"), isAuthorized: true, publishes: false }] });
    expect(await gateway.send({ path: "/https/localhost:1/libs/a", phantom: nowhere.secret })).toMatchObject({ status: 502, reason: "toolkey: the upstream can't be reached (ECONNREFUSED)" });
    const untrusting = await startGateway({ upstream: (_incoming, response) => response.end(), environment: { NODE_EXTRA_CA_CERTS: "" } });
    const { secret } = await untrusting.phantom();
    const { status, reason } = await untrusting.send({ path: untrusting.path("/libs/a"), phantom: secret });
    expect(status).toBe(502);
    expect(reason).toContain("toolkey: the certificate of the upstream is not trusted (");
    await untrusting.close();
  });

  it.each<[string, (response: ServerResponse) => unknown]>([
    ["resets the connection", (response) => response.socket?.destroy()],
    ["is cut off in the middle", (response) => response.writeHead(200, { "content-length": 100 }).write("half", () => response.socket?.destroy())],
    ["sends less than it says", (response) => response.writeHead(200, { "content-length": 100, connection: "close" }).write("half", () => response.socket?.end())],
    ["says nonsense", (response) => response.socket?.end("HTTP/1.1 2oo OK\r\n\r\n")],
    ["sends more than it says", (response) => response.socket?.end("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 4\r\n\r\nabcd")],
  ])("never looks whole: one that %s", async (_what, behave) => {
    answer = (_incoming, response) => behave(response);
    const outcome = await get("/libs/a").then(({ status }) => status, () => "cut off");
    expect([502, "cut off"]).toContain(outcome);
    answer = (_incoming, response) => response.end("well");
    expect((await get("/libs/a")).status).toBe(200);
    expect(gateway.warnings).toEqual([]);
  });

  it("is asked once more if it closes a connection that it had kept, unless that could change something", async () => {
    const { secret } = await gateway.phantom({ routes: [{ target: parseTarget(`${gateway.upstream}/libs`), isAuthorized: true, publishes: true }] });
    let asked = 0;
    answer = (incoming, response) => {
      asked += 1;
      if (asked % 2 === 1) incoming.socket.destroy();
      else response.end("well");
    };
    expect((await get("/libs/a")).status).toBe(200);
    expect(asked).toBe(2);
    expect((await gateway.send({ method: "PUT", path: gateway.path("/libs/a"), phantom: secret, body: "x" })).status).toBe(502);
    expect(asked).toBe(3);
  });

  it("is left when the client goes", async () => {
    const left = new Promise((resolve) => {
      answer = (_incoming, response) => response.writeHead(200, { "content-type": "application/java-archive" }).write(Buffer.alloc(1000), () => response.once("close", () => resolve(true)));
    });
    const sent = request({ host: GATEWAY_HOST, port: gateway.port, path: gateway.path("/libs/a"), agent: false, headers: { authorization: `Bearer ${phantom}` } }).end();
    const [received] = (await once(sent, "response")) as [IncomingMessage];
    received.on("error", () => undefined).once("data", () => sent.destroy());
    expect(await left).toBe(true);
  });
});
