/** `toolkey import` in a home as people have it. */
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, linkSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TokenView } from "../../../src/core/tokens/token.ts";
import { longTest, sampled } from "../../fixtures/form.ts";
import { startGitServer } from "../../fixtures/registries/git/git-server.mjs";
import { expectDone, makeHome, type Ended, type RunOptions, type TestHome } from "../../fixtures/homes/home.ts";
import { PLAINTEXT_FILES, readPlaintextFiles, TAKEN, texts, writePlaintextFiles } from "../../fixtures/homes/plaintext-files.ts";
import { missing } from "../../fixtures/programs/programs.ts";
import { openTerminal } from "../../fixtures/processes/pseudo-terminal.ts";
import { makeHomeWithoutPrivilege } from "../../fixtures/homes/without-privilege.ts";

interface Held {
  readonly tokens: readonly { tool: string; target: string; username?: string; secret: string; state: string }[];
  readonly backups?: readonly { path: string; text: string }[];
}

let home: TestHome;
const said: string[] = [];

beforeEach(async () => {
  home = await makeHome();
  said.length = 0;
});

afterEach(async () => {
  // Whatever a test is about: what a person or a log gets to see holds no secret.
  const log = join(home.toolkeyHome, "log", "daemon.log");
  if (existsSync(log)) said.push(readFileSync(log, "utf8"));
  expect(said.join("\n")).not.toMatch(/SECRET/);
  await home.dispose();
});

async function toolkey(argv: readonly string[], options?: RunOptions): Promise<Ended> {
  const ended = await home.toolkey(argv, options);
  said.push(ended.stdout, ended.stderr);
  return ended;
}

const importing = (...argv: string[]): Promise<Ended> => toolkey(["import", ...argv]);
const at = (path: string): string => join(home.directory, path);
const read = (path: string): string => readFileSync(at(path), "utf8");

function write(path: string, text: string | Uint8Array): void {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), text);
}

function held(): Held {
  const data = join(home.toolkeyHome, "data");
  return JSON.parse(execFileSync("age", ["-d", "-i", join(data, "identity.txt"), join(data, "vault.age")], { encoding: "utf8" })) as Held;
}

async function tokens(): Promise<readonly TokenView[]> {
  return home.tokens();
}

