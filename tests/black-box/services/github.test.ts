/** The life of a token at GitHub, with the real git: one that a person pastes, and those of an app of the person's own. */
import { generateKeyPairSync } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Secret } from "../../../src/core/secret.ts";
import { parseTarget } from "../../../src/core/target.ts";
import { readOwnService } from "../../../src/issuers/own-services.ts";
import { startGitHub, type GitHub } from "../../fixtures/services/github.ts";
import { expectDone, type Ended, type RunOptions } from "../../fixtures/homes/home.ts";
import { notingBrowser, PageLogin } from "../../fixtures/homes/page-login.ts";
import { openTerminal } from "../../fixtures/processes/pseudo-terminal.ts";
import { makeServiceHome, type ServiceHome } from "../../fixtures/homes/service-home.ts";
import { makeTokenWorld } from "../../fixtures/homes/token-world.ts";

const KEYS = generateKeyPairSync("rsa", { modulusLength: 2048 });
const PEM = KEYS.privateKey.export({ type: "pkcs1", format: "pem" }).toString();
const WARNING = "GitHub ends it at once for everybody who has it, writes its owner a mail, and can't bring it back";

let github: GitHub;
let home: ServiceHome;

/** github.com itself, by a proxy that leads there. */
const byProxy = (options: RunOptions = {}): RunOptions => ({ ...options, env: { HTTPS_PROXY: github.proxyUrl, ...options.env } });
const toolkey = (argv: readonly string[], options?: RunOptions): Promise<Ended> => home.toolkey(argv, byProxy(options));
const git = (argv: readonly string[], options?: RunOptions): Promise<Ended> => home.git(argv, byProxy(options));

/** Who came in by git. */
function askers(since: number): (string | undefined)[] {
  return [...new Set(github.requests.slice(since).filter(({ path, status }) => path.includes("/info/refs") && status === 200).map(({ as }) => as))];
}

async function begin(options: Omit<Parameters<typeof startGitHub>[0], "login" | "repositories">, own: (server: GitHub) => string): Promise<void> {
  github = await startGitHub({ login: "alice", repositories: ["acme/widget", "acme/gadget"], ...options });
  home = await makeServiceHome(own(github));
  expectDone(await home.toolkey(["setup", "git"]));
  expectDone(await home.git(["config", "--global", "http.sslCAInfo", github.caFile]));
}

async function finish(): Promise<void> {
  await home?.dispose();
  await github?.close();
}

