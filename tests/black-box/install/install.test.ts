/** install/: the scripts as a person runs them, with real npm. They take their time. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, readlink, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CLI_TOOLS } from "../../../src/cli/tools/tools.ts";
import { IS_LONG, longTest, matrix } from "../../fixtures/form.ts";
import { missing } from "../../fixtures/programs/programs.ts";
import { expectDone, runToEnd, type Ended, type RunOptions } from "../../fixtures/homes/home.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const TIMEOUT_MS = 600_000;
const TOKEN = "TOKEN-THAT-WAS-ADDED";

/** Where the real npm keeps packages and finds its registry, so that an empty home doesn't cost a download. */
const npmEnvironment = {
  npm_config_cache: npmSetting("cache"),
  npm_config_userconfig: npmSetting("userconfig"),
  npm_config_prefer_offline: "true",
};

/** What the real npm made for the first installation. */
let made: string;
let directory: string;
let home: string;
let environment: Record<string, string>;

beforeAll(async () => void (made = await mkdtemp(join(tmpdir(), "tk-"))));
afterAll(() => rm(made, { recursive: true }));

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "tk-"));
  home = join(directory, "a home");
  await mkdir(join(home, "tmp"), { recursive: true });
  await mkdir(join(directory, "run"), { mode: 0o700 });
  const inherited = Object.entries(process.env).filter(([name]) => !/^(GIT_|XDG_|TOOLKEY_|npm_|PREFIX$)/i.test(name));
  environment = {
    ...Object.fromEntries(inherited.map(([name, value]) => [name, value ?? ""])),
    ...npmEnvironment,
    HOME: home,
    XDG_RUNTIME_DIR: join(directory, "run"),
    TMPDIR: join(home, "tmp"),
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
  };
});

afterEach(async () => {
  const program = join(home, ".local", "bin", "toolkey");
  if (existsSync(program)) await run(program, ["stop"]);
  await rm(directory, { recursive: true, force: true });
});

