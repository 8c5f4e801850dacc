/** Real git, old and new, against a real server: what a person with `credential.helper = toolkey` sees. */
import { createHash } from "node:crypto";
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { TokenView } from "../../../src/core/tokens/token.ts";
import { vaultHash } from "../../fixtures/processes/daemon-process.ts";
import { longTest, matrix, sampled } from "../../fixtures/form.ts";
import { startGitServer, type GitServer } from "../../fixtures/registries/git/git-server.mjs";
import { BIN, expectDone, makeHome, type Ended, type RunOptions, type TestHome } from "../../fixtures/homes/home.ts";
import { newestGit } from "../../fixtures/programs/programs.ts";
import { helperValues } from "../../../src/protocols/git/setup.ts";

const newest = newestGit();
const gits = matrix<readonly [name: string, directory: string | undefined]>([["the git on PATH", ""]], [["the newest git", newest]]);

describe.each(gits)("with %s", (name, directory) => {
  const isMissing = directory === undefined && process.env["CI"] !== "true";
  const check = it.skipIf(isMissing);
  const checkInLongForm = longTest.skipIf(isMissing);
  let server: GitServer;
  let prepared: TestHome;
  let home: TestHome;

  beforeAll(async () => {
    if (isMissing) return;
    prepared = await makeHome();
    await prepared.init();
    expectDone(await prepared.toolkey(["setup", "git"]));
    server = await startGitServer({
      projects: ["acme", "other"],
      accounts: [
        { username: "acme-user", token: "ACME-TOKEN", projects: ["acme"] },
        { username: "other-user", token: "OTHER-TOKEN", projects: ["other"] },
      ],
    });
    expectDone(await prepared.git(["config", "--global", "http.sslCAInfo", server.caFile]));
    await prepared.stop();
  });

  afterAll(async () => {
    await prepared?.dispose();
    await server?.close();
  });

  beforeEach(async () => {
    if (isMissing) return;
    server.setToken("alice", "ALICE-TOKEN");
    server.setToken("bob", "BOB-TOKEN");
    home = await makeHome();
    expectDone(await home.run("cp", ["-a", `${prepared.directory}/.`, home.directory]));
  });

  afterEach(async () => {
    await home?.dispose();
  });

  /** The git under test. */
  function git(argv: readonly string[], options: RunOptions = {}): Promise<Ended> {
    if (directory === undefined) throw new Error("the newest git is missing: tests/install-programs.sh --yes");
    const path = directory === "" ? {} : { PATH: `${directory}:${home.environment["PATH"] ?? ""}` };
    return home.git(argv, { ...options, env: { ...path, ...options.env } });
  }

  function fill(credential: string, ...configuration: readonly string[]): Promise<Ended> {
    return git([...configuration, "credential", "fill"], { stdin: credential });
  }

  /** Who the server let in, since the given number of requests. */
  function usersSince(first: number): string[] {
    const users = server.requests.slice(first).flatMap(({ username, status }) => (status === 200 && username !== undefined ? [username] : []));
    return [...new Set(users)];
  }

  check("clones, commits, pushes, fetches and lists without a prompt, and no secret lies in the home", async () => {
    await home.addGitToken(`${server.origin}/nuxeo/git`, "alice", "ALICE-TOKEN");
    expectDone(await git(["clone", server.url("acme"), "work"]));
    const work = { cwd: `${home.directory}/work` };
    expectDone(await git(["commit", "--allow-empty", "-m", "change"], work));
    expectDone(await git(["push", "origin", "HEAD:refs/heads/feature/x"], work));
    expectDone(await git(["fetch"], work));
    expect(expectDone(await git(["ls-remote", "origin"], work)).stdout).toContain("refs/heads/feature/x");
    const found = await home.run("grep", ["-rl", "ALICE-TOKEN", home.directory]);
    expect(found.stdout).toBe("");
  });

  check("two users of one host: each URL gets the token of the user that it names", async () => {
    await home.addGitToken(server.origin, "alice", "ALICE-TOKEN");
    await home.addGitToken(server.origin, "bob", "BOB-TOKEN");
    for (const user of ["alice", "bob", "alice"]) {
      const before = server.requests.length;
      expectDone(await git(["ls-remote", server.url("acme").replace("//", `//${user}@`)]));
      expect(usersSince(before)).toEqual([user]);
    }
  });

  check("a user that the vault doesn't know gets nobody else's token", async () => {
    await home.addGitToken(server.origin, "alice", "ALICE-TOKEN");
    const before = server.requests.length;
    const refused = await git(["ls-remote", server.url("acme").replace("//", "//carol@")]);
    expect(refused.code).toBe(128);
    expect(server.requests.slice(before).filter(({ username }) => username === "alice")).toEqual([]);
  });

  check("two projects with tokens of their own: with useHttpPath each gets its own", async () => {
    expectDone(await git(["config", "--global", "credential.useHttpPath", "true"]));
    await home.addGitToken(server.url("acme"), "acme-user", "ACME-TOKEN");
    await home.addGitToken(server.url("other"), "other-user", "OTHER-TOKEN");
    for (const project of ["acme", "other", "acme"]) {
      const before = server.requests.length;
      expectDone(await git(["ls-remote", server.url(project)]));
      expect(usersSince(before)).toEqual([`${project}-user`]);
      expect(server.requests.slice(before).filter(({ status }) => status === 403)).toEqual([]);
    }
  });

  check("a refused token is suspended, git says what to do, and restore brings it back", async () => {
    const id = await home.addGitToken(server.origin, "alice", "ALICE-TOKEN");
    server.revoke("alice");

    const first = await git(["ls-remote", server.url("acme")]);
    expect(first.code).toBe(128);
    expect(first.stderr).toContain(
      `toolkey: localhost refused the git token ${id}; it is suspended now\n` +
        `hint: a new secret for it: toolkey replace ${id}\n` +
        `hint: if the refusal was a mistake: toolkey restore ${id}\n`,
    );
    expect((await tokens()).map((token) => [token.id, token.state])).toEqual([[id, "suspended"]]);

    const before = server.requests.length;
    const second = await git(["ls-remote", server.url("acme")]);
    expect(second.code).toBe(128);
    expect(second.stderr).toContain(
      `toolkey: the git token ${id} for ${server.origin} is suspended\n` +
        `hint: a new secret for it: toolkey replace ${id}\n` +
        `hint: to use it again: toolkey restore ${id}\n`,
    );
    expect(server.requests.slice(before).filter(({ username }) => username !== undefined)).toEqual([]);

    server.setToken("alice", "ALICE-TOKEN");
    await home.ask("restore", { id });
    expectDone(await git(["ls-remote", server.url("acme")]));
  });

  check("replace gives a refused token its new secret, under the same id", async () => {
    const id = await home.addGitToken(server.origin, "alice", "ALICE-TOKEN");
    server.setToken("alice", "ALICE-TOKEN-2");
    expect((await git(["ls-remote", server.url("acme")])).code).toBe(128);
    expectDone(await home.toolkey(["replace", id], { stdin: "ALICE-TOKEN-2\n" }));
    expectDone(await git(["ls-remote", server.url("acme")]));
    expect((await tokens()).find((token) => token.id === id)?.state).toBe("active");
  });

  checkInLongForm("a refused default is named, and not replaced by another user's by itself", async () => {
    const alice = await home.addGitToken(server.origin, "alice", "ALICE-TOKEN");
    const bob = await home.addGitToken(server.origin, "bob", "BOB-TOKEN");
    await home.ask("use", { id: bob });
    server.revoke("bob");
    expect((await git(["ls-remote", server.url("acme")])).code).toBe(128);
    const before = server.requests.length;
    const second = await git(["ls-remote", server.url("acme")]);
    expect(second.code).toBe(128);
    expect(second.stderr).toContain(`toolkey: the git token ${bob} for ${server.origin} is suspended; it is the default, and no other user's token is given in its stead\n`);
    expect(second.stderr).toContain("hint: to make another one the default: toolkey use ID\n");
    expect(server.requests.slice(before).filter(({ username }) => username !== undefined)).toEqual([]);
    await home.ask("use", { id: alice });
    expectDone(await git(["ls-remote", server.url("acme")]));
    expect(usersSince(before)).toEqual(["alice"]);
  });

  check("a password in a URL that worked is learnt, and a newer one takes its place", async () => {
    const urlWith = (password: string): string => server.url("acme").replace("//", `//alice:${password}@`);
    expectDone(await git(["ls-remote", urlWith("ALICE-TOKEN")]));
    expectDone(await git(["ls-remote", server.url("acme")]));
    const [learnt] = await tokens();
    expect(learnt).toMatchObject({ tool: "git", target: server.origin, username: "alice", state: "active" });

    server.setToken("alice", "ALICE-TOKEN-2");
    expectDone(await git(["ls-remote", urlWith("ALICE-TOKEN-2")]));
    const before = server.requests.length;
    expectDone(await git(["ls-remote", server.url("acme")]));
    expect(server.requests.slice(before).filter(({ username, status }) => username !== undefined && status === 401)).toEqual([]);
    const states = (await tokens()).map((token) => `${token.id === learnt?.id ? "the first" : "the second"} is ${token.state}`);
    expect(new Set(states)).toEqual(new Set(["the first is suspended", "the second is active"]));
    expect((await home.run("grep", ["-rl", "ALICE-TOKEN", home.directory])).stdout).toBe("");
  });

  check("a credential that is approved is in the vault; approving it again changes no byte", async () => {
    const credential = "protocol=https\nhost=example.com\nusername=alice\npassword=APPROVED\n";
    expectDone(await git(["credential", "approve"], { stdin: credential }));
    const [token] = await tokens();
    expect(token).toMatchObject({ target: "https://example.com", username: "alice", state: "active" });
    const before = vaultHash(home);
    expectDone(await git(["credential", "approve"], { stdin: credential }));
    expect(vaultHash(home)).toBe(before);
    expect((await fill("protocol=https\nhost=example.com\n")).stdout).toContain("username=alice\npassword=APPROVED\n");
    expect(vaultHash(home)).toBe(before);
  });

  checkInLongForm("git's own approval after a fetch does not write the vault", async () => {
    await home.addGitToken(`${server.origin}/nuxeo/git`, "alice", "ALICE-TOKEN");
    const before = vaultHash(home);
    expectDone(await git(["ls-remote", server.url("acme")]));
    expect(vaultHash(home)).toBe(before);
  });

  check("--timeout keeps what is stored for that long only", async () => {
    const credential = "protocol=https\nhost=example.com\nusername=alice\npassword=BRIEF\n";
    const earliest = Date.now() + 3600_000;
    expectDone(await git(["-c", "credential.helper=", "-c", "credential.helper=toolkey --timeout 3600", "credential", "approve"], { stdin: credential }));
    const latest = Date.now() + 3600_000;
    expect((await fill("protocol=https\nhost=example.com\n")).stdout).toContain("password=BRIEF\n");
    const until = Date.parse((await tokens())[0]?.dropAt ?? "");
    expect(until).toBeGreaterThanOrEqual(Math.floor(earliest / 1000) * 1000);
    expect(until).toBeLessThanOrEqual(latest);

    const gone = credential.replace("example.com", "gone.example.com");
    expectDone(await git(["-c", "credential.helper=", "-c", "credential.helper=toolkey --timeout=0", "credential", "approve"], { stdin: gone }));
    expect((await fill("protocol=https\nhost=gone.example.com\n")).code).toBe(128);
  });

  check("an expired token is not served, and git is told so", async () => {
    expectDone(await home.helper("store", "protocol=https\nhost=example.com\nusername=alice\npassword=OLD\npassword_expiry_utc=1000000000\n"));
    const [token] = await tokens();
    const answer = await fill("protocol=https\nhost=example.com\n");
    expect(answer.code).toBe(128);
    expect(answer.stdout).toBe("");
    expect(answer.stderr).toContain(`toolkey: the git token ${token?.id} for https://example.com expired at 2001-09-09T01:46:40Z\n`);
    expect(answer.stderr).toContain(`hint: a new secret for it: toolkey replace ${token?.id}\n`);
  });

  check("a token that expires later is served", async () => {
    const id = await home.addGitToken("https://example.com", "alice", "LASTING");
    expectDone(await home.helper("store", "protocol=https\nhost=example.com\nusername=alice\npassword=LASTING\npassword_expiry_utc=4000000000\n"));
    expect((await tokens()).map((token) => [token.id, token.expiresAt])).toEqual([[id, "2096-10-02T07:06:40Z"]]);
    expect(expectDone(await fill("protocol=https\nhost=example.com\n")).stdout).toContain("password=LASTING\n");
  });

  check("nothing to give: silence, so that git goes on to the next helper", async () => {
    for (const operation of ["get", "erase", "store"]) {
      expect(await home.helper(operation, "protocol=https\nhost=example.com\n")).toMatchObject({ code: 0, stdout: "", stderr: "" });
    }
    const next = '!f() { test "$1" = get && printf "username=next\\npassword=helper\\n"; }; f';
    const answer = await fill("protocol=https\nhost=example.com\n", "-c", `credential.helper=${next}`);
    expect(answer).toMatchObject({ code: 0, stderr: "" });
    expect(answer.stdout).toContain("username=next\npassword=helper\n");
  });

  check("no vault at all is silence, too, but for what was to be kept", async () => {
    const bare = await makeHome();
    try {
      const credential = "protocol=https\nhost=example.com\nusername=a\npassword=b\n";
      for (const operation of ["get", "erase"]) {
        expect(await bare.helper(operation, credential)).toMatchObject({ code: 0, stdout: "", stderr: "" });
      }
      const store = await bare.helper("store", credential);
      expect(store).toMatchObject({ code: 1, stdout: "" });
      expect(store.stderr).toMatch(/^toolkey: there is no vault at .*\nhint: make one: toolkey init\n$/);
      expect(existsSync(join(bare.toolkeyHome, "data"))).toBe(false);
    } finally {
      await bare.dispose();
    }
  });

  check.each([
    ["by its name on PATH", "toolkey"],
    ["by its path", join(BIN, "git-credential-toolkey")],
  ])("the helper configured %s answers", async (_how, helper) => {
    await home.addGitToken("https://example.com", "alice", "NAMED");
    const answer = await fill("protocol=https\nhost=example.com\n", "-c", "credential.helper=", "-c", `credential.helper=${helper}`);
    expect(answer).toMatchObject({ code: 0, stderr: "" });
    expect(answer.stdout).toContain("password=NAMED\n");
  });

  check("set up from a directory with a space and quotes in its name, git finds the helper", async () => {
    const bin = join(home.directory, `it's "my" bin`);
    mkdirSync(bin);
    for (const program of ["toolkey", "git-credential-toolkey"]) symlinkSync(join(BIN, program), join(bin, program));
    const env = { PATH: `${bin}:${process.env["PATH"] ?? ""}` };
    expectDone(await home.toolkey(["setup", "git"], { env }));
    expect(readFileSync(join(home.directory, ".gitconfig"), "utf8")).toContain("my");
    await home.addGitToken("https://example.com", "alice", "QUOTED");
    expect(expectDone(await fill("protocol=https\nhost=example.com\n")).stdout).toContain("password=QUOTED\n");
  });

  check("a plain text helper that was configured before gets nothing after setup", async () => {
    expectDone(await home.toolkey(["setup", "git", "--undo"]));
    expectDone(await git(["config", "--global", "credential.helper", "store"]));
    const setup = expectDone(await home.toolkey(["setup", "git"]));
    expect(setup.stderr).toContain("toolkey: git no longer asks its helper 'store'");
    await home.addGitToken(server.origin, "alice", "ALICE-TOKEN");
    expectDone(await git(["ls-remote", server.url("acme")]));
    expectDone(await git(["credential", "approve"], { stdin: "protocol=https\nhost=example.com\nusername=a\npassword=NEW\n" }));
    expect(existsSync(join(home.directory, ".git-credentials"))).toBe(false);
  });

  check("a token of another HTTP scheme goes to a git that knows them, and an older git gets nothing", async () => {
    const basic = Buffer.from("alice:ALICE-TOKEN").toString("base64");
    const { host, protocol } = new URL(server.origin);
    const place = `protocol=${protocol.slice(0, -1)}\nhost=${host}\n`;
    expectDone(await home.helper("store", `capability[]=authtype\n${place}authtype=Basic\ncredential=${basic}\n`));
    const before = vaultHash(home);

    const filled = await fill(`capability[]=authtype\n${place}`);
    const listed = await git(["ls-remote", server.url("acme")]);
    if (name === "the newest git") {
      expect(expectDone(filled).stdout).toContain(`authtype=Basic\ncredential=${basic}\n`);
      expectDone(listed);
    } else {
      expect(filled).toMatchObject({ code: 128, stdout: "" });
      expect(listed.code).toBe(128);
    }
    const without = await home.helper("get", place);
    expect(without).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect(vaultHash(home)).toBe(before);
  });

  const tokens = (): Promise<readonly TokenView[]> => home.tokens();
});

