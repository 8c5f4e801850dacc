/** The way to a host that the person has told git: the gateway goes it in git's place; a repository has no say in it. */
import { writeFile } from "node:fs/promises";
import type { IncomingHttpHeaders } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startGitServer, type GitServer } from "../../../fixtures/registries/git/git-server.mjs";
import { expectDone, makeHome, type TestHome } from "../../../fixtures/homes/home.ts";

const TOKEN = "way-r3al-t0ken";
let server: GitServer;
let home: TestHome;

beforeAll(async () => {
  server = await startGitServer({ projects: ["acme"], accounts: [{ username: "alice", token: TOKEN }] });
  home = await makeHome();
  await home.init(server.caFile);
  await home.addGitToken(server.origin, "alice", TOKEN);
});
afterAll(async () => {
  await home?.dispose();
  await server?.close();
});

const configure = (text: string): Promise<void> => writeFile(join(home.directory, ".gitconfig"), text);
const git = (...argv: readonly string[]) => home.toolkey(["run", "--", "git", ...argv], { cwd: home.directory });

it("trusts the certificates, and sends the headers, that git has for this host", async () => {
  const untrusted = await git("ls-remote", server.url("acme"));
  expect(untrusted.stderr).toContain("remote: toolkey: the certificate of the upstream is not trusted");
  await configure(`[http "${server.origin}"]\n\tsslCAInfo = ${server.caFile}\n\textraHeader = X-Own: of the person\n\textraHeader = Host: evil.example\n\textraHeader = X-Original-URL: /other\n`);
  expectDone(await git("clone", "-q", server.url("acme"), "acme"));
  let headers: IncomingHttpHeaders = {};
  server.holdBack((path) => (path.endsWith("/info/refs") ? (request, response) => {
    headers = request.headers;
    response.writeHead(404).end();
  } : undefined));
  await git("-C", "acme", "fetch");
  server.holdBack(undefined);
  expect(headers["x-original-url"]).toBeUndefined();
  expect(headers).toMatchObject({ host: new URL(server.origin).host, "x-own": "of the person", authorization: `Basic ${Buffer.from(`alice:${TOKEN}`).toString("base64")}` });
});

it("asks no proxy that a repository names", async () => {
  expectDone(await home.git(["-C", "acme", "config", "http.proxy", "http://127.0.0.1:9"]));
  expectDone(await home.git(["-C", "acme", "config", `http.${server.origin}.proxy`, "http://127.0.0.1:9"]));
  expectDone(await home.git(["-C", "acme", "config", "remote.origin.proxy", "http://127.0.0.1:9"]));
  expectDone(await git("-C", "acme", "fetch"));
});

it("says where the gateway can't go that way", async () => {
  await configure(`[http "${server.origin}"]\n\tsslVerify = false\n`);
  const alone = await git("ls-remote", server.url("acme"));
  expect(alone.stderr).toContain(`toolkey: git goes to ${server.origin} by itself, and gets no token: checks of its certificate are off`);
  expect(alone.stderr).not.toContain("through the gateway");
});