describe("a token that a person makes on GitHub's page", () => {
  beforeAll(() =>
    begin({ online: true, isSlowToEnd: true }, ({ caFile }) => `[service.github]\nissuer = "github"\ntitle = "GitHub"\nurl = "https://github.com"\ncacert = "${caFile}"\ngit = { url = "https://github.com" }\nnpm = { registry = "https://npm.pkg.github.com" }\n`),
  );
  afterAll(finish);

  it("is asked for with the page that makes it, used by git, checked, ended by its text, and refused", async () => {
    expect(await toolkey(["add", "github", "--tool", "git"], { stdin: `ghp_${"x".repeat(36)}` })).toMatchObject({ code: 3, stdout: "" });
    expect(await home.tokens()).toEqual([]);

    const token = github.addToken("github_pat_", { expiresAt: Date.parse("2099-01-31T12:00:00Z") });
    const terminal = openTerminal(home, "toolkey add github --tool git", { env: { HTTPS_PROXY: github.proxyUrl, COLUMNS: "400" } });
    await terminal.shows("make one at https://github.com/settings/personal-access-tokens/new?name=git+on+");
    await terminal.answer("token for git: ", `${token.secret}\r`);
    const added = await terminal.ended;
    expect(added).toMatchObject({ code: 0 });
    expect(added.shown).toContain("its service says that it is valid");
    expect(added.shown).not.toContain(token.secret);
    const [kept] = await home.tokens();
    const id = kept?.id ?? "";
    expect(kept).toMatchObject({ service: "github", username: "x-access-token", subject: "alice", kind: "scoped", expiresAt: "2099-01-31T12:00:00Z" });

    const before = github.requests.length;
    expectDone(await git(["clone", "https://github.com/acme/widget.git", "work"]));
    const work = { cwd: join(home.directory, "work") };
    expectDone(await git(["commit", "--allow-empty", "-m", "change"], work));
    expectDone(await git(["push", "origin", "HEAD:refs/heads/feature/x"], work));
    expect(askers(before)).toEqual(["alice"]);
    expect((await toolkey(["check"])).stdout).toBe(`${id} (git, https://github.com, as x-access-token): valid\n`);

    const asked = openTerminal(home, `toolkey revoke ${id}`, { env: { HTTPS_PROXY: github.proxyUrl, COLUMNS: "400" } });
    await asked.shows(`${id}: ${WARNING}`);
    await asked.answer("revoke them at their services and here? [y/N]", "n\r");
    expect(await asked.ended).toMatchObject({ code: 3 });
    expect((await toolkey(["check"])).stdout).toContain(": valid\n");

    // It was taken, and still works: that it is over is believed when it is.
    const taken = await toolkey(["revoke", "--yes", id]);
    expect([taken.code, taken.stdout]).toEqual([1, `not revoked yet: ${id} (git, https://github.com, as x-access-token)\n`]);
    expect(taken.stderr).toContain("GitHub has taken it, and ends it soon");
    expect((await git(["fetch"], work)).code).not.toBe(0);
    const looks = (await home.logged("looked after tokens")).length;
    github.settle();
    expectDone(await toolkey(["lock"]));
    expectDone(await toolkey(["unlock"]));
    await home.whenLogged("looked after tokens", looks + 1);
    expect(await home.tokens()).toMatchObject([{ id, state: "revoked" }]);
    expect((await git(["clone", "https://github.com/acme/gadget.git", "other"])).code).not.toBe(0);
    expect(github.leaks).toEqual([]);
  });

  it("comes to a newcomer with one command: the page opens, the token is pasted, and git clones", async () => {
    const token = github.addToken("github_pat_", { expiresAt: Date.parse("2099-01-31T12:00:00Z") });
    const browser = await notingBrowser(home);
    const terminal = openTerminal(home, "toolkey login github", { env: { HTTPS_PROXY: github.proxyUrl, COLUMNS: "400", BROWSER: browser.BROWSER } });
    await terminal.shows("make one in the browser that opens; if none does: https://github.com/settings/personal-access-tokens/new?name=git+on+");
    await terminal.answer("token for git: ", `${token.secret}\r`);
    const { code, shown } = await terminal.ended;
    expect([code, shown]).toEqual([0, expect.stringMatching(/added git-\w+ \(git, https:\/\/github\.com, as x-access-token\)/)]);
    expect(await browser.opened()).toMatch(/^https:\/\/github\.com\/settings\/personal-access-tokens\/new\?.*contents=write$/);
    expectDone(await git(["clone", "https://github.com/acme/widget.git", "newcomer"]));
    // Without a terminal nobody can paste.
    expect(await toolkey(["login", "github"])).toMatchObject({ code: 2, stdout: "" });
    const id = (await home.tokens()).find(({ state, tool }) => state === "active" && tool === "git")?.id ?? "";
    expectDone(await toolkey(["revoke", "--local", "--yes", id]));
  });

  it("that ends soon is to be replaced by another of its page: no program renews it", async () => {
    const token = github.addToken("ghp_", { scopes: ["read:packages"], expiresAt: Date.now() + 3 * 86_400_000 });
    expectDone(await toolkey(["add", "github", "--tool", "npm"], { stdin: token.secret }));
    const { id } = (await home.tokens()).find(({ tool }) => tool === "npm") ?? { id: "" };
    const checked = expectDone(await toolkey(["check", id]));
    expect(checked.stdout).toContain(`${id} (npm, https://npm.pkg.github.com): valid, about to expire at `);
    expect(checked.stderr).toMatch(/^hint: make a new one at https:\/\/github\.com\/settings\/tokens\/new\?description=npm\+on\+\S+&scopes=read%3Apackages, then: toolkey replace npm-\w+\n$/);
    expectDone(await toolkey(["revoke", "--local", "--yes", id]));
  });

  it("in plain text is taken in, and ended only where a person says so", async () => {
    const [first, second] = [github.addToken("ghp_", { scopes: ["repo"] }), github.addToken("ghp_", { scopes: ["read:packages"] })];
    const write = (): Promise<void> =>
      writeFile(join(home.directory, ".git-credentials"), `https://alice:${first.secret}@github.com\nhttps://bob:${second.secret}@git.example.com\n`);
    await write();
    const looked = await toolkey(["import", "--tool", "git", "--json"]);
    expect((JSON.parse(looked.stdout) as { secrets: { form: string }[] }).secrets.map(({ form }) => form)).toEqual(Array(2).fill("a classic personal access token of GitHub"));
    const quiet = expectDone(await toolkey(["import", "--tool", "git", "--yes"]));
    expect(quiet.stderr).toContain("lay where every program could read it");
    expect([github.tokens.includes(first), github.tokens.includes(second)]).toEqual([true, true]);
    expectDone(await toolkey(["import", "--undo"]));
    const ids = (await home.tokens()).filter(({ state }) => state === "active").map(({ id }) => id);
    expectDone(await toolkey(["revoke", "--local", "--yes", ...ids]));

    const terminal = openTerminal(home, "toolkey import --tool git", { env: { HTTPS_PROXY: github.proxyUrl, COLUMNS: "400" } });
    await terminal.answer("out of 1 file? [y/N]", "y\r");
    await terminal.shows(WARNING);
    await terminal.answer("[y/N]", "y\r");
    const { shown, code } = await terminal.ended;
    expect([code, shown.includes(first.secret)]).toEqual([0, false]);
    github.settle();
    // The one of another host is not GitHub's to end, whatever it looks like.
    expect([github.tokens.includes(first), github.tokens.includes(second)]).toEqual([false, true]);
  });

  it("in plain text stays good if the answer is no, and the only one is said to be that", async () => {
    const lying = github.addToken("ghp_", { scopes: ["repo"] });
    const keep = async (question: string): Promise<string> => {
      await writeFile(join(home.directory, ".git-credentials"), `https://carol:${lying.secret}@github.com\n`);
      const terminal = openTerminal(home, "toolkey import --tool git", { env: { HTTPS_PROXY: github.proxyUrl, COLUMNS: "400" } });
      await terminal.answer("out of 1 file? [y/N]", "y\r");
      await terminal.answer(question, "n\r");
      const { shown, code } = await terminal.ended;
      expect([code, shown]).toEqual([0, expect.stringContaining("hint: once you can do without it: toolkey revoke git-")]);
      return shown;
    };
    const alone = await keep("as carol) now, without another one? [y/N]");
    expect(alone).toContain("git has no other one for https://github.com; make one at https://github.com/settings/personal-access-tokens/new?name=git+on+");
    expectDone(await toolkey(["add", "github", "--tool", "git"], { stdin: github.addToken("github_pat_").secret }));
    await keep("as carol) now? [y/N]");
    github.settle();
    expect(github.tokens).toContain(lying);
  });
});

