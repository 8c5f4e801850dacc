/** The life of a token of an OAuth server: a real oidc-provider, its own pages, and the real git. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectDone, type Ended } from "../../fixtures/homes/home.ts";
import { startOAuthGit, type OAuthGit } from "../../fixtures/services/oauth/oauth-git.ts";
import { CLIENT_ID, oauthServerMissing, startOAuthServer, type OAuthServer } from "../../fixtures/services/oauth/oauth-server.ts";
import { notingBrowser, PageLogin } from "../../fixtures/homes/page-login.ts";
import { signInAt, visit, type LastPage } from "../../fixtures/services/oauth/person.ts";
import { makeServiceHome, type ServiceHome } from "../../fixtures/homes/service-home.ts";

const ALICE = { login: "alice", password: "any" };

let oauth: OAuthServer;
let git: OAuthGit;
let home: ServiceHome;

const missing = oauthServerMissing();

beforeAll(async () => {
  if (missing) return;
  oauth = await startOAuthServer();
  git = await startOAuthGit(oauth, ["notes"]);
  home = await makeServiceHome(`[service.corp]
issuer = "oauth"
title = "Corp"
url = "${oauth.origin}"
client_id = "${CLIENT_ID}"
scopes = ["openid", "offline_access", "read"]
git = { url = "${git.origin}" }
npm = { registry = "${git.origin}/npm/" }
`);
  await home.setUpGit();
  expectDone(await home.git(["config", "--global", "http.sslCAInfo", git.caFile]));
});

afterAll(async () => {
  await home?.dispose();
  await git?.close();
  await oauth?.close();
});

/** Signs in with a code, as at another device. */
async function withCode(tool: string, isDeclined = false): Promise<{ login: Ended; page: LastPage }> {
  const login = new PageLogin(home, ["corp", "--tool", tool, "--device"]);
  const [, page = ""] = await login.said(/sign in at Corp: (\S+)/);
  const [, code = ""] = await login.said(/asks for it: (\S+)/);
  const more = isDeclined ? { abort: "yes" } : {};
  const shown = await signInAt(page, { ...ALICE, user_code: code, ...more }, { last: /was interrupted/ });
  return { login: await login.ended(), page: shown };
}

const clone = (name: string) => home.git(["clone", git.gitUrl("notes"), name]);