describe("a home with secrets in every file", () => {
  beforeEach(async () => {
    await home.init();
    writePlaintextFiles(home);
  });

  it("without a terminal and without --yes: shows the table, says what to do, exits with 1, changes nothing", async () => {
    const shown = await importing();
    expect(shown.code).toBe(1);
    expect(shown.stdout).toMatchSnapshot("table");
    expect(shown.stderr).toMatchSnapshot("advice");
    expect(readPlaintextFiles(home)).toEqual(texts("before"));
    expect(await tokens()).toEqual([]);
  });

  it("--check names file and line of each, exits with 1, starts no daemon; --json does the same for programs", async () => {
    expectDone(await toolkey(["stop"]));
    const checked = await importing("--check");
    expect(checked.code).toBe(1);
    expect(checked.stdout.replaceAll(home.directory, "HOME")).toMatchSnapshot("lines");
    expect(checked.stderr).toBe("toolkey: 21 secrets in plain text\nhint: toolkey import takes those that it can into the vault\n");
    const { secrets } = JSON.parse((await importing("--check", "--json")).stdout) as { secrets: object[] };
    expect(secrets).toHaveLength(21);
    expect(secrets[0]).toEqual({ file: at(".git-credentials"), line: 1, format: "git-credentials", tool: "git", name: "git.example.com", target: "https://git.example.com", username: "alice", encrypted: false });
    expect(await home.status()).toBeUndefined();
  });

  it.skipIf(missing("age"))("takes all that its tools can have into the vault, and nothing else out of the files; --undo brings every byte back", async () => {
    const modes = PLAINTEXT_FILES.map(({ path }) => statSync(at(path)).mode);
    const done = expectDone(await importing("--yes"));
    expect(readPlaintextFiles(home)).toEqual(texts("after"));
    expect(PLAINTEXT_FILES.map(({ path }) => statSync(at(path)).mode)).toEqual(modes);
    expect(done.stdout).toContain("out of ~/.npmrc.toolkey-backup and into the vault: npm-");
    const { tokens: kept, backups } = held();
    const found = kept.map(({ tool, target, username, secret }) => [tool, target, username, secret]);
    expect(found).toHaveLength(TAKEN.length);
    expect(found).toEqual(expect.arrayContaining([...TAKEN]));
    expect(kept.every(({ state }) => state === "active")).toBe(true);
    const changed = PLAINTEXT_FILES.filter(({ before, after }) => before !== after);
    expect(Object.fromEntries((backups ?? []).map(({ path, text }) => [path, text]))).toEqual(Object.fromEntries(changed.map(({ path, before }) => [at(path), before])));
    // A second time there is nothing to do.
    const again = expectDone(await importing("--yes"));
    expect(again.stdout).not.toContain("into the vault");

    const undone = expectDone(await importing("--undo"));
    expect(undone.stderr).toContain("the tokens stay in the vault");
    expect(readPlaintextFiles(home)).toEqual(texts("before"));
    expect(PLAINTEXT_FILES.map(({ path }) => statSync(at(path)).mode)).toEqual(modes);
    expect(held().backups).toBeUndefined();
    expect(held().tokens).toHaveLength(TAKEN.length);
    expect(expectDone(await importing("--undo")).stdout).toBe("the vault holds no files to be written back\n");
    // What is in the vault already is only taken out of the files.
    expectDone(await importing("--yes"));
    expect(held().tokens).toHaveLength(TAKEN.length);
    expect(readPlaintextFiles(home)).toEqual(texts("after"));
  });

  it("leaves a secret that no tool can be given where it is, and takes the others", async () => {
    write(".git-credentials", "https://alice:SECRET%0aTWO@git.example.com\nhttps://bob:SECRET-BOB@git.example.com\n");
    const done = await importing("--yes");
    expect(done.stdout).toContain("stays: its secret");
    expect(read(".git-credentials")).toBe("https://alice:SECRET%0aTWO@git.example.com\n");
  });

  it("--json --yes says what was taken and what is left", async () => {
    const { taken, secrets } = JSON.parse(expectDone(await importing("--yes", "--json")).stdout) as { taken: { file: string; tokens: object[] }[]; secrets: { tool: string }[] };
    expect(taken.map(({ file, tokens: ids }) => [file, ids.length])).toContainEqual([at(".git-credentials"), 2]);
    expect(secrets.map(({ tool }) => tool)).toEqual(["pip", "pip", "pip", "gh"]);
  });

  it("--tool takes those of one tool, and leaves the others in the same and other files", async () => {
    expectDone(await importing("--yes", "--tool", "git"));
    const changed = Object.entries(readPlaintextFiles(home)).filter(([path, text]) => text !== texts("before")[path]);
    expect(changed.map(([path]) => path)).toEqual([".git-credentials", ".netrc"]);
  });

  it.skipIf(missing("script"))("asks on a terminal, and takes no for an answer", async () => {
    const terminal = openTerminal(home, "toolkey import");
    const files = `out of ${PLAINTEXT_FILES.filter(({ before, after }) => before !== after).length} files? [y/N] `;
    // One lies in two of them.
    await terminal.answer(`take ${TAKEN.length + 1} secrets into the vault, and ${files}`, "n\r");
    const ended = await terminal.ended;
    said.push(ended.shown);
    expect(ended.code).toBe(3);
    expect(readPlaintextFiles(home)).toEqual(texts("before"));
    const again = openTerminal(home, "toolkey import");
    await again.answer(files, "y\r");
    expect((await again.ended).code).toBe(0);
    expect(readPlaintextFiles(home)).toEqual(texts("after"));
  });

  it("doctor says where secrets lie", async () => {
    const { stdout } = await toolkey(["doctor"]);
    for (const { path } of PLAINTEXT_FILES) expect(stdout).toContain(`${at(path)} holds secrets in plain text\n      toolkey import\n`);
  });
});