describe("git's capabilities", () => {
  const check = it.skipIf(newest === undefined && process.env["CI"] !== "true");

  check("the newest git learns a bearer token and gets it back", async () => {
    const home = await makeHome();
    try {
      await home.init();
      expectDone(await home.toolkey(["setup", "git"]));
      const options = { env: { PATH: `${newest ?? "/missing"}:${home.environment["PATH"] ?? ""}` } };
      const place = "capability[]=authtype\nprotocol=https\nhost=example.com\n";
      expectDone(await home.git(["credential", "approve"], { ...options, stdin: `${place}authtype=Bearer\ncredential=B34R3R\n` }));
      const filled = expectDone(await home.git(["credential", "fill"], { ...options, stdin: place }));
      expect(filled.stdout).toContain("authtype=Bearer\ncredential=B34R3R\n");
      const reject = `${place}authtype=Bearer\ncredential=B34R3R\n`;
      expectDone(await home.git(["credential", "reject"], { ...options, stdin: reject }));
      expect((await home.git(["credential", "fill"], { ...options, stdin: place })).code).toBe(128);
    } finally {
      await home.dispose();
    }
  });

  check("what is ephemeral is not stored", async () => {
    const home = await makeHome();
    try {
      await home.init();
      const credential = "protocol=https\nhost=example.com\nauthtype=Bearer\nephemeral=1\ncredential=BRIEF\n";
      expect(await home.helper("store", `capability[]=authtype\n${credential}`)).toMatchObject({ code: 0, stdout: "", stderr: "" });
      expect(JSON.parse(expectDone(await home.toolkey(["list", "--json"])).stdout)).toEqual([]);
    } finally {
      await home.dispose();
    }
  });
});

