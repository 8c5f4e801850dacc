import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ask, basic } from "./fixtures/ask.ts";
import { longTest } from "./fixtures/form.ts";
import { runToEnd } from "./fixtures/home.ts";
import { startNuxeoOnline, type NuxeoOnline } from "./fixtures/nuxeo-online.ts";

const MAVEN = "/nuxeo/site/studio/maven/com/acme/studio/1.0/studio-1.0.jar";
const RELEASES = "/nuxeo/site/studio/v2/project/acme/releases";
const DERIVE = "/nuxeo/authentication/token?applicationName=nuxeo-cli&deviceId=1&permission=AMIREAD";
const PAGE = "/nuxeo/site/connect/tokens";
const REFS = "/nuxeo/git/acme.git/info/refs?service=git-upload-pack";

let home: string;
let nuxeo: NuxeoOnline;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "nuxeo-test-"));
  nuxeo = await startNuxeoOnline({
    projects: ["acme", "secret-project"],
    accounts: [
      { username: "alice", password: "ALICE-PASSWORD", tokens: { "git on host": "GIT-TOKEN", "maven on host": "MAVEN-TOKEN" } },
      { username: "bob", tokens: { cli: "BOB-TOKEN" }, projects: ["secret-project"] },
    ],
  });
});

afterEach(async () => {
  await nuxeo.close();
  await rm(home, { recursive: true, force: true });
});

const GIT = basic("alice", "GIT-TOKEN");
const MVN = basic("alice", "MAVEN-TOKEN");

async function statusOf(method: string, path: string, credentials: { authorization?: string } = {}, body?: unknown) {
  return (await ask(nuxeo, method, path, { ...credentials, body })).status;
}

function git(token: string, ...argv: readonly string[]) {
  const helper = `!f() { test "$1" = get && printf "username=alice\\npassword=${token}\\n"; }; f`;
  return runToEnd("git", ["-c", `credential.helper=${helper}`, ...argv], {
    PATH: process.env["PATH"] ?? "", HOME: home, GIT_CONFIG_NOSYSTEM: "1", GIT_TERMINAL_PROMPT: "0",
    GIT_SSL_CAINFO: nuxeo.caFile, LC_ALL: "C",
    GIT_AUTHOR_NAME: "A", GIT_AUTHOR_EMAIL: "a@localhost", GIT_COMMITTER_NAME: "A", GIT_COMMITTER_EMAIL: "a@localhost",
  }, { cwd: home });
}

longTest("real git clones and pushes with one of several tokens", async () => {
  const copy = join(home, "copy");
  expect(await git("GIT-TOKEN", "clone", "--quiet", nuxeo.gitUrl("acme"), copy)).toMatchObject({ code: 0 });
  // More than http.postBuffer: git sends it in chunks.
  await writeFile(join(copy, "large"), randomBytes(2 * 1024 * 1024));
  await git("GIT-TOKEN", "-C", copy, "add", "large");
  await git("GIT-TOKEN", "-C", copy, "commit", "--quiet", "--message", "second commit");
  expect(await git("MAVEN-TOKEN", "-C", copy, "push", "--quiet", "origin", "main")).toMatchObject({ code: 0, stderr: "" });
  expect((await git("GIT-TOKEN", "ls-remote", nuxeo.gitUrl("nobody"))).code).toBe(128);
  expect(new Set(nuxeo.requests.map(({ as }) => as))).toEqual(
    new Set([undefined, "alice/git on host", "alice/maven on host"]),
  );
  expect(JSON.stringify(nuxeo.requests)).not.toMatch(/TOKEN|Basic/);
});

test("a revoked token is refused at once everywhere, the other ones go on", async () => {
  await ask(nuxeo, "PUT", MAVEN, { ...MVN, body: "jar" });
  const uses = [["GET", REFS], ["GET", MAVEN], ["GET", DERIVE], ["GET", PAGE]] as const;
  const statuses = (credentials: { authorization: string }) =>
    Promise.all(uses.map(([method, path]) => statusOf(method, path, credentials)));
  expect(await statuses(GIT)).toEqual([200, 200, 201, 200]);
  nuxeo.revokeToken("alice", "git on host");
  expect(await statuses(GIT)).toEqual([401, 401, 401, 302]);
  expect(await statuses(MVN)).toEqual([200, 200, 201, 200]);
  expect((await git("GIT-TOKEN", "ls-remote", nuxeo.gitUrl("acme"))).stderr).toContain("Authentication failed");
  const token = nuxeo.addToken("alice", "git on host");
  expect(await statuses(basic("alice", token))).toEqual([200, 200, 201, 200]);
  expect(nuxeo.tokens.filter(({ username }) => username === "alice").map(({ name }) => name)).toEqual([
    "maven on host", "git on host",
  ]);
});

