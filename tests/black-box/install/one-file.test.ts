/** The one file: Node with the tree in it. tests/one-file.sh runs more of the suite on it. */
import { chmodSync, cpSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { longTest } from "../../fixtures/form.ts";
import { V8_OPTIONS } from "../../../src/client/daemon/start.ts";
import { NO_DEBUGGER } from "../../../src/platform/processes/no-debugger.ts";
import { nodeMissing } from "../../fixtures/tools/clients.ts";
import { BIN, expectDone, makeHome, type Ended, type RunOptions, type TestHome } from "../../fixtures/homes/home.ts";
import { makeOneFile, ROOT, stageTree } from "../../fixtures/programs/packages.ts";
import { missing } from "../../fixtures/programs/programs.ts";

const TOKEN = "TOKEN-THAT-WAS-ADDED";
const QUESTION = "protocol=https\nhost=git.example.com\n\n";

describe.skipIf(nodeMissing(26))("the one file", { timeout: 300_000 }, () => {
  let work: string;
  let bin: string;
  let noNode: string;
  let home: TestHome;
  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), "tk-"));
    bin = join(work, "bin");
    noNode = join(work, "no-node");
    for (const directory of [bin, noNode]) mkdirSync(directory);
    writeFileSync(join(noNode, "node"), "#!/bin/sh\necho 'there is no Node here' >&2; exit 97\n", { mode: 0o755 });
    stageTree(join(work, "tree"), "one file");
    makeOneFile(join(work, "tree"), join(bin, "toolkey"));
  });
  afterAll(() => rmSync(work, { recursive: true }));
  beforeEach(async () => void (home = await makeHome()));
  afterEach(async () => {
    await home.stop();
    await home.dispose();
  });

  const inHome = (program: string, argv: readonly string[], options: RunOptions = {}): Promise<Ended> =>
    home.run(program, argv, { ...options, env: { PATH: [bin, noNode, withoutCheckout()].join(delimiter), ...options.env } });
  const toolkey = (...argv: readonly string[]): Promise<Ended> => inHome("toolkey", argv);
  const withoutCheckout = (): string => (home.environment["PATH"] ?? "").split(delimiter).filter((directory) => directory !== BIN).join(delimiter);
  const withToken = async (): Promise<void> => {
    expectDone(await toolkey("init", "--key", "file"));
    expectDone(await inHome("toolkey", ["add", "https://git.example.com", "--tool", "git", "--username", "alice"], { stdin: TOKEN }));
  };

  longTest("does the whole demo", async () => {
    const demo = expectDone(await inHome(join(ROOT, "install", "demo.sh"), ["--with", bin], { env: { PATH: [bin, withoutCheckout()].join(delimiter) } }));
    expect(demo.stdout).toMatch(/which is [\d.]+\+[0-9a-f]{12} \(one file\)/);
    expect(demo.stdout).toMatch(/all \d+ steps succeeded/);
  });

  it("answers git without a Node on the machine, by what setup writes and under a helper's name", async () => {
    await withToken();
    expectDone(await toolkey("setup", "git"));
    expect(readFileSync(join(home.directory, ".gitconfig"), "utf8")).toContain(join(home.toolkeyHome, "data", "programs", "bin", "git-credential-toolkey"));
    expectDone(await toolkey("stop"));
    expect(expectDone(await inHome("git", ["credential", "fill"], { stdin: QUESTION })).stdout).toContain(`password=${TOKEN}`);
    const link = join(home.directory, "git-credential-toolkey");
    symlinkSync(join(bin, "toolkey"), link);
    expect(expectDone(await inHome(link, ["get"], { stdin: QUESTION })).stdout).toContain(`password=${TOKEN}`);
    const { pid } = (await home.status()) ?? {};
    expect(readlinkSync(`/proc/${pid}/exe`)).toBe(join(bin, "toolkey"));
  });

  it("reads no options of Node's", async () => {
    const evil = { NODE_OPTIONS: "--require=/nonexistent.js" };
    expect(expectDone(await inHome("toolkey", ["--version"], { env: evil })).stdout).toContain("(one file)");
    expect((await inHome("toolkey", ["--require=/nonexistent.js", "--version"])).stderr).not.toContain("nonexistent");
    // But what it runs does, as with the scripts of bin/; and the commands that have programs of their own there have them here.
    const forCommand = { NODE_OPTIONS: "--max-http-header-size=9999", NODE_EXTRA_CA_CERTS: "/nonexistent.pem" };
    await withToken();
    expect(expectDone(await inHome("toolkey", ["run", "--", "env"], { env: forCommand })).stdout).toMatch(/NODE_OPTIONS=.*--max-http-header-size=9999[^]*NODE_EXTRA_CA_CERTS=\/nonexistent\.pem|NODE_EXTRA_CA_CERTS=\/nonexistent\.pem[^]*NODE_OPTIONS=.*--max-http-header-size=9999/);
    expect(expectDone(await toolkey("shell-init", "bash")).stdout).toContain("function npm ");
    expect(expectDone(await toolkey("completion-words", "--", "setup", "")).stdout).toContain("git");
    const foreign = join(home.directory, "dist");
    mkdirSync(foreign);
    expect(await inHome("toolkey", [join(foreign, "daemon.cjs")])).toMatchObject({ code: 2 });
  });

  it.skipIf(missing("bwrap"))("leads a session, in a sandbox too", async () => {
    await withToken();
    expect(expectDone(await toolkey("run", "--", "sh", "-c", "toolkey list; git --version")).stdout).toContain("git.example.com");
    expect(expectDone(await toolkey("run", "--sandbox", "--", "git", "--version")).stdout).toContain("git version");
  });

  it("has the options with which the daemon is started, built in", () => {
    const made = readFileSync(join(ROOT, "install", "package", "one-file.mjs"), "utf8");
    for (const option of [NO_DEBUGGER, ...V8_OPTIONS]) expect(made).toContain(`"${option}"`);
  });

  it("keeps no second copy, and puts a spoilt one right", async () => {
    await withToken();
    const programs = join(home.toolkeyHome, "data", "programs");
    const { ino } = lstatSync(programs);
    expectDone(await toolkey("list"));
    expect(lstatSync(programs).ino).toBe(ino);
    rmSync(join(programs, "dist", "build"));
    // As one that was killed leaves it: nobody has this pid.
    mkdirSync(`${programs}.4194304.new`);
    expect(expectDone(await toolkey("list")).stdout).toContain("git.example.com");
    expect(existsSync(join(programs, "dist", "build"))).toBe(true);
    expect(readdirSync(join(home.toolkeyHome, "data")).filter((name) => name.startsWith("programs"))).toEqual(["programs"]);
  });

  it.skipIf(process.getuid?.() !== 0)("as root with another user's HOME puts nothing there, and runs nothing of it", async () => {
    const data = join(home.directory, "bob", ".local", "share", "toolkey");
    mkdirSync(data, { recursive: true });
    symlinkSync("/etc", join(data, "programs"));
    expectDone(await home.run("chown", ["-hR", "12345", join(home.directory, "bob")]));
    const asRoot = { HOME: join(home.directory, "bob"), TOOLKEY_HOME: "", TMPDIR: home.directory };
    for (const link of [true, false]) {
      if (!link) rmSync(join(data, "programs"));
      expect(expectDone(await inHome("toolkey", ["--version"], { env: asRoot })).stdout).toContain("(one file)");
      expect(readdirSync(data)).toEqual(link ? ["programs"] : []);
    }
    // What root has put there once, before whose home it is was asked.
    cpSync(join(home.directory, readdirSync(home.directory).find((name) => name.startsWith("toolkey-")) ?? ""), join(data, "programs"), { recursive: true });
    writeFileSync(join(data, "programs", "dist", "toolkey.cjs"), "process.stdout.write('forged\\n');");
    expect((await inHome("toolkey", ["--version"], { env: asRoot })).stdout).not.toContain("forged");
  });

  it("works where nothing of the home can be written, and says so where nothing can at all", async () => {
    const file = join(home.directory, "a file");
    expectDone(await home.run("touch", [file]));
    const nowhere = { TOOLKEY_HOME: join(file, "t"), TMPDIR: home.directory };
    expect(expectDone(await inHome("toolkey", ["--version"], { env: nowhere })).stdout).toContain("(one file)");
    expect(readdirSync(home.directory).filter((name) => name.startsWith("toolkey-"))).toHaveLength(1);
    // The name is known to all: what others can change is not taken for ours.
    const [own = ""] = readdirSync(home.directory).filter((name) => name.startsWith("toolkey-"));
    writeFileSync(join(home.directory, own, "dist", "toolkey.cjs"), "process.stdout.write('forged\\n');");
    expect((await inHome("toolkey", ["--version"], { env: nowhere })).stdout).toBe("forged\n");
    chmodSync(join(home.directory, own), 0o770);
    expect(expectDone(await inHome("toolkey", ["--version"], { env: nowhere })).stdout).toContain("(one file)");
    const failed = await inHome("toolkey", ["--version"], { env: { ...nowhere, TMPDIR: file } });
    expect(failed).toMatchObject({ code: 1, stdout: "" });
    expect(failed.stderr).toMatch(/^toolkey: cannot put the programs into .*: E[A-Z]+\nhint: .*TMPDIR/);
  });

});
