/** Signing in at a JFrog platform's page: no token is pasted, and what the page gives only makes the login. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectDone } from "../../fixtures/homes/home.ts";
import { startJfrogAccess, type JfrogAccess } from "../../fixtures/services/jfrog/jfrog-access.ts";
import { npm } from "../../fixtures/tools/npm.ts";
import { visit } from "../../fixtures/services/oauth/person.ts";
import { notingBrowser, PageLogin } from "../../fixtures/homes/page-login.ts";
import { onTerminal } from "../../fixtures/processes/terminal-session.ts";
import { makeServiceHome, type ServiceHome } from "../../fixtures/homes/service-home.ts";
import { makeTls, type TestTls } from "../../fixtures/network/tls.ts";

let tls: TestTls;
let jfrog: JfrogAccess;
let old: JfrogAccess;
let home: ServiceHome;

beforeAll(async () => {
  tls = await makeTls();
  // Also a token that ends within the hour can be ended there.
  jfrog = await startJfrogAccess({ tls, atPage: "alice", revocableExpiryThreshold: 60 });
  old = await startJfrogAccess({ tls });
  const of = (name: string, { origin }: JfrogAccess): string => `[service.${name}]
issuer = "jfrog"
title = "${name.toUpperCase()}"
url = "${origin}"
cacert = "${tls.caFile}"
npm = { registry = "${origin}/artifactory/api/npm/npm-local/" }
`;
  home = await makeServiceHome(of("acme", jfrog) + of("old", old));
});

afterAll(async () => {
  await home?.dispose();
  await jfrog?.close();
  await old?.close();
  await tls?.remove();
});

/** A person, whose browser trusts the platform. */
async function atPage(page: string, code: string): Promise<string> {
  const url = new URL(page);
  const form = await fetchTrusting(`${url.pathname}${url.search}`);
  expect(form).toContain('name="code"');
  return fetchTrusting(`${url.pathname}${url.search}`, `code=${code}`);
}

async function fetchTrusting(path: string, body?: string): Promise<string> {
  const { Agent, request } = await import("undici");
  const dispatcher = new Agent({ connect: { ca: await (await import("node:fs/promises")).readFile(tls.caFile) } });
  const method = body === undefined ? "GET" : "POST";
  const answer = await request(`${jfrog.origin}${path}`, { dispatcher, method, body: body ?? null });
  return answer.body.text();
}

