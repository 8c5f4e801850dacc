/** `toolkey login SERVICE --oidc NAME`: a CI job logs in as itself, and nothing of it is seen or left elsewhere than in the vault. */
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ask, bearer } from "../../fixtures/network/ask.ts";
import { expectDone, type Ended } from "../../fixtures/homes/home.ts";
import { startJfrogAccess, type JfrogAccess } from "../../fixtures/services/jfrog/jfrog-access.ts";
import { startJobRunner, type JobRunner } from "../../fixtures/services/job-runner.ts";
import { startRecordingServer, type RecordingServer } from "../../fixtures/network/recording-server.ts";
import { makeServiceHome, type ServiceHome } from "../../fixtures/homes/service-home.ts";
import { makeTls, type TestTls } from "../../fixtures/network/tls.ts";

const EXCHANGE = "/access/api/v1/oidc/token";

let tls: TestTls;
let runner: JobRunner;
let jfrog: JfrogAccess;
let home: ServiceHome;

beforeAll(async () => {
  tls = await makeTls();
  runner = await startJobRunner({ tls });
  const { claimsOf } = runner;
  const integration = { claimsOf, audience: "acme", repository: "acme/notes", username: "ci-notes", expiresIn: 1800 };
  jfrog = await startJfrogAccess({
    tls,
    users: [{ name: "admin", admin: true }, { name: "alice" }, { name: "ci-notes" }],
    integrations: {
      ci: { ...integration, scope: "artifact:npm-local/**:r" },
      whole: { ...integration, scope: "applied-permissions/user" },
    },
  });
  home = await makeServiceHome(`[service.acme]
issuer = "jfrog"
title = "ACME"
url = "${jfrog.origin}"
cacert = "${tls.caFile}"
git = { url = "${jfrog.origin}/artifactory/api/lfs" }
npm = { registry = "${jfrog.origin}/artifactory/api/npm/npm-local/" }
[service.nuxeo-here]
issuer = "nuxeo"
url = "https://nuxeo.example"
git = { url = "https://nuxeo.example/git" }
`);
});
afterEach(() => {
  jfrog.faults.clear();
  runner.faults.clear();
});
afterAll(async () => {
  await home?.dispose();
  await jfrog?.close();
  await runner?.close();
  await tls?.remove();
});