describe("install.sh and uninstall.sh", { timeout: TIMEOUT_MS }, () => {
  it("install, again, uninstall, and once more: nothing is lost and nothing is left", async () => {
    const original = "[user]\n\tname = Somebody";
    await writeFile(join(home, ".gitconfig"), original);
    const bin = join(home, ".local", "bin");

    const first = expectDone(await script("install.sh", ["--key", "file"], { env: { PATH: await npmThatWorksOnce() } }));
    expect(first.stdout).toContain(`installed ${home}/.local/lib/toolkey`);
    expect(first.stdout).toContain(`made ${home}/.local/share/toolkey/vault.age`);
    if (!missing("zsh")) await expectZshToFindIt(first.stdout);
    if (!missing("fish")) await expectFishToComplete(bin);
    expect(first.stderr).toContain(`${bin} is not on PATH\nhint: `);
    expect(expectDone(await run(join(bin, "toolkey"), ["status"])).stdout).toContain("daemon");
    const added = ["add", "https://git.example.com", "--tool", "git", "--username", "alice"];
    expectDone(await run(join(bin, "toolkey"), added, { stdin: TOKEN }));
    await expectTokenFromGit();
    await expectTokenFrom(join(bin, "git-credential-toolkey"));
    await expectTokenFrom(join(home, ".local", "lib", "toolkey", "bin", "git-credential-toolkey"));
    const onPath = { PATH: `${bin}:${environment["PATH"] ?? ""}` };
    expect(expectDone(await run("sh", ["-c", "toolkey list"], { env: onPath })).stdout).toContain("git.example.com");

    const installed = await tree(join(home, ".local"));
    const configuration = await readFile(join(home, ".gitconfig"), "utf8");
    // As a version before left it: completion as a file, and a page that there is no more.
    const share = join(home, ".local", "share");
    await rm(join(share, "bash-completion", "completions", "toolkey"));
    await writeFile(join(share, "bash-completion", "completions", "toolkey"), "# older");
    await writeFile(join(home, ".local", "lib", "toolkey", "share", "man", "man1", "toolkey-older.1"), "");
    await symlink("../../../lib/toolkey/share/man/man1/toolkey-older.1", join(share, "man", "man1", "toolkey-older.1"));
    const quick = { PATH: `${bin}:${await npmThatWorksOnce()}` };
    const second = expectDone(await script("install.sh", [], { env: quick }));
    expect(second.stderr).toBe("");
    expect(second.stdout).not.toContain("does not look there");
    expect(second.stdout).toContain("stopped the daemon that was running");
    expect(await tree(join(home, ".local"))).toEqual(installed);
    expect(await readFile(join(home, ".gitconfig"), "utf8")).toBe(configuration);
    await expectTokenFromGit();

    // Maven 4 would stop if it was still told of a daemon that is not there.
    expectDone(await run(join(bin, "toolkey"), ["setup", "maven"]));
    expect(await readFile(join(home, ".mavenrc"), "utf8")).toContain(`'${home}/.local/lib/toolkey/bin/mavenrc'`);

    // Nor would Yarn start without its plugin.
    const [goFile, plugin] = [".config/go/env", ".terraform.d/plugins/terraform-credentials-toolkey"];
    const more = [".bashrc", ".yarnrc.yml", ".cargo/config.toml", ".docker/config.json", ".gradle/init.d/toolkey.init.gradle", goFile, plugin];
    const login = JSON.stringify({ ServerURL: "registry.example", Username: "bob", Secret: "S3CRET" });
    expectDone(await run(join(bin, "docker-credential-toolkey"), ["store"], { stdin: login }));
    for (const tool of ["npm", "bun", "yarn", "cargo", "docker", "gradle", "go", "terraform"]) expectDone(await run(join(bin, "toolkey"), ["setup", tool], { env: { SHELL: "/bin/bash" } }));
    expect(more.filter((file) => existsSync(join(home, file)))).toEqual(more);

    const removed = expectDone(await script("uninstall.sh", []));
    expect(existsSync(join(home, ".mavenrc"))).toBe(false);
    expect(more.filter((file) => existsSync(join(home, file)))).toEqual([]);
    expect(removed.stdout).toContain(`the vault stays: ${home}/.local/share/toolkey/vault.age`);
    expect(await readFile(join(home, ".gitconfig"), "utf8")).toBe(original);
    expect(await tree(join(home, ".local"))).toEqual({});
    expect(existsSync(join(home, ".local", "lib", "toolkey"))).toBe(false);
    expect(existsSync(bin)).toBe(false);
    expect(await run("git", ["credential", "fill"], { stdin: QUESTION })).toMatchObject({ code: 128 });
    expect(expectDone(await script("uninstall.sh", [])).stdout).toContain(`there is no toolkey in ${home}/.local`);

    expectDone(await script("install.sh", [], { env: quick }));
    await expectTokenFromGit();

    const copy = join(home, ".local", "lib", "toolkey", "install", "uninstall.sh");
    const unasked = await run(copy, ["--purge"]);
    expect(unasked).toMatchObject({ code: 1, stdout: "" });
    expect(unasked.stderr).toContain("nothing was changed");
    await expectTokenFromGit();
    const undecided = await run(copy, ["--purge", "--yes"]);
    expect(undecided).toMatchObject({ code: 1, stdout: "" });
    expect(undecided.stderr).toMatch(/^uninstall\.sh: tokens of this vault that live on at their services: 2\ngit-.*\ndocker-.*\nuninstall\.sh: --yes does not decide about them\n/);
    await expectTokenFromGit();
    expectDone(await run(copy, ["--purge", "--yes", "--no-revoke"]));
    expect(await readdir(join(home, ".local", "share"))).toEqual([]);
    expect(await readFile(join(home, ".gitconfig"), "utf8")).toBe(original);
    expect(await readdir(join(directory, "run"))).toEqual([]);
    expect(await readdir(join(home, "tmp"))).toEqual([]);
  });

  it("--no-setup installs the programs into PREFIX, and an install that fails or is killed leaves them", async () => {
    const prefix = join(directory, "opt", "it's toolkey");
    const env = { PREFIX: prefix };
    const first = expectDone(await script("install.sh", ["--no-setup"], { env: { ...env, PATH: await npmThatWorksOnce() } }));
    expect(await everything(home)).toEqual(["tmp"]);
    const installed = await tree(prefix);
    const version = expectDone(await run(join(prefix, "bin", "toolkey"), ["--version"])).stdout;
    const shared = await readdir(join(ROOT, "share"), { recursive: true, withFileTypes: true });
    const files = shared.filter((entry) => entry.isFile()).map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));
    expect(files).toEqual(expect.arrayContaining(["share/man/man1/toolkey-run.1", "share/zsh/site-functions/_toolkey"]));
    for (const file of files) expect(await readFile(join(prefix, file), "utf8")).toBe(await readFile(join(ROOT, file), "utf8"));
    const [, line = ""] = /^bash does not look there; put this into .*\/\.bashrc: (.*)$/m.exec(first.stdout) ?? [];
    expect(expectDone(await run("bash", ["-c", `${line} && complete -p toolkey`])).stdout).toContain("-F _toolkey toolkey");
    const [, source = ""] = /^fish does not look there; put this into .*\/config\.fish: (.*)$/m.exec(first.stdout) ?? [];
    if (!missing("fish")) await expectFishToComplete(join(prefix, "bin"), source);

    const npm = await fakeProgram("npm", "echo 'npm: out of order' >&2; exit 1");
    const failed = await script("install.sh", ["--no-setup"], { env: { ...env, PATH: npm } });
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain("npm: out of order\ninstall.sh: npm failed, see above: npm ci");
    expect(await tree(prefix)).toEqual(installed);
    expect(expectDone(await run(join(prefix, "bin", "toolkey"), ["--version"])).stdout).toBe(version);

    // As a kill between the two renames leaves it.
    await rename(join(prefix, "lib", "toolkey"), join(prefix, "lib", ".toolkey-old"));
    await mkdir(join(prefix, "lib", ".toolkey-new", "src"), { recursive: true });
    expect(await script("install.sh", ["--no-setup"], { env: { ...env, PATH: npm } })).toMatchObject({ code: 1 });
    expect(await tree(prefix)).toEqual(installed);

    // What is no link of ours is somebody else's by then.
    await rm(join(prefix, "share", "man", "man1", "toolkey-run.1"));
    await writeFile(join(prefix, "share", "man", "man1", "toolkey-run.1"), "");
    expectDone(await script("uninstall.sh", [], { env }));
    expect(await everything(dirname(prefix))).toEqual(["", "/share", "/share/man", "/share/man/man1", "/share/man/man1/toolkey-run.1"].map((path) => `it's toolkey${path}`));
  });

  it("uninstall takes back what setup wrote, of every tool", async () => {
    const PATH = await npmThatWorksOnce();
    // pnpm starts nothing where the path has a space.
    const set = { SHELL: "/bin/bash", XDG_DATA_HOME: join(directory, "data") };
    expectDone(await script("install.sh", ["--key", "file"], { env: { PATH, ...set } }));
    const bin = join(home, ".local", "bin");
    const env = { PATH: `${bin}:${PATH}`, ...set };
    for (const tool of CLI_TOOLS.keys()) {
      expectDone(await run(join(bin, "toolkey"), ["add", "https://registry.example", "--tool", tool, "--username", "bob"], { env, stdin: TOKEN }));
      expectDone(await run(join(bin, "toolkey"), ["setup", tool], { env }));
    }
    const named = async (): Promise<string[]> => {
      const files = (await everything(directory)).filter((path) => !/^a home\/\.local\/(lib|bin\/(?!keyring))|^data\/toolkey\/run|backup$|\.log$/.test(path));
      const texts = await Promise.all(files.map(async (path) => [path, await readFile(join(directory, path), "utf8").catch(() => "")] as const));
      return texts.filter(([, text]) => text.includes(bin) || text.includes(join(home, ".local", "lib", "toolkey"))).map(([path]) => path);
    };
    expect((await named()).length).toBeGreaterThan(10);
    const removed = expectDone(await script("uninstall.sh", [], { env }));
    expect(removed.stderr).toBe("");
    expect(await named()).toEqual([]);
  });

  it("programs of others are left alone", async () => {
    const theirs = join(home, ".local", "bin", "toolkey");
    await mkdir(dirname(theirs), { recursive: true });
    await writeExecutable(theirs, "#!/bin/sh\n");
    const refused = await script("install.sh", []);
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toContain(`install.sh: ${theirs} is there, and not from this script\nhint: `);
    expectDone(await script("uninstall.sh", []));
    expect(await everything(home)).toEqual([".local", ".local/bin", ".local/bin/toolkey", "tmp"]);
  });

  it("another installation's setup of git is left alone", async () => {
    const helper = "/elsewhere/bin/git-credential-toolkey";
    const configuration = `# toolkey: begin\n[credential]\n\thelper = ${helper}\n# toolkey: end\n`;
    await writeFile(join(home, ".gitconfig"), configuration);
    expectDone(await script("uninstall.sh", []));
    expect(await readFile(join(home, ".gitconfig"), "utf8")).toBe(configuration);
  });

  it("another installation's functions in a shell's file are left alone, also where another file has ours", async () => {
    /** As `setup` writes it, of a toolkey elsewhere. */
    const setUp = async (tool: string, file: string, toolkey: string): Promise<string> => {
      const here = join(ROOT, "bin", "toolkey");
      expectDone(await run(here, ["setup", tool], { env: { SHELL: `/bin/${file === ".bashrc" ? "bash" : "zsh"}` } }));
      const text = (await readFile(join(home, file), "utf8")).replaceAll(here, toolkey);
      await writeFile(join(home, file), text);
      return text;
    };
    await setUp("bun", ".bashrc", join(home, ".local", "bin", "toolkey"));
    const theirs = await setUp("npm", ".zshrc", "/elsewhere/bin/toolkey");
    await mkdir(join(home, ".local", "lib", "toolkey", "bin"), { recursive: true });
    await writeFile(join(home, ".local", "lib", "toolkey", "bin", "toolkey"), "");
    expectDone(await script("uninstall.sh", []));
    expect(existsSync(join(home, ".bashrc"))).toBe(false);
    expect(await readFile(join(home, ".zshrc"), "utf8")).toBe(theirs);
    expect(theirs).toContain("/elsewhere/bin/toolkey");
  });

  it.each([
    ["install.sh", ["--bogus"], "unknown option '--bogus'"],
    ["install.sh", ["--key", "paper"], "'paper' is no value for --key"],
    ["install.sh", ["--prefix"], "--prefix needs a value"],
    ["uninstall.sh", ["--bogus"], "unknown option '--bogus'"],
    ["uninstall.sh", ["--prefix="], "unknown option '--prefix='"],
    ["test.sh", ["--bogus"], "there are no options"],
    ["demo.sh", ["--bogus"], "the only option is --with DIR"],
  ])("%s %j is wrong usage", async (name, argv, message) => {
    const refused = await script(name, argv);
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toContain(`${name}: ${message}\nhint: `);
    expect(await everything(home)).toEqual(["tmp"]);
  });

  it.each(["install.sh", "uninstall.sh", "test.sh", "demo.sh"])("%s --help says what it does", async (name) => {
    const helped = expectDone(await script(name, ["--help"]));
    expect(helped.stdout).toMatch(new RegExp(`^usage: ${name}`));
    expect(helped.stderr).toBe("");
  });

  it.each(["install.sh", "test.sh", "demo.sh"])("%s wants a newer Node than 18", async (name) => {
    const node = await fakeProgram("node", 'case $1 in --version) echo v18.20.0 ;; *) exit 1 ;; esac');
    const refused = await script(name, [], { env: { PATH: node } });
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toContain(`${name}: this is Node v18.20.0, and toolkey needs 20.19 or newer\nhint: `);
    expect(await everything(home)).toEqual(["tmp"]);
  });
});