describe("the tokens of an app of the person's own", () => {
  beforeAll(() => {
    const installations = [{ id: 7, repositories: ["acme/widget", "acme/gadget"], permissions: { contents: "write", metadata: "read" } }];
    return begin(
      { app: { id: "4711", slug: "acme-keys", publicKey: KEYS.publicKey, installations } },
      ({ origin, caFile }) => `[service.acme]\nissuer = "github"\ntitle = "Acme"\napp_id = "4711"\nurl = "${origin}"\ncacert = "${caFile}"\ngit = { url = "${origin}" }\n`,
    );
  });
  afterAll(finish);

  const url = (name: string): string => `${github.origin}/acme/${name}`;

  it("the key is taken whole, from a file or piped in, and nowhere else; a wrong one is none", async () => {
    expect(await home.toolkey(["mint", "acme", "--tool", "git", "--repository", "acme/widget"])).toMatchObject({ code: 3, stderr: "toolkey: toolkey is not logged in at Acme\nhint: toolkey login acme\n" });
    const wrong = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const locked = KEYS.privateKey.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" }).toString();
    expect(await home.toolkey(["login", "acme"], { stdin: wrong })).toMatchObject({ code: 3, stderr: expect.stringContaining("A JSON web token could not be decoded") as string });
    expect(await home.toolkey(["login", "acme"], { stdin: locked })).toMatchObject({ code: 2, stderr: expect.stringContaining("the key is locked with a passphrase") as string });
    expect(await home.toolkey(["login", "acme"], { stdin: PEM.slice(0, 200) })).toMatchObject({ code: 2, stderr: expect.stringContaining("that is no private key in PEM") as string });
    expect(await home.toolkey(["login", "acme", "--key-file", "/nowhere"])).toMatchObject({ code: 2, stderr: expect.stringContaining("/nowhere can't be read: ENOENT") as string });
    expect(await home.toolkey(["add", "acme", "--tool", "git"], { stdin: PEM })).toMatchObject({ code: 2, stderr: expect.stringContaining("the secret is more than one line") as string });
    expect(await home.tokens()).toEqual([]);
    const file = join(home.directory, "key.pem");
    await writeFile(file, PEM.replaceAll("\n", "\r\n"), { mode: 0o600 });
    const done = { code: 0, stdout: "logged in at Acme\n", stderr: "toolkey: its service says that it is valid\n" };
    expect(await home.toolkey(["login", "acme", "--key-file", file])).toMatchObject(done);
    const other = KEYS.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    expect(await home.toolkey(["login", "acme"], { stdin: other })).toMatchObject(done);
    const asked = await openTerminal(home, "toolkey login acme").ended;
    expect([asked.code, asked.shown]).toEqual([2, expect.stringContaining("--key-file FILE reads it")]);
  });

  it("each is for one repository: made, used there alone, renewed, and ended", async () => {
    const refused = await home.toolkey(["mint", "acme", "--tool", "git"]);
    expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining("name the repository: --repository OWNER/NAME")]);
    const made = expectDone(await home.toolkey(["mint", "acme", "--tool", "git", "--repository", "acme/widget"]));
    const token = (await home.tokens()).find(({ tool }) => tool === "git");
    const id = token?.id ?? "";
    expect(made.stdout).toBe(`made ${id} (git, ${url("widget")}, as x-access-token), which expires at ${token?.expiresAt}\n`);
    expect(token).toMatchObject({ service: "acme", target: url("widget"), scope: "acme/widget contents:write", kind: "scoped" });

    // It is over in an hour, as all are: that is nothing to do something about.
    expect((await home.toolkey(["check", id])).stdout).toBe(`${id} (git, ${url("widget")}, as x-access-token): valid\n`);

    const before = github.requests.length;
    expectDone(await home.git(["clone", `${url("widget")}.git`, "work"]));
    const work = { cwd: join(home.directory, "work") };
    expectDone(await home.git(["commit", "--allow-empty", "-m", "change"], work));
    expectDone(await home.git(["push", "origin", "HEAD:refs/heads/feature/x"], work));
    expect((await home.git(["clone", `${url("gadget")}.git`, "other"])).code).not.toBe(0);
    expect(askers(before)).toEqual(["acme/widget"]);

    // Through the gateway as well.
    expectDone(await home.toolkey(["run", "--", "git", "clone", url("widget"), "through"], { cwd: home.directory }));
    expect(askers(before)).toEqual(["acme/widget"]);

    const old = await home.secret(id);
    expect(await home.toolkey(["rotate", id])).toMatchObject({ code: 0, stderr: "toolkey: the old one: revoked at Acme\n" });
    expect(github.tokens.map(({ secret, repositories }) => [secret === old, repositories])).toEqual([[false, ["acme/widget"]]]);
    expectDone(await home.git(["fetch"], work));

    const revoked = await home.toolkey(["revoke", "--yes", id]);
    expect(revoked).toMatchObject({ code: 0, stdout: `revoked: ${id} (git, ${url("widget")}, as x-access-token)\n` });
    expect(revoked.stderr).not.toContain(WARNING);
    expect(github.tokens).toEqual([]);
    expect((await home.git(["fetch"], work)).code).not.toBe(0);
    expect(github.leaks).toEqual([]);
  });

  it("one that ends soon is renewed by itself, for the same repository; the old one is ended then", async () => {
    const service = readOwnService("acme", { issuer: "github", app_id: "4711", url: github.origin, cacert: github.caFile, git: { url: github.origin } });
    const world = await makeTokenWorld([service]);
    await world.login(service, PEM.trim().replaceAll("\n", " "));
    const made = await world.issuing.mint(service, "git", { repository: "acme/gadget" });
    world.clock.aheadMs = 29 * 60_000;
    expect(await world.get("git", `${url("gadget")}.git`)).toBe(made.secret.reveal());
    world.clock.aheadMs = 31 * 60_000;
    const renewed = await world.get("git", `${url("gadget")}.git`);
    expect(github.tokens.map(({ secret, repositories }) => [secret === renewed, secret === made.secret.reveal(), repositories])).toEqual([
      [false, true, ["acme/gadget"]],
      [true, false, ["acme/gadget"]],
    ]);
    await world.reconcile();
    expect(github.tokens.map(({ secret }) => secret)).toEqual([renewed]);
    expect((await world.tokens()).map(({ tool, state }) => `${tool} ${state}`)).toEqual(["toolkey active", "git active", "git revoked"]);
    await world.dispose();
  });

  it("with auto the first request makes the one of its repository, and another that of another", async () => {
    const api = `${github.origin}/api/v3`;
    const table = { issuer: "github", app_id: "4711", auto: true, url: github.origin, cacert: github.caFile, http: { url: api } };
    const service = readOwnService("acme", table);
    const world = await makeTokenWorld([service]);
    await world.login(service, PEM.trim().replaceAll("\n", " "));
    const before = github.tokens.length;
    const got = await Promise.all(["widget", "gadget", "widget"].map((name) => world.get("http", `${api}/repos/acme/${name}/pulls`)));
    expect(await world.get("http", `${api}/user`)).toBe(undefined);
    const made = github.tokens.slice(before);
    const asked = made.map(({ repositories, permissions }) => JSON.stringify([repositories, permissions]));
    expect(asked.toSorted()).toEqual([`[["acme/gadget"],{"contents":"read"}]`, `[["acme/widget"],{"contents":"read"}]`]);
    const of = (name: string): string | undefined => made.find(({ repositories }) => repositories?.includes(`acme/${name}`))?.secret;
    expect(got).toEqual([of("widget"), of("gadget"), of("widget")]);
    await world.dispose();
  });

  it("the key is ended on the app's page, by a person", async () => {
    const login = (await home.tokens()).find(({ tool, state }) => tool === "toolkey" && state === "active");
    const revoked = await home.toolkey(["revoke", "--yes", login?.id ?? ""]);
    expect(revoked.stderr).toContain("it is forgotten here, but is an app's private key at Acme\n");
    expect(revoked.stderr).toContain(`hint: delete the key there, then: toolkey revoke --done ${login?.id}\n`);
  });
});

