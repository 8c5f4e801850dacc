import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { longTest } from "./fixtures/form.ts";
import { startGitServer, type GitServer } from "./fixtures/git-server.mjs";

const TIMEOUT_MS = 30_000;
const ASK_LS_REFS = "0014command=ls-refs\n00010000";

let home: string;
let server: GitServer;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "git-server-test-"));
  server = await startGitServer({
    projects: ["acme", "secret-project"],
    accounts: [
      { username: "alice", token: "ALICE:TOKEN/1" },
      { username: "bob", token: "BOB-TOKEN", projects: ["acme"] },
    ],
  });
}, TIMEOUT_MS);

afterEach(async () => {
  await server.close();
  await rm(home, { recursive: true, force: true });
});

describe("the git server", { timeout: TIMEOUT_MS }, () => {
  longTest("clone, push and fetch work with the right token", async () => {
    const alice = gitAs("alice", "ALICE:TOKEN/1");
    expect(await alice("clone", "--quiet", server.url("acme"), "one")).toMatchObject({ status: 0 });
    expect(await alice("clone", "--quiet", server.url("acme"), "two")).toMatchObject({ status: 0 });

    // More than http.postBuffer: git sends it in chunks.
    await writeFile(join(home, "one", "large"), randomBytes(2 * 1024 * 1024));
    await alice("-C", "one", "add", "large");
    await alice("-C", "one", "commit", "--quiet", "--message", "second commit");
    expect(await alice("-C", "one", "push", "--quiet", "origin", "main")).toEqual({ status: 0, stdout: "", stderr: "" });

    expect(await alice("-C", "two", "fetch", "--quiet")).toMatchObject({ status: 0 });
    expect((await alice("-C", "two", "log", "--format=%s", "origin/main")).stdout).toBe("second commit\nfirst commit\n");
  });

  test("the wrong token is refused with the realm of the service", async () => {
    const result = await gitAs("alice", "WRONG")("ls-remote", server.url("acme"));
    expect(result.status).toBe(128);
    expect(result.stderr).toContain("Authentication failed");
    expect(server.requests).toEqual([
      { method: "GET", path: "/nuxeo/git/acme.git/info/refs", status: 401 },
      { method: "GET", path: "/nuxeo/git/acme.git/info/refs", username: "alice", status: 401 },
    ]);
    expect(await ask("/nuxeo/git/acme.git/info/refs", {})).toMatchObject({
      status: 401,
      authenticate: 'Basic realm="Nuxeo Online Services"',
    });
  });

  test("a revoked token stops working at once, a new one works at once", async () => {
    expect(await gitAs("alice", "ALICE:TOKEN/1")("ls-remote", server.url("acme"))).toMatchObject({ status: 0 });
    server.revoke("alice");
    expect(await gitAs("alice", "ALICE:TOKEN/1")("ls-remote", server.url("acme"))).toMatchObject({ status: 128 });
    server.setToken("alice", "ALICE-TOKEN-2");
    expect(await gitAs("alice", "ALICE:TOKEN/1")("ls-remote", server.url("acme"))).toMatchObject({ status: 128 });
    expect(await gitAs("alice", "ALICE-TOKEN-2")("ls-remote", server.url("acme"))).toMatchObject({ status: 0 });
  });

  test("a valid token does not open another account's project", async () => {
    const bob = gitAs("bob", "BOB-TOKEN");
    expect(await bob("ls-remote", server.url("acme"))).toMatchObject({ status: 0 });
    const refused = await bob("ls-remote", server.url("secret-project"));
    expect(refused).toMatchObject({ status: 128, stdout: "" });
    expect(refused.stderr).toContain("403");
    server.setToken("bob", "BOB-TOKEN-2");
    expect(await gitAs("bob", "BOB-TOKEN-2")("ls-remote", server.url("secret-project"))).toMatchObject({ status: 128 });
  });

  test.each([
    "/nuxeo/git/nobody.git/info/refs?service=git-upload-pack",
    "/nuxeo/git/../acme.git/info/refs?service=git-upload-pack",
    "/nuxeo/git/acme.git/../secret-project.git/HEAD",
    "/nuxeo/git/acme.git/%2e%2e/secret-project.git/HEAD",
    "/nuxeo/git/acme.git",
    "/",
  ])("%s is not there", async (path) => {
    expect(await ask(path, { authorization: basic("bob", "BOB-TOKEN") })).toMatchObject({ status: 404 });
  });

  test("a compressed request is understood", async () => {
    const answer = await ask(
      "/nuxeo/git/acme.git/git-upload-pack",
      {
        authorization: basic("alice", "ALICE:TOKEN/1"),
        "content-type": "application/x-git-upload-pack-request",
        "content-encoding": "gzip",
        "git-protocol": "version=2",
      },
      gzipSync(ASK_LS_REFS),
    );
    expect(answer.status).toBe(200);
    expect(answer.body).toContain("refs/heads/main");
  });

  test("what it records has no secret", async () => {
    await gitAs("alice", "ALICE:TOKEN/1")("ls-remote", server.url("acme"));
    expect(server.requests.length).toBeGreaterThan(1);
    expect(JSON.stringify(server.requests)).not.toMatch(/TOKEN|Basic/);
  });

  test("after it is closed nothing listens and nothing is left", async () => {
    const extra = await startGitServer({ projects: ["acme"], accounts: [] });
    await extra.close();
    await expect(stat(extra.caFile)).rejects.toMatchObject({ code: "ENOENT" });
    expect(await gitAs("alice", "x")("ls-remote", extra.url("acme"))).toMatchObject({ status: 128 });
  });

  longTest("on its own it takes accounts and commands from stdin and ends with it", async () => {
    const child = startOnItsOwn();
    const exit = once(child, "close");
    const tell = conversation(child);
    const { origin, caFile } = await tell({ projects: ["acme"], accounts: [{ username: "alice", token: "ONE" }] });
    const alice = gitAs("alice", "ONE", caFile);

    expect(await alice("ls-remote", `${origin}/nuxeo/git/acme.git`)).toMatchObject({ status: 0 });
    expect(await tell({ revoke: "alice" })).toEqual({ ok: true });
    expect(await alice("ls-remote", `${origin}/nuxeo/git/acme.git`)).toMatchObject({ status: 128 });
    expect(await tell({ setToken: { username: "alice", token: "ONE" } })).toEqual({ ok: true });
    expect(await alice("ls-remote", `${origin}/nuxeo/git/acme.git`)).toMatchObject({ status: 0 });

    child.stdin.end();
    expect(await exit).toEqual([0, null]);
    await expect(stat(caFile)).rejects.toMatchObject({ code: "ENOENT" });
  });

  longTest("SIGTERM ends it with nothing left, its stdin still open", async () => {
    const child = startOnItsOwn();
    const exit = once(child, "close");
    const { caFile } = await conversation(child)({ projects: ["acme"], accounts: [] });
    child.kill("SIGTERM");
    expect(await exit).toEqual([0, null]);
    await expect(stat(caFile)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test.each([
    ["{projects: TOKEN}", "git-server: a line of stdin is not JSON\n"],
    ['{"projects":["acme"],"token":"TOKEN"}', "git-server: the first line of stdin must be {projects, accounts}\n"],
    ['{"projects":["../x"],"accounts":[]}', "git-server: not a project name: '../x'\n"],
  ])("%s is refused without repeating a token", async (line, message) => {
    const child = startOnItsOwn();
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const exit = once(child, "close");
    child.stdin.write(`${line}\n`);
    expect(await exit).toEqual([1, null]);
    expect(stderr).toBe(message);
  });
});

function startOnItsOwn() {
  return spawn(process.execPath, [join(import.meta.dirname, "fixtures", "git-server.mjs")], {
    stdio: "pipe",
    timeout: TIMEOUT_MS,
    env: { PATH: process.env["PATH"] },
  });
}

/** git with nothing of this machine's configuration, and a helper that knows one token. */
function gitAs(username: string, token: string, caFile = server.caFile) {
  const helper = '!f() { test "$1" = get && printf "username=%s\\npassword=%s\\n" "$USERNAME" "$TOKEN"; }; f';
  return async (...args: readonly string[]): Promise<{ status: number | null; stdout: string; stderr: string }> => {
    const child = spawn("git", ["-c", `credential.helper=${helper}`, ...args], {
      cwd: home,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: TIMEOUT_MS,
      env: {
        PATH: process.env["PATH"],
        HOME: home,
        LC_ALL: "C",
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_TERMINAL_PROMPT: "0",
        GIT_SSL_CAINFO: caFile,
        GIT_AUTHOR_NAME: "A",
        GIT_AUTHOR_EMAIL: "a@localhost",
        GIT_COMMITTER_NAME: "A",
        GIT_COMMITTER_EMAIL: "a@localhost",
        USERNAME: username,
        TOKEN: token,
      },
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    await once(child, "close");
    return { status: child.exitCode, stdout, stderr };
  };
}

/** One HTTP request as written: no client in between that tidies the path. */
async function ask(path: string, headers: Record<string, string>, body?: Buffer) {
  const ca = await readFile(server.caFile);
  const method = body === undefined ? "GET" : "POST";
  const { port } = server;
  return new Promise<{ status: number | undefined; authenticate: string | undefined; body: string }>((resolve, reject) => {
    const outgoing = request({ host: "127.0.0.1", port, path, method, headers, ca, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("error", reject).on("end", () => {
        resolve({ status: response.statusCode, authenticate: response.headers["www-authenticate"], body: text });
      });
    });
    outgoing.on("error", reject).end(body);
  });
}

function basic(username: string, token: string): string {
  return `Basic ${Buffer.from(`${username}:${token}`).toString("base64")}`;
}

interface Answer {
  readonly origin: string;
  readonly caFile: string;
  readonly ok?: true;
}

/** One JSON line out, one JSON line back. */
function conversation(child: ChildProcessWithoutNullStreams) {
  const { stdin } = child;
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async (message: object): Promise<Answer> => {
    stdin.write(`${JSON.stringify(message)}\n`);
    const answer = await answers.next();
    return JSON.parse(answer.value ?? "{}") as Answer;
  };
}