describe.skipIf(missing)("a token of an OAuth server", () => {
  it("is given to one tool by a code that a person types in anywhere, is used by git, checked, renewed and ended", async () => {
    const { login, page } = await withCode("git");
    expect(page.text).toContain("Sign-in Success");
    const [token] = await home.tokens();
    const id = token?.id ?? "";
    expect(login).toMatchObject({ code: 0, stdout: `added ${id} (git, ${git.origin}, as oauth2)\n` });
    expect(login.stderr).toContain("its service says that it is valid");
    expect(token).toMatchObject({ tool: "git", service: "corp", subject: "alice", scope: "openid offline_access read", kind: "scoped" });

    expectDone(await clone("one"));
    expect(git.requests.at(-1)?.as).toBe("oauth2/alice");
    expect((await home.toolkey(["check"])).stdout).toBe(`${id} (git, ${git.origin}, as oauth2): valid\n`);

    const [before] = await home.held();
    const rotated = await home.toolkey(["rotate", id, "--json"]);
    // As docs/json.md has it, where other services print nothing of it.
    expect(JSON.parse(rotated.stdout)).toEqual({ token: expect.objectContaining({ id }) as object, oldEndsAt: token?.expiresAt });
    expect(rotated).toMatchObject({
      code: 0,
      stderr:
        `toolkey: the one before ends by itself, at ${token?.expiresAt}: to end it sooner would end this one, too\n` +
        `hint: if it has leaked: toolkey revoke ${id}, then: toolkey login corp --tool git\n`,
    });
    const [after] = await home.held();
    expect([after?.secret === before?.secret, after?.refreshToken === before?.refreshToken]).toEqual([false, false]);
    expect((await oauth.introspect(after?.secret ?? "")).active).toBe(true);
    expectDone(await clone("two"));

    expect(await home.toolkey(["revoke", id, "--yes"])).toMatchObject({ code: 0 });
    expect(await oauth.introspect(after?.secret ?? "")).toEqual({ active: false });
    expect((await oauth.refresh(after?.refreshToken ?? "")).status).toBe(400);
    expect((await clone("three")).code).not.toBe(0);
  });

  it("is given by a browser that comes back to this machine, once, with the right state", async () => {
    const browser = await notingBrowser(home);
    const login = new PageLogin(home, ["corp", "--tool", "npm"], { BROWSER: browser.BROWSER });
    const [, page = ""] = await login.said(/if none does: (\S+)/);
    const back = new URL(page).searchParams.get("redirect_uri") ?? "";
    expect((await visit(`${back}?code=stolen&state=guessed`)).status).toBe(404);
    // What a page of somebody else's asks for, by a name of its own, or in any odd form, and it goes on waiting.
    const state = new URL(page).searchParams.get("state") ?? "";
    const forged = `${back}?code=stolen&state=${state}`;
    for (const headers of [{ "sec-fetch-mode": "no-cors" }, { origin: "https://evil.example" }, { host: "evil.example" }]) {
      expect((await visit(forged, { headers })).status).toBe(403);
    }
    for (const odd of ["//", "/%", "/?", "//evil.example/back", "*"]) expect((await visit(new URL(back).origin, { path: odd })).status).toBe(404);
    expect((await visit(forged, { body: new URLSearchParams({ a: "b" }) })).status).toBe(405);
    const last = await signInAt(page, ALICE);
    expect(last.text).toContain("You can close this page");
    const ended = await login.ended();
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.stdout).toMatch(/^added npm-\w+ \(npm, /);
    // The arguments of the browser don't have the state: they lead to the page, once.
    expect(await browser.opened()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{22}$/);
    await expect(visit(last.url)).rejects.toThrow();
  });

  it("can't be brought by what is inside of a sealed command, which has seen the page", async () => {
    const before = await home.tokens();
    const browser = await notingBrowser(home);
    const login = new PageLogin(home, ["corp", "--tool", "pnpm"], { BROWSER: browser.BROWSER });
    const [, page = ""] = await login.said(/if none does: (\S+)/);
    const asked = new URL(page).searchParams;
    const bring = `require("node:http").get(process.argv[1], (answer) => console.log(answer.statusCode))`;
    const forged = `${asked.get("redirect_uri")}?code=CODE-OF-MALLORY&state=${asked.get("state")}`;
    expect((await home.toolkey(["run", "--", process.execPath, "-e", bring, forged])).stdout).toBe("403\n");
    login.kill("SIGTERM");
    await login.ended();
    expect(await home.tokens()).toEqual(before);
  });

  it("is not given where the person says no, and nothing is kept", async () => {
    const before = await home.tokens();
    const { login } = await withCode("pnpm", true);
    expect(login).toMatchObject({ code: 3, stdout: "" });
    expect(login.stderr).toContain("Corp did not let you sign in: it was declined on the page");
    const browser = await notingBrowser(home);
    const second = new PageLogin(home, ["corp", "--tool", "pnpm"], { BROWSER: browser.BROWSER });
    const [, page = ""] = await second.said(/if none does: (\S+)/);
    expect((await signInAt(page, ALICE, { decline: /abort/ })).text).toContain("That did not work");
    expect(await second.ended()).toMatchObject({ code: 3, stdout: "" });
    expect(await home.tokens()).toEqual(before);
  });

  it.each(["SIGINT", "SIGTERM", "SIGKILL"] as const)("is not waited for after %s, and nothing is left of it", async (signal) => {
    const before = await home.tokens();
    const browser = await notingBrowser(home);
    const login = new PageLogin(home, ["corp", "--tool", "yarn"], { BROWSER: browser.BROWSER });
    const [, page = ""] = await login.said(/if none does: (\S+)/);
    await login.said(/Ctrl-C ends it/);
    login.kill(signal);
    const { code, signal: by } = await login.ended();
    expect([code, by]).toEqual([null, signal]);
    // Nobody listens there any more: at once, or when nobody has asked for some seconds.
    const back = new URL(new URL(page).searchParams.get("redirect_uri") ?? "");
    await expect.poll(() => visit(back.href).then(() => "listens", () => "nobody"), { timeout: 60_000 }).toBe("nobody");
    expect(await home.tokens()).toEqual(before);
  });

  it("can be asked for by a script", async () => {
    const login = new PageLogin(home, ["corp", "--tool", "bun", "--json"], { SSH_CONNECTION: "x" });
    await login.said(/asks for it/);
    const { page, code, seconds } = JSON.parse(login.stdout.split("\n")[0] ?? "") as { page: string; code: string; seconds: number };
    expect(seconds).toBeGreaterThan(60);
    await signInAt(page, { ...ALICE, user_code: code });
    const { stdout } = await login.ended();
    const done = JSON.parse(stdout.split("\n")[1] ?? "") as { token: { tool: string }; assessment: { outcome: string } };
    expect([done.token.tool, done.assessment.outcome]).toEqual(["bun", "valid"]);
  });

  it("is refused for a tool that has nothing there, and at a service without such a page", async () => {
    expect(await home.toolkey(["login", "corp", "--tool", "maven"])).toMatchObject({
      code: 2,
      stderr: "toolkey: there is nothing for maven at Corp\nhint: it is for: git, npm, pnpm, yarn, bun\n",
    });
    expect(await home.toolkey(["login", "nordic", "--device"])).toMatchObject({ code: 2 });
  });
});
