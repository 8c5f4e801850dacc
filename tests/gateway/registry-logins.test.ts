/** How the gateway has a token exchanged where a registry of images wants that: a server of the test's own. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { Agent } from "undici";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Clock } from "../../src/core/clock.ts";
import { Secret } from "../../src/core/secret.ts";
import { isRefusal } from "../../src/gateway/answers/refusal.ts";
import type { UpstreamToken } from "../../src/gateway/credentials.ts";
import { RegistryLogins } from "../../src/gateway/registry-logins.ts";

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

let server: Server;
let origin: string;
let seen: Seen[];
/** What the token service answers, by turns; the last one again and again. */
let answers: { status?: number; body: string }[];
let challenge: string;
/** What the registry itself answers, if it is no question for a login. */
let failure: number | undefined;
let time: number;
const agent = new Agent();

beforeEach(async () => {
  seen = [];
  time = 1_000_000;
  failure = undefined;
  answers = [{ body: '{"token":"MADE-1","expires_in":300}' }];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    seen.push({ method: request.method ?? "", url: request.url ?? "", authorization: request.headers.authorization, body: await text(request) });
    if (request.url === "/v2/" && failure !== undefined) return void response.writeHead(failure).end();
    if (request.url === "/v2/") return void response.writeHead(challenge === "" ? 200 : 401, challenge === "" ? {} : { "www-authenticate": challenge }).end();
    const { status = 200, body } = (answers.length > 1 ? answers.shift() : answers[0]) ?? { body: "" };
    response.writeHead(status, { "content-type": "application/json" }).end(body);
  };
  server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  challenge = `Bearer realm="${origin}/token?of=realm",service="the registry"`;
});
afterEach(() => new Promise((resolve) => void (server.closeAllConnections(), server.close(resolve))));

const clock: Clock = { now: () => time };
const credential = (name = "bob", secret = "S3CRET"): UpstreamToken => ({
  token: "docker-1",
  secret: new Secret(secret),
  authorization: new Secret(`Basic ${btoa(`${name}:${secret}`)}`),
  caFile: undefined,
});

async function present(logins: RegistryLogins, { path = "/v2/team/app/manifests/1", method = "GET", as = credential() } = {}): Promise<string> {
  const found = await logins.present(as, { origin, path, method }, () => Promise.resolve(agent));
  return isRefusal(found) ? `${found.status} ${found.why.replaceAll(/127\.0\.0\.1:\d+/g, "HOST")}` : found.authorization.reveal();
}
const exchanges = (): Seen[] => seen.filter(({ url }) => url !== "/v2/");

describe("a registry", () => {
  it("that takes logins gets the login", async () => {
    challenge = 'Basic realm="x"';
    const logins = new RegistryLogins(clock);
    expect(await present(logins)).toBe(`Basic ${btoa("bob:S3CRET")}`);
    expect(await present(logins)).toBe(`Basic ${btoa("bob:S3CRET")}`);
    expect(seen.map(({ url, authorization }) => [url, authorization])).toEqual([["/v2/", undefined]]);
  });

  it("with tokens of its own gets one for the repository and what is done there, made once while it is good", async () => {
    answers = [{ body: '{"token":"MADE-1","expires_in":300}' }, { body: '{"access_token":"MADE-2"}' }, { body: '{"token":"MADE-3"}' }];
    const logins = new RegistryLogins(clock);
    const both = await Promise.all([present(logins), present(logins, { path: "/v2/team/app/blobs/sha256:1" })]);
    expect(both).toEqual(["Bearer MADE-1", "Bearer MADE-1"]);
    expect(await present(logins, { method: "PUT" })).toBe("Bearer MADE-2");
    time += 289_000;
    expect(await present(logins)).toBe("Bearer MADE-1");
    time += 2_000;
    expect(await present(logins)).toBe("Bearer MADE-3");
    expect(exchanges().map(({ method, url, authorization }) => [method, decodeURIComponent(url), authorization])).toEqual(
      ["pull", "pull,push", "pull"].map((actions) => [
        "GET",
        `/token?of=realm&service=the+registry&scope=repository:team/app:${actions}`,
        `Basic ${btoa("bob:S3CRET")}`,
      ]),
    );
  });

  it("is asked anew once the token has another secret, and once the vault was locked", async () => {
    answers = [{ body: '{"token":"MADE-1","expires_in":300}' }, { body: '{"token":"MADE-2","expires_in":300}' }, { body: '{"token":"MADE-3"}' }];
    const logins = new RegistryLogins(clock);
    expect(await present(logins)).toBe("Bearer MADE-1");
    expect(await present(logins, { as: credential("bob", "NEW") })).toBe("Bearer MADE-2");
    logins.forget();
    expect(await present(logins, { as: credential("bob", "NEW") })).toBe("Bearer MADE-3");
  });

  it("is asked anew for its way and for its token once it refused what was made", async () => {
    answers = [{ body: '{"token":"MADE-1","expires_in":300}' }, { body: '{"token":"MADE-2"}' }];
    const logins = new RegistryLogins(clock);
    expect(await present(logins)).toBe("Bearer MADE-1");
    logins.doubt("https://other.example");
    expect(await present(logins)).toBe("Bearer MADE-1");
    logins.doubt(origin);
    expect(await present(logins)).toBe("Bearer MADE-2");
    challenge = 'Basic realm="x"';
    logins.doubt(origin);
    expect(await present(logins)).toBe(`Basic ${btoa("bob:S3CRET")}`);
  });

  it.each([
    ['{"token":"MADE-1","access_token":null,"expires_in":null}', 49],
    ['{"token":"MADE-1","expires_in":"120"}', 109],
    ['{"token":"MADE-1","expires_in":99999999}', 3589],
  ])("that says %s is not asked again for %i seconds, and then is", async (body, seconds) => {
    answers = [{ body }, { body: '{"token":"MADE-2"}' }];
    const logins = new RegistryLogins(clock);
    await present(logins);
    time += seconds * 1000;
    expect(await present(logins)).toBe("Bearer MADE-1");
    time += 2000;
    expect(await present(logins)).toBe("Bearer MADE-2");
  });

  it("takes over a layer of another repository, deletes, and lists", async () => {
    const logins = new RegistryLogins(clock);
    await present(logins, { path: "/v2/a/blobs/uploads/?mount=sha256%3A1&from=team%2Fb", method: "POST" });
    await present(logins, { path: "/v2/a/manifests/sha256:1", method: "DELETE" });
    await present(logins, { path: "/v2/a/tags/list?n=1" });
    expect(exchanges().map(({ url }) => new URL(url, origin).searchParams.getAll("scope"))).toEqual([
      ["repository:a:pull,push", "repository:team/b:pull"],
      ["repository:a:pull,delete"],
      ["repository:a:pull"],
    ]);
  });

  it("has an identity token exchanged in a body, and not in a URL", async () => {
    const logins = new RegistryLogins(clock);
    expect(await present(logins, { as: credential("<token>", "REFRESH") })).toBe("Bearer MADE-1");
    const [{ method, url, authorization, body } = { method: "", url: "", authorization: "", body: "" }] = exchanges();
    expect([method, url, authorization]).toEqual(["POST", "/token", undefined]);
    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
      of: "realm", service: "the registry", grant_type: "refresh_token", refresh_token: "REFRESH", client_id: "toolkey", scope: "repository:team/app:pull",
    });
  });
});

