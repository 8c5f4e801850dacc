/** `[network]` of config.toml: the proxy and the certificates of what no session says. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { makeHome, type Ended, type TestHome } from "../../fixtures/homes/home.ts";
import { missing } from "../../fixtures/programs/programs.ts";
import { startReadingProxy, type ReadingProxy } from "../../fixtures/network/reading-proxy.ts";

const HOST = "packages.example";

let home: TestHome;
let proxy: ReadingProxy;
let other: ReadingProxy;

beforeEach(async () => {
  [proxy, other, home] = await Promise.all([startReadingProxy(HOST), startReadingProxy(HOST), makeHome()]);
  mkdirSync(join(home.toolkeyHome, "config"), { mode: 0o700, recursive: true });
  await home.init();
});
afterEach(async () => {
  await home.dispose();
  await Promise.all([proxy.close(), other.close()]);
});

const write = (text: string): void => writeFileSync(join(home.toolkeyHome, "config", "config.toml"), `[network]\n${text}`, { mode: 0o600 });
/** Asks the service whether a token is good. */
const check = (env: Readonly<Record<string, string>> = {}): Promise<Ended> => home.toolkey(["add", `npm-registry@${HOST}`, "--tool", "npm"], { stdin: "T0KEN", env });
const throughGateway = (env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
  home.toolkey(["run", "--tool", "http", "--", "sh", "-c", `true; curl -s --netrc-file "$TOOLKEY_NETRC" "$TOOLKEY_HTTP/https/${HOST}/x"`], { env });

it.skipIf(missing("curl"))("its proxy is asked, once it is accepted, by toolkey and by the gateway; and it reads nothing by that", async () => {
  await home.addToken("http", `https://${HOST}/`, "S3CRET");
  write(`proxy = "${proxy.url}"\n`);
  await check();
  expect(proxy.asked).toEqual([]);
  await home.acceptConfig();
  await check();
  const asked = proxy.asked.length;
  expect(proxy.asked).toContain(`${HOST}:443`);
  await throughGateway();
  expect(proxy.asked.length).toBeGreaterThan(asked);
  expect(proxy.read).toEqual([]);
});

it.skipIf(missing("curl"))("what the session names goes first, and its exceptions are left alone", async () => {
  await home.addToken("http", `https://${HOST}/`, "S3CRET");
  write(`proxy = "${proxy.url}"\nno_proxy = ["localhost"]\n`);
  await home.acceptConfig();
  await check({ https_proxy: other.url });
  await throughGateway({ https_proxy: other.url });
  expect([proxy.asked.length, other.asked.length > 1]).toEqual([0, true]);
  write(`proxy = "${proxy.url}"\nno_proxy = ["localhost", ".example"]\n`);
  await home.acceptConfig();
  await check();
  await throughGateway();
  expect(proxy.asked).toEqual([]);
});

it.skipIf(missing("curl"))("its certificates are trusted at every place, once they are accepted, besides those of the session", async () => {
  await home.addToken("http", `https://${HOST}/`, "S3CRET");
  write(`proxy = "${proxy.url}"\ncacert = "${proxy.caFile}"\n`);
  await check();
  expect(proxy.read).toEqual([]);
  await home.acceptConfig();
  const env = { NODE_EXTRA_CA_CERTS: other.caFile };
  await check(env);
  expect(proxy.read).toContain("Bearer T0KEN");
  expect((await throughGateway(env)).stdout).toBe("{}");
  expect(proxy.read.at(-1)).toBe("Bearer S3CRET");
  await home.ask("refuseCertificate", { start: /([0-9a-f]{64})/.exec((await home.ask("config", {})).accepted ?? "")?.[1] ?? "" });
  const read = proxy.read.length;
  await check(env);
  await throughGateway(env);
  expect(proxy.read.length).toBe(read);
});
