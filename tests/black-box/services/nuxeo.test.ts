import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask, basic } from "../../fixtures/network/ask.ts";
import { expectDone } from "../../fixtures/homes/home.ts";
import { startNuxeoOnline, type NuxeoOnline } from "../../fixtures/services/nuxeo-online.ts";
import { makeServiceHome, type ServiceHome } from "../../fixtures/homes/service-home.ts";

let nuxeo: NuxeoOnline;
let home: ServiceHome;

beforeAll(async () => {
  nuxeo = await startNuxeoOnline({ projects: ["acme"], accounts: [{ username: "alice", tokens: {} }] });
  // In the place of the built-in service of this name.
  home = await makeServiceHome(`${nuxeo.table}maven = { server = "nuxeo-studio", url = "${nuxeo.mavenUrl}" }
`);
  expectDone(await home.toolkey(["setup", "git"]));
  expectDone(await home.git(["config", "--global", "http.sslCAInfo", nuxeo.caFile]));
});

afterAll(async () => {
  await home?.dispose();
  await nuxeo?.close();
});

async function maven(secret: string): Promise<number> {
  return (await ask(nuxeo, "GET", "/nuxeo/site/studio/maven/a/b/1/b-1.jar", basic("alice", secret))).status;
}

describe("the life of a token at Nuxeo Online Services", () => {
  it("is added, used by git, checked, replaced and revoked by hand, and Maven's goes on working", async () => {
    const page = `${nuxeo.origin}/nuxeo/site/connect/tokens`;
    const forGit = nuxeo.addToken("alice", "git on laptop");
    const forMaven = nuxeo.addToken("alice", "maven on laptop");
    nuxeo.mavenFiles.set("a/b/1/b-1.jar", Buffer.from("jar"));

    // A token that Nuxeo rejects is not stored.
    expect(await home.toolkey(["add", "nuxeo", "--tool", "git", "--username", "alice"], { stdin: "no such token" })).toEqual({
      code: 3,
      signal: null,
      stdout: "",
      stderr:
        "toolkey: Nuxeo Online Services rejects this token: user name or token is wrong, or the token was revoked\n" +
        "hint: nothing was stored or changed\n" +
        "hint: copy it again, whole; it may also have expired, or be for another service\n",
    });
    expect(await home.tokens()).toEqual([]);

    const added = await home.toolkey(["add", "nuxeo", "--tool", "git", "--username", "alice"], { stdin: `\n  ${forGit} \r\n` });
    const [git] = await home.tokens();
    const id = git?.id ?? "";
    expect(added).toEqual({
      code: 0,
      signal: null,
      stdout: `added ${id} (git, ${nuxeo.origin}/nuxeo/git, as alice)\n`,
      stderr: expect.stringMatching(/^toolkey: its service says that it is valid\ntoolkey: programs without git's remote helper \(libgit2, JGit\): the token for .+\n$/) as string,
    });
    expectDone(await home.toolkey(["add", "nuxeo", "--tool", "maven", "--username", "alice"], { stdin: forMaven }));

    // The real tool.
    expectDone(await home.git(["clone", nuxeo.gitUrl("acme"), "work"]));
    const work = { cwd: join(home.directory, "work") };
    expectDone(await home.git(["commit", "--allow-empty", "-m", "change"], work));
    expectDone(await home.git(["push", "origin", "HEAD:refs/heads/feature/x"], work));
    expect(new Set(nuxeo.requests.filter(({ path, status }) => path.startsWith("/nuxeo/git/") && status === 200).map(({ as }) => as))).toEqual(
      new Set(["alice/git on laptop"]),
    );

    expect((await home.toolkey(["check", id])).stdout).toBe(`${id} (git, ${nuxeo.origin}/nuxeo/git, as alice): valid\n`);
    expect(nuxeo.derivedTokens).toEqual([]);

    // No program can renew it; a person can replace it.
    expect(await home.toolkey(["rotate", id])).toEqual({
      code: 2,
      signal: null,
      stdout: "",
      stderr: `toolkey: Nuxeo Online Services has no way to make tokens by program\nhint: make one at ${page}, then: toolkey add nuxeo\n`,
    });
    const second = nuxeo.addToken("alice", "git on laptop 2");
    expectDone(await home.toolkey(["replace", id], { stdin: second }));
    nuxeo.revokeToken("alice", "git on laptop");
    expectDone(await home.git(["fetch"], work));

    // It ends here, and toolkey says that it doesn't there.
    const revoked = await home.toolkey(["revoke", "--yes", id]);
    expect(revoked).toEqual({
      code: 1,
      signal: null,
      stdout: `not revoked yet: ${id} (git, ${nuxeo.origin}/nuxeo/git, as alice)\n`,
      stderr:
        `toolkey: ${id} (git, ${nuxeo.origin}/nuxeo/git, as alice) is to be revoked: git gets no token for ${nuxeo.origin}/nuxeo/git any more\n` +
        "toolkey: it is revoked here, but is still valid at Nuxeo Online Services, where toolkey can't revoke it\n" +
        `hint: revoke it at ${page}, then: toolkey revoke --done ${id}\n` +
        "toolkey: 1 of 1 tokens are still valid at their service\n" +
        "hint: 'toolkey list' shows them\n",
    });
    expect((await home.git(["fetch"], work)).code).not.toBe(0);
    nuxeo.revokeToken("alice", "git on laptop 2");
    expectDone(await home.toolkey(["revoke", "--done", id]));

    expect((await home.tokens()).map(({ tool, state }) => `${tool} ${state}`)).toEqual(["git revoked", "maven active", "git suspended"]);
    expect((await ask(nuxeo, "GET", "/nuxeo/authentication/token?applicationName=a&deviceId=1&permission=r", basic("alice", second))).status).toBe(401);
    expect(await maven(forMaven)).toBe(200);
    expect((await home.toolkey(["check"])).stdout).toContain("(maven,");
    expect(nuxeo.leaks).toEqual([]);
    await rm(work.cwd, { recursive: true });
    for (const secret of [forGit, second, forMaven]) {
      expect((await home.run("grep", ["-rl", "--", secret, home.directory])).stdout).toBe("");
    }
  });
});
