/** `toolkey run`: the command is the person's own, whatever toolkey adds or can't add. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { whenFile } from "../../fixtures/processes/daemon-process.ts";
import { matrix } from "../../fixtures/form.ts";
import { hear } from "../../fixtures/processes/heard.ts";
import { BIN, expectDone, makeHome, type Ended, type RunOptions, type TestHome } from "../../fixtures/homes/home.ts";
import { missing } from "../../fixtures/programs/programs.ts";
import { openTerminal } from "../../fixtures/processes/pseudo-terminal.ts";

const SECRET = "S3CRET-of-nuxeoctl";

let home: TestHome;

/** A program of this name in the home's own directory, which is first on PATH. */
function script(name: string, text: string): string {
  const path = join(home.directory, "programs", name);
  mkdirSync(join(home.directory, "programs"), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return path;
}

const path = (): string => `${join(home.directory, "programs")}:${home.environment["PATH"] ?? ""}`;

function toolkeyRun(argv: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return home.toolkey(["run", ...argv], { cwd: home.directory, ...options, env: { PATH: path(), ...options.env } });
}

async function addNuxeo(): Promise<void> {
  await home.addToken("nuxeoctl", "https://connect.nuxeo.com", SECRET, "alice");
}

beforeAll(async () => {
  home = await makeHome();
});

afterAll(() => home.dispose());

describe("a command of no tool, where there is no vault", () => {
  const without = (program: string): string => `toolkey: there is no vault\nhint: toolkey init\ntoolkey: ${program} runs without a token\n`;

  it.each(matrix([0, 7], [1, 126, 255]))("ends with its own exit code %i, and no daemon is asked", async (code) => {
    expect(await toolkeyRun(["--", "sh", "-c", `exit ${code}`])).toMatchObject({ code, stdout: "", stderr: without("sh") });
    expect((await toolkeyRun(["-q", "--", "sh", "-c", `exit ${code}`])).stderr).toBe("");
    expect(existsSync(join(home.toolkeyHome, "data", "run"))).toBe(false);
  });

  it("has its arguments, its directory and the streams of the person", async () => {
    const ended = await toolkeyRun(["sh", "-c", 'pwd; cat; printf "<%s>" "$@" >&2', "sh", "a b", "", "--tool", "$x"], { stdin: "in\0put" });
    expect(ended).toMatchObject({ code: 0, stdout: `${home.directory}\nin\0put`, stderr: `${without("sh")}<a b><><--tool><$x>` });
  });

  it("has the person's environment and no other, what is put aside for Node's start included", async () => {
    const env = { NODE_EXTRA_CA_CERTS: "/no/such/file", NODE_OPTIONS: "--no-such-option", ODD: "a\nb='" };
    const ours = expectDone(await toolkeyRun(["--", "env", "-0"], { env })).stdout;
    const theirs = expectDone(await home.run("env", ["-0"], { cwd: home.directory, env: { PATH: path(), ...env } })).stdout;
    const sorted = (text: string): string[] => text.split("\0").filter((line) => !/^(_|PWD|OLDPWD|SHLVL)=/.test(line)).sort();
    expect(sorted(ours)).toEqual(sorted(theirs));
  });

  it("has no descriptors but those of the person", async () => {
    const theirs = expectDone(await home.run("ls", ["/proc/self/fd"]));
    expect(expectDone(await toolkeyRun(["--", "ls", "/proc/self/fd"])).stdout).toBe(theirs.stdout);
  });

  it("is started all the same if a URL among its arguments holds a password, which is said", async () => {
    const said = "toolkey: a URL among the arguments holds a password: other programs can see it, and the history of your shell may\n";
    expect(await toolkeyRun(["--", "echo", "https://alice:S3CRET@git.example/x"])).toMatchObject({ code: 0, stderr: `${without("echo")}${said}` });
    expect(await toolkeyRun(["--", "echo", "https://alice@git.example/x:y@z", "a:b@c"])).toMatchObject({ code: 0, stderr: without("echo") });
  });

  it("that isn't there ends with 127, one that can't be started with 126", async () => {
    expect(await toolkeyRun(["--", "no-such-program", "x"])).toMatchObject({ code: 127, stderr: "toolkey: there is no program 'no-such-program'\n" });
    expect(await toolkeyRun(["--", ""])).toMatchObject({ code: 127, stderr: "toolkey: there is no program ''\n" });
    const file = join(home.directory, "plain");
    writeFileSync(file, "x");
    expect(await toolkeyRun(["--", file])).toMatchObject({ code: 126, stderr: `toolkey: cannot start '${file}': EACCES\n` });
    expect(await toolkeyRun(["--", home.directory])).toMatchObject({ code: 126 });
  });

  it.each<[argv: string[], stderr: string]>([
    [[], "toolkey: no command was named\n"],
    [["--"], "toolkey: no command was named\n"],
    [["--frobnicate", "true"], "toolkey: unknown option '--frobnicate'\n"],
    [["--onli=npm", "true"], "toolkey: unknown option '--onli=npm'; did you mean '--only'?\n"],
    [["--tool"], "toolkey: --tool needs a value\n"],
    [["--env", "A=nuxeo", "true"], "toolkey: --env is for commands that know no other way\n"],
    [["--tool", "http", "--env", "1A=nuxeo", "true"], "toolkey: --env takes the name of a variable and a service, or a URL\n"],
  ])("wrong usage %j is said, and ends with 2", async (argv, stderr) => {
    const ended = await toolkeyRun(argv);
    expect(ended).toMatchObject({ code: 2, stdout: "" });
    expect(ended.stderr).toContain(stderr);
  });

  it.each<[argv: string[], stderr: string]>([
    [["--tool", "frobnicate", "true"], "toolkey: there is no tool 'frobnicate'\nhint: tools: "],
    [["--tool", "http", "--direct", "true"], "toolkey: the tool http gets its tokens themselves in variables, and none was named\n"],
  ])("with a tool that has no use for it, %j, is wrong usage", async (argv, stderr) => {
    const other = await makeHome();
    try {
      await other.init();
      const ended = await other.toolkey(["run", ...argv]);
      expect(ended).toMatchObject({ code: 2, stdout: "" });
      expect(ended.stderr).toContain(stderr);
    } finally {
      await other.dispose();
    }
  });
});

describe("signals and the terminal", () => {
  const absent = missing("script");

  /** Starts a command that says "ready", and gives the process of toolkey run. */
  async function started(command: string): Promise<{ child: ReturnType<typeof spawn>; said: () => string }> {
    const child = spawn(join(BIN, "toolkey"), ["run", "--", "sh", "-c", command], {
      cwd: home.directory,
      env: home.environment,
      stdio: ["ignore", "pipe", "inherit"],
      detached: true,
    });
    const heard = hear(child);
    await heard.line(/^ready$/);
    return { child, said: () => heard.stdout };
  }

  it.each(matrix<NodeJS.Signals>(["SIGTERM", "SIGINT", "SIGUSR1"], ["SIGHUP", "SIGQUIT", "SIGUSR2"]))("%s sent to toolkey reaches the command", async (signal) => {
    const { child, said } = await started(`trap 'echo got; exit 9' ${signal.slice(3)}; echo ready; while :; do sleep 0.05; done`);
    child.kill(signal);
    expect(await once(child, "close")).toEqual([9, null]);
    expect(said()).toBe("ready\ngot\n");
  });

  it.each(matrix<NodeJS.Signals>(["SIGTERM", "SIGKILL"], ["SIGINT", "SIGHUP"]))("a command that ends by %s makes toolkey end so, too", async (signal) => {
    const { child } = await started(`echo ready; kill -${signal.slice(3)} $$`);
    expect(await once(child, "close")).toEqual([null, signal]);
  });

  it("one that would leave a core file is an exit code", async () => {
    const { child } = await started("ulimit -c 0; echo ready; kill -ABRT $$");
    expect(await once(child, "close")).toEqual([134, null]);
  });

  it.skipIf(absent)("a terminal stays one, and Ctrl-C reaches the command once", async () => {
    const program = join(home.directory, "on-terminal.mjs");
    const lines = [
      'import { isatty } from "node:tty";',
      "let times = 0;",
      "process.on('SIGINT', () => console.log(`got ${++times}`));",
      "process.stdin.on('data', (line) => { console.log(`end ${times} ${line}`); process.exit(5); });",
      "if ([0, 1, 2].every((descriptor) => isatty(descriptor))) console.log('ready');",
    ];
    writeFileSync(program, lines.join("\n"));
    const terminal = openTerminal(home, `exec ${join(BIN, "toolkey")} run -- node ${program}`);
    await terminal.answer("ready", "\u0003");
    await terminal.answer("got 1", "x\r");
    await terminal.shows("end 1 x");
    expect((await terminal.ended).code).toBe(5);
  });

  it.skipIf(absent || missing("bash"))("Ctrl-Z stops it, and fg lets it go on", async () => {
    const fifo = join(home.directory, "stopped");
    expectDone(await home.run("mkfifo", [fifo]));
    const terminal = openTerminal(home, "bash --norc --noprofile -i", { env: { PS1: "prompt> ", HISTFILE: undefined } });
    // Stopped while it reads from the terminal, it could still take what is typed for the shell: that takes the terminal
    // back as soon as toolkey has stopped, which the command may do later.
    await terminal.answer("prompt> ", `${join(BIN, "toolkey")} run -- sh -c 'echo re""ady; read word <${fifo}; echo $word; read line; echo "line is $line"'\r`);
    await terminal.shows("ready");
    terminal.type("\u001a");
    await terminal.shows("Stopped");
    await terminal.shows("prompt> ");
    const written = writeFile(fifo, "going-on\n");
    terminal.type("fg\r");
    await terminal.shows("toolkey run");
    await terminal.answer("going-on", "mine\r");
    await written;
    await terminal.shows("line is mine");
    await terminal.answer("prompt> ", "exit 3\r");
    expect((await terminal.ended).code).toBe(3);
  });
});

describe("without a token to give, the command runs all the same", () => {
  beforeEach(() => {
    script("nuxeoctl", 'echo "ran $*"; cat; exit 4');
  });

  afterEach(async () => {
    await home.toolkey(["stop"]);
    rmSync(home.toolkeyHome, { recursive: true, force: true });
  });

  const REGISTER = ["--", "nuxeoctl", "register", "alice", "project"];
  const RAN = { code: 4, stdout: "ran register alice project\nmine" };

  it("no vault", async () => {
    const ended = await toolkeyRun(REGISTER, { stdin: "mine" });
    expect(ended).toMatchObject(RAN);
    expect(ended.stderr).toBe(`toolkey: there is no vault at ${join(home.toolkeyHome, "data", "vault.age")}\nhint: make one: toolkey init\ntoolkey: nuxeoctl runs without a token\nhint: then add a token: toolkey add URL --tool nuxeoctl\n`);
  });

  it("no token, which is said with the command that adds one", async () => {
    await home.init();
    const stderr = "toolkey: there is no nuxeoctl token for https://connect.nuxeo.com\nhint: toolkey add https://connect.nuxeo.com --tool nuxeoctl\n";
    expect(await toolkeyRun(REGISTER, { stdin: "mine" })).toMatchObject({ ...RAN, stderr });
  });

  // Each tells what it was started with: no address of the gateway's, and the mark of a sealed command.
  it.each(matrix<[program: string, argv: string[], place: string]>([
    ["npm", ["install"], "http://localhost:4873"],
    ["mvn", ["validate"], "http://localhost:4873/libs"],
    ["git", ["clone", "https://git.acme.example/a.git"], "https://git.acme.example"],
  ], [
    ["pnpm", ["install"], "http://localhost:4873"],
    ["yarn", [], "http://localhost:4873"],
    ["bun", ["install"], "http://localhost:4873"],
  ]))("%s starts directly, and sealed", async (program, argv, place) => {
    await home.init();
    const tool = program === "mvn" ? "maven" : program;
    script(program, 'env | grep -c 127.0.0.1; toolkey show any 2>&1 | head -n 1; exit 4');
    const project = join(home.directory, "missing");
    mkdirSync(project, { recursive: true });
    writeFileSync(join(project, ".npmrc"), "registry=http://localhost:4873/\n");
    writeFileSync(join(project, "package.json"), '{"packageManager":"yarn@1.22.22"}');
    writeFileSync(join(project, "pom.xml"), "<project><repositories><repository><id>acme</id><url>http://localhost:4873/libs</url></repository></repositories></project>");
    const ended = await toolkeyRun(["--", program, ...argv], { cwd: project });
    rmSync(join(home.directory, "programs", program));
    expect(ended).toMatchObject({ code: 4 });
    expect(ended.stdout).toMatch(/^0\ntoolkey: not answered inside of /);
    expect(ended.stderr).toContain(`toolkey: there is no ${tool} token for ${argv[1] ?? place}\nhint: toolkey add ${place} --tool ${tool}\n`);
  });

  it("a locked vault, which is said", async () => {
    await home.init();
    await home.ask("lock", {});
    const ended = await toolkeyRun(REGISTER, { stdin: "mine" });
    expect(ended).toMatchObject(RAN);
    expect(ended.stderr).toBe("toolkey: the vault is locked\nhint: toolkey unlock\ntoolkey: nuxeoctl runs without a token\n");
  });

  it("a damaged vault, which is said", async () => {
    await home.init();
    await home.stop();
    writeFileSync(join(home.toolkeyHome, "data", "vault.age"), "not age");
    const ended = await toolkeyRun(REGISTER, { stdin: "mine" });
    expect(ended).toMatchObject(RAN);
    expect(ended.stderr).toMatch(/^toolkey: .*vault\.age.*\n(hint: .*\n)*toolkey: nuxeoctl runs without a token\n$/);
  });

  it("no daemon can be started, which is said", async () => {
    mkdirSync(join(home.toolkeyHome, "data"), { recursive: true, mode: 0o700 });
    writeFileSync(join(home.toolkeyHome, "data", "run"), "");
    const ended = await toolkeyRun(REGISTER, { stdin: "mine" });
    rmSync(join(home.toolkeyHome, "data", "run"));
    expect(ended).toMatchObject(RAN);
    expect(ended.stderr).toContain("toolkey: nuxeoctl runs without a token\n");
  });
});

describe("a token by standard input", () => {
  beforeAll(async () => {
    await home.init();
    await addNuxeo();
  });

  beforeEach(() => {
    script("nuxeoctl", 'cat >"$HOME/got"; ls -l "/proc/$$/fd/0" >"$HOME/where"; cat /proc/$PPID/cmdline /proc/$$/cmdline >"$HOME/seen"');
  });

  const register = ["register", "alice", "project"];

  it("reaches nuxeoctl, which is said; not with --quiet", async () => {
    const ended = await toolkeyRun(["--", "nuxeoctl", ...register], { stdin: "mine" });
    expect(ended).toMatchObject({ code: 0, stdout: "" });
    expect(ended.stderr).toMatch(/^toolkey: nuxeoctl gets nuxeoctl-\w+ for https:\/\/connect\.nuxeo\.com\n$/);
    expect(readFileSync(join(home.directory, "got"), "utf8")).toBe(`${SECRET}\n`);
    expect(await toolkeyRun(["-q", "--", "nuxeoctl", ...register])).toMatchObject({ code: 0, stdout: "", stderr: "" });
  });

  it("is in a file without a name, and on no command line", async () => {
    expectDone(await toolkeyRun(["--", "nuxeoctl", ...register]));
    expect(readFileSync(join(home.directory, "where"), "utf8")).toMatch(/ -> \/dev\/shm\/toolkey-\w+ \(deleted\)\n$/);
    expect(readFileSync(join(home.directory, "seen"), "utf8")).not.toContain(SECRET);
    expect(readdirSync("/dev/shm").filter((name) => name.startsWith("toolkey-"))).toEqual([]);
  });

  it.skipIf(missing("strace"))("that file has lost its name before anything is in it", async () => {
    const trace = join(home.directory, "trace");
    const options = ["-f", "-s", "4096", "-e", "trace=openat,open,unlink,unlinkat,pwrite64,write,rename,link,linkat", "-o", trace];
    expectDone(await home.run("strace", [...options, join(BIN, "toolkey"), "run", "-q", "--", "nuxeoctl", ...register], { env: { PATH: path() } }));
    const lines = readFileSync(trace, "utf8").split("\n");
    rmSync(trace);
    const made = lines.findIndex((line) => line.includes("/dev/shm/toolkey-") && line.includes("O_EXCL"));
    const unlinked = lines.findIndex((line) => line.includes("unlink") && line.includes("/dev/shm/toolkey-"));
    const written = lines.findIndex((line) => /p?write(64)?\(/.test(line) && line.includes(SECRET));
    expect(lines[made]).toContain("0600");
    expect([made !== -1, unlinked > made, written > unlinked]).toEqual([true, true, true]);
    // The answer of the daemon came by its socket; the command itself writes what it got into its file.
    expect(lines.filter((line) => line.includes("open") && line.includes("O_CREAT") && line.includes("toolkey-"))).toHaveLength(1);
  });

  it("killed in the midst of it, nothing is left behind", async () => {
    const fifo = join(home.directory, "fifo");
    expectDone(await home.run("mkfifo", [fifo]));
    script("nuxeoctl", `echo $PPID >"$HOME/pid.new"; mv "$HOME/pid.new" "$HOME/pid"; read line <"${fifo}"`);
    const running = toolkeyRun(["-q", "--", "nuxeoctl", ...register]);
    const pid = join(home.directory, "pid");
    await whenFile(pid, () => existsSync(pid), running);
    process.kill(Number(readFileSync(pid, "utf8")), "SIGKILL");
    await Promise.race([writeFile(fifo, "go on\n"), running]);
    expect(await running).toMatchObject({ code: null, signal: "SIGKILL" });
    expect(readdirSync("/dev/shm").filter((name) => name.startsWith("toolkey-"))).toEqual([]);
    expect((await home.run("grep", ["-rlF", SECRET, home.directory])).stdout.trim()).toBe(join(home.directory, "got"));
  });

  it("once the command has ended, a process that it left behind finds nothing", async () => {
    const fifo = join(home.directory, "fifo-2");
    expectDone(await home.run("mkfifo", [fifo]));
    // What it leaves behind holds the lock as long as it lives.
    script("nuxeoctl", `exec 9>"$HOME/lock"; flock 9; (read line <"${fifo}"; cat <"/proc/self/fd/0" >"$HOME/late") <&0 >/dev/null 2>&1 &`);
    expectDone(await toolkeyRun(["-q", "--", "nuxeoctl", ...register]));
    const ended = home.run("flock", [join(home.directory, "lock"), "true"]);
    await Promise.race([writeFile(fifo, "go on\n"), ended]);
    expectDone(await ended);
    expect(readFileSync(join(home.directory, "late"), "utf8")).toBe("");
  });

  it.each(matrix<[what: string, command: () => string[]]>([
    ["a path to it", () => [join(home.directory, "programs", "nuxeoctl")]],
    ["--tool", () => [script("frontend", 'exec nuxeoctl "$@"')]],
  ], [
    ["its name", () => ["nuxeoctl"]],
    ["a relative path", () => ["./programs/nuxeoctl"]],
  ]))("the tool is known by %s", async (what, command) => {
    rmSync(join(home.directory, "got"), { force: true });
    const options = what === "--tool" ? ["--tool", "nuxeoctl"] : [];
    expectDone(await toolkeyRun([...options, "--", ...command(), ...register]));
    expect(readFileSync(join(home.directory, "got"), "utf8")).toBe(`${SECRET}\n`);
  });
});

describe("tokens in variables", () => {
  beforeAll(async () => {
    await home.addToken("http", "https://api.example.com/v1", "S3CRET-of-http");
  });

  it("for --tool http alone, with a warning", async () => {
    const ended = await toolkeyRun(["--tool", "http", "--env", "TOKEN=https://api.example.com/v1", "--", "sh", "-c", 'echo "$TOKEN"']);
    expect(ended).toMatchObject({ code: 0, stdout: "S3CRET-of-http\n" });
    expect(ended.stderr).toMatch(
      /^toolkey: sh gets http-\w+ for https:\/\/api\.example\.com\/v1\ntoolkey: every process of the command can read TOKEN: the weakest way to hand over a token\n$/,
    );
  });

  it("without a token the command is not started", async () => {
    const ended = await toolkeyRun(["--tool", "http", "--env", "TOKEN=https://other.example.com", "--", "sh", "-c", "echo started"]);
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(ended.stderr).toContain("hint: the command was not started; toolkey add https://other.example.com --tool http");
  });
});
