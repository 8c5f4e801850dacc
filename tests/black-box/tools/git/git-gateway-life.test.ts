/** A daemon that is killed, and a host that stalls, in the middle of what git does: git says so, and nothing is half done. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { longTest } from "../../../fixtures/form.ts";
import { startGitServer, type GitServer } from "../../../fixtures/registries/git/git-server.mjs";
import { expectDone, makeHome, type TestHome } from "../../../fixtures/homes/home.ts";

const TOKEN = "life-r3al-t0ken";
let server: GitServer;
let home: TestHome;

beforeEach(async () => {
  server = await startGitServer({ projects: ["acme"], accounts: [{ username: "alice", token: TOKEN }] });
  home = await makeHome();
  (home.environment as Record<string, string>)["NODE_EXTRA_CA_CERTS"] = server.caFile;
  await home.init();
  await home.addGitToken(server.origin, "alice", TOKEN);
});
afterEach(async () => {
  await home?.dispose();
  await server?.close();
});

/** A git whose request for this the host holds back: resolves once it has come. */
function held(argv: readonly string[], ending: string) {
  const reached = new Promise<void>((resolve) => {
    server.holdBack((path) => (path.endsWith(ending) ? (request, response) => {
      request.resume();
      response.writeHead(200, { "Content-Type": `application/x-${ending.slice(1)}-result` });
      response.write("0010");
      resolve();
    } : undefined));
  });
  const child = spawn(join(home.environment["PATH"]?.split(":")[0] ?? "", "toolkey"), ["run", "--", "git", ...argv], { cwd: home.directory, env: home.environment });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
  return { reached, child, ended: once(child, "close").then(([code]) => ({ code: code as number, said })) };
}

async function killDaemon(): Promise<void> {
  process.kill((await home.status())?.pid ?? 0, "SIGKILL");
}

it("the daemon is killed in the middle of a clone: git says so, nothing is left, and the next one works", async () => {
  const { reached, ended } = held(["clone", server.url("acme"), "half"], "/git-upload-pack");
  await reached;
  await killDaemon();
  const { code, said } = await ended;
  expect(code).not.toBe(0);
  expect(said).toMatch(/fatal: /);
  expect(said).not.toContain(TOKEN);
  expect(existsSync(join(home.directory, "half"))).toBe(false);
  server.holdBack(undefined);
  expectDone(await home.toolkey(["run", "--", "git", "clone", "-q", server.url("acme"), "whole"], { cwd: home.directory }));
});

longTest("the daemon is killed in the middle of a push: git says so, and pushes it the next time", async () => {
  expectDone(await home.toolkey(["run", "--", "git", "clone", "-q", server.url("acme"), "acme"], { cwd: home.directory }));
  expectDone(await home.git(["-C", "acme", "commit", "-q", "--allow-empty", "-m", "mine"]));
  const { reached, ended } = held(["-C", "acme", "push"], "/git-receive-pack");
  await reached;
  await killDaemon();
  const { code, said } = await ended;
  expect(code).not.toBe(0);
  expect(said).toMatch(/error: |fatal: /);
  expect(said).not.toContain(TOKEN);
  server.holdBack(undefined);
  expectDone(await home.toolkey(["run", "--", "git", "-C", "acme", "push", "-q"], { cwd: home.directory }));
  expect(expectDone(await home.toolkey(["run", "--", "git", "ls-remote", server.url("acme"), "main"], { cwd: home.directory })).stdout).toContain((await home.git(["-C", "acme", "rev-parse", "main"])).stdout.trim());
});

it("a host that stalls keeps nobody who has had enough: git ends, and its request at the host with it", async () => {
  const gone = new Promise<void>((resolve) => {
    server.holdBack((path) => (path.endsWith("/info/refs") ? (_request, response) => void response.once("close", resolve).writeHead(200, { "Content-Type": "application/x-git-upload-pack-advertisement" }).write("001e#") : undefined));
  });
  const before = server.requests.length;
  const child = spawn(join(home.environment["PATH"]?.split(":")[0] ?? "", "toolkey"), ["run", "--", "git", "-c", "http.lowSpeedLimit=10", "-c", "http.lowSpeedTime=1", "clone", server.url("acme"), "never"], { cwd: home.directory, env: home.environment });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(child, "close")) as [number];
  await gone;
  expect(code).not.toBe(0);
  expect(said).toContain("Operation too slow");
  expect(server.requests.length).toBe(before + 1);
});