describe("what can go wrong", () => {
  it.each<[string, { status?: number; body: string }, string]>([
    ["the login is refused", { status: 401, body: "{}" }, "401 HOST refuses the token"],
    ["it is not permitted", { status: 403, body: "{}" }, "403 HOST does not permit this to the token"],
    ["nothing is made", { body: "{}" }, "403 HOST made no token for the registry (HTTP 200)"],
    ["what is made is none", { body: JSON.stringify({ token: "X\r\nHost: other" }) }, "403 HOST made no token for the registry (HTTP 200)"],
    ["the answer is no JSON", { body: "<html>" }, "403 HOST made no token for the registry (HTTP 200)"],
    ["the service fails", { status: 500, body: '{"token":"X"}' }, "403 HOST made no token for the registry (HTTP 500)"],
    ["the answer does not end", { body: "x".repeat(300 * 1024) }, "403 HOST answers with more than a login takes"],
  ])("%s: it is said, and asked again next time", async (_what, answer, said) => {
    answers = [answer, { body: '{"token":"MADE-1"}' }];
    const logins = new RegistryLogins(clock);
    expect(await present(logins)).toBe(said);
    expect(await present(logins)).toBe("Bearer MADE-1");
  });

  it.each([
    ["elsewhere without TLS", 'Bearer realm="http://realm.example/token"', "403 HOST wants the token sent to realm.example without encryption, so it got none"],
    ["nowhere", 'Bearer service="x"', "403 HOST does not say where its tokens are made"],
    ["to no URL", 'Bearer realm="::"', "403 HOST does not say where its tokens are made"],
  ])("the registry wants it sent %s", async (_where, wanted, said) => {
    challenge = wanted;
    expect(await present(new RegistryLogins(clock))).toBe(said);
    expect(exchanges()).toEqual([]);
  });

  it.each([500, 503, 403, 302, 404])("the registry answers %i: it gets nothing, and is asked again next time", async (status) => {
    failure = status;
    const logins = new RegistryLogins(clock);
    expect(await present(logins)).toBe(`403 HOST does not say how it wants the token (HTTP ${status})`);
    expect(seen.filter(({ authorization }) => authorization !== undefined)).toEqual([]);
    failure = undefined;
    expect(await present(logins)).toBe("Bearer MADE-1");
  });

  it("it is not there", async () => {
    const gone = origin;
    const found = await new RegistryLogins(clock).present(credential(), { origin: gone.replace(/\d+$/, "1"), path: "/v2/a/tags/list", method: "GET" }, () => Promise.resolve(agent));
    expect(found).toMatchObject({ status: 403, why: expect.stringMatching(/^127\.0\.0\.1:1 can't be asked for a login \(\w+\)$/) });
  });
});