describe("a file", () => {
  const GIT = "https://alice:SECRET@git.example\n";

  beforeEach(() => home.init());

  it("that is a symbolic link stays one", async () => {
    write("dotfiles/npmrc", "a=b\n//h.example/:_authToken=SECRET\n");
    symlinkSync("dotfiles/npmrc", at(".npmrc"));
    expectDone(await importing("--yes"));
    expect([readlinkSync(at(".npmrc")), read("dotfiles/npmrc")]).toEqual(["dotfiles/npmrc", "a=b\n"]);
    expectDone(await importing("--undo"));
    expect([readlinkSync(at(".npmrc")), read("dotfiles/npmrc")]).toEqual(["dotfiles/npmrc", "a=b\n//h.example/:_authToken=SECRET\n"]);
  });

  it("that has two names is looked at once", async () => {
    write(".npmrc", "//h.example/:_authToken=SECRET\n");
    symlinkSync(".npmrc", at(".npmrc.toolkey-backup"));
    expect((await importing("--check")).stderr).toContain("1 secret in plain text");
  });

  it("with a hard link: says that the other name keeps the secret", async () => {
    write(".git-credentials", GIT);
    linkSync(at(".git-credentials"), at("copy"));
    expect(expectDone(await importing("--yes")).stderr).toContain("~/.git-credentials has another name (a hard link), under which its secrets lie still");
  });

  it("that is read-only stays as it is, and nothing of it is taken", async () => {
    write(".git-credentials", GIT);
    chmodSync(at(".git-credentials"), 0o400);
    const refused = await importing("--yes");
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain(`toolkey: ${at(".git-credentials")} is read-only\nhint: it was left as it is; chmod u+w`);
    expect(read(".git-credentials")).toBe(GIT);
    expect(await tokens()).toEqual([]);
  });

  it.each<[what: string, path: string, bytes: string | Uint8Array, complaint: string]>(sampled([
    ["broken XML", ".m2/settings.xml", "<settings>\r\n <servers>\r\n  <server><password>SECRET</pasword>", ".m2/settings.xml, line 3, column 36: it is not well-formed XML (unexpected close tag)"],
    ["broken YAML", ".yarnrc.yml", "a: [\nnpmAuthToken: SECRET\n", ".yarnrc.yml, line 2, column 1: it is not well-formed"],
    ["broken JSON", ".docker/config.json", '{"auths": {"h": {"auth": "SECRET}}}', ".docker/config.json, line 1, column 36: it is not well-formed"],
    ["broken TOML", ".cargo/credentials.toml", "[registry]\ntoken = SECRET\n", ".cargo/credentials.toml, line 2, column 9: it is not well-formed"],
    ["bytes that are no text", ".netrc", Buffer.from("ff00", "hex"), ".netrc: it is not UTF-8 text"],
    ["more than settings", ".npmrc", "#".repeat(600 * 1024), ".npmrc: it is larger than 512 KiB"],
  ], 4))("with %s is left alone and named; the others are looked at all the same", async (_what, path, bytes, complaint) => {
    write(path, bytes);
    write(".git-credentials", GIT);
    const done = await importing("--yes");
    expect(done.code).toBe(1);
    expect(done.stderr).toContain(complaint);
    expect(done.stderr).toContain("toolkey: 1 file could not be looked at\n");
    expect(Buffer.from(bytes).equals(readFileSync(at(path)))).toBe(true);
    expect(read(".git-credentials")).toBe("");
    const checked = await importing("--check");
    expect(checked.code).toBe(1);
    expect(checked.stderr).toContain(complaint);
  });

  it("that is none, or a pipe, makes nobody wait", async () => {
    mkdirSync(at(".npmrc"));
    execFileSync("mkfifo", [at(".netrc")]);
    const { stderr } = await importing("--check");
    expect(stderr).toContain(".npmrc: it is not a file");
    expect(stderr).toContain(".netrc: it is not a file");
  });

  it("whose secret the vault has for the tool and target loses it; one that is older than the vault's token is put aside", async () => {
    const id = await home.addGitToken("https://git.example", "alice", "SECRET");
    write(".git-credentials", `${GIT}https://alice:SECRET-old@git.example\n`);
    const done = expectDone(await importing("--yes"));
    expect(done.stdout).toMatch(new RegExp(`^out of ~/.git-credentials and into the vault: ${id} \\(was there already\\), git-\\w+$`, "m"));
    expect(done.stderr).toContain("is suspended: git has another token for https://git.example");
    expect((await tokens()).map(({ state }) => state)).toEqual(["active", "suspended"]);
    const { stdout } = await home.helper("get", "protocol=https\nhost=git.example\n");
    expect(stdout).toContain("password=SECRET\n");
  });

  it("that was changed since is not written back without --force", async () => {
    write(".git-credentials", GIT);
    write(".npmrc", "//h.example/:_authToken=SECRET\n");
    expectDone(await importing("--yes"));
    write(".npmrc", "mine=1\n");
    const undone = await importing("--undo");
    expect(undone.code).toBe(1);
    expect(undone.stdout).toBe("~/.git-credentials is as it was before\n");
    expect(undone.stderr).toContain("toolkey: ~/.npmrc was changed since; it was left as it is\n");
    expect([read(".npmrc"), read(".git-credentials")]).toEqual(["mine=1\n", GIT]);
    expectDone(await importing("--undo", "--force"));
    expect(read(".npmrc")).toBe("//h.example/:_authToken=SECRET\n");
  });

  longTest("that was removed since comes back with --force only, and for nobody else to read", async () => {
    write(".git-credentials", GIT);
    expectDone(await importing("--yes"));
    rmSync(at(".git-credentials"));
    expect((await importing("--undo")).code).toBe(1);
    expect(existsSync(at(".git-credentials"))).toBe(false);
    expectDone(await importing("--undo", "--force"));
    expect([read(".git-credentials"), statSync(at(".git-credentials")).mode & 0o777]).toEqual([GIT, 0o600]);
  });

  it.skipIf(missing("age"))("that was imported twice goes back one step: the next would lose what was written between the two", async () => {
    write(".npmrc", "//a.example/:_authToken=SECRET-a\n");
    expectDone(await importing("--yes"));
    write(".npmrc", "//b.example/:_authToken=SECRET-b\n");
    expectDone(await importing("--yes"));
    expect(held().backups).toHaveLength(2);
    expect((await importing("--undo")).code).toBe(1);
    expect(read(".npmrc")).toBe("//b.example/:_authToken=SECRET-b\n");
    expectDone(await importing("--drop-backups", "--yes"));
    expect(held().backups).toBeUndefined();
  });

  it("in a directory that can't be written to stays as it is; its secrets are in the vault as well", async () => {
    const strict = await makeHomeWithoutPrivilege();
    await strict.init();
    mkdirSync(join(strict.directory, ".m2"));
    const file = join(strict.directory, ".m2", "settings.xml");
    const text = "<settings><servers><server><id>nuxeo-studio</id><username>u</username><password>SECRET</password></server></servers></settings>";
    writeFileSync(file, text);
    chmodSync(dirname(file), 0o500);
    const refused = await strict.toolkey(["import", "--yes"]);
    said.push(refused.stdout, refused.stderr);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`toolkey: cannot write ${file}: EACCES\n`);
    expect(readFileSync(file, "utf8")).toBe(text);
    chmodSync(dirname(file), 0o700);
    expectDone(await strict.toolkey(["import", "--yes"]));
    expect(readFileSync(file, "utf8")).toBe("<settings><servers></servers></settings>");
    await strict.dispose();
  });
});