const login = (argv: readonly string[], options: Parameters<ServiceHome["toolkey"]>[1] = {}): Promise<Ended> => home.toolkey(["login", "acme", ...argv], options);
/** As in a job whose runner makes id tokens. */
const asJob = (argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
  login(["--cacert", tls.caFile, ...argv], { env: { ...runner.environment, ...env } });

function withoutSecrets({ stdout, stderr }: Ended): string {
  const said = stdout + stderr;
  for (const secret of [...runner.made, runner.environment.ACTIONS_ID_TOKEN_REQUEST_TOKEN]) expect(said).not.toContain(secret);
  expect(said).not.toMatch(/eyJ/);
  return said;
}

describe("a job", () => {
  it("gets the token of one tool, which works there and ends soon, and is printed nowhere", async () => {
    const ended = expectDone(await asJob(["--oidc", "ci", "--audience", "acme", "--tool", "git"]));
    const [token] = (await home.tokens()).filter(({ tool }) => tool === "git");
    expect(ended.stdout).toBe(`made ${token?.id} (git, ${jfrog.origin}/artifactory/api/lfs, as ci-notes), which expires at ${token?.expiresAt}\n`);
    withoutSecrets(ended);
    expect(token).toMatchObject({ service: "acme", state: "active", scope: "artifact:npm-local/**:r", kind: "scoped", subject: "ci-notes" });
    expect(Date.parse(token?.expiresAt ?? "") - Date.parse(token?.issuedAt ?? "")).toBe(1_800_000);
    const secret = await home.fill(`${jfrog.origin}/artifactory/api/lfs/npm-local`);
    expect((await ask(jfrog, "GET", "/artifactory/api/lfs/npm-local/x", bearer(secret ?? ""))).status).toBe(200);
    expect([...jfrog.leaks, ...runner.leaks]).toEqual([]);
  });

  it("is told by a document, too", async () => {
    const ended = expectDone(await asJob(["--oidc", "ci", "--audience", "acme", "--tool", "npm", "--json"]));
    expect(JSON.parse(ended.stdout)).toMatchObject({ token: { tool: "npm", state: "active" }, others: [], assessment: { outcome: "not-permitted" }, notes: [] });
    withoutSecrets(ended);
  });

  it("gets toolkey's own login without a tool, and nothing is made with that unasked", async () => {
    const before = jfrog.tokens.length;
    const ended = expectDone(await asJob(["--oidc", "whole", "--audience", "acme"]));
    expect(ended.stdout).toMatch(/^logged in at ACME: made toolkey-\w+ .*, which expires at \S+\n$/);
    expect(jfrog.tokens.length).toBe(before + 1);
    expectDone(await home.toolkey(["mint", "acme", "--tool", "npm"]));
    expect(jfrog.tokens.at(-1)).toMatchObject({ username: "ci-notes", alive: true });
  });

  it.each<[from: string, argv: (file: string) => string[], stdin: boolean]>([
    ["a file", (file) => ["--secret-file", file], false],
    ["a descriptor, also where the runner could be asked", () => ["--secret-fd", "0"], true],
    ["standard input", () => [], true],
  ])("hands its id token in by %s", async (from, argv, isPiped) => {
    const idToken = runner.idToken();
    const file = join(home.directory, "id-token");
    await writeFile(file, `${idToken}\n`, { mode: 0o600 });
    const asked = runner.requests.length;
    const env = from.includes("runner") ? runner.environment : {};
    const ended = expectDone(await login(["--oidc", "ci", "--tool", "git", ...argv(file)], { env, ...(isPiped ? { stdin: `${idToken}\n` } : {}) }));
    withoutSecrets(ended);
    expect(runner.requests.length).toBe(asked);
    expect(ended.stderr).toContain("which was there before, is suspended until it is dropped");
  });
});

describe("what does not go together is told, and nothing is stored", () => {
  it.each<[what: string, argv: string[], code: number, said: RegExp, stdin?: () => string]>([
    ["a provider that the service doesn't know", ["--oidc", "another"], 3, /^toolkey: ACME gives nothing to this job: OIDC provider another not found\n/, () => runner.idToken()],
    ["another audience", ["--oidc", "ci"], 3, /gives nothing to this job: The audience of the token is another\n/, () => runner.idToken({ aud: "other" })],
    ["a job of another repository", ["--oidc", "ci"], 3, /gives nothing to this job: No identity mapping fits\n/, () => runner.idToken({ repository: "acme/other" })],
    ["an id token that is over, which the service repeats", ["--oidc", "ci"], 3, /gives nothing to this job: Invalid token: \[secret\]\n/, () => runner.idToken({ exp: 1 })],
    ["a tool that has nothing there", ["--oidc", "ci", "--tool", "maven"], 2, /^toolkey: there is nothing for maven at ACME\n/, () => runner.idToken()],
    ["no id token at all", ["--oidc", "ci"], 2, /^toolkey: there is no id token: the secret is empty\n[^]*id-token: write\n$/],
    ["an audience where nobody is asked for one", ["--oidc", "ci", "--audience", "acme"], 2, /^toolkey: --audience is for an id token that the runner makes/],
    ["no name of a provider", ["--oidc", ""], 2, /^toolkey: --oidc needs the name that the service has for the provider\n/, () => runner.idToken()],
    ["an audience alone", ["--audience", "acme"], 2, /^toolkey: --audience is for --oidc\n/],
    ["a page", ["--oidc", "ci", "--device"], 2, /^toolkey: --oidc goes with --tool, --audience and the id token alone\n/],
    ["what is no text", ["--oidc", "ci"], 2, /^toolkey: the id token holds a control character\n/, () => "ey\u0007J"],
  ])("%s", async (_what, argv, code, said, stdin) => {
    const before = readFileSync(join(home.toolkeyHome, "data", "vault.age"));
    const ended = await login(argv, { stdin: stdin?.() ?? "" });
    expect([ended.code, withoutSecrets(ended)]).toEqual([code, expect.stringMatching(said)]);
    expect(ended.stdout).toBe("");
    expect(readFileSync(join(home.toolkeyHome, "data", "vault.age"))).toEqual(before);
  });

  it("a service that takes no identities", async () => {
    const ended = await home.toolkey(["login", "nuxeo-here", "--oidc", "ci"], { stdin: runner.idToken() });
    expect([ended.code, withoutSecrets(ended)]).toEqual([2, expect.stringContaining("takes no identity of a CI job\n")]);
  });

  it("a runner that says no", async () => {
    const ended = await asJob(["--oidc", "ci"], { ACTIONS_ID_TOKEN_REQUEST_TOKEN: "wrong-token-of-the-runner" });
    expect(ended.code).toBe(3);
    expect(ended.stderr).toMatch(/^toolkey: the runner \(localhost:\d+\) makes no id token for this job: No permission for id tokens\n/);
    expect(ended.stderr).not.toContain("wrong-token");
  });

  it("a runner that is not there, or is to be asked with what is no text", async () => {
    const gone = await asJob(["--oidc", "ci"], { ACTIONS_ID_TOKEN_REQUEST_URL: "https://localhost:1/x?a=of-the-url" });
    expect([gone.code, gone.stderr]).toEqual([1, expect.stringMatching(/^toolkey: the runner \(localhost:1\) gave no usable response: ECONNREFUSED\nhint: nothing was stored\nhint: try again\n$/)]);
    const odd = await asJob(["--oidc", "ci"], { ACTIONS_ID_TOKEN_REQUEST_TOKEN: "of-the-runner\nX-Other: 1" });
    expect([odd.code, odd.stderr]).toEqual([2, expect.stringMatching(/^toolkey: what the runner is to be asked with holds a control character\n/)]);
    expect(gone.stderr + odd.stderr).not.toMatch(/of-the-(url|runner)/);
  });

  it.each(["http://localhost:9/idtoken", "file:///etc/passwd", "nowhere", "https://user:pw@localhost/x"])("an address that anybody could read along: %s", async (url) => {
    const ended = await asJob(["--oidc", "ci"], { ACTIONS_ID_TOKEN_REQUEST_URL: url });
    expect(ended).toMatchObject({ code: 2, stdout: "" });
    expect(ended.stderr).toMatch(/^toolkey: the address at which the runner makes id tokens is not one of https\n/);
  });

  it("a redirect is not followed, by the runner or by the service", async () => {
    const elsewhere: RecordingServer = await startRecordingServer();
    try {
      for (const server of [runner, jfrog]) {
        server.faults.add({ path: server === jfrog ? EXCHANGE : "*" }, { kind: "redirect", to: elsewhere.origin });
        const ended = await asJob(["--oidc", "ci", "--audience", "acme", "--tool", "git"]);
        expect([ended.code, ended.stderr]).toEqual([1, expect.stringContaining("gave no usable response: a redirect")]);
        server.faults.clear();
      }
      expect(elsewhere.arrivals).toEqual([]);
    } finally {
      await elsewhere.close();
    }
  });

  it("an answer that never comes: the exchange is asked for once, and nothing is kept", async () => {
    jfrog.faults.add({ path: EXCHANGE }, { kind: "cut off" }, { times: 5 });
    const before = jfrog.requests.filter(({ path }) => path === EXCHANGE).length;
    const ended = await asJob(["--oidc", "ci", "--audience", "acme", "--tool", "git"]);
    expect([ended.code, withoutSecrets(ended)]).toEqual([1, expect.stringContaining("ends by itself\n")]);
    expect(jfrog.requests.filter(({ path }) => path === EXCHANGE).length).toBe(before + 1);
    expect((await home.tokens()).some(({ state }) => state === "intended")).toBe(false);
  });

  it("a token that the service then refuses is not kept, and that it lives on is said", async () => {
    jfrog.faults.add({ path: "/access/api/v1/tokens/me", method: "GET" }, { kind: "status", status: 401, body: '{"errors":[{"message":"no"}]}' });
    const before = (await home.tokens()).map(({ id, state }) => `${id} ${state}`);
    const ended = await asJob(["--oidc", "ci", "--audience", "acme", "--tool", "git"]);
    expect([ended.code, withoutSecrets(ended)]).toEqual([3, expect.stringMatching(/ACME rejects this token: no\n[^]*could not be ended there; it ends by itself\n/)]);
    expect((await home.tokens()).map(({ id, state }) => `${id} ${state}`)).toEqual(before);
  });
});