describe("a token that a person's own client gets with a code", () => {
  beforeAll(() =>
    begin({ online: true }, ({ caFile }) => `[service.github]\nissuer = "github"\nurl = "https://github.com"\nclient_id = "Ov23liOURS"\nscopes = ["repo", "offline_access"]\ncacert = "${caFile}"\n`),
  );
  afterAll(finish);

  it("is asked for no more often than GitHub likes, used by git, renewed, and ended with its refresh token", async () => {
    const login = new PageLogin(home, ["github", "--tool", "git", "--device"], { HTTPS_PROXY: github.proxyUrl });
    await login.said(/sign in at github: https:\/\/github\.com\/login\/device\n/);
    const [, code = ""] = await login.said(/asks for it: (\S+)/);
    const began = Date.now();
    github.decide(code, true);
    const ended = await login.ended();
    expect(ended).toMatchObject({ code: 0 });
    // After "slow_down" five seconds more: at least, whatever the machine does.
    expect(Date.now() - began).toBeGreaterThan(6000);
    const [kept] = await home.held();
    const id = kept?.id ?? "";
    expect(await home.tokens()).toMatchObject([{ tool: "git", service: "github", username: "x-access-token", subject: "alice", scope: "repo" }]);
    expectDone(await git(["clone", "https://github.com/acme/widget.git", "work"]));
    expect((await toolkey(["check"])).stdout).toMatch(/: valid\n$/);

    expect(await toolkey(["rotate", id])).toMatchObject({ code: 0, stderr: "" });
    const [renewed] = await home.held();
    expect([renewed?.secret === kept?.secret, github.tokens.map(({ secret }) => secret)]).toEqual([false, [renewed?.secret]]);
    expectDone(await git(["fetch"], { cwd: join(home.directory, "work") }));

    expect(await toolkey(["revoke", "--yes", id])).toMatchObject({ code: 0 });
    expect(github.tokens).toEqual([]);
    expect(github.leaks).toEqual([]);
  });

  it("is ended by its value where its person has gone meanwhile", async () => {
    const login = new PageLogin(home, ["github", "--tool", "git", "--device"], { HTTPS_PROXY: github.proxyUrl });
    const [, code = ""] = await login.said(/asks for it: (\S+)/);
    const gone = new Promise<number>((resolve) => {
      const stop = github.onRequest(async () => {
        if (github.tokens.length === 0) return;
        stop();
        const given = github.tokens.length;
        login.kill("SIGINT");
        await login.ended();
        resolve(given);
      });
    });
    github.decide(code, true);
    expect(await gone).toBe(1);
    await expect.poll(() => github.tokens, { timeout: 60_000 }).toEqual([]);
    expect(await home.tokens()).toEqual([expect.objectContaining({ state: "revoked" })]);
  });

  it("is refused where the person says no, and where GitHub does not know the client", async () => {
    const login = new PageLogin(home, ["github", "--tool", "git", "--device"], { HTTPS_PROXY: github.proxyUrl });
    const [, code = ""] = await login.said(/asks for it: (\S+)/);
    github.decide(code, false);
    expect(await login.ended()).toMatchObject({ code: 3, stderr: expect.stringContaining("it was declined on the page") });
    github.faults.add({ path: "/login/device/code" }, { kind: "status", status: 404, body: '{"error":"Not Found"}' });
    expect(await toolkey(["login", "github", "--tool", "git", "--device"])).toMatchObject({
      code: 3,
      stderr: "toolkey: github begins no sign-in: Not Found\nhint: nothing was stored\n",
    });
  });
});

it("a token that was kept for the host before its service was known is that service's", async () => {
  const world = await makeTokenWorld([]);
  const filed = async (host: string): Promise<string> => {
    const added = { tool: "git", service: host, target: parseTarget(host), username: "alice", secret: new Secret(`ghp_${"a".repeat(36)}`), facts: {} };
    return (await world.broker.add(added)).token.id;
  };
  expect(await world.revoking.warning(await filed("github.com"))).toBe(WARNING);
  expect(await world.revoking.warning(await filed("git.example.com"))).toBe(undefined);
  await world.dispose();
});
