/** npm's package: what is in it, that it installs without a warning, and what becomes of it. */
import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { matrix } from "../../fixtures/form.ts";
import { client, clientsMissing, type ClientChoice } from "../../fixtures/tools/clients.ts";
import { startGitServer } from "../../fixtures/registries/git/git-server.mjs";
import { BIN, expectDone, makeHome, type Ended, type RunOptions, type TestHome } from "../../fixtures/homes/home.ts";
import { missing } from "../../fixtures/programs/programs.ts";
import { npmEnvironment, packForNpm, renumber, ROOT } from "../../fixtures/programs/packages.ts";

const NPMS = matrix<ClientChoice>([["npm", 10], ["npm", 12]], [["npm", 11]]);
const MEGABYTE = 1_000_000;
const TOKEN = "TOKEN-THAT-WAS-ADDED";
const QUESTION = "protocol=https\nhost=git.example.com\n\n";

let work: string;
let tarball: string;
let home: TestHome;
let prefix: string;
beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), "tk-"));
  tarball = packForNpm(work);
});
afterAll(() => rmSync(work, { recursive: true }));
beforeEach(async () => {
  home = await makeHome();
  prefix = join(home.directory, "prefix");
});
afterEach(async () => {
  await home.stop();
  await home.dispose();
});