test("401 with the realm, 403 for another's project, 404 for none", async () => {
  for (const path of [REFS, MAVEN, RELEASES, DERIVE]) {
    const { status, headers } = await ask(nuxeo, "GET", path, basic("bob", "GIT-TOKEN"));
    expect([status, headers["www-authenticate"]]).toEqual([401, 'Basic realm="Nuxeo Online Services"']);
  }
  expect(await statusOf("GET", REFS, basic("bob", "BOB-TOKEN"))).toBe(403);
  expect(await statusOf("GET", "/nuxeo/git/nobody.git/info/refs", GIT)).toBe(404);
  expect(await statusOf("GET", "/nuxeo/elsewhere", GIT)).toBe(404);
});

test("the Maven repository gives back what was put, with checksums", async () => {
  expect(await statusOf("GET", MAVEN, MVN)).toBe(404);
  expect(await statusOf("PUT", MAVEN, {}, "jar")).toBe(401);
  expect(await statusOf("PUT", MAVEN, MVN, "jar")).toBe(201);
  expect(await ask(nuxeo, "GET", MAVEN, MVN)).toMatchObject({ status: 200, body: "jar" });
  expect(await ask(nuxeo, "HEAD", MAVEN, MVN)).toMatchObject({ status: 200, body: "" });
  expect(await ask(nuxeo, "GET", `${MAVEN}.md5`, MVN)).toMatchObject({ body: "68995fcbf432492d15484d04a9d2ac40" });
  nuxeo.mavenFiles.set("a.pom", Buffer.from("pom"));
  expect(await ask(nuxeo, "GET", "/nuxeo/site/studio/maven/a.pom", MVN)).toMatchObject({ body: "pom" });
});

test("a release is made once", async () => {
  const body = { revision: "main", versionName: "1.0.0" };
  expect(await statusOf("POST", RELEASES, GIT, body)).toBe(200);
  expect(await statusOf("POST", RELEASES, GIT, body)).toBe(409);
  expect(await statusOf("POST", RELEASES, GIT, { ...body, versionName: "MINOR" })).toBe(200);
  expect(nuxeo.releases.get("acme")).toEqual(["1.0.0", "1.1.0"]);
  expect(await statusOf("POST", RELEASES, GIT, { revision: "main", versionName: "big" })).toBe(400);
  expect(await statusOf("POST", RELEASES, basic("bob", "BOB-TOKEN"), body)).toBe(403);
  expect(await statusOf("POST", "/nuxeo/site/studio/v2/project/nobody/releases", GIT, body)).toBe(404);
});

test("a derived token is made, used and revoked", async () => {
  const { status, body } = await ask(nuxeo, "GET", DERIVE, GIT);
  expect([status, body]).toEqual([201, expect.stringMatching(/^[0-9a-f-]{36}$/)]);
  expect(await ask(nuxeo, "GET", DERIVE, GIT)).toMatchObject({ status: 201, body });
  expect(nuxeo.derivedTokens).toEqual([
    { username: "alice", applicationName: "nuxeo-cli", deviceId: "1", permission: "AMIREAD" },
  ]);
  const headers = { "x-authentication-token": String(body) };
  const release = { revision: "main", versionName: "1.0.0" };
  expect((await ask(nuxeo, "POST", RELEASES, { headers, body: release })).status).toBe(200);
  expect((await ask(nuxeo, "GET", REFS, { headers })).status).toBe(401);
  expect(await statusOf("GET", `${DERIVE}&revoke=true`, GIT)).toBe(202);
  expect(nuxeo.derivedTokens).toEqual([]);
  expect((await ask(nuxeo, "POST", RELEASES, { headers, body: release })).status).toBe(401);
  expect(await statusOf("GET", "/nuxeo/authentication/token?applicationName=a", GIT)).toBe(400);
});

test("the page of tokens wants a login", async () => {
  const { status, headers } = await ask(nuxeo, "GET", PAGE);
  expect([status, headers.location]).toEqual([302, "/nuxeo/login.jsp?requestedUrl=site%2Fconnect%2Ftokens"]);
  const page = await ask(nuxeo, "GET", PAGE, basic("alice", "ALICE-PASSWORD"));
  expect(page.headers["content-type"]).toContain("text/html");
  expect(page.body).toContain("<td>git on host</td><");
  expect(page.body).not.toContain("TOKEN");
});

longTest("faults meet git as well", async () => {
  nuxeo.faults.add({ path: "/nuxeo/git/*" }, { kind: "login page" }, { times: Infinity });
  expect((await git("GIT-TOKEN", "ls-remote", nuxeo.gitUrl("acme"))).code).toBe(128);
  nuxeo.faults.clear();
  expect((await git("GIT-TOKEN", "ls-remote", nuxeo.gitUrl("acme"))).code).toBe(0);
});