describe("demo.sh", { timeout: TIMEOUT_MS }, () => {
  longTest("does the main job, with nothing of the caller's, and leaves nothing", async () => {
    const demo = join(await copyOfCheckout(), "install", "demo.sh");
    const env = {
      GIT_DIR: "/nonexistent",
      GIT_ASKPASS: "/nonexistent",
      TOOLKEY_HOME: join(home, "not-this-one"),
      XDG_DATA_HOME: join(home, "nor-this-one"),
      NODE_ENV: "production",
    };
    for (const shell of matrix(["sh"], ["bash"])) {
      const shown = expectDone(await run(shell, [relative(home, demo)], { env: { ...env, PATH: await npmThatLinks() }, cwd: home }));
      expect(shown.stderr).toBe("");
      expect(shown.stdout).toContain("all 18 steps succeeded");
      expect(shown.stdout).toContain("hint: a new secret for it: toolkey replace git-");
      expect(shown.stdout).toMatch(/found tkphantom_.*\n.* GET .*\/handy-colors: 403 toolkey: .*\n.* GET .*\/-\/npm\/v1\/tokens: 403 toolkey: /);
      expect(shown.stdout).toMatch(/door {2}git credential fill: nothing\n/);
      expect(shown.stdout).toMatch(/refused: POST \/-\/npm\/v1\/tokens: blocked: this endpoint manages tokens/);
      expect(shown.stdout).not.toContain("\u001b");
      expect(await everything(home)).toEqual(["tmp"]);
    }
  });

  it("says which step failed, and leaves nothing", async () => {
    const demo = join(await copyOfCheckout(), "install", "demo.sh");
    await npmThatLinks();
    const env = { PATH: await fakeProgram("git", `case $1 in push) echo boom >&2; exit 7 ;; esac; exec '${programOf("git")}' "$@"`) };
    const failed = await run(demo, [], { env });
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(/^\nstep 6 \(.*\) failed: 'git push .*' ended with exit code 7\n {4}boom\n$/);
    expect(await everything(home)).toEqual(["tmp"]);
  });
});