it("has in it what runs, and nothing else", () => {
  const files = execFileSync("tar", ["-tzf", tarball], { encoding: "utf8" }).trim().split("\n").map((name) => name.replace("package/", ""));
  const known = [/^bin\/(sealed\/)?[a-z-]+$/, /^dist\/[a-z-]+\.cjs(\.LEGAL\.txt)?$/, /^dist\/code\/[a-z-]+\.js$/, /^dist\/build$/, /^install\/systemd\/toolkey\.service$/, /^share\//, /^(LICENSE|README\.md|package\.json)$/];
  expect(files.filter((name) => !known.some((form) => form.test(name)))).toEqual([]);
  const { man } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { man: readonly string[] };
  expect(man).toEqual(files.filter((name) => name.startsWith("share/man/")).toSorted());
  expect(files.filter((name) => /one-file|packages\.json/.test(name))).toEqual([]);
  expect(files).toEqual(expect.arrayContaining(["share/man/man1/toolkey.1", "share/man/man1/toolkey-add.1", "share/fish/vendor_completions.d/toolkey.fish", "bin/toolkey", "bin/git-credential-toolkey", "bin/mavenrc", "dist/daemon.cjs", "dist/yarn-plugin.cjs", "dist/build"]));
  expect(statSync(tarball).size).toBeLessThan(2 * MEGABYTE);
});

it.skipIf(clientsMissing(...NPMS)).each(NPMS)("%s %i installs it without a script and without a warning, and the demo runs", { timeout: 300_000 }, async (_name, major) => {
  const ended = expectDone(await install(major));
  // Of the machine's own settings npm says what it likes.
  const said = `${ended.stdout}${ended.stderr}`.split("\n").filter((line) => !/^npm warn Unknown \w+ config/.test(line));
  expect(said.join("\n")).not.toMatch(/warn|script|deprecated/i);
  const { bin } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { bin: Record<string, string> };
  for (const program of Object.keys(bin)) expect(existsSync(join(prefix, "bin", program)), program).toBe(true);
  // npm 12 links no manual pages any more (bin-links 7); they are in the package.
  expect(existsSync(join(prefix, "share", "man", "man1", "toolkey.1"))).toBe(major < 12);
  expect(expectDone(await toolkey("--version")).stdout).toMatch(/^[\d.]+\+[0-9a-f]{12} \(npm\)\n$/);
  if (major !== 12) return;
  const demo = expectDone(await inHome(join(ROOT, "install", "demo.sh"), ["--with", join(prefix, "bin")]));
  expect(demo.stdout).toMatch(/all \d+ steps succeeded/);
});

describe.skipIf(clientsMissing(["npm", 12]))("what setup writes", () => {
  beforeEach(async () => {
    await installOnce();
    expectDone(await toolkey("init", "--key", "file"));
    expectDone(await inHome("toolkey", ["add", "https://git.example.com", "--tool", "git", "--username", "alice"], { stdin: TOKEN }));
    expectDone(await toolkey("setup", "git"));
  });

  it("outlives the directory of one version of Node", async () => {
    const programs = join(home.toolkeyHome, "data", "programs");
    expect(readFileSync(join(home.directory, ".gitconfig"), "utf8")).toContain(join(programs, "bin", "git-credential-toolkey"));
    rmSync(programs, { recursive: true });
    expect(JSON.parse((await toolkey("doctor", "--json")).stdout)).toContainEqual(expect.objectContaining({ code: "helper-missing", tool: "git", verdict: "bad" }));
    expect(expectDone(await toolkey("setup", "git", "--dry-run")).stdout).toContain("git asks toolkey already");
    expect(existsSync(programs)).toBe(false);
    expect(expectDone(await toolkey("setup", "git")).stdout).toContain("git asks toolkey already");
    // As one leaves it that is killed while the two change places: nobody has this pid.
    renameSync(programs, `${programs}.4194304.old`);
    expectDone(await toolkey("list"));
    expect(readdirSync(dirname(programs)).filter((name) => name.startsWith("programs"))).toEqual(["programs"]);
    expectDone(await toolkey("stop"));
    renameSync(prefix, `${prefix}-of-another-version`);
    // With no daemon, and nothing of the package.
    expect(expectDone(await home.run("git", ["credential", "fill"], { stdin: QUESTION, env: { PATH: pathWithout() } })).stdout).toContain(`password=${TOKEN}`);
    expect(expectDone(await home.run(join(programs, "bin", "toolkey"), ["--version"])).stdout).toContain("(npm)");
    // It can't be known of as plain a host whether a token lives on there, and how all is removed is told by the form.
    const { stderr } = await home.run(join(programs, "bin", "toolkey"), ["revoke", "--all", "--yes"]);
    expect(stderr).toContain(`then this is safe: toolkey setup --all --undo --yes && toolkey stop && rm -r ${join(home.toolkeyHome, "data")}\n`);
    expectDone(await home.run(join(programs, "bin", "toolkey"), ["setup", "git", "--undo"]));
    expect(existsSync(join(home.directory, ".gitconfig"))).toBe(false);
  });

  it("is renewed by the next build, which a daemon makes way for, and not by an older one", async () => {
    const programs = join(home.toolkeyHome, "data", "programs");
    const before = await home.status();
    const newer = renumber(join(prefix, "lib", "node_modules", "toolkey"), "99.0.0");
    // Git asks through what is kept, until the new build has run once.
    expect(expectDone(await home.run("git", ["credential", "fill"], { stdin: QUESTION, env: { PATH: pathWithout() } })).stdout).toContain(TOKEN);
    expect((await home.status())?.pid).toBe(before?.pid);
    expect(expectDone(await toolkey("list")).stdout).toContain("git.example.com");
    expect(readFileSync(join(programs, "dist", "build"), "utf8").trim()).toBe(newer);
    expect((JSON.parse(expectDone(await toolkey("status", "--json")).stdout) as { build: string }).build).toBe(newer);
    expect(expectDone(await home.run("git", ["credential", "fill"], { stdin: QUESTION, env: { PATH: pathWithout() } })).stdout).toContain(TOKEN);

    renumber(join(prefix, "lib", "node_modules", "toolkey"), "0.0.1");
    expect(expectDone(await toolkey("list")).stdout).toContain("git.example.com");
    expect(readFileSync(join(programs, "dist", "build"), "utf8").trim()).toBe(newer);
    expect((JSON.parse(expectDone(await toolkey("status", "--json")).stdout) as { build: string }).build).toBe(newer);
  });
});

it.skipIf(clientsMissing(["npm", 12]) || missing("bwrap"))("nothing that runs it later can be changed from a sandbox: packages beside it, the Node of the copy", { timeout: 300_000 }, async () => {
  const { argv, environment } = client("npm", 12);
  const [program, ...before] = argv;
  const place = join(home.directory, "cache");
  mkdirSync(place);
  // As npx lays it out.
  expectDone(await home.run(program, [...before, "install", "--prefix", place, tarball], { env: { ...environment, ...npmEnvironment() } }));
  const local = join(place, "node_modules", "toolkey", "bin", "toolkey");
  const node = join(home.directory, "versions", "v20", "node");
  mkdirSync(dirname(node), { recursive: true });
  copyFileSync(process.execPath, node);
  expectDone(await home.run(local, ["init", "--key", "file"], { env: { PATH: [dirname(node), pathWithout()].join(delimiter) } }));
  expectDone(await home.run(local, ["setup", "git"], { env: { PATH: [dirname(node), pathWithout()].join(delimiter) } }));
  expect(readlinkSync(join(home.toolkeyHome, "data", "programs", "node"))).toBe(node);
  const project = join(home.directory, "project");
  mkdirSync(project);
  const [addon = ""] = readdirSync(join(place, "node_modules", "@koromix")).map((name) => join(place, "node_modules", "@koromix", name, "package.json"));
  const targets = [addon, join(place, "node_modules", "@napi-rs", "keyring", "index.js"), local, node];
  const attempt = targets.map((path) => `echo evil >'${path}' || echo held`).join("; ");
  const { stdout } = expectDone(await home.run(local, ["run", "--sandbox", "--", "sh", "-c", `{ ${attempt}; mv '${dirname(dirname(node))}' '${home.directory}/moved' || echo held; } 2>/dev/null`], { cwd: project, env: { PATH: pathWithout() } }));
  expect(stdout).toBe("held\n".repeat(targets.length + 1));
  for (const path of targets) expect(readFileSync(path).subarray(0, 4).toString()).not.toBe("evil");
});

it.skipIf(clientsMissing(["npm", 12]))("an upgrade loses no request, and no session that is in work", { timeout: 300_000 }, async () => {
  const server = await startGitServer({ projects: ["acme"], accounts: [{ username: "alice", token: TOKEN }] });
  try {
    await installOnce();
    const trusting = { NODE_EXTRA_CA_CERTS: server.caFile, GIT_SSL_CAINFO: server.caFile };
    expectDone(await inHome("toolkey", ["init", "--key", "file", "--accept"], { env: trusting }));
    expectDone(await inHome("toolkey", ["add", server.origin, "--tool", "git", "--username", "alice"], { stdin: TOKEN, env: trusting }));
    expectDone(await toolkey("setup", "git"));
    const clone = `git clone -q ${server.url("acme")}`;
    const waits = join(home.directory, "waits");
    const goesOn = join(home.directory, "goes-on");
    execFileSync("mkfifo", [waits, goesOn]);
    const session = inHome("toolkey", ["run", "--", "sh", "-ec", `${clone} one; echo >${waits}; read -r line <${goesOn}; ${clone} two; git -C two log --oneline`], { cwd: home.directory, env: trusting });
    const ended = session.then((early) => { throw new Error(`the session is over: ${early.stdout}${early.stderr}`); });
    await Promise.race([home.run("cat", [waits]), ended]);
    const before = (await home.status())?.pid;

    const newer = renumber(join(prefix, "lib", "node_modules", "toolkey"), "99.0.0");
    const question = `protocol=https\nhost=${new URL(server.origin).host}\n\n`;
    const asked = Array.from({ length: 12 }, () => home.run("git", ["credential", "fill"], { stdin: question, env: { PATH: pathWithout() } }));
    expectDone(await toolkey("list"));
    for (const answer of await Promise.all(asked)) expect(expectDone(answer).stdout).toContain(`password=${TOKEN}`);
    const status = JSON.parse(expectDone(await toolkey("status", "--json")).stdout) as { pid: number; build: string };
    expect(status.build).toBe(newer);
    expect(status.pid).not.toBe(before);
    expectDone(await home.run("sh", ["-c", `echo >${goesOn}`]));
    expect(expectDone(await session).stdout).toMatch(/^[0-9a-f]{7} /);
  } finally {
    await server.close();
  }
});

it.skipIf(clientsMissing(["npm", 12]))("on too old a Node it says so, whoever starts it", async () => {
  await installOnce();
  expectDone(await toolkey("init", "--key", "file"));
  expectDone(await toolkey("setup", "git"));
  expectDone(await toolkey("stop"));
  rmSync(join(home.toolkeyHome, "data", "programs", "node"));
  const old = join(home.directory, "old");
  mkdirSync(old);
  const version = join(old, "version.cjs");
  writeFileSync(version, 'Object.defineProperty(process.versions, "node", { value: "18.20.8" });');
  writeFileSync(join(old, "node"), `#!/bin/sh\nexec '${process.execPath}' --require '${version}' "$@"\n`, { mode: 0o755 });
  const env = { PATH: [old, join(prefix, "bin"), pathWithout()].join(delimiter) };
  const why = "toolkey: this is Node v18.20.8, and toolkey needs 20.19 or newer\nhint: it is ";
  for (const argv of [["--version"], ["doctor"], ["run", "--", "true"]]) {
    const ended = await inHome("toolkey", argv, { env });
    expect([ended.code, ended.stdout, ended.stderr.slice(0, why.length)]).toEqual([1, "", why]);
  }
  const asked = await home.run("git", ["credential", "fill"], { stdin: QUESTION, env });
  expect(asked.stderr).toContain(why);
});

/** As npm 12 installs it, which is done once. */
async function installOnce(): Promise<void> {
  const template = join(work, "prefix");
  if (existsSync(template)) return cpSync(template, prefix, { recursive: true, verbatimSymlinks: true });
  expectDone(await install(12));
  cpSync(prefix, template, { recursive: true, verbatimSymlinks: true });
}

function install(major: number): Promise<Ended> {
  const { argv, environment } = client("npm", major);
  const [program, ...before] = argv;
  return home.run(program, [...before, "install", "--global", "--prefix", prefix, tarball], { env: { ...environment, ...npmEnvironment() } });
}

function toolkey(...argv: readonly string[]): Promise<Ended> {
  return inHome("toolkey", argv);
}

function inHome(program: string, argv: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return home.run(program, argv, { ...options, env: { PATH: [join(prefix, "bin"), pathWithout()].join(delimiter), ...options.env } });
}

/** No program of the checkout is on it. */
function pathWithout(): string {
  return (home.environment["PATH"] ?? "").split(delimiter).filter((directory) => directory !== BIN).join(delimiter);
}