describe("signing in to JFrog in a browser", () => {
  it("makes a login of limited life, ends the token of the page, and lets tools have theirs", async () => {
    const browser = await notingBrowser(home);
    const login = new PageLogin(home, ["acme", "--json"], { BROWSER: browser.BROWSER });
    const [, page = ""] = await login.said(/if none does: (\S+)/);
    const [, code = ""] = await login.said(/asks for it: (\S+)/);
    expect([code.length, page.includes(code)]).toEqual([4, true]);
    await login.said(/Ctrl-C ends it/);

    // What other programs can see of the browser gives them nothing, and once it was opened nobody anything.
    const opened = await browser.opened();
    expect(opened).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{22}$/);
    const lead = await visit(opened);
    expect([lead.status, lead.headers.location]).toEqual([303, page]);
    expect((await visit(opened)).status).toBe(404);

    expect(await atPage(page, "none")).toContain("<form");
    expect(await atPage(page, code)).toContain("go back");
    const { stdout, stderr, code: exit } = await login.ended();
    expect(exit).toBe(0);
    expect(stderr).toContain("hint: a token for each tool: toolkey mint acme --tool npm|pnpm|yarn|bun");
    const { token } = JSON.parse(stdout.split("\n")[1] ?? "") as { token: { id: string; expiresAt: string } };
    expect(token).toMatchObject({ tool: "toolkey", service: "acme", username: "alice", subject: "alice" });

    const [bootstrap, own, ...others] = jfrog.tokens;
    expect([bootstrap?.alive, own?.alive, own?.description, others]).toEqual([false, true, expect.stringMatching(/^toolkey on \S+ \(toolkey \w+\)$/), []]);
    expect(Date.parse(token.expiresAt) - Date.now()).toBeLessThanOrEqual(30 * 86_400_000);

    const made = await home.toolkey(["mint", "acme", "--tool", "npm"]);
    const id = /^made (\S+)/.exec(made.stdout)?.[1] ?? "";
    const registry = `${jfrog.origin}/artifactory/api/npm/npm-local`;
    const whoami = async (): Promise<string> =>
      (await npm(home, { registry, caFile: tls.caFile, token: await home.secret(id) }, ["whoami"])).stdout;
    expect(await whoami()).toBe("alice\n");
    // The login is renewed by itself, without the page.
    expectDone(await home.toolkey(["rotate", token.id]));
    expectDone(await home.toolkey(["rotate", id]));
    expect(await whoami()).toBe("alice\n");
    expectDone(await home.toolkey(["revoke", id, "--yes"]));
    expect(jfrog.tokens.filter(({ alive }) => alive).map(({ description }) => description)).toEqual([expect.stringMatching(/^toolkey on/)]);
  });

  it("lets nothing inside of a sealed command follow what the browser is opened with", async () => {
    const browser = await notingBrowser(home);
    const login = new PageLogin(home, ["acme", "--json"], { BROWSER: browser.BROWSER });
    await login.said(/Ctrl-C ends it/);
    const follow = `require("node:http").get(process.argv[1], ({ statusCode, headers }) => console.log(statusCode, headers.location))`;
    const inside = await home.toolkey(["run", "--", process.execPath, "-e", follow, await browser.opened()]);
    expect(inside.stdout).toBe("403 undefined\n");
    // And it has not used it up.
    expect((await visit(await browser.opened())).status).toBe(303);
    login.kill("SIGTERM");
    await login.ended();
  });

  it("keeps nothing where its person has gone while the login was made", async () => {
    const [known, before] = [jfrog.tokens.length, await home.tokens()];
    const login = new PageLogin(home, ["acme", "--json"], { SSH_CONNECTION: "x" });
    const [, page = ""] = await login.said(/sign in at ACME: (\S+)/);
    const [, code = ""] = await login.said(/asks for it: (\S+)/);
    const gone = new Promise<void>((resolve) => {
      const stop = jfrog.onRequest(async ({ path, method }) => {
        if (path !== "/access/api/v1/tokens" || method !== "POST") return;
        stop();
        login.kill("SIGINT");
        await login.ended();
        resolve();
      });
    });
    await atPage(page, code);
    await gone;
    await expect.poll(() => jfrog.tokens.slice(known).map(({ alive }) => alive), { timeout: 60_000 }).toEqual([false, false]);
    expect(await home.tokens()).toEqual(before);
  });

  it("ends the token of the page also where no login can be made", async () => {
    const known = jfrog.tokens.length;
    jfrog.faults.add({ path: "/access/api/v1/tokens", method: "POST" }, { kind: "status", status: 503 });
    const login = new PageLogin(home, ["acme", "--json"], { SSH_CONNECTION: "x" });
    const [, page = ""] = await login.said(/sign in at ACME: (\S+)/);
    const [, code = ""] = await login.said(/asks for it: (\S+)/);
    await atPage(page, code);
    expect(await login.ended()).toMatchObject({ code: 1 });
    expect(jfrog.tokens.slice(known).map(({ alive }) => alive)).toEqual([false]);
  });

  it("is not for a tool, whose token is made with the login", async () => {
    expect(await home.toolkey(["login", "acme", "--tool", "npm", "--device"])).toMatchObject({
      code: 2,
      stderr: "toolkey: at ACME toolkey signs in for itself, and makes the tokens of tools\nhint: toolkey login acme, then: toolkey mint acme --tool npm\n",
    });
  });

  it.each([
    [["--paste", "--device"], "toolkey: --paste is in place of a page to sign in at\nhint: leave out --device\n"],
    [["--key-file", "/nowhere"], "toolkey: ACME has no login by a private key\nhint: that of an app is of a service of your own: app_id in its table of config.toml\n"],
  ])("is not begun with what does not go together: %s", async (options, stderr) => {
    const known = jfrog.requests.length;
    expect(await home.toolkey(["login", "acme", ...options])).toMatchObject({ code: 2, stderr });
    expect(jfrog.requests).toHaveLength(known);
  });

  it("is at a host that tells its kind by its name; of another the kinds are named", async () => {
    expect((await home.ask("service", { name: "acme.jfrog.io" })).service.name).toBe("jfrog@acme.jfrog.io");
    expect(await home.toolkey(["login", "forge.example"])).toMatchObject({ code: 2, stderr: expect.stringContaining("gitea@forge.example") });
    expect(await home.toolkey(["login", "acme", "--tool", "npn"])).toMatchObject({ code: 2, stderr: expect.stringContaining("there is no tool 'npn'") });
  });

  it("is not there before 7.64: a token is pasted, as ever", async () => {
    const { accessToken } = old.makeUserToken();
    const { code, shown } = await onTerminal("toolkey login old", home.environment, [["token: ", `${accessToken}\n`]]);
    expect(shown).toContain("OLD has no page at which toolkey can sign in");
    expect([code, shown.includes("logged in at OLD")]).toEqual([0, true]);
    expect(await home.toolkey(["login", "old", "--device"])).toMatchObject({ code: 1, stdout: "" });
  });
});