describe("tokens of kinds that are known", () => {
  const APP_PASSWORD = `ATBB${"SECRET".repeat(5)}`;

  it("are named, and that no service takes them any more, in the table, as JSON, and by check; --check says only where they lie", async () => {
    await home.init();
    write(".git-credentials", `https://alice:${APP_PASSWORD}@bitbucket.org\nhttps://bob:SECRET@git.example.com\n`);
    const shown = await toolkey(["import"], { env: { COLUMNS: "200" } });
    expect(shown.stdout).toMatch(/KIND .*\n.*alice +app password of Bitbucket +into the vault\n.*bob +into the vault\n/);
    expect(shown.stderr).toContain("toolkey: an app password of Bitbucket: none of them is accepted since 2026-06-09\n");
    expect(shown.stderr).toContain("hint: in its place: an API token with scopes, with the user name x-bitbucket-api-token-auth");
    const { secrets } = JSON.parse((await importing("--json")).stdout) as { secrets: { form?: string }[] };
    expect(secrets.map(({ form }) => form)).toEqual(["an app password of Bitbucket", undefined]);
    expect((await importing("--check")).stdout).not.toContain("Bitbucket");
    expectDone(await importing("--yes"));
    const checked = await toolkey(["check"]);
    expect(checked.code).toBe(1);
    expect(checked.stdout).toContain("bitbucket.org, as alice): not valid (an app password of Bitbucket: none of them is accepted since 2026-06-09)\n");
    expect(checked.stdout).toContain("git.example.com, as bob): can't be asked about\n");
  });
});

