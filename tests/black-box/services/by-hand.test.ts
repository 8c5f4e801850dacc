/** Services of which toolkey knows no interface: JFrog Connect, and any host by URL. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask, basic } from "../../fixtures/network/ask.ts";
import { startGitServer, type GitServer } from "../../fixtures/registries/git/git-server.mjs";
import { expectDone } from "../../fixtures/homes/home.ts";
import { makeServiceHome, type ServiceHome } from "../../fixtures/homes/service-home.ts";

let server: GitServer;
let home: ServiceHome;

beforeAll(async () => {
  server = await startGitServer({
    projects: ["acme"],
    accounts: [{ username: "alice", token: "ALICE-1" }, { username: "bob", token: "BOB-1" }],
  });
  home = await makeServiceHome("");
  expectDone(await home.toolkey(["setup", "git"]));
  expectDone(await home.git(["config", "--global", "http.sslCAInfo", server.caFile]));
});

afterAll(async () => {
  await home?.dispose();
  await server?.close();
});

function remote(username: string): string {
  return server.url("acme").replace("https://", `https://${username}@`);
}

describe("the life of a token at a host by URL", () => {
  it("is added, used by git, and revoked by a person, and the other one goes on working", async () => {
    const url = `${server.origin}/nuxeo/git`;
    const alice = await home.addGitToken(url, "alice", "ALICE-1");
    const bob = await home.addGitToken(url, "bob", "BOB-1");
    expectDone(await home.git(["ls-remote", remote("alice")]));

    expect(await home.toolkey(["check", alice])).toEqual({
      code: 0,
      signal: null,
      stdout: `${alice} (git, ${url}, as alice): can't be asked about\n`,
      stderr: "hint: toolkey can't ask localhost; the next command of git that uses it tells\n",
    });
    expect(await home.toolkey(["rotate", alice])).toEqual({
      code: 2,
      signal: null,
      stdout: "",
      stderr: "toolkey: tokens of localhost can't be made by program\nhint: make one there, then: toolkey add URL --tool TOOL\n",
    });

    expect(await home.toolkey(["revoke", "--yes", alice])).toEqual({
      code: 1,
      signal: null,
      stdout: `not revoked yet: ${alice} (git, ${url}, as alice)\n`,
      stderr:
        `toolkey: ${alice} (git, ${url}, as alice) is to be revoked: ${bob} takes its place\n` +
        "toolkey: it is revoked here, but is still valid at localhost, where toolkey can't revoke it\n" +
        `hint: revoke it there, then: toolkey revoke --done ${alice}\n` +
        "toolkey: 1 of 1 tokens are still valid at their service\n" +
        "hint: 'toolkey list' shows them\n",
    });
    expect((await home.git(["ls-remote", remote("alice")])).code).not.toBe(0);
    server.revoke("alice");
    expect(expectDone(await home.toolkey(["revoke", "--done", alice])).stdout).toBe(`noted: ${alice} (git, ${url}, as alice) is revoked at its service\n`);

    // The next use of the old secret is refused by the server.
    const refused = await ask(server, "GET", "/nuxeo/git/acme.git/info/refs?service=git-upload-pack", basic("alice", "ALICE-1"));
    expect(refused.status).toBe(401);
    expectDone(await home.git(["ls-remote", remote("bob")]));
    expect((await home.tokens()).map(({ id, state }) => [id, state])).toEqual([[alice, "revoked"], [bob, "active"]]);
    expect((await home.held()).map(({ secret }) => secret)).toEqual(["", "BOB-1"]);
  });
});

describe("the life of a token at JFrog Connect", () => {
  it("is added unchecked, and revoked on its page", async () => {
    const added = await home.toolkey(["add", "jfrog-connect", "--tool", "http"], { stdin: "CONNECT-1" });
    const id = /^added (\S+)/.exec(added.stdout)?.[1] ?? "";
    expect(added).toMatchObject({ code: 0, stdout: `added ${id} (http, https://api.connect.jfrog.io/api/v2)\n`, stderr: "" });
    expect((await home.toolkey(["check", id])).stdout).toBe(`${id} (http, https://api.connect.jfrog.io/api/v2): can't be asked about\n`);
    const revoked = await home.toolkey(["revoke", "--yes", id]);
    expect(revoked).toMatchObject({ code: 1 });
    expect(revoked.stderr).toContain(
      "toolkey: it is revoked here, but is still valid at JFrog Connect, where toolkey can't revoke it\n" +
        `hint: revoke it at https://app.connect.jfrog.io/settings/access-tokens, then: toolkey revoke --done ${id}; if it was never one of its tokens: toolkey revoke --local ${id}, which deletes it\n`,
    );
    expect((await home.held()).find((token) => token.id === id)).toMatchObject({ state: "revoking", secret: "" });
    expectDone(await home.toolkey(["revoke", "--done", id]));
    expect((await home.tokens()).find((token) => token.id === id)?.state).toBe("revoked");
  });
});
