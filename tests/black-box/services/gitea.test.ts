/** The life of a token at Gitea, with the real git. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startGitea, type Gitea } from "../../fixtures/services/gitea.ts";
import { expectDone } from "../../fixtures/homes/home.ts";
import { makeServiceHome, type ServiceHome } from "../../fixtures/homes/service-home.ts";

const PASSWORD = "correct horse battery";

let gitea: Gitea;
let home: ServiceHome;

beforeAll(async () => {
  gitea = await startGitea({ username: "alice", password: PASSWORD, projects: ["acme"] });
  home = await makeServiceHome(`[service.forge]
issuer = "gitea"
title = "Forge"
url = "${gitea.origin}"
cacert = "${gitea.caFile}"
git = { url = "${gitea.origin}" }
npm = { registry = "${gitea.origin}/api/packages/alice/npm/" }
`);
  expectDone(await home.toolkey(["setup", "git"]));
  expectDone(await home.git(["config", "--global", "http.sslCAInfo", gitea.caFile]));
});

afterAll(async () => {
  await home?.dispose();
  await gitea?.close();
});

/** Who came in by git. */
function askers(): (string | undefined)[] {
  return [...new Set(gitea.requests.filter(({ path, status }) => path.includes(".git/") && status === 200).map(({ as }) => as))];
}

describe("the life of a token at Gitea", () => {
  it("is made, used by git, checked, renewed and ended, and the other tools' tokens still work", async () => {
    expect(await home.toolkey(["login", "forge", "--username", "alice"], { stdin: "wrong" })).toMatchObject({ code: 3, stdout: "" });
    expect(await home.tokens()).toEqual([]);
    expect(await home.toolkey(["login", "forge"], { stdin: PASSWORD })).toMatchObject({ code: 2 });
    expect(await home.toolkey(["login", "forge", "--username", "alice"], { stdin: PASSWORD })).toMatchObject({
      code: 0,
      stdout: "logged in at Forge\n",
      stderr: "toolkey: its service says that it is valid\n",
    });

    const made = await home.toolkey(["mint", "forge", "--tool", "git"]);
    expectDone(await home.toolkey(["mint", "forge", "--tool", "npm", "--scope", "read:package,read:user"]));
    const [own, git, forNpm] = await home.tokens();
    const id = git?.id ?? "";
    expect(made.stdout).toBe(`made ${id} (git, ${gitea.origin}, as alice)\n`);
    // By its name a person recognises it on the page of the service.
    const name = git?.description ?? "";
    expect(name).toMatch(/^git on \S+ \(toolkey [0-9a-f]{10}\)$/);
    expect(git).toMatchObject({ service: "forge", username: "alice", subject: "alice", tokenId: "1" });
    expect([git?.scope, git?.kind, git?.expiresAt]).toEqual(["write:repository", "scoped", undefined]);
    expect(gitea.tokens.map((token) => [token.name, token.scopes])).toEqual([
      [name, ["write:repository"]],
      [forNpm?.description, ["read:package", "read:user"]],
    ]);

    // The real tool.
    expectDone(await home.git(["clone", gitea.gitUrl("acme"), "work"]));
    const work = { cwd: join(home.directory, "work") };
    expectDone(await home.git(["commit", "--allow-empty", "-m", "change"], work));
    expectDone(await home.git(["push", "origin", "HEAD:refs/heads/feature/x"], work));
    expect(askers()).toEqual([`alice/${name}`]);

    expect((await home.toolkey(["check"])).stdout).toBe(
      `${own?.id} (toolkey, ${gitea.origin}, as alice): valid\n` +
        `${id} (git, ${gitea.origin}, as alice): valid, but not permitted to look at itself\n` +
        `${forNpm?.id} (npm, ${gitea.origin}/api/packages/alice/npm): valid\n`,
    );

    expect(await home.toolkey(["rotate", id])).toMatchObject({ code: 0, stderr: "toolkey: the old one: revoked at Forge\n" });
    expect(gitea.tokens.map(({ id: remote }) => remote)).toEqual([2, 3]);
    // In the same words, with a mark of its own.
    expect([gitea.tokens.at(-1)?.name.split(" (")[0], gitea.tokens.at(-1)?.name === name]).toEqual([name.split(" (")[0], false]);
    expect(gitea.tokens.at(-1)?.scopes).toEqual(["write:repository"]);
    expectDone(await home.git(["fetch"], work));

    const revoked = await home.toolkey(["revoke", "--yes", id]);
    expect(revoked).toMatchObject({ code: 0, stdout: `revoked: ${id} (git, ${gitea.origin}, as alice)\n` });
    expect(gitea.tokens.map(({ id: remote }) => remote)).toEqual([2]);
    expect((await home.git(["fetch"], { ...work, env: { GIT_TERMINAL_PROMPT: "0" } })).code).not.toBe(0);
    expect((await home.toolkey(["check", forNpm?.id ?? ""])).stdout).toContain(": valid\n");
    expect(gitea.leaks).toEqual([]);
  });

  it("one whose making was not answered is found by its name, and ended", async () => {
    gitea.faults.add({ path: "*", method: "POST" }, { kind: "cut off" });
    const looks = (await home.logged("looked after tokens")).length;
    expect(await home.toolkey(["mint", "forge", "--tool", "git"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("if one was created there, toolkey finds and revokes it as soon as it can") as string,
    });
    expect(gitea.tokens).toHaveLength(2);
    expectDone(await home.toolkey(["lock"]));
    expectDone(await home.toolkey(["unlock"]));
    await home.whenLogged("looked after tokens", looks + 1);
    expect(gitea.tokens.map(({ id }) => id)).toEqual([2]);
  });

  it("one that the vault does not hold is shown, and ended", async () => {
    const { id } = gitea.addToken("old laptop", ["all"]);
    const listed = await home.toolkey(["list", "--remote", "forge", "--json"]);
    expect(JSON.parse(listed.stdout)).toEqual([
      { tokenId: String(id), description: "old laptop", scope: "all", kind: "identity", issuedAt: "2026-11-22T05:00:00Z" },
    ]);
    const revoked = await home.toolkey(["revoke", "--yes", "--remote", "forge", String(id)]);
    expect(revoked).toMatchObject({ code: 0, stdout: `revoked ${id} at forge\n` });
    expect(gitea.tokens.map(({ name }) => name)).not.toContain("old laptop");
  });

  it("its login is the account's password, which only a person can change", async () => {
    const [own] = await home.tokens();
    const revoked = await home.toolkey(["revoke", "--yes", own?.id ?? ""]);
    expect(revoked.stderr).toContain("it is forgotten here, but is the account's password at Forge\n");
  });
});
