/** Real git against servers that refuse: a good token is neither lost, nor passed over, nor another one used. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { longTest, matrix } from "../../fixtures/form.ts";
import { startGitServer, type GitServer } from "../../fixtures/registries/git/git-server.mjs";
import { expectDone, makeHome, type Ended, type TestHome } from "../../fixtures/homes/home.ts";

let server: GitServer;
let home: TestHome;

beforeAll(async () => {
  server = await startGitServer({
    projects: ["acme", "bobs", "theirs", "shared"],
    accounts: [
      { username: "alice", token: "ALICE-TOKEN", projects: ["acme", "shared"] },
      { username: "bob", token: "BOB-TOKEN", projects: ["bobs", "shared"] },
      { username: "acme-ci", token: "ACME-TOKEN", projects: ["acme"] },
      { username: "bobs-ci", token: "BOBS-TOKEN", projects: ["bobs"] },
    ],
    denied: 401,
  });
});
afterAll(() => server.close());

beforeEach(async () => {
  home = await makeHome();
  await home.init();
  await home.setUpGit();
  expectDone(await home.git(["config", "--global", "http.sslCAInfo", server.caFile]));
});
afterEach(() => home.dispose());

const as = (user: string, project: string): string => server.url(project).replace("//", `//${user}@`);

function list(url: string, ...configuration: readonly string[]): Promise<Ended> {
  return home.git([...configuration, "ls-remote", url]);
}

/** Lists a repository, and says with whose tokens that was tried. */
async function triedBy(url: string, ...configuration: readonly string[]): Promise<string[]> {
  const before = server.requests.length;
  await list(url, ...configuration);
  return [...new Set(server.requests.slice(before).flatMap(({ username }) => username ?? []))];
}

async function states(): Promise<Record<string, string>> {
  return Object.fromEntries((await home.tokens()).map(({ id, state }) => [id, state]));
}

describe("somebody else's repository that answers 401", () => {
  it("fetched three times takes neither account's token away, and is told so", async () => {
    const alice = await home.addGitToken(server.origin, "alice", "ALICE-TOKEN");
    const bob = await home.addGitToken(server.origin, "bob", "BOB-TOKEN");
    expectDone(await list(as("bob", "bobs")));
    expectDone(await list(as("alice", "acme")));

    const first = await list(server.url("theirs"));
    expect(first.code).toBe(128);
    expect(first.stderr).toContain(`refused the git token ${alice}, which has worked elsewhere, for ${server.url("theirs")}; it is held back there for a day\n`);
    const second = await list(server.url("theirs"));
    expect(second.stderr).toContain(`refused the git token ${bob}, which has worked elsewhere, for ${server.url("theirs")}; it is held back there for a day\n`);
    const before = server.requests.length;
    const third = await list(server.url("theirs"));
    expect(third.stderr).toContain(`toolkey: the git token ${alice} for ${server.origin} was refused at ${server.url("theirs")}, and is held back there until `);
    expect(server.requests.slice(before).filter(({ username }) => username !== undefined)).toEqual([]);

    expect(await states()).toEqual({ [alice]: "active", [bob]: "active" });
    expect(await triedBy(as("bob", "bobs"))).toEqual(["bob"]);
    expect(await triedBy(server.url("acme"))).not.toEqual([]);
    expectDone(await list(as("alice", "acme")));
  });

  it("is remembered by the next daemon, and forgotten by restore", async () => {
    const alice = await home.addGitToken(server.origin, "alice", "ALICE-TOKEN");
    expectDone(await list(server.url("acme")));
    expect(await triedBy(server.url("theirs"))).toEqual(["alice"]);
    await home.stop();
    expect(await triedBy(server.url("theirs"))).toEqual([]);
    await home.ask("restore", { id: alice });
    expect(await triedBy(server.url("theirs"))).toEqual(["alice"]);
    expect(await states()).toEqual({ [alice]: "active" });
  });

  longTest("stops no other with useHttpPath either", async () => {
    expectDone(await home.git(["config", "--global", "credential.useHttpPath", "true"]));
    const alice = await home.addGitToken(server.origin, "alice", "ALICE-TOKEN");
    expectDone(await list(server.url("acme")));
    expect(await triedBy(server.url("theirs"))).toEqual(["alice"]);
    expect(await triedBy(server.url("theirs"))).toEqual([]);
    expectDone(await list(server.url("shared")));
    expect(await states()).toEqual({ [alice]: "active" });
  });

  it("is not asked with another account's token where the default was refused", async () => {
    const alice = await home.addGitToken(server.origin, "alice", "ALICE-TOKEN");
    await home.addGitToken(server.origin, "bob", "BOB-TOKEN");
    await home.ask("use", { id: alice });
    expectDone(await list(server.url("acme")));
    expect(await triedBy(server.url("bobs"))).toEqual(["alice"]);
    expect(await triedBy(server.url("bobs"))).toEqual([]);
    expect((await list(server.url("bobs"))).stderr).toContain("it is the default, and no other user's token is given in its stead\n");
    expect(await triedBy(as("bob", "bobs"))).toEqual(["bob"]);
  });

  longTest("a token that is over is suspended where it has worked", async () => {
    const alice = await home.addGitToken(server.origin, "alice", "ALICE-TOKEN");
    expectDone(await list(server.url("acme")));
    server.revoke("alice");
    const refused = await list(server.url("acme"));
    server.setToken("alice", "ALICE-TOKEN");
    expect(refused.stderr).toContain(`refused the git token ${alice}; it is suspended now\n`);
    expect(await states()).toEqual({ [alice]: "suspended" });
  });
});

