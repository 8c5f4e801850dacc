/** The life of tokens at GitLab, with the real git: of projects, of groups, and of people. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { instant, milliseconds } from "../../../src/core/clock.ts";
import { Secret } from "../../../src/core/secret.ts";
import { parseTarget } from "../../../src/core/target.ts";
import { readOwnService } from "../../../src/issuers/own-services.ts";
import { startGitLab, type GitLab } from "../../fixtures/services/gitlab.ts";
import { expectDone } from "../../fixtures/homes/home.ts";
import { arm, orKilled, startAgain, startKillable } from "../../fixtures/processes/killable.ts";
import { PageLogin } from "../../fixtures/homes/page-login.ts";
import { makeServiceHome, type ServiceHome } from "../../fixtures/homes/service-home.ts";
import { openTerminal } from "../../fixtures/processes/pseudo-terminal.ts";
import { makeTokenWorld } from "../../fixtures/homes/token-world.ts";

let gitlab: GitLab;
let home: ServiceHome;

beforeAll(async () => {
  gitlab = await startGitLab({ projects: ["notes", "other"] });
  const table = (name: string, more: string): string => `[service.${name}]
issuer = "gitlab"
title = "${name}"
url = "${gitlab.origin}"
cacert = "${gitlab.caFile}"
${more}
`;
  home = await makeServiceHome(table("forge", "") + table("page", `client_id = "ours"\ngit = { url = "${gitlab.origin}" }`));
  await home.setUpGit();
  expectDone(await home.git(["config", "--global", "http.sslCAInfo", gitlab.caFile]));
});

afterAll(async () => {
  await home?.dispose();
  await gitlab?.close();
});

const idOf = (shown: string): string => /^\w+ ([\w-]+) /.exec(shown)?.[1] ?? "";
const clone = (project: string, name: string) => home.git(["clone", gitlab.gitUrl(project), name]);
const lastAsker = (): string | undefined => gitlab.requests.findLast(({ path, status }) => path.includes(".git/") && status === 200)?.as;

describe("a token of a project at GitLab", () => {
  it("is made with the login, used by git there and nowhere else, checked, renewed by itself, listed and ended", async () => {
    const login = gitlab.addToken("login", ["api"]);
    expect(await home.toolkey(["login", "forge", "--paste"], { stdin: login.secret })).toMatchObject({
      code: 0,
      stdout: "logged in at forge\n",
      stderr: expect.stringContaining("its service says that it is valid"),
    });
    const made = await home.toolkey(["mint", "forge", "--tool", "git", "--repository", "acme/notes", "--description", "the build on ci", "--ttl", "30d"]);
    const id = idOf(made.stdout);
    expect(made.stdout).toContain(`made ${id} (git, ${gitlab.origin}`);
    const token = (await home.tokens()).find((each) => each.id === id);
    expect(token).toMatchObject({
      tokenId: "projects-12-51",
      description: expect.stringMatching(/^the build on ci for acme\/notes \(toolkey \w+\)$/),
      target: `${gitlab.origin}/acme/notes`,
      username: "oauth2",
      scope: "read_repository write_repository self_rotate",
      kind: "scoped",
    });
    expectDone(await clone("notes", "one"));
    expect(lastAsker()).toBe(token?.description);
    expect((await home.toolkey(["check", id])).stdout).toMatch(/: valid\n$/);

    expect(await home.toolkey(["rotate", id])).toMatchObject({ code: 0, stderr: "" });
    expect(gitlab.tokens.filter(({ name }) => name === token?.description).map(({ alive }) => alive)).toEqual([false, true]);
    expectDone(await clone("notes", "again"));
    expect((await clone("other", "elsewhere")).code).not.toBe(0);
    expect(await home.toolkey(["revoke", id, "--yes"])).toMatchObject({ code: 0 });
    expect(gitlab.tokens.some(({ name, alive }) => name === token?.description && alive)).toBe(false);
    expect((await clone("notes", "two")).code).not.toBe(0);
  });

  it("is made for one repository, says 'add', which takes one that a person has", async () => {
    const terminal = openTerminal(home, "toolkey add forge --tool git");
    await terminal.shows("toolkey mint forge --tool git --repository OWNER/NAME");
    await terminal.answer("token for git: ", "mistyped\r");
    const { code, shown } = await terminal.ended;
    expect([code, shown]).toEqual([3, expect.stringContaining("forge rejects this token")]);
  });

  it("may be a group's, and says where there is neither", async () => {
    const made = await home.toolkey(["mint", "forge", "--tool", "npm", "--repository", "acme"]);
    expect((await home.tokens()).find((each) => each.id === idOf(made.stdout))).toMatchObject({ tokenId: expect.stringMatching(/^groups-7-/), scope: "read_api self_rotate" });
    expect(await home.toolkey(["mint", "forge", "--tool", "npm", "--repository", "acme/none"])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("there is no project or group 'acme/none' that the login may see"),
    });
    expect(await home.toolkey(["mint", "forge", "--tool", "npm"])).toMatchObject({ code: 3, stderr: expect.stringContaining("--repository GROUP/PROJECT") });
  });
});

it("with auto git's first request of a project makes its token", async () => {
  const service = readOwnService("auto", { issuer: "gitlab", auto: true, url: gitlab.origin, cacert: gitlab.caFile, git: { url: gitlab.origin } });
  const world = await makeTokenWorld([service]);
  await world.login(service, gitlab.addToken("login", ["api"]).secret);
  const before = gitlab.tokens.length;
  const got = await world.get("git", `${gitlab.origin}/acme/other.git`);
  expect(gitlab.tokens.slice(before).map(({ owner, scopes, secret }) => [owner, scopes.join(" "), secret === got])).toEqual([
    ["projects/13", "read_repository write_repository self_rotate", true],
  ]);
  expect(await world.get("git", `${gitlab.origin}/acme/other.git/info/refs`)).toBe(got);
  expect(await world.get("git", gitlab.origin)).toBe(undefined);
  await world.dispose();
});

it("a login of two hours is renewed before it makes a token, where it ends soon", async () => {
  const service = readOwnService("page", { issuer: "gitlab", client_id: "ours", scopes: ["api"], url: gitlab.origin, cacert: gitlab.caFile });
  const world = await makeTokenWorld([service]);
  const begun = gitlab.addToken("oauth", ["api"]);
  const login = { tool: "toolkey", service: "page", target: parseTarget(gitlab.origin), secret: new Secret(begun.secret), refreshToken: new Secret(`refresh-${begun.secret}`) };
  const now = world.records.now();
  await world.broker.add({ ...login, facts: { issuedAt: now, expiresAt: instant(milliseconds(now) + 7_200_000) } });
  world.clock.aheadMs = 100 * 60_000;
  await world.issuing.mint(service, "git", { repository: "acme/other" });
  expect(gitlab.tokens.find(({ id }) => id === begun.id)?.alive).toBe(false);
  await world.dispose();
});

describe("a person's token at GitLab", () => {
  it("renews itself, and the one before is ended by that", async () => {
    const { secret } = gitlab.addToken("mine", ["read_repository", "self_rotate"]);
    expectDone(await home.toolkey(["add", "forge", "--tool", "git", "--username", "alice"], { stdin: secret }));
    const id = (await home.tokens()).find(({ username }) => username === "alice")?.id ?? "";
    expect(await home.toolkey(["rotate", id])).toMatchObject({ code: 0, stderr: "" });
    const renewed = await home.secret(id);
    expect(gitlab.tokens.filter((token) => [secret, renewed].includes(token.secret)).map(({ alive }) => alive)).toEqual([false, true]);
    expectDone(await home.toolkey(["use", id]));
    expectDone(await clone("other", "three"));
    expect(lastAsker()).toBe("mine");
    expectDone(await home.toolkey(["revoke", id, "--yes"]));
    expect(gitlab.tokens.find((token) => token.secret === renewed)?.alive).toBe(false);
  });

  it("that renewed itself is not lost with a daemon that is killed at that moment", async () => {
    const directory = await mkdtemp(join(tmpdir(), "toolkey-kill-"));
    const killFile = join(directory, "kill");
    const killable = await startKillable(`[service.forge]\nissuer = "gitlab"\nurl = "${gitlab.origin}"\ncacert = "${gitlab.caFile}"\n`, killFile);
    const { secret } = gitlab.addToken("killed", ["read_repository", "self_rotate"]);
    const added = await killable.ask("add", { place: "forge", tool: "git", username: "alice", secret });
    const id = added.token.id;
    await arm({ server: gitlab, home: killable, killFile }, ["after", "request", 1], /self\/rotate$/);
    await orKilled(killable, killable.ask("rotate", { id }));
    await startAgain(killable);
    const [held, ...others] = await killable.held();
    expect([held?.id, others.length, held?.secret === secret]).toEqual([id, 0, false]);
    expect(gitlab.tokens.filter((token) => token.name === "killed").map((token) => [token.secret === held?.secret, token.alive])).toEqual([[false, false], [true, true]]);
    await killable.dispose();
    await rm(directory, { recursive: true });
  });

  it("is given to a tool by a code, with the person's own client", async () => {
    const login = new PageLogin(home, ["page", "--tool", "git", "--device"]);
    const [, code = ""] = await login.said(/asks for it: (\S+)/);
    gitlab.decide(code, true);
    const ended = await login.ended();
    expect(ended).toMatchObject({ code: 0 });
    const id = idOf(ended.stdout);
    expect((await home.tokens()).find((each) => each.id === id)).toMatchObject({ username: "oauth2", scope: "read_repository write_repository" });
    const before = await home.secret(id);
    expect(await home.toolkey(["rotate", id])).toMatchObject({ code: 0, stderr: "" });
    const renewed = await home.secret(id);
    expectDone(await home.toolkey(["use", id]));
    expectDone(await clone("notes", "four"));
    expect(lastAsker()).toBe("oauth");
    expectDone(await home.toolkey(["revoke", id, "--yes"]));
    expect(gitlab.tokens.filter(({ secret, alive }) => alive && [before, renewed].includes(secret))).toEqual([]);
  });
});
