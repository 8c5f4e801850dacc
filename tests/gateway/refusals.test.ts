/** What the gateway refuses before, and whoever asks: nothing of it reaches the upstream. */
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseTarget } from "../../src/core/target.ts";
import { isClosedToRegistries, isClosedToScripts } from "../../src/gateway/requests/closed-endpoints.ts";
import { NO_REGISTRY, TOKEN_ENDPOINTS } from "../../src/issuers/token-endpoints.ts";
import { startGateway, type TestGateway } from "../fixtures/network/gateway.ts";

let gateway: TestGateway;
let phantom: string;
let publisher: string;
const reached: string[] = [];

beforeAll(async () => {
  gateway = await startGateway({
    upstream: (incoming, response) => {
      reached.push(`${incoming.method} ${incoming.url}`);
      incoming.resume().once("end", () => response.end("reached"));
    },
  });
  phantom = (await gateway.phantom()).secret;
  publisher = (await gateway.phantom({ routes: [{ target: parseTarget(`${gateway.upstream}/libs`), isAuthorized: true, publishes: true }] }, "maven")).secret;
});
afterAll(() => gateway.close());

/** What comes back for these bytes, to the end of the connection. */
async function raw(bytes: string | Buffer): Promise<string> {
  const socket = await gateway.open();
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk)).on("error", () => undefined);
  socket.write(bytes);
  await once(socket, "close");
  return Buffer.concat(chunks).toString("latin1");
}

const head = (line: string, ...headers: string[]): string =>
  [line, `Host: 127.0.0.1:${gateway.port}`, `Authorization: Bearer ${phantom}`, "Connection: close", ...headers, "", ""].join("\r\n");

describe("a path", () => {
  it.each([
    "/libs/../other", "/libs/..", "/libs/./a", "/libs/%2e%2e/other", "/libs/%2E%2e/a", "/libs/.%2e/a", "/libs/..;/a", "/libs/..;x=1/a", "/libs/%2e%2e;/a",
    "/libs/%2fother", "/libs/a%2Fb", "/libs/..%2fother", "/libs/%5c..%5cother", "/libs/\\..\\other", "/libs//a", "/libs/%00a", "/libs/%0d%0aa", "/libs/%252e%252e/other",
    "/libs/%25", "/libs/%", "/libs/%zz", "/libs/a%c0%ae", "/libs/a#b", "/libs/a<b", "/libs/a|b", "/libs/%7f", "/libs/@a%2f..", "/libs/@a%2f.", "/libs/@a%2fb%2fc",
    "/libs/@a%2f..;/b", "/libs/@a%2f.;x/b", "/libs/;a/b", "/libs/@a%2f;b",
  ])("that servers read differently is refused: %s", async (path) => {
    const before = reached.length;
    const answer = await raw(head(`GET ${gateway.path(path)} HTTP/1.1`));
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(reached).toHaveLength(before);
  });

  it.each(["/libs/a-1.0+b.jar", "/libs/a~b/%20c", "/libs/@acme%2fname", "/libs/@acme%2Fname/-/x", "/libs/", "/libs", "/libs/a?q=../..&b=%2e", "/libs/...", "/libs/a;v=1", "/libs/%C3%A9"])("of a repository is passed on as it is: %s", async (path) => {
    expect(await raw(head(`GET ${gateway.path(path)} HTTP/1.1`))).toContain("reached");
    expect(reached.at(-1)).toBe(`GET ${path}`);
  });

  it.each(["/other", "/libsx", "/lib", "/", "/LIBS/a"])("outside of the grant is 403: %s", async (path) => {
    expect(await raw(head(`GET ${gateway.path(path)} HTTP/1.1`))).toMatch(/^HTTP\/1\.1 403 toolkey: the phantom is not for this address/);
  });

  it.each(["/https/evil.example/libs/a", "/http/localhost:1/libs/a", "/libs/a", "/https", "/ftp/localhost/libs", "/https/localhost/libs/a", "/https/a@localhost/libs/a"])("to another host is 403: %s", async (path) => {
    expect(await raw(head(`GET ${path} HTTP/1.1`))).toMatch(/^HTTP\/1\.1 403 /);
  });

  it("that is endless is refused", async () => {
    expect(await raw(head(`GET ${gateway.path(`/libs/${"a".repeat(9000)}`)} HTTP/1.1`))).toMatch(/^HTTP\/1\.1 400 /);
    expect(await raw(head(`GET ${gateway.path(`/libs/${"a".repeat(90_000)}`)} HTTP/1.1`))).toMatch(/^HTTP\/1\.1 431 /);
  });
});