describe("the path, which git leaves out,", () => {
  it("is that of the repository: each part of a host has its own token", async () => {
    await home.addGitToken(server.url("acme"), "acme-ci", "ACME-TOKEN");
    await home.addGitToken(server.url("bobs"), "bobs-ci", "BOBS-TOKEN");
    await home.addGitToken(server.origin, "alice", "ALICE-TOKEN");
    expect(await triedBy(server.url("acme"))).toEqual(["acme-ci"]);
    expect(await triedBy(server.url("bobs"))).toEqual(["bobs-ci"]);
    expect(await triedBy(server.url("shared"))).toEqual(["alice"]);
    expectDone(await home.git(["clone", "-q", server.url("acme"), "work"]));
    const work = { cwd: `${home.directory}/work` };
    expectDone(await home.git(["-c", "protocol.file.allow=never", "submodule", "add", "-q", server.url("bobs"), "sub"], work));
    expectDone(await home.git(["commit", "-qm", "with a part of another"], work));
    expectDone(await home.git(["push", "-q", "origin", "HEAD:refs/heads/sub"], work));
    const before = server.requests.length;
    expectDone(await home.git(["clone", "-q", "--branch", "sub", "--recurse-submodules", server.url("acme"), "all"]));
    const tried = server.requests.slice(before).flatMap(({ path, username }) => (username === undefined ? [] : [`${username} ${path.split("/")[3] ?? ""}`]));
    expect([...new Set(tried)]).toEqual(["acme-ci acme.git", "bobs-ci bobs.git"]);
  });

  it("keeps the only token of a host to its part", async () => {
    await home.addGitToken(server.url("acme"), "acme-ci", "ACME-TOKEN");
    expect(await triedBy(server.url("acme"))).toEqual(["acme-ci"]);
    expect(await triedBy(server.url("bobs"))).toEqual([]);
    expect(await triedBy(`${server.origin}/nuxeo/git/acme.git/../bobs.git`)).toEqual([]);
    expect(await triedBy(`${server.origin}/nuxeo/git/acme.git/%2e%2e/bobs.git`)).toEqual([]);
  });

  it("that leads nobody knows where is no path of a token, also with useHttpPath, in any encoding", async () => {
    await home.addGitToken(server.url("acme"), "acme-ci", "ACME-TOKEN");
    expectDone(await home.git(["config", "--global", "credential.useHttpPath", "true"]));
    expect(await triedBy(server.url("acme"))).toEqual(["acme-ci"]);
    // `..` itself git's own client resolves before it asks.
    for (const dots of matrix(["%2e%2e", "%2e%2e%3bx"], ["%252e%252e", "..;", ".%2E"])) {
      expect([dots, await triedBy(`${server.origin}/nuxeo/git/bobs.git/${dots}/acme.git`)]).toEqual([dots, []]);
    }
    // What is good for the whole host is good there, too.
    await home.addGitToken(server.origin, "alice", "ALICE-TOKEN");
    expect(await triedBy(`${server.origin}/nuxeo/git/bobs.git/%2e%2e/acme.git`)).toEqual(["alice"]);
    const stored = await home.helper("store", `protocol=https\nhost=localhost:${server.port}\npath=a/../b\nusername=x\npassword=y\n\n`);
    expect(stored).toMatchObject({ code: 0, stdout: "", stderr: "toolkey: the credential is not kept: '.' or '..' in the path of a URL leads nobody knows where\n" });
  });

  it("is unknown to a script: it gets the only one, or none of several and a hint", async () => {
    const place = `protocol=https\nhost=localhost:${server.port}\n`;
    await home.addGitToken(server.url("acme"), "acme-ci", "ACME-TOKEN");
    expect(expectDone(await home.git(["credential", "fill"], { stdin: place })).stdout).toContain("password=ACME-TOKEN\n");
    const added = await home.toolkey(["add", server.url("bobs"), "--tool", "git", "--username", "bobs-ci"], { stdin: "BOBS-TOKEN\n" });
    expect(expectDone(added).stderr).toContain(`none of the 2 tokens for parts of ${server.origin}`);
    const none = await home.git(["credential", "fill"], { stdin: place });
    expect(none.stdout).toBe("");
    expect(none.stderr).toContain(`hint: git config --global credential.${server.origin}.useHttpPath true\n`);
    await home.addGitToken(server.origin, "alice", "ALICE-TOKEN");
    expect(expectDone(await home.git(["credential", "fill"], { stdin: place })).stdout).toContain("password=ALICE-TOKEN\n");
  });

  it("is in no log, and nothing of the URL is", async () => {
    await home.addGitToken(server.origin, "alice", "ALICE-TOKEN");
    expectDone(await list(server.url("acme").replace("//", "//alice:ALICE-TOKEN@")));
    const found = await home.run("grep", ["-rlE", "ALICE-TOKEN|acme", home.toolkeyHome]);
    expect(found.stdout).toBe("");
  });
});

