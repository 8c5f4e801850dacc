/** Hosts without TLS behind a proxy: it would read along, so that no token goes there. */
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { sampled } from "../../../fixtures/form.ts";
import { makeHome, type TestHome } from "../../../fixtures/homes/home.ts";
import { missing } from "../../../fixtures/programs/programs.ts";
import { startReadingProxy, type ReadingProxy } from "../../../fixtures/network/reading-proxy.ts";

const SECRET = "the-real-token";

let home: TestHome;
let proxy: ReadingProxy;
let server: Server;
let seen: (string | undefined)[];

beforeEach(async () => {
  seen = [];
  server = createServer(({ headers }, response) => {
    seen.push(headers.authorization);
    response.end("well");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  [proxy, home] = await Promise.all([startReadingProxy(), makeHome()]);
  await home.init();
});
afterEach(async () => {
  await home.dispose();
  await proxy.close();
  server.closeAllConnections();
  server.close();
});

const ask = (url: string, env: Readonly<Record<string, string>> = {}) => home.toolkey(["run", "--tool", "http", "--", "sh", "-c", `true; curl -s --netrc-file "$TOOLKEY_NETRC" "$TOOLKEY_HTTP/${url.replace("://", "/")}x"`], { env: { http_proxy: proxy.url, HTTPS_PROXY: proxy.url, ...env } });
const add = (url: string): Promise<unknown> => home.addToken("http", url, SECRET);

const host = (): string => `http://localhost:${(server.address() as AddressInfo).port}`;

it.skipIf(missing("curl"))("are not asked with a token", async () => {
  for (const origin of ["http://nexus.example:8081", host()]) {
    await add(`${origin}/`);
    const error = `toolkey: ${origin} is asked without TLS, so the proxy ${new URL(proxy.url).host} would read the token - no_proxy=${new URL(origin).hostname}, if it is near; else its https URL`;
    expect(JSON.parse((await ask(`${origin}/`)).stdout)).toMatchObject({ status: 403, error });
  }
  expect([proxy.asked, proxy.read, seen]).toEqual([[], [], []]);
});

it.skipIf(missing("curl"))("are asked where no_proxy excepts them", async () => {
  await add(`${host()}/`);
  expect((await ask(`${host()}/`, { no_proxy: "localhost" })).stdout).toBe("well");
  expect(seen).toEqual([expect.stringContaining(" ")]);
  expect(proxy.asked).toEqual([]);
});

it.skipIf(missing("curl")).each(sampled(["*nexus.example", "x,*", "*.example", ".example:8081", "nexus.example:80", "nexus", "*:8081"], 3))("are asked by no proxy with a token, whatever no_proxy is: %s", async (exceptions) => {
  await add("http://nexus.example:8081/");
  await ask("http://nexus.example:8081/", { no_proxy: exceptions });
  expect([proxy.asked, proxy.read]).toEqual([[], []]);
});

it("are no services that a proxy is asked for", async () => {
  mkdirSync(join(home.toolkeyHome, "config"), { mode: 0o700, recursive: true });
  writeFileSync(join(home.toolkeyHome, "config", "config.toml"), `[service.near]\nissuer = "npm-registry"\nurl = "${host()}"\n`, { mode: 0o600 });
  await home.acceptConfig();
  await home.toolkey(["login", "near", "--username", "u"], { stdin: SECRET, env: { http_proxy: proxy.url } });
  expect(seen.length).toBeGreaterThan(0);
  expect([proxy.asked, proxy.read]).toEqual([[], []]);
});