describe("toolkey setup git", () => {
  let home: TestHome;
  let file: string;

  beforeEach(async () => {
    home = await makeHome();
    file = join(home.directory, ".gitconfig");
  });

  afterEach(() => home.dispose());

  const texts: [what: string, text: string][] = [
    ["a file of settings", "# mine\n[user]\n\tname = A\n[credential]\n\thelper = cache\n"],
    ["a file without a final line break", "[user]\n\tname = A"],
    ["a file with CRLF", "[user]\r\n\tname = A\r\n"],
    ["an empty file", ""],
  ];

  it.each(sampled(texts, 2))("undo restores %s to the byte, with its symbolic link and mode", async (_what, text) => {
    const dotfiles = join(home.directory, "dotfiles");
    mkdirSync(dotfiles);
    writeFileSync(join(dotfiles, "gitconfig"), text);
    chmodSync(join(dotfiles, "gitconfig"), 0o640);
    symlinkSync("dotfiles/gitconfig", file);
    const before = sha(file);

    expectDone(await home.toolkey(["setup", "git"]));
    expect(sha(file)).not.toBe(before);
    expect(await helpersOfGit()).toEqual(["", ...helperValues(join(BIN, "git-credential-toolkey"))]);
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
    expectDone(await home.toolkey(["setup", "git", "--undo"]));

    expect(sha(file)).toBe(before);
    expect(readlinkSync(file)).toBe("dotfiles/gitconfig");
    expect(statSync(file).mode & 0o777).toBe(0o640);
  });

  it("a file that was not there is gone after undo", async () => {
    expectDone(await home.toolkey(["setup", "git"]));
    expect(await helpersOfGit()).toEqual(["", ...helperValues(join(BIN, "git-credential-toolkey"))]);
    expectDone(await home.toolkey(["setup", "git", "--undo"]));
    expect(existsSync(file)).toBe(false);
  });

  it("done twice is done once", async () => {
    writeFileSync(file, "[user]\n\tname = A\n");
    expectDone(await home.toolkey(["setup", "git"]));
    const once = sha(file);
    const again = expectDone(await home.toolkey(["setup", "git"]));
    expect(again).toMatchObject({ stdout: `git asks toolkey already (${file})\n`, stderr: "hint: there is no vault yet: toolkey init\n" });
    expect(sha(file)).toBe(once);
  });

  it("what an older version wrote is renewed, which doctor asks for", async () => {
    const [, second] = helperValues(join(BIN, "git-credential-toolkey"));
    writeFileSync(file, "[user]\n\tname = A\n");
    const before = sha(file);
    expectDone(await home.toolkey(["setup", "git"]));
    const renewed = sha(file);
    const old = readFileSync(file, "utf8").replaceAll(/\thelper = ".*\n/g, "").replace("\thelper =\n", `\thelper =\n\thelper = ${join(BIN, "git-credential-toolkey")}\n`);
    writeFileSync(file, old);
    expect(await helpersOfGit()).toEqual(["", join(BIN, "git-credential-toolkey")]);
    expect((await home.toolkey(["doctor"])).stdout).toContain("git asks toolkey by a setting that takes longer than that of 'toolkey setup git'");
    expectDone(await home.toolkey(["setup", "git"]));
    expect(sha(file)).toBe(renewed);
    expect((await home.toolkey(["doctor"])).stdout).not.toContain("takes longer");
    writeFileSync(file, readFileSync(file, "utf8").replace(/.*--first.*\n/, ""));
    expect(await helpersOfGit()).toEqual(["", second]);
    expect((await home.toolkey(["doctor"])).stdout).toContain("takes longer");
    expectDone(await home.toolkey(["setup", "git", "--undo"]));
    expect(sha(file)).toBe(before);
  });

  it("--dry-run shows the change and makes none", async () => {
    writeFileSync(file, "[user]\n\tname = A\n");
    const before = sha(file);
    const shown = expectDone(await home.toolkey(["setup", "git", "--dry-run"]));
    expect(shown.stdout).toContain(`would change ${file}:\n`);
    expect(shown.stdout).toMatch(/^\+ \thelper = ".*\/git-credential-toolkey --first"\n\+ \thelper = ".*\/git-credential-toolkey"\n/m);
    expect(sha(file)).toBe(before);
    expectDone(await home.toolkey(["setup", "git"]));
    const set = sha(file);
    expect(expectDone(await home.toolkey(["setup", "git", "--undo", "--dry-run"])).stdout).toContain("- \thelper = ");
    expect(sha(file)).toBe(set);
  });

  it("undo keeps what was changed around and inside its block since", async () => {
    writeFileSync(file, "[user]\n\tname = A\n");
    expectDone(await home.toolkey(["setup", "git"]));
    expectDone(await home.git(["config", "--global", "credential.https://example.com.username", "bob"]));
    expectDone(await home.git(["config", "--global", "credential.useHttpPath", "true"]));
    expectDone(await home.git(["config", "--global", "user.email", "a@example.com"]));
    expectDone(await home.toolkey(["setup", "git", "--undo"]));
    const all = expectDone(await home.git(["config", "--global", "--list"])).stdout.split("\n").filter((line) => line !== "").toSorted();
    expect(all).toEqual(["credential.https://example.com.username=bob", "credential.usehttppath=true", "user.email=a@example.com", "user.name=A"]);
  });

  it("undo without setup changes nothing", async () => {
    writeFileSync(file, "[user]\n\tname = A\n");
    const before = sha(file);
    expectDone(await home.toolkey(["setup", "git", "--undo"]));
    expect(sha(file)).toBe(before);
  });

  function sha(path: string): string {
    return createHash("sha256").update(readFileSync(path)).digest("hex");
  }

  /** What git itself makes of the file, from the last empty value on. */
  async function helpersOfGit(): Promise<string[]> {
    const values = expectDone(await home.git(["config", "--get-all", "credential.helper"])).stdout.split("\n").slice(0, -1);
    return values.slice(values.lastIndexOf(""));
  }
});