describe("what git stored by itself", () => {
  const place = (): string => `protocol=https\nhost=localhost:${server.port}\n`;
  const filled = async (): Promise<string | undefined> => /^password=(.*)$/m.exec((await home.git(["credential", "fill"], { stdin: place() })).stdout)?.[1];
  const fromUrl = async (user: string, password: string): Promise<void> => {
    expectDone(await list(server.url("shared").replace("//", `//${user}:${password}@`)));
  };

  it("from a URL beats no token that a person added, and none that one chose", async () => {
    await home.addGitToken(server.origin, "alice", "ALICE-OF-A-PERSON");
    await fromUrl("alice", "ALICE-TOKEN");
    expect(await filled()).toBe("ALICE-OF-A-PERSON");
    await fromUrl("bob", "BOB-TOKEN");
    expect(await filled()).toBe("ALICE-OF-A-PERSON");
    const tokens = await home.tokens();
    const bob = tokens.find(({ username }) => username === "bob")?.id ?? "";
    expect(tokens.map(({ username, storedByTool, state }) => [username, storedByTool, state])).toEqual([["alice", undefined, "active"], ["alice", true, "active"], ["bob", true, "active"]]);
    await home.ask("use", { id: bob });
    await fromUrl("alice", "ALICE-TOKEN");
    expect(await filled()).toBe("BOB-TOKEN");
  });

  it("is forgotten by an erase that names nothing, and what a person added stays, with a word", async () => {
    const alice = await home.addGitToken(server.origin, "alice", "ALICE-TOKEN");
    expectDone(await home.git(["credential", "approve"], { stdin: `${place()}username=bob\npassword=BOB-TOKEN\n` }));
    const erased = expectDone(await home.git(["credential", "reject"], { stdin: place() }));
    expect(erased.stderr).toContain(`toolkey: the git token ${alice} for localhost stays: git named no token, and had not stored this one\n`);
    expect(erased.stderr).not.toContain("refused");
    expect(Object.entries(await states()).map(([id, state]) => [id === alice ? "alice" : "bob", state])).toEqual([["alice", "active"], ["bob", "suspended"]]);
  });
});

describe("a proxy that answers 407", () => {
  let proxy: Server;

  beforeEach(async () => {
    proxy = createServer().on("connect", (_request, socket) => {
      socket.end("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"p\"\r\nContent-Length: 0\r\n\r\n");
    }).listen(0, "127.0.0.1");
    await once(proxy, "listening");
  });
  afterEach(() => proxy.close());

  it("takes no token away, of its own or of the server", async () => {
    const { port } = proxy.address() as AddressInfo;
    const alice = await home.addGitToken(server.origin, "alice", "ALICE-TOKEN");
    expectDone(await list(server.url("acme")));
    expectDone(await home.git(["credential", "approve"], { stdin: `protocol=http\nhost=127.0.0.1:${port}\nusername=p\npassword=PROXY-SECRET\n` }));
    const before = await states();
    const refused = await list(server.url("acme"), "-c", `http.proxy=http://127.0.0.1:${port}`);
    expect(refused.code).toBe(128);
    expect(refused.stderr).toContain("407");
    expect(refused.stderr).not.toContain("toolkey:");
    expect(await states()).toEqual(before);
    expect(before[alice]).toBe("active");
  });
});
