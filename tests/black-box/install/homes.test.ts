/**
 * Homes as containers and CI jobs have them: each works where `TOOLKEY_HOME` names a directory, and says in words what to set where none
 * does. Nobody is at a terminal.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sampled } from "../../fixtures/form.ts";
import { runToEnd, type Ended } from "../../fixtures/homes/home.ts";
import { missing, whereIs } from "../../fixtures/programs/programs.ts";
import { makeReadableTree } from "../../fixtures/programs/readable-tree.ts";

/** In no list of users. */
const NOBODY = ["setpriv", "--reuid=31245", "--regid=31245", "--clear-groups"] as const;
/** Processes of their own, as a container has them: the first is the shell, and all is marked from the start on. */
const CONTAINER = ["bwrap", "--die-with-parent", "--unshare-pid", "--as-pid-1", "--dev", "/dev", "--proc", "/proc"] as const;

/** What a job does: its last line says that all of it was done. */
const JOB = `set -e
toolkey init --key file
printf S3CRET-OF-GIT | toolkey add https://git.example --tool git --username u
printf 'protocol=https\\nhost=git.example\\n\\n' | git-credential-toolkey get | grep -q S3CRET-OF-GIT
toolkey run -- sh -c 'echo inside'
toolkey doctor --json >/dev/null || true
toolkey stop
echo done`;

let tree: ReturnType<typeof makeReadableTree>;
let programs: string;
let root: string;
/** Anybody may write there. */
let open: string;
/** Only root may, and a container sees it as read-only. */
let closed: string;