describe("a request", () => {
  it.each<[string, (path: string) => string, RegExp]>([
    ["in absolute form", (path) => head(`GET http://127.0.0.1:${gateway.port}${path} HTTP/1.1`), /^HTTP\/1\.1 400 /],
    ["in absolute form for another host", () => head("GET https://evil.example/libs/a HTTP/1.1"), /^HTTP\/1\.1 400 /],
    ["of CONNECT", () => head("CONNECT evil.example:443 HTTP/1.1"), /^HTTP\/1\.1 405 /],
    ["of OPTIONS", (path) => head(`OPTIONS ${path} HTTP/1.1`), /^HTTP\/1\.1 405 /],
    ["of OPTIONS *", () => head("OPTIONS * HTTP/1.1"), /^HTTP\/1\.1 405 /],
    ["of TRACE", (path) => head(`TRACE ${path} HTTP/1.1`), /^HTTP\/1\.1 405 /],
    ["of PROPFIND", (path) => head(`PROPFIND ${path} HTTP/1.1`), /^HTTP\/1\.1 405 /],
    ["of a browser", (path) => head(`GET ${path} HTTP/1.1`, "Origin: http://evil.example"), /^HTTP\/1\.1 403 /],
    ["of a browser's own page", (path) => head(`GET ${path} HTTP/1.1`, "Origin: null"), /^HTTP\/1\.1 403 /],
    ["of a browser by navigation", (path) => head(`GET ${path} HTTP/1.1`, "Sec-Fetch-Mode: navigate"), /^HTTP\/1\.1 403 /],
    ["for an upgrade", (path) => head(`GET ${path} HTTP/1.1`, "Upgrade: websocket", "Connection: Upgrade"), /^HTTP\/1\.1 (400|405) /],
    ["with two logins", (path) => head(`GET ${path} HTTP/1.1`, "Authorization: Bearer x"), /^HTTP\/1\.1 400 /],
    ["with two hosts", (path) => head(`GET ${path} HTTP/1.1`, "Host: evil.example"), /^HTTP\/1\.1 400 /],
    ["with two lengths", (path) => head(`GET ${path} HTTP/1.1`, "Content-Length: 1", "Content-Length: 2"), /^HTTP\/1\.1 400 /],
    ["with a length and chunks", (path) => head(`GET ${path} HTTP/1.1`, "Content-Length: 1", "Transfer-Encoding: chunked"), /^HTTP\/1\.1 400 /],
    ["with a space before a colon", (path) => head(`GET ${path} HTTP/1.1`, "X-A : b"), /^HTTP\/1\.1 400 /],
    ["with a folded line", (path) => head(`GET ${path} HTTP/1.1`, "X-A: b", " c"), /^HTTP\/1\.1 (400|200) /],
    ["of HTTP/0.9", (path) => `GET ${path}\r\n\r\n`, /^HTTP\/1\.1 400 /],
    ["of HTTP/2", () => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", /^HTTP\/1\.1 400 /],
    ["of TLS", () => "\u0016\u0003\u0001\u0002\u0000\u0001\u0000", /^HTTP\/1\.1 400 /],
    ["of GET with a body", (path) => `${head(`GET ${path} HTTP/1.1`, "Content-Length: 1")}x`, /^HTTP\/1\.1 400 toolkey: a GET has no body/],
    ["of GET with a body in chunks", (path) => `${head(`GET ${path} HTTP/1.1`, "Transfer-Encoding: chunked")}1\r\nx\r\n0\r\n\r\n`, /^HTTP\/1\.1 400 toolkey: a GET has no body/],
    ["of HEAD with a body", (path) => `${head(`HEAD ${path} HTTP/1.1`, "Content-Length: 1")}x`, /^HTTP\/1\.1 400 toolkey: a HEAD has no body/],
    ["that is endless", (path) => head(`GET ${path} HTTP/1.1`, `X-A: ${"b".repeat(100_000)}`), /^HTTP\/1\.1 431 /],
    ["that expects what nobody knows", (path) => head(`GET ${path} HTTP/1.1`, "Expect: 200-maybe"), /^HTTP\/1\.1 417 /],
  ])("%s is refused", async (_what, write, expected) => {
    const before = reached.filter((request) => !request.startsWith("GET /libs/ok")).length;
    expect(await raw(write(gateway.path("/libs/a")))).toMatch(expected);
    expect(reached.filter((request) => !request.startsWith("GET /libs/ok"))).toHaveLength(before);
  });

  it.each(["localhost", "evil.example", "127.0.0.1", "127.0.0.2", "[::1]", "0.0.0.0", ""])("under another name of this machine is refused: %j", async (host) => {
    const named = host === "" ? "" : `${host}:${gateway.port}`;
    const lines = [`GET ${gateway.path("/libs/a")} HTTP/1.1`, `Host: ${host === "127.0.0.1" ? "127.0.0.1" : named}`, `Authorization: Bearer ${phantom}`, "Connection: close", "", ""];
    expect(await raw(lines.join("\r\n"))).toMatch(/^HTTP\/1\.1 400 toolkey: the Host is not that of the gateway/);
  });

  it("of a phantom that never was is 401, and tells nothing", async () => {
    expect(await gateway.send({ path: gateway.path("/libs/a"), phantom: "tkphantom_x" })).toMatchObject({ status: 401, reason: "toolkey: there is no such phantom; commands get one by 'toolkey run'" });
    expect((await gateway.send({ path: gateway.path("/libs/a"), headers: { authorization: "Digest x" } })).status).toBe(401);
    expect((await gateway.send({ path: gateway.path("/libs/a"), headers: { authorization: "Basic !!!" } })).status).toBe(401);
  });

  it.each(["PUT", "POST", "DELETE", "PATCH"])("that changes something is 403 for a phantom that only reads: %s", async (method) => {
    expect(await gateway.send({ method, path: gateway.path("/libs/a"), phantom, body: "x" })).toMatchObject({ status: 403, reason: `toolkey: this phantom does not permit ${method} - toolkey run --publish` });
  });

  it("of Maven that publishes may PUT, and nothing else", async () => {
    const path = gateway.path("/libs/acme/a/1/a-1.jar");
    expect((await gateway.send({ method: "PUT", path, phantom: publisher, body: "x" })).status).toBe(200);
    for (const method of ["POST", "DELETE", "PATCH"]) expect((await gateway.send({ method, path, phantom: publisher, body: "x" })).status).toBe(403);
  });

  it.each([["DELETE", "/-/npm/v1/tokens/token/npm_s3cret"], ["DELETE", "/-/user/token/npm_s3cret"], ["GET", "/tkphantom_s3cret/x"]])("is in the journal without what may be a token: %s %s", async (method, path) => {
    await gateway.send({ method, path: gateway.path(`/libs${path}`), phantom });
    await gateway.send({ method, path, phantom });
    expect(JSON.stringify(await gateway.gateway.runs(1))).not.toContain("s3cret");
  });

  it("is in the journal, with why", async () => {
    const [run] = (await gateway.gateway.runs(100)).filter(({ refused }) => refused.some(({ what }) => what.startsWith("PATCH")));
    expect(run?.refused).toContainEqual({ why: "this phantom does not permit PATCH", what: `PATCH ${gateway.path("/libs/a")}`, times: expect.any(Number) });
  });
});

describe("where tokens or users are made or listed", () => {
  it.each([
    "/-/npm/v1/tokens", "/-/npm/v1/tokens/token/abc", "/-/npm/v1/user", "/-/user/org.couchdb.user:me", "/-/user/token/x", "/-/v1/login", "/-/org/acme/user", "/-/verdaccio/sec/login",
    "/-/NPM/v1/Tokens", "/artifactory/api/npm/auth", "/artifactory/api/npm/npm/auth/acme", "/artifactory/api/security/apiKey", "/access/api/v1/tokens", "/service/rest/v1/security/users", "/service/rest/beta/security/users", "/nuxeo/api/v1/token",
    "/artifactory/api/docker/r/v2/token", "/artifactory/api/conan/r/v1/users/authenticate", "/artifactory/api/conan/r/v2/users/check_credentials", "/artifactory/api/gems/r/api/v1/api_key", "/artifactory/api/gems/r/api/v1/api_key.yaml",
    "/repository/docker/v2/token", "/v2/token", "/service/extdirect", "/service/rest/wonderland/authenticate", "/nuxeo/authentication/token", "/authentication/token", "/nuxeo/api/v1/oauth2/provider/x/token", "/nuxeo/oauth2/token",
    "/app/installations/1/access_tokens", "/api/v4/projects/1/access_tokens", "/api/v4/personal_access_tokens", "/jwt/auth", "/api/v1/users/ada/tokens",
    "/authentication/token.", "/authentication/token.json", "/authentication/token ", "/Authentication/TOKEN;x=1", "/\uFF41uthentication/token",
    "/-/npm/v1/tokens;a=b", "/-;a/npm/v1;/tokens", "/-/user;x/org.couchdb.user:me", "/api/security;/apiKey",
  ])("is closed: %s", (path) => {
    for (const isClosed of [isClosedToScripts, isClosedToRegistries]) {
      expect(isClosed(path.slice(1).split("/"))).toBe(true);
      expect(isClosed(`artifactory/api/npm/x${path}`.split("/"))).toBe(true);
    }
  });

  it.each([
    "/artifactory/api/v1/system/support", "/artifactory/api/docker/r/v1/x", "/service/rest/v1/x", "/nuxeo/site/x",
  ])("is closed to npm and its kin, for it is none of their registries: %s", (path) => expect(isClosedToRegistries(path.slice(1).split("/"))).toBe(true));

  it.each([
    "/token", "/v3/auth/Tokens", "/api/access_tokens/1", "/api/refresh-token", "/rest/api_key.json", "/apikeys", "/user/credentials", "/oauth/x", "/jwt/auth", "/login", "/.oidc/../oidc", "/\uFF54\uFF4F\uFF4B\uFF45\uFF4E",
  ])("is closed to scripts by its name at hosts that nobody knows: %s", (path) => expect(isClosedToScripts(path.slice(1).split("/"))).toBe(true));

  it.each(["/api/v2/account_info", "/artifactory/api/repositories", "/artifactory/libs/acme/tokenizer/1/tokenizer-1.jar", "/nuxeo/api/v1/path/x", "/repos/acme/x/releases", "/api/v4/projects/1/packages"])(
    "is open to scripts: %s",
    (path) => expect(isClosedToScripts(path.slice(1).split("/"))).toBe(false),
  );

  it.each(["/auth", "/auth/-/auth-1.0.0.tgz", "/artifactory/api/npm/npm/auth", "/artifactory/api/npm/npm/auth/-/auth-1.0.0.tgz", "/tokens", "/user/-/user-1.0.0.tgz", "/@acme/access/-/api-1.tgz", "/-/npm/v1/security/audits/quick", "/-/whoami", "/-/v1/search", "/-/package/@acme/x/dist-tags"])(
    "is not what only sounds like it: %s",
    (path) => expect(isClosedToRegistries(path.slice(1).split("/"))).toBe(false),
  );

  const words = new Set([...TOKEN_ENDPOINTS, ...NO_REGISTRY].flatMap((path) => path.split("/")).filter((segment) => /^\w/.test(segment)));
  it.each([...words])("is no package of npm that has the name of a part of it: %s", (word) => {
    for (const path of [word, `${word}/-/${word}-1.0.0.tgz`, `@acme/${word}`, `@${word}/acme`, `@acme/${word}/-/${word}-1.0.0.tgz`]) {
      for (const registry of ["", "artifactory/api/npm/npm/", "repository/npm/"]) expect([path, isClosedToRegistries(`${registry}${path}`.split("/"))]).toEqual([path, false]);
    }
  });

  it("no phantom comes in, not even one that publishes", async () => {
    const target = parseTarget(gateway.upstream);
    const { secret } = await gateway.phantom({ addressing: "npm", routes: [{ target, isAuthorized: true, publishes: true, scopes: [""] }] }, "npm");
    for (const [method, path] of [["GET", "/-/npm/v1/tokens"], ["POST", "/-/npm/v1/tokens"], ["PUT", "/-/user/org.couchdb.user:x"], ["GET", "/-/npm/v1/user"], ["POST", "/-/v1/login"]] as const) {
      expect(await gateway.send({ method, path, phantom: secret })).toMatchObject({ status: 403, reason: "toolkey: blocked: this endpoint manages tokens or users" });
    }
    expect((await gateway.send({ path: "/-/whoami", phantom: secret })).status).toBe(200);
  });
});

describe("garbage", () => {
  let seed = 20_261_122;
  const random = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return seed % below;
  };
  /** What comes back first, to where it closes if nothing does. */
  const first = async (bytes: Buffer): Promise<string> => {
    const socket = await gateway.open();
    const answer = new Promise<string>((resolve) => socket.once("data", (chunk: Buffer) => resolve(chunk.toString("latin1"))).once("close", () => resolve("")).on("error", () => undefined));
    socket.write(bytes);
    return answer.finally(() => socket.destroy());
  };

  it.each([
    ["request lines", (text: string) => [0, text.indexOf("\r\n")] as const],
    ["headers", (text: string) => [text.indexOf("\r\n") + 2, text.length - 4] as const],
  ])("of 600 kinds in %s is answered or cut off, and only what is a good request is passed on", async (_where, part) => {
    const whole = head(`GET ${gateway.path("/libs/a")} HTTP/1.1`, "Accept: */*", "X-Other: some text");
    const [from, to] = part(whole);
    const before = reached.length;
    const outcomes = await Promise.all(
      Array.from({ length: 600 }, async () => {
        const bytes = Buffer.from(whole, "latin1");
        for (let flips = 1 + random(4); flips > 0; flips -= 1) bytes[from + random(to - from)] = random(256);
        return [bytes.toString("latin1"), await first(bytes)] as const;
      }),
    );
    const passed = outcomes.filter(([, answer]) => answer.startsWith("HTTP/1.1 200"));
    for (const [request] of passed) {
      expect(request).toMatch(/^(GET|HEAD) \/https\/localhost:\d+\/libs[/ ?]/);
      expect(request).toContain(phantom);
      expect(request.toLowerCase()).toContain(`host: 127.0.0.1:${gateway.port}\r\n`);
    }
    expect(reached.length - before).toBe(passed.length);
    expect(outcomes.filter(([, answer]) => answer.startsWith("HTTP/1.1 5"))).toEqual([]);
    expect(gateway.warnings).toEqual([]);
  });
});