describe("test.sh", { timeout: TIMEOUT_MS }, () => {
  it("counts what passed and what failed in its last line, and fails if anything did", async () => {
    const checkout = await copyOfCheckout();
    const env = { PATH: await npmThatLinks() };
    const tests = join(checkout, "tests");
    for (const path of await readdir(tests, { recursive: true })) if (path.endsWith(".test.ts")) await rm(join(tests, path));
    for (const script of ["install-programs.sh", "install-maven.sh", "install-go.sh", "install-packages.sh"]) await writeExecutable(join(tests, script), "#!/bin/sh\n");
    await writeExecutable(join(tests, "install-programs.sh"), "#!/bin/sh\necho 'missing: fish (package fish)'\n");
    await writeFile(
      join(tests, "some.test.ts"),
      'import { expect, it } from "vitest";\nit("is", () => expect(1).toBe(1));\nit("is not", { skip: true }, () => expect(1).toBe(2));\n',
    );
    const setScripts = async (own: Readonly<Record<string, string>>): Promise<void> => {
      const file = join(checkout, "package.json");
      const manifest = JSON.parse(await readFile(file, "utf8")) as { scripts: object };
      await writeFile(file, JSON.stringify({ ...manifest, scripts: { ...manifest.scripts, ...own } }));
    };
    await setScripts({ types: "true", lint: "true" });
    const test = join(checkout, "install", "test.sh");
    const good = await run(test, [], { env });
    expect(good.stdout.trimEnd().split("\n").slice(-2)).toEqual(["missing: fish (package fish)", "1 passed, 0 failed, 1 skipped"]);
    expect(good.code).toBe(0);

    await setScripts({ lint: "false" });
    await writeFile(join(tests, "bad.test.ts"), 'import { expect, it } from "vitest";\nit("is", () => expect(1).toBe(2));\n');
    await writeFile(join(tests, "broken.test.ts"), 'throw new Error("this file can not be loaded");\n');
    const bad = await run(test, [], { env });
    expect(lastLine(bad)).toBe("1 passed, 3 failed, 1 skipped");
    expect(bad.code).toBe(1);

    const nothing = await run(test, [], { env: { PATH: await fakeProgram("npm", "exit 1") } });
    expect(lastLine(nothing)).toBe("0 passed, 1 failed");
    expect(nothing.code).toBe(1);
  });
});