beforeAll(() => {
  tree = makeReadableTree();
  programs = `${tree.bin}:${dirname(process.execPath)}:${dirname(whereIs("git") ?? "")}:/usr/bin:/bin`;
});
afterAll(() => tree.remove());
beforeEach(() => {
  // Not below /tmp, which some of these do without.
  root = mkdtempSync("/var/tmp/tk-homes-");
  chmodSync(root, 0o755);
  [open, closed] = [join(root, "open"), join(root, "closed")];
  mkdirSync(open);
  chmodSync(open, 0o777);
  mkdirSync(closed);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function run(prefix: readonly string[], script: string, environment: Readonly<Record<string, string>>): Promise<Ended> {
  const words: readonly string[] = [...prefix, "sh", "-c", script];
  return runToEnd(words[0] ?? "", words.slice(1), { PATH: programs, GIT_CONFIG_NOSYSTEM: "1", ...environment });
}

const isRoot = process.getuid?.() === 0;

interface Where {
  readonly what: string;
  readonly prefix: () => readonly string[];
  readonly environment: () => Readonly<Record<string, string>>;
}

const WHERES: readonly Where[] = [
  { what: "a user without an entry, and without HOME", prefix: () => NOBODY, environment: () => ({}) },
  { what: "HOME is empty", prefix: () => NOBODY, environment: () => ({ HOME: "" }) },
  { what: "HOME is /", prefix: () => NOBODY, environment: () => ({ HOME: "/" }) },
  { what: "HOME is not there", prefix: () => NOBODY, environment: () => ({ HOME: "/nowhere/home" }) },
  { what: "HOME is somebody else's", prefix: () => NOBODY, environment: () => ({ HOME: closed }) },
  { what: "HOME can't be looked at", prefix: () => NOBODY, environment: () => (chmodSync(closed, 0o700), { HOME: closed }) },
  { what: "HOME can only be read", prefix: () => [...CONTAINER, "--bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--ro-bind", closed, closed], environment: () => ({ HOME: closed }) },
  { what: "nothing can be written but TOOLKEY_HOME", prefix: () => inContainer(), environment: () => ({ HOME: closed }) },
  { what: "all of it: no entry, no HOME, nothing to be written", prefix: () => [...inContainer(), ...NOBODY], environment: () => ({}) },
];

/** A container in which only one directory can be written, and /tmp neither. */
function inContainer(): readonly string[] {
  const [program, ...options] = CONTAINER;
  return [program, "--ro-bind", "/", "/", ...options, "--bind", open, open];
}

describe.skipIf(!isRoot || process.platform !== "linux" || missing("setpriv", "bwrap"))("a home where", () => {
  it.each(sampled(WHERES, 2))("$what: works with TOOLKEY_HOME", async ({ prefix, environment }) => {
    const ended = await run(prefix(), JOB, { ...environment(), TOOLKEY_HOME: join(open, "t") });
    expect([ended.code, ended.stderr.replaceAll(/^(toolkey|hint): .*\n/gm, "")]).toEqual([0, ""]);
    expect(ended.stdout).toMatch(/\ninside\n[^]*\ndone\n$/);
    expect(ended.stdout + ended.stderr).not.toMatch(/a bug in toolkey/);
  });

  it.each(sampled(WHERES, 2))("$what: says without what to set", async ({ prefix, environment }) => {
    const ended = await run(prefix(), "cd /; toolkey init --key file; echo $?; toolkey list; toolkey run -- echo ran; toolkey doctor; toolkey setup git", environment());
    expect(ended.stdout).toMatch(/^1\n[^]*ran\n/);
    expect(ended.stderr).toMatch(/^toolkey: (cannot (make|look at) the directory|\S+ belongs to another user).*\nhint: set HOME to your own home, or TOOLKEY_HOME to a directory of your own\n/);
    expect(ended.stderr).toMatch(/toolkey: cannot (read|write) \S*\.gitconfig: E[A-Z]+\nhint: it was left as it is\n/);
    expect(ended.stdout + ended.stderr).not.toMatch(/a bug in toolkey|SystemError|^ +at /m);
  });

  it("the current directory is not taken for a home that is empty", async () => {
    const ended = await run(NOBODY, `cd ${open}; toolkey init --key file; ls -A`, { HOME: "" });
    expect(ended.stdout).toBe("");
  });

  it("there is no place for a socket: neither beside the vault, nor for temporary files", async () => {
    const ended = await run(inContainer(), "toolkey init --key file", { HOME: closed, TOOLKEY_HOME: join(open, "x".repeat(100)) });
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(ended.stderr).toMatch(/^toolkey: there is no place for the daemon's socket: the path of a socket there is longer than 103 bytes; .*\nhint: set XDG_RUNTIME_DIR, or TMPDIR, /);
    const [program, ...rest] = inContainer();
    const tmp = join(open, "tmp");
    mkdirSync(tmp);
    const there = await run([program ?? "", ...rest], "toolkey init --key file && toolkey stop", { HOME: closed, TOOLKEY_HOME: join(open, "x".repeat(100)), TMPDIR: tmp });
    expect([there.code, there.stderr]).toEqual([0, ""]);
  });

  it("a pipe can't be kept: an import from one says where it wanted to", async () => {
    const ended = await run(inContainer(), "toolkey init --key file && printf x | toolkey import --from -; echo $?; toolkey stop", { HOME: closed, TOOLKEY_HOME: join(open, "t") });
    expect(ended.stdout).toMatch(/\n1\n/);
    expect(ended.stderr).toMatch(/^toolkey: a pipe can't be kept in \/tmp meanwhile: E[A-Z]+\nhint: nothing was changed\nhint: set TMPDIR to a directory of your own, or name a file\n$/);
  });

  it("the file system is full: nothing is half made, and there is room for it later", async () => {
    const small = join(root, "small");
    mkdirSync(small);
    const prefix = [CONTAINER[0], "--bind", "/", "/", ...CONTAINER.slice(1), "--size", "4096", "--tmpfs", small];
    const ended = await run(prefix, "toolkey init --key file; echo $?; toolkey stop >/dev/null; ls $TOOLKEY_HOME/data", { HOME: open, TOOLKEY_HOME: join(small, "t") });
    expect(ended.stdout).toMatch(/^1\n/);
    expect(ended.stdout).not.toMatch(/^vault\.age$/m);
    expect(ended.stderr).toMatch(/^toolkey: .*ENOSPC\nhint: /);
  });

  it("there is no /proc: that is said", async () => {
    const prefix = [CONTAINER[0], "--bind", "/", "/", "--unshare-pid", "--dev", "/dev", "--tmpfs", "/proc"];
    const ended = await run(prefix, "toolkey init --key file", { HOME: open, TOOLKEY_HOME: join(open, "t") });
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(ended.stderr).toMatch(/^toolkey: there is no \/proc\/self\/fd, and toolkey tells by it who asks\nhint: .*mount -t proc/);
  });

  it("toolkey is the first process: its command runs, and what that leaves behind is not waited for", async () => {
    const environment = { HOME: open, TOOLKEY_HOME: join(open, "t") };
    writeFileSync(join(open, "token"), "S3CRET\n", { mode: 0o600 });
    const start = [...CONTAINER, "--bind", "/", "/", "--dev", "/dev", "--proc", "/proc"];
    const init = await runToEnd(start[0] ?? "", [...start.slice(1), join(tree.bin, "toolkey"), "init", "--key", "file"], { PATH: programs, ...environment });
    expect([init.code, init.stderr]).toEqual([0, ""]);
    const ran = await runToEnd(start[0] ?? "", [...start.slice(1), join(tree.bin, "toolkey"), "run", "--", "sh", "-c", "sleep 300 & echo ran; exit 7"], { PATH: programs, ...environment });
    expect([ran.code, ran.stdout]).toEqual([7, "ran\n"]);
  });
});