describe("--project", () => {
  beforeEach(() => home.init());

  it("looks in the tree, but not at what others wrote, nor outside", async () => {
    write("p/.npmrc", "//h.example/:_authToken=SECRET\n");
    write("p/sub/.yarnrc.yml", "npmAuthToken: SECRET\n");
    write("p/sub/.mvn/settings.xml", "<settings><servers><server><id>r</id><username>u</username><password>SECRET</password></server></servers></settings>");
    write("p/pom.xml", "<project><distributionManagement><repository><id>r</id><url>https://maven.example/a/releases</url></repository><snapshotRepository><id>r</id><url>https://maven.example/a/snapshots</url></snapshotRepository></distributionManagement></project>");
    write("p/node_modules/x/.npmrc", "//h.example/:_authToken=SECRET\n");
    write("p/.git/.npmrc", "//h.example/:_authToken=SECRET\n");
    write("outside/.netrc", "machine h.example login a password SECRET\n");
    symlinkSync("../outside/.netrc", at("p/.netrc"));
    symlinkSync("../outside", at("p/linked"));
    symlinkSync("../.npmrc", at("p/sub/.npmrc"));
    const { secrets } = JSON.parse(expectDone(await toolkey(["import", "--json", "--project"], { cwd: at("p") })).stdout) as { secrets: { file: string; target: string }[] };
    expect(secrets.map(({ file, target }) => [file.slice(home.directory.length), target])).toEqual([
      ["/p/.npmrc", "https://h.example"],
      ["/p/sub/.mvn/settings.xml", "https://maven.example/a"],
      ["/p/sub/.yarnrc.yml", "https://registry.yarnpkg.com"],
    ]);
    expectDone(await importing("--yes", "--project", at("p")));
    expect([read("p/.npmrc"), read("p/sub/.yarnrc.yml"), read("p/node_modules/x/.npmrc")]).toEqual(["", "", "//h.example/:_authToken=SECRET\n"]);
  });

  const located = async (): Promise<Record<string, string | undefined>> => {
    const { secrets } = JSON.parse(expectDone(await toolkey(["import", "--json", "--project"], { cwd: at("p") })).stdout) as { secrets: { file: string; target?: string; line: number }[] };
    return Object.fromEntries(secrets.map(({ file, line, target }) => [`${file.slice(home.directory.length + 1)}:${line}`, target]));
  };
  const registry = (host: string): string => `[registries.acme]\nindex = "sparse+https://${host}/index/"\n`;
  const TOKEN = '[registries.acme]\ntoken = "SECRET"\n';

  it("says by no file of a project what a secret of the home is for", async () => {
    write(".cargo/credentials.toml", TOKEN);
    write(".m2/settings.xml", "<settings><servers><server><id>r</id><username>u</username><password>SECRET</password></server></servers></settings>");
    write("p/pom.xml", "<project><distributionManagement><repository><id>r</id><url>https://evil.example/a</url></repository></distributionManagement></project>");
    write("p/docs/config.toml", registry("evil.example"));
    write("p/.cargo/config.toml", `${registry("evil.example")}token = "SECRET-dummy"\n`);
    expect(await located()).toEqual({ ".cargo/credentials.toml:2": undefined, ".m2/settings.xml:1": undefined, "p/.cargo/config.toml:3": "https://evil.example/index" });
    write(".cargo/config.toml", registry("own.example"));
    expect(await located()).toMatchObject({ ".cargo/credentials.toml:2": "https://own.example/index", "p/.cargo/config.toml:3": "https://evil.example/index" });
  });

  it("knows the registries of a project by the settings beside its own credentials, and by no others", async () => {
    write(".cargo/config.toml", registry("own.example"));
    write("p/.cargo/config.toml", registry("p.example"));
    write("p/.cargo/credentials.toml", TOKEN);
    write("p/sub/.cargo/credentials.toml", TOKEN);
    write("p/sub/config.toml", registry("evil.example"));
    expect(await located()).toEqual({ "p/.cargo/credentials.toml:2": "https://p.example/index", "p/sub/.cargo/credentials.toml:2": undefined });
  });

  it("--check --no-home is for pre-commit: only the project counts, and no vault is needed", async () => {
    renameSync(home.toolkeyHome, at("gone"));
    write(".npmrc", "//h.example/:_authToken=SECRET\n");
    write("p/.npmrc", "//h.example/:_authToken=${NPM_TOKEN}\n");
    expect(await toolkey(["import", "--check", "--no-home", "--project"], { cwd: at("p") })).toMatchObject({ code: 0, stdout: "", stderr: "" });
    write("p/.npmrc", "\n//h.example/:_authToken=SECRET\n");
    const found = await toolkey(["import", "--check", "--no-home", "--project"], { cwd: at("p") });
    expect(found).toMatchObject({ code: 1, stdout: ".npmrc:2: a secret of npm for https://h.example\n" });
    expect(existsSync(home.toolkeyHome)).toBe(false);
    renameSync(at("gone"), home.toolkeyHome);
  });

  it("names a directory that is not there", async () => {
    expect(await importing("--project", at("nowhere"))).toMatchObject({ code: 2, stderr: `toolkey: there is no directory ${at("nowhere")}\n` });
  });
});