const QUESTION = "protocol=https\nhost=git.example.com\n\n";
const ANSWER = `username=alice\npassword=${TOKEN}\n`;

/** Where install.sh says that zsh would look elsewhere, and what to write down. */
async function expectZshToFindIt(said: string): Promise<void> {
  const [, file = "", line = ""] = /^zsh does not look there; put this into (.*), before compinit: (.*)$/m.exec(said) ?? [];
  expect(file).toBe(join(home, ".zshrc"));
  await writeFile(file, `${line}\nautoload -U compinit && compinit -D -u\n`);
  expect(expectDone(await run("zsh", ["-ic", "print -r -- $_comps[toolkey]"])).stdout).toBe("_toolkey\n");
}

/** @param setUp what is in its start-up file */
async function expectFishToComplete(bin: string, setUp = ""): Promise<void> {
  const env = { PATH: `${bin}:${environment["PATH"] ?? ""}` };
  expect(expectDone(await run("fish", ["-c", `${setUp}\ncomplete -C "toolkey unl"`], { env })).stdout).toBe("unlock\topen the vault\n");
}

async function expectTokenFromGit(): Promise<void> {
  expect(expectDone(await run("git", ["credential", "fill"], { stdin: QUESTION })).stdout).toContain(ANSWER);
}

async function expectTokenFrom(helper: string): Promise<void> {
  expect(expectDone(await run(helper, ["get"], { stdin: QUESTION })).stdout).toContain(ANSWER);
}

