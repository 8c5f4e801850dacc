/** Tokens that a command of the person's prints, each time: `issuer = "command"`, and `toolkey add --command`. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startGitServer, type GitServer } from "../../fixtures/registries/git/git-server.mjs";
import { BIN, expectDone, makeHome, type Ended, type TestHome } from "../../fixtures/homes/home.ts";

const HOST = "artifacts.example";
const ASKED = `protocol=https\nhost=${HOST}\n`;
const SAID = "Error loading SSO token s3cret-of-sso";

let home: TestHome;
beforeEach(async () => {
  home = await makeHome();
  await home.init();
  prints("first-t0ken");
});
afterEach(() => home.dispose());

const at = (name: string): string => join(home.directory, name);
const read = (name: string): string => readFileSync(at(name), "utf8");

/** The command: notes that it ran, and does this. */
function does(script: string): void {
  writeFileSync(at("token"), `#!/bin/sh\necho ran >> '${at("runs")}'\n${script}\n`, { mode: 0o755 });
}
function prints(secret: string): void {
  does(`echo '{"token": "${secret}", "expires_in": 3600}'`);
}
function runs(): number {
  return read("runs").split("\n").length - 1;
}

/** config.toml with a service that has it. */
async function configured(argv: readonly string[] = [at("token")], more = ""): Promise<void> {
  mkdirSync(join(home.toolkeyHome, "config"), { recursive: true, mode: 0o700 });
  const service = `[service.artifacts]\nissuer = "command"\ncommand = ${JSON.stringify(argv)}\nurl = "https://${HOST}"\n${more}`;
  writeFileSync(join(home.toolkeyHome, "config", "config.toml"), `${service}git = { url = "https://${HOST}", username = "aws" }\nnpm = { registry = "https://${HOST}/npm/" }\n`);
  await home.acceptConfig();
}
/** What was fetched is. */
async function forgotten(): Promise<void> {
  await home.ask("lock", {});
  await home.ask("unlock", {});
}
const login = (env: Record<string, string> = {}): Promise<Ended> => home.toolkey(["login", "artifacts"], { env });
const get = (env: Record<string, string> = {}): Promise<Ended> => home.helper("get", ASKED, { env });
const passwordIn = ({ stdout }: Ended): string | undefined => /^password=(.*)$/m.exec(stdout)?.[1];