describe("the rest of the world", () => {
  it("nothing to be found is no failure", async () => {
    await home.init();
    expect(await importing()).toMatchObject({ code: 0, stdout: "no secrets found in plain text\n", stderr: "" });
    expect(await importing("--check")).toMatchObject({ code: 0, stdout: "", stderr: "" });
  });

  it("without a vault, and with a locked one, no file is changed", async () => {
    write(".git-credentials", "https://alice:SECRET@git.example\n");
    const refused = await importing("--yes");
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain("toolkey init");
    await home.init();
    expectDone(await toolkey(["lock"]));
    expect(await importing("--yes")).toMatchObject({ code: 3 });
    expect(read(".git-credentials")).toBe("https://alice:SECRET@git.example\n");
    expect(lstatSync(at(".git-credentials")).isFile()).toBe(true);
  });

  it.each([
    [["--check", "--undo"], "--check, --undo and --drop-backups are three different things"],
    [["--force"], "--force is for --undo"],
  ])("%j makes no sense", async (argv, complaint) => {
    const refused = await importing(...argv);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(complaint);
  });

  longTest("git, which had its password from ~/.git-credentials, still gets in: now from toolkey", async () => {
    const server = await startGitServer({ projects: ["acme"], accounts: [{ username: "alice", token: "SECRET-git" }] });
    try {
      await home.init();
      expectDone(await home.git(["config", "--global", "http.sslCAInfo", server.caFile]));
      expectDone(await home.git(["config", "--global", "credential.helper", "store"]));
      write(".git-credentials", `${server.origin.replace("//", "//alice:SECRET-git@")}\n`);
      expectDone(await home.git(["ls-remote", server.url("acme")]));
      expectDone(await importing("--yes"));
      expect(read(".git-credentials")).toBe("");
      expect((await home.git(["ls-remote", server.url("acme")])).code).toBe(128);
      expectDone(await toolkey(["setup", "git"]));
      expectDone(await home.git(["ls-remote", server.url("acme")]));
      expect(readdirSync(home.directory).filter((name) => name.includes(".tmp-"))).toEqual([]);
      const found = await home.run("grep", ["-rl", "SECRET-git", home.directory]);
      expect(found.stdout).toBe("");
    } finally {
      await server.close();
    }
  });
});