function script(name: string, argv: readonly string[], options?: RunOptions): Promise<Ended> {
  return run(join(ROOT, "install", name), argv, options);
}

function run(program: string, argv: readonly string[], options?: RunOptions): Promise<Ended> {
  return runToEnd(program, argv, environment, { cwd: home, ...options });
}

function lastLine({ stdout }: Ended): string | undefined {
  return stdout.trimEnd().split("\n").at(-1);
}

/**
 * PATH with an npm that is the real one for the first installation, and does the same again for all others. What only builds is
 * that of this checkout in the short form: `npm ci` has put it there, as it would here.
 */
function npmThatWorksOnce(): Promise<string> {
  const npm = `'${programOf("npm")}' "$@"`;
  const toBuild = IS_LONG ? `exec ${npm}` : `exec ln -s '${join(ROOT, "node_modules")}' .`;
  const once = (...what: readonly string[]): string => {
    const kept = what.map((each) => `'${made}/${each}'`).join(" ");
    return `test ! -e '${made}/${what[0] ?? ""}' || exec cp -a ${kept} .; ${npm} && cp -a ${what.join(" ")} '${made}'`;
  };
  return fakeProgram("npm", `case "$*" in
*--omit=dev*) ${once("node_modules")} ;;
'run build') ${once("dist", "share")} ;;
'ci --ignore-scripts --include=dev'*) test -e '${made}/dist' || ${toBuild} ;;
*) exec ${npm} ;;
esac`);
}

/** PATH with an npm that takes what this checkout has for what it is to install and to build. */
function npmThatLinks(): Promise<string> {
  return fakeProgram("npm", `case "$1:\${2-}" in
ci:*) test -d node_modules || exec ln -s '${join(ROOT, "node_modules")}' . ;;
run:build) exec cp -R '${join(ROOT, "dist")}' . ;;
*) exec '${programOf("npm")}' "$@" ;;
esac`);
}

function programOf(name: string): string {
  return execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();
}

/** PATH with a program of this name put first. */
async function fakeProgram(name: string, body: string): Promise<string> {
  const bin = join(directory, "fake");
  await mkdir(bin, { recursive: true });
  await writeExecutable(join(bin, name), `#!/bin/sh\n${body}\n`);
  return `${bin}:${environment["PATH"] ?? ""}`;
}

async function writeExecutable(path: string, text: string): Promise<void> {
  await writeFile(path, text);
  await chmod(path, 0o755);
}

/** The checkout as it is cloned: demo.sh and test.sh install and build where they are. */
async function copyOfCheckout(): Promise<string> {
  const copy = join(directory, "a checkout");
  const notCloned = new Set([".git", ".cache", "dist", "node_modules"]);
  await cp(ROOT, copy, { recursive: true, filter: (source) => !notCloned.has(relative(ROOT, source)) });
  return copy;
}

/** Every path below a directory. */
async function everything(root: string): Promise<string[]> {
  return (await readdir(root, { recursive: true })).toSorted();
}

/** Every file below a directory, with its mode and its content, but for what toolkey itself keeps. */
async function tree(root: string): Promise<Record<string, string>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const described = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !/^((share|state|config)\/toolkey|lib\/toolkey\/compiled)\//.test(relative(root, path)) && (basename(dirname(path)) !== "toolkey" || relative(root, path).startsWith("lib/")))
    .toSorted()
    .map(async (path) => [relative(root, path), await describeFile(path)] as const);
  return Object.fromEntries(await Promise.all(described));
}

async function describeFile(path: string): Promise<string> {
  const target = await readlink(path).catch(() => undefined);
  if (target !== undefined) return `-> ${target}`;
  const hash = createHash("sha256").update(await readFile(path)).digest("hex");
  return `${((await stat(path)).mode & 0o777).toString(8)} ${hash}`;
}

function npmSetting(name: string): string {
  return execFileSync("npm", ["config", "get", name], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
}