describe("a service whose tokens a command prints", () => {
  it("is logged in to by showing the command and running it; each tool has a token of its own, and the vault no secret", async () => {
    await configured([at("token"), "two words"]);
    expect((await get()).stdout).toBe("");
    const done = expectDone(await login());
    expect(done.stderr).toContain(`toolkey: artifacts has its tokens from: ${at("token")} 'two words'\n`);
    expect(done.stdout).toMatch(new RegExp(`^git-\\w+ \\(git, https://${HOST}, as aws\\) is fetched by it\nnpm-\\w+ \\(npm, https://${HOST}/npm\\) is fetched by it\n`));
    const answer = expectDone(await get());
    expect(answer.stdout).toMatch(/^username=aws\npassword=first-t0ken\npassword_expiry_utc=\d+$/m);
    expect(runs()).toBe(1);
    const tokens = await home.tokens();
    expect(tokens.map(({ tool }) => tool)).toEqual(["git", "npm", "pnpm", "yarn", "bun"]);
    expect(tokens[0]).toMatchObject({ service: "artifacts", command: [at("token"), "two words"], state: "active" });
    const files = await home.run("grep", ["-rl", "first-t0ken", home.toolkeyHome]);
    expect(files.stdout).toBe("");
    // By whom npm's are presented needs no name; and nobody asks the service, of which nothing is known.
    expect(done.stderr).not.toContain("user name");
    expect((await home.toolkey(["check", tokens[0]?.id ?? ""])).stderr).toContain("its command prints one; toolkey can't ask artifacts about it");
    // A second time the tokens are the same.
    expectDone(await login());
    expect((await home.tokens()).map(({ id }) => id)).toEqual(tokens.map(({ id }) => id));
    expect(runs()).toBe(2);
  });

  it("gives it what belongs to profiles as it was then, and to the session as it is now, and nothing else", async () => {
    does(`env > '${at("env")}'; echo first-t0ken`);
    await configured();
    const then = { AWS_PROFILE: "work", GITHUB_TOKEN: "ghp_x", SSH_AUTH_SOCK: "/then" };
    expectDone(await login(then));
    await forgotten();
    expect(passwordIn(await get({ AWS_PROFILE: "other", SSH_AUTH_SOCK: "/now", https_proxy: "http://p.example:1", NPM_TOKEN: "x" }))).toBe("first-t0ken");
    const names = read("env").split("\n").filter((line) => !/^(PWD|_|SHLVL|OLDPWD)=/.test(line) && line !== "");
    expect(names.toSorted()).toEqual(
      ["AWS_PROFILE=work", `HOME=${home.directory}`, "LANG=C.UTF-8", `PATH=${home.environment["PATH"]}`, "SSH_AUTH_SOCK=/now", "https_proxy=http://p.example:1"].toSorted(),
    );
  });

  it("gives nothing to what the command starts", async () => {
    await home.addGitToken("https://other.example", "alice", "other-t0ken");
    does(`me=$$ setsid sh -c 'while kill -0 $me 2>/dev/null; do sleep 0.05; done; cut -d" " -f4 /proc/$$/stat > "$0.new"; mv "$0.new" "$0"' '${at("orphan")}' > /dev/null 2>&1 &
exec 2>'${at("inside")}'
export TOOLKEY_HOME='${home.toolkeyHome}'
printf 'protocol=https\\nhost=other.example\\n' | '${BIN}/git-credential-toolkey' get >> '${at("inside")}'
'${BIN}/toolkey' show git >> '${at("inside")}'
'${BIN}/toolkey' rotate git >> '${at("inside")}'
echo first-t0ken`);
    await configured();
    expectDone(await login());
    const said = read("inside");
    expect(said).not.toContain("other-t0ken");
    // What outlives it stays below the daemon, and so inside.
    expectDone(await home.run("sh", ["-c", `while [ ! -e '${at("orphan")}' ]; do sleep 0.05; done`]));
    expect(Number(read("orphan"))).toBe((await home.status())?.pid);
    expect(said.match(/inside of a (command that fetches a token|sealed command)/g)?.length).toBe(3);
  });

  it("is not run if config.toml says another one, until a person has confirmed that", async () => {
    await configured();
    expectDone(await login());
    writeFileSync(at("other"), "#!/bin/sh\necho OTHER\n", { mode: 0o755 });
    await configured([at("other")]);
    const refused = await get();
    expect(passwordIn(refused)).toBeUndefined();
    expect(refused.stderr).toMatch(/git-\w+ for https:\/\/artifacts.example could not be fetched: the command of artifacts is not the one that was confirmed\nhint: toolkey login artifacts/);
    expect(runs()).toBe(1);
    expectDone(await login());
    expect(passwordIn(await get())).toBe("OTHER");
  });

  it("says why there is no token, and what the command says to who is outside, but to nobody else, and not to the log", async () => {
    await configured();
    expectDone(await login());
    await forgotten();
    does(`echo '${SAID}' >&2; exit 255`);
    const refused = await get();
    expect(passwordIn(refused)).toBeUndefined();
    expect(refused.stderr).toContain("could not be fetched: it ended with exit code 255\n");
    expect(refused.stderr).toContain(`it says: ${SAID}\n`);
    const sealed = await home.toolkey(["run", "--", "git", "ls-remote", `https://${HOST}/x`]);
    expect(`${sealed.stdout}${sealed.stderr}`).not.toContain(SAID);
    expect((await home.toolkey(["check", "git"])).stdout).toContain("it ended with exit code 255");
    const failed = await login();
    expect(failed).toMatchObject({ code: 1 });
    expect(failed.stderr).toContain(`toolkey: ${at("token")}: it ended with exit code 255\nhint: it says: ${SAID}\n`);
    // After a failure it rests, but not from who asks for it himself.
    expect(runs()).toBe(3);
    prints("second-t0ken");
    expectDone(await login());
    expect(passwordIn(await get())).toBe("second-t0ken");
    expect((await home.run("grep", ["-rl", "s3cret-of-sso", home.toolkeyHome])).stdout).toBe("");
  });

  it("keeps nothing that git hands back, also when it has fetched another one since", async () => {
    await configured();
    expectDone(await login());
    const first = expectDone(await get()).stdout;
    expectDone(await home.helper("store", `${ASKED}${first}`));
    prints("second-t0ken");
    await forgotten();
    expect(passwordIn(await get())).toBe("second-t0ken");
    expectDone(await home.helper("store", `${ASKED}username=aws\npassword=first-t0ken\n`));
    expect(await home.tokens()).toHaveLength(5);
    expect(passwordIn(await get())).toBe("second-t0ken");
  });

  it("holds back what was refused as soon as it was printed, at that place alone, and drops what is older", async () => {
    await configured();
    expectDone(await login());
    expectDone(await get());
    const erase = (path: string): Promise<Ended> => home.helper("erase", `${ASKED}path=${path}\nusername=aws\npassword=first-t0ken\n`);
    expect((await erase("theirs")).stderr).toMatch(/artifacts.example refused the git token git-\w+, which was fetched just now, for https:\/\/artifacts.example\/theirs; it is held back there/);
    expect(passwordIn(await get())).toBe("first-t0ken");
    expect(runs()).toBe(1);
    prints("second-t0ken");
    const [git] = await home.tokens();
    expect(git?.state).toBe("active");
    expect(expectDone(await home.toolkey(["rotate", git?.id ?? ""])).stdout).toContain(`renewed ${git?.id}`);
    expect(passwordIn(await get())).toBe("second-t0ken");
  });

  it("keeps nothing that git hands back to another daemon either, and the command ends with the daemon", async () => {
    does(`echo $$ > '${at("pid")}'; echo first-t0ken; [ ! -e '${at("slow")}' ] || sleep 1000`);
    await configured();
    expectDone(await login());
    const given = expectDone(await get()).stdout;
    await home.stop();
    expectDone(await home.helper("store", `${ASKED}${given}`));
    expect(await home.tokens()).toHaveLength(5);
    writeFileSync(at("slow"), "");
    const waiting = get();
    const before = read("pid");
    while (read("pid") === before) await home.run("sleep", ["0.05"]);
    await home.stop();
    expect(passwordIn(await waiting)).toBeUndefined();
    rmSync(at("slow"));
  });

  it("gives no tool a token at a place that config.toml has no more, and none that a person has revoked", async () => {
    await configured();
    expectDone(await login());
    const [git, npm] = await home.tokens();
    expectDone(await home.toolkey(["revoke", npm?.id ?? "", "--yes"]));
    const config = join(home.toolkeyHome, "config", "config.toml");
    writeFileSync(config, readFileSync(config, "utf8").replace(`git = { url = "https://${HOST}"`, 'git = { url = "https://new.example"'));
    await home.acceptConfig();
    expect((await get()).stderr).toContain("could not be fetched: config.toml has another place or user name for git at artifacts\nhint: toolkey login artifacts\n");
    const again = expectDone(await login());
    expect(again.stderr).toContain("npm gets none: its token was revoked\nhint: toolkey login artifacts --tool npm\n");
    const states = (await home.tokens()).map(({ tool, target, state }) => [tool, new URL(target).host, state]);
    expect(states).toContainEqual(["git", HOST, "suspended"]);
    expect(states).toContainEqual(["git", "new.example", "active"]);
    expect(states.filter(([tool, , state]) => tool === "npm" && state === "active")).toEqual([]);
    expect((await home.tokens()).find(({ id }) => id === git?.id)?.state).toBe("suspended");
    expect(expectDone(await home.toolkey(["login", "artifacts", "--tool", "npm"])).stdout).toMatch(/^npm-\w+ \(npm, .*\) is fetched by it\n$/);
  });

  it.each([
    ['issuer = "command"\nurl = "https://h.example"\n', "there is no command"],
    ['url = "https://h.example"\ncommand = ["/bin/true"]\n', 'a command is run for issuer = "command" only'],
    ['issuer = "command"\ncommand = []\nurl = "https://h.example"\n', "a program by its absolute path, and its arguments"],
    ['issuer = "command"\ncommand = ["aws"]\nurl = "https://h.example"\n', "a program by its absolute path, and its arguments"],
    ['issuer = "command"\ncommand = "aws x"\nurl = "https://h.example"\n', "a program by its absolute path, and its arguments"],
    ['url = "https://h.example"\ngit = { url = "https://h.example", username = "a" }\n', "a user name is for tokens that a command prints"],
  ])("%s is no such service", async (table, message) => {
    mkdirSync(join(home.toolkeyHome, "config"), { recursive: true, mode: 0o700 });
    writeFileSync(join(home.toolkeyHome, "config", "config.toml"), `[service.artifacts]\n${table}`);
    expect(expectDone(await home.toolkey(["config", "accept", "--yes"])).stderr).toContain(message);
    const refused = await home.toolkey(["login", "artifacts"]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("there is no service 'artifacts'");
    expect(refused.stderr).toContain(message);
  });
});

it("says which tools want a user name", async () => {
  mkdirSync(join(home.toolkeyHome, "config"), { recursive: true, mode: 0o700 });
  writeFileSync(join(home.toolkeyHome, "config", "config.toml"), `[service.artifacts]\nissuer = "command"\ncommand = ["${at("token")}"]\nurl = "https://${HOST}"\ngit = { url = "https://${HOST}" }\n`);
  await home.acceptConfig();
  expect((await login()).stderr).toContain("hint: a user name is wanted by git: 'username' in its table of config.toml, unless the command prints one\n");
  expect((await home.toolkey(["mint", "artifacts", "--tool", "git"])).stderr).toContain("hint: toolkey login artifacts\n");
});

describe("toolkey add --command", () => {
  const add = (...words: readonly string[]): Promise<Ended> => home.toolkey(["add", `https://${HOST}`, "--tool", "git", "--username", "u", ...words]);

  it("runs it once, keeps it in place of a secret, and shows it; revoked, it is not run any more", async () => {
    does('echo "welcome, $1" >&2; echo first-t0ken');
    const added = expectDone(await add("--command", "--ttl", "1h", "--", at("token"), "--to me", "007", "1.10"));
    const [token] = await home.tokens();
    const id = token?.id ?? "";
    expect(added.stdout).toContain(`added ${id} (git, https://${HOST}, as u)`);
    expect(added.stderr).toContain("it says: welcome, --to me");
    expect((await home.toolkey(["show", id])).stdout).toMatch(new RegExp(`^fetched by +${at("token")} '--to me' 007 1.10$`, "m"));
    expect(passwordIn(await get())).toBe("first-t0ken");
    expect(runs()).toBe(1);
    expect(await add("--command", "--ttl", "1h", "--", at("token"), "--to me", "007", "1.10")).toMatchObject({ code: 1 });
    expect((await home.toolkey(["replace", id], { stdin: "x" })).stderr).toContain("is fetched by a command, and has no secret to be replaced");
    const before = runs();
    expect((await home.toolkey(["revoke", id, "--yes"])).stdout + (await home.toolkey(["list", "--json"])).stdout).not.toContain('"active"');
    expect((await get()).stdout).toBe("");
    expect(runs()).toBe(before);
  });

  it("takes nothing that gives no token", async () => {
    does("exit 3");
    expect(await add("--command", at("token"))).toMatchObject({ code: 1, stderr: expect.stringContaining("it ended with exit code 3") as string });
    expect(await add("--command", "no-such-program")).toMatchObject({ code: 2, stderr: expect.stringContaining("there is no program 'no-such-program'") as string });
    expect((await add("--command", at("token"), "--domain", "acme")).stderr).toContain("hint: what --command runs stands behind --");
    expect(await add("--command")).toMatchObject({ code: 2, stderr: expect.stringContaining("--command needs a program") as string });
    expect(await add("surplus")).toMatchObject({ code: 2, stderr: expect.stringContaining("one argument too many: a secret is never an argument") as string });
    expect(await add("--ttl", "1h")).toMatchObject({ code: 2, stderr: expect.stringContaining("--ttl is for --command") as string });
    expect(await home.tokens()).toEqual([]);
  });
});

describe("through the gateway", () => {
  let server: GitServer;
  beforeAll(async () => {
    server = await startGitServer({ projects: ["acme"], accounts: [{ username: "alice", token: "first-t0ken" }] });
  });
  afterAll(() => server?.close());

  it("git clones with what the command prints, and what runs with it never sees that", async () => {
    await home.stop();
    rmSync(home.toolkeyHome, { recursive: true, force: true });
    await home.init(server.caFile);
    writeFileSync(at(".gitconfig"), `[http "${server.origin}"]\n\tsslCAInfo = ${server.caFile}\n`);
    expectDone(await home.toolkey(["add", server.origin, "--tool", "git", "--username", "alice", "--command", "--", at("token")]));
    expectDone(await home.toolkey(["run", "--", "git", "clone", "-q", server.url("acme"), "acme"], { cwd: home.directory }));
    const looked = await home.toolkey(["run", "--", "sh", "-c", `git -C acme fetch && git -C acme ls-remote >/dev/null && env && printf 'url=${server.origin}\\n' | git credential fill`], { cwd: home.directory });
    expect(`${looked.stdout}${looked.stderr}`).not.toMatch(/\bT1\b/);
    expect(runs()).toBe(1);
  });
});
