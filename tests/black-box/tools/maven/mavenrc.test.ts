/** ~/.mavenrc and `bin/mavenrc`: plain `mvn` gets its tokens, in every shell that may be /bin/sh. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { socketOf } from "../../../fixtures/processes/daemon-process.ts";
import { longTest, matrix } from "../../../fixtures/form.ts";
import { BIN, expectDone, makeHome, type Ended, type RunOptions, type TestHome } from "../../../fixtures/homes/home.ts";
import { ASKS, keepUnderPassphrase, PASSPHRASE } from "../../../fixtures/homes/locked-home.ts";
import { putParent, writeParentedProject, writeSettings } from "../../../fixtures/tools/maven-project.ts";
import { startMavenRepository, type MavenRepository } from "../../../fixtures/registries/maven-repository.ts";
import { maven, mavenMissing, type MavenVersion, NEWEST, OLDER } from "../../../fixtures/tools/maven.ts";
import { missing, type ProgramName } from "../../../fixtures/programs/programs.ts";
import { openTerminal } from "../../../fixtures/processes/pseudo-terminal.ts";

const SECRET = "LIBS-TOKEN";

const shells = matrix<readonly [name: ProgramName, command: readonly [string, ...string[]]]>([
  ["dash", ["dash"]],
], [
  ["bash", ["bash", "--posix"]],
  ["busybox", ["busybox", "ash"]],
  ["zsh", ["zsh", "--emulate", "sh"]],
]);

/** As the scripts of Maven begin, and then what they would start java with. */
const SCRIPT = `names() { set | sed -n 's/^\\([A-Za-z_][A-Za-z0-9_]*\\)=.*/\\1/p' | sort -u; }
names | cat >"$HOME/before"
names | cat >"$HOME/before"
if [ -f "$HOME/.mavenrc" ]; then
  . "$HOME/.mavenrc"
fi
names | diff "$HOME/before" - | sed 's/^[<>]/left behind:/'
command -v fail add is_ours
printf '<%s>\\n' "$@"
case \${1-} in -s) cat "$2" ;; esac
`;

let repository: MavenRepository;
let home: TestHome;

beforeAll(async () => {
  repository = await startMavenRepository({ plain: true, repositories: [{ path: "/libs", user: "alice", token: SECRET }, { path: "/open" }] });
  putParent(repository, "/libs");
});
afterAll(() => repository.close());

/** A home with a service, its token, a project that has a parent there, and the hook. */
async function makeMavenHome(): Promise<TestHome> {
  home = await makeHome();
  await home.init();
  mkdirSync(join(home.toolkeyHome, "config"), { recursive: true });
  const url = repository.url("/libs");
  writeFileSync(join(home.toolkeyHome, "config", "config.toml"), `[service.acme]\nissuer = "none"\nurl = "${url}"\nmaven = { server = "acme", url = "${url}" }\n`);
  await home.acceptConfig();
  await home.addToken("maven", "acme", SECRET, "alice");
  expectDone(await home.toolkey(["setup", "maven"]));
  await writeParentedProject(project(), [{ id: "acme", url }]);
  writeFileSync(join(home.directory, "mvn"), SCRIPT);
  return home;
}

function project(): string {
  return join(home.directory, "project");
}

function nodeless(): { PATH: string } {
  const directory = join(home.directory, "no-node");
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "node"), `#!/bin/sh\necho started >>'${directory}/started'\nexit 97\n`, { mode: 0o755 });
  return { PATH: `${directory}:${home.environment["PATH"] ?? ""}` };
}

function nodeStarted(): boolean {
  return existsSync(join(home.directory, "no-node", "started"));
}

function filesInMemory(): string[] {
  return readdirSync("/dev/shm").filter((name) => name.startsWith("toolkey-mvn-"));
}

describe.each(shells)("under %s", (name, [shell, ...options]) => {
  const absent = missing(name);

  beforeAll(async () => {
    if (!absent) await makeMavenHome();
  });
  afterAll(async () => {
    if (!absent) await home.dispose();
  });

  function script(argv: readonly string[], more: RunOptions = {}): Promise<Ended> {
    return home.run(shell, [...options, join(home.directory, "mvn"), ...argv], { cwd: project(), ...more });
  }

  it.skipIf(absent)("puts settings with the token first, without Node, and leaves nothing behind", async () => {
    const ended = await script(["validate", "-q"], { env: nodeless() });
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    expect(ended.stdout).not.toContain("left behind");
    expect(ended.stdout).toMatch(/^<-s>\n<\/proc\/[1-9]\d*\/fd\/9>\n<validate>\n<-q>\n/);
    expect(ended.stdout).toContain(`<password>${SECRET}</password>`);
    expect(nodeStarted()).toBe(false);
    expect(filesInMemory()).toEqual([]);
  });

  it.skipIf(absent)("hands over a descriptor that Maven inherits where there is no /proc, as on macOS", async () => {
    const lane = join(home.directory, "mavenrc-without-proc");
    writeFileSync(lane, readFileSync(join(BIN, "mavenrc"), "utf8").replaceAll("/proc/$$/fd", "/nonexistent"));
    writeFileSync(join(home.directory, "without-proc"), `. '${lane}'\nprintf '<%s>\\n' "$@"\ncat <&9\n(: >&8) 2>/dev/null || echo closed\n`);
    const ended = await home.run(shell, [...options, join(home.directory, "without-proc"), "validate"], { cwd: project(), env: nodeless() });
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    expect(ended.stdout).toMatch(/^<-s>\n<\/dev\/fd\/9>\n<validate>\n/);
    // On macOS who opens it goes on where it is in the file: at its beginning.
    expect(ended.stdout).toContain(`<password>${SECRET}</password>`);
    expect(ended.stdout).toMatch(/\nclosed\n$/);
    expect(filesInMemory()).toEqual([]);
    const again = await home.run(shell, [...options, join(home.directory, "without-proc"), "-s", "/dev/fd/9", "validate"], { cwd: project(), env: nodeless() });
    expect(again.stdout).toMatch(/^<-s>\n<\/dev\/fd\/9>\n<validate>\n/);
  });

  it.skipIf(absent)("keeps whatever an argument holds", async () => {
    const odd = ["", " a  b ", "*", "-Dx=one\ntwo\n", "+\n+", "'\"`id`$(id)\\n%s", "é 日本 \u{1F511}", "-s"];
    const ended = await script(["validate", ...odd]);
    expect(ended.stderr).toBe("");
    const shown = odd.map((argument) => `<${argument}>\n`).join("");
    // The last is an option without its file, which is Maven's to say.
    expect(ended.stdout).toBe(`<validate>\n${shown}`);
    expect((await script(["validate", ...odd.slice(0, -1)])).stdout).toContain(`<validate>\n${shown.slice(0, -"<-s>\n".length)}<settings>`);
  });

  it.skipIf(absent)("options of the shell and descriptors of the caller are as they were", async () => {
    writeFileSync(join(home.directory, "caller"), `set -fu\nexec 9</dev/null 8>/dev/null\n. '${join(home.directory, "mvn")}'\necho "$-"; readlink /proc/$$/fd/9; umask\n`);
    const ended = await home.run(shell, [...options, join(home.directory, "caller"), "validate"], { cwd: project() });
    expect(ended.stdout).not.toContain("left behind");
    const lines = ended.stdout.split("\n").slice(-4);
    expect(lines[0]).toMatch(/(?=.*f)(?=.*u)/);
    expect(lines[0]).not.toContain("C");
    expect(lines.slice(1)).toEqual(["/dev/null", expect.stringMatching(/^0*22$/), ""]);
  });

  it.skipIf(absent).each(["-v", "--version", "-h", "--help"])("asks nobody for %s", async (question) => {
    const env = { ...nodeless(), TOOLKEY_HOME: join(home.directory, "none") };
    expect(await script([question], { env })).toMatchObject({ code: 0, stdout: `<${question}>\n`, stderr: "" });
    expect(await script(["-q", question], { env })).toMatchObject({ code: 0, stdout: `<-q>\n<${question}>\n`, stderr: "" });
    expect(nodeStarted()).toBe(false);
  });

  it.skipIf(absent)("adds nothing to what toolkey run gave", async () => {
    const ended = await script(["-s", "/proc/1/fd/5", "validate"], { env: nodeless() });
    expect(ended.stdout).toBe("<-s>\n</proc/1/fd/5>\n<validate>\n");
    expect(ended.stderr).not.toContain("toolkey");
  });

  it.skipIf(absent)("shows no token where the shell shows what it does", async () => {
    const ended = await home.run(shell, [...options, "-x", join(home.directory, "mvn"), "validate"], { cwd: project() });
    expect(ended.stderr).toContain("Maven runs without its tokens");
    expect(ended.stderr + ended.stdout).not.toContain(SECRET);
  });

  it.skipIf(absent)("goes on without a word where no token is needed, and where toolkey was removed", async () => {
    const elsewhere = join(home.directory, "elsewhere");
    mkdirSync(elsewhere, { recursive: true });
    expect(await script(["validate"], { cwd: elsewhere })).toMatchObject({ code: 0, stdout: "<validate>\n", stderr: "" });
    const rc = join(home.directory, ".mavenrc");
    const text = readFileSync(rc, "utf8");
    writeFileSync(rc, text.replace(BIN, "/no/such/place"));
    expect(await script(["validate"])).toMatchObject({ code: 0, stdout: "<validate>\n", stderr: "" });
    writeFileSync(rc, text);
  });

  it.skipIf(absent)("with the daemon down, Node starts one and gives the same answer", async () => {
    const warm = await script(["validate"]);
    await home.stop();
    const cold = await script(["validate"], { env: { NODE_OPTIONS: "--no-such-option", NODE_EXTRA_CA_CERTS: "/no/such/file" } });
    expect(cold.stdout.replaceAll(/\/proc\/\d+/g, "")).toBe(warm.stdout.replaceAll(/\/proc\/\d+/g, ""));
    expect(cold).toMatchObject({ code: 0, stderr: "" });
  });

  it.skipIf(absent)("no Node, a locked vault, a request that is refused: Maven runs, and it is said why", async () => {
    await home.ask("lock", {});
    const locked = await script(["validate"]);
    expect(locked).toMatchObject({ code: 0, stdout: "<validate>\n" });
    expect(locked.stderr).toBe("toolkey: the vault is locked; Maven runs without its tokens (toolkey unlock)\n");
    const noNode = await script(["validate"], { env: nodeless() });
    expect(noNode).toMatchObject({ code: 0, stdout: "<validate>\n" });
    expect(noNode.stderr).toBe("toolkey: toolkey has no answer; Maven runs without its tokens\n");
    await home.ask("unlock", {});
    const refused = await script(["validate"], { env: { HOME: home.directory, PWD: "relative" }, cwd: project() });
    expect(refused.code).toBe(0);
    const named = await script(["validate"], { env: { MAVEN_ARGS: "-s /etc/hostname" } });
    expect(named).toMatchObject({ code: 0, stdout: "<validate>\n" });
  });
});

describe("whatever the shell", () => {
  beforeAll(makeMavenHome);
  afterAll(() => home.dispose());

  it.skipIf(missing("strace"))("what is written has no name, and is in no argument and no variable of a process", async () => {
    const trace = join(home.directory, "trace");
    const ended = await home.run("strace", ["-f", "-qq", "-s", "100000", "-v", "-e", "trace=openat,open,write,unlink,unlinkat,execve,rename,renameat2", "-o", trace,
      "sh", join(home.directory, "mvn"), "validate"], { cwd: project() });
    expect(ended.stdout).toContain(SECRET);
    const lines = readFileSync(trace, "utf8").split("\n");
    const name = lines.map((line) => /"(\/dev\/shm\/toolkey-mvn-\d+)", O_RDWR/.exec(line)?.[1]).find((found) => found !== undefined);
    expect(name).toBeDefined();
    const made = lines.findIndex((line) => line.includes(`"${name ?? ""}"`) && line.includes("O_EXCL"));
    const removed = lines.findIndex((line) => line.includes("unlink") && line.includes(`"${name ?? ""}"`));
    // The script itself; others only fill pipes, and `cat` prints.
    const [script = ""] = (lines[0] ?? "").split(" ");
    const written = lines.findIndex((line) => line.startsWith(`${script} `) && line.includes(" write(") && line.includes(SECRET));
    expect([made, removed, written].every((at) => at >= 0)).toBe(true);
    expect(made).toBeLessThan(removed);
    expect(removed).toBeLessThan(written);
    expect(lines.filter((line) => line.includes("execve(") && line.includes(SECRET))).toEqual([]);
  });

  it("a file of somebody else in its place is not written to", async () => {
    // Any process of the machine may make files there; one with the right name must not get the token.
    writeFileSync(join(home.directory, "guess"), `n=1; : >"/dev/shm/toolkey-mvn-$$"; . '${join(home.directory, "mvn")}'; cat "/dev/shm/toolkey-mvn-$$"; rm "/dev/shm/toolkey-mvn-$$"\n`);
    const ended = await home.run("sh", [join(home.directory, "guess"), "validate"], { cwd: project() });
    expect(ended.stdout.match(new RegExp(SECRET, "g"))).toHaveLength(1);
    expect(ended.stdout).toMatch(/^<-s>/);
  });

  it.each(matrix<"dash" | "bash">(["dash"], ["bash"]).filter((shell) => !missing(shell)))("nor does a pipe in its place hang Maven (%s)", async (shell) => {
    writeFileSync(join(home.directory, "pipe"), `mkfifo "/dev/shm/toolkey-mvn-$$"; . '${join(home.directory, "mvn")}'; rm "/dev/shm/toolkey-mvn-$$"\n`);
    const ended = await home.run("timeout", ["-s", "KILL", "20", shell, join(home.directory, "pipe"), "validate"], { cwd: project() });
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringContaining(SECRET) as string });
  });

  it("a daemon that never answers does not hang Maven", async () => {
    await home.stop();
    const silent: Server = createServer().listen(socketOf(home));
    await once(silent, "listening");
    const fast = join(home.directory, "fast");
    mkdirSync(fast);
    writeFileSync(join(fast, "timeout"), '#!/bin/sh\nshift\nexec /usr/bin/timeout 1 "$@"\n', { mode: 0o755 });
    const ended = await home.run("sh", [join(home.directory, "mvn"), "validate"], { cwd: project(), env: { PATH: `${fast}:${home.environment["PATH"] ?? ""}` } });
    silent.close();
    expect(ended).toMatchObject({ code: 0, stdout: "<validate>\n", stderr: "toolkey: the daemon does not answer; Maven runs without its tokens\n" });
  });

  it.skipIf(missing("script"))("asks for the passphrase on the terminal, and not where the build is one of a batch", async () => {
    await home.stop();
    await keepUnderPassphrase(home);
    const batch = await openTerminal(home, "sh ../mvn -B validate", { cwd: project() }).ended;
    expect(batch.shown).toContain("Maven runs without its tokens (toolkey unlock)");
    expect(batch.shown).toContain("<validate>");
    const asked = openTerminal(home, "sh ../mvn validate", { cwd: project() });
    await asked.answer(ASKS, `${PASSPHRASE}\r`);
    const { shown } = await asked.ended;
    expect(shown).toContain(`<password>${SECRET}</password>`);
  });
});

describe.each(matrix([NEWEST], OLDER))("Maven %s", (version: MavenVersion) => {
  const absent = mavenMissing(version);
  const { argv: [mvn], environment } = maven(version);

  beforeEach(async () => {
    if (!absent) await makeMavenHome();
  });
  afterEach(async () => {
    if (!absent) await home.dispose();
  });

  async function answered(program: string, argv: readonly string[], env: Record<string, string> = {}): Promise<{ ended: Ended; came: string[] }> {
    const before = repository.requests.length;
    const ended = await home.run(program, argv, { cwd: project(), env: { ...environment(home.directory), ...env } });
    return { ended, came: repository.requests.slice(before).filter(({ status }) => status === 200).map(({ authorization }) => authorization) };
  }

  it.skipIf(absent)("plain mvn is answered, with nothing in ~/.m2 and nothing said", async () => {
    const { ended, came } = await answered(mvn, ["-B", "-ntp", "validate"]);
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.stderr).not.toContain("toolkey");
    expect(came).toContain("libs");
    expect(existsSync(join(home.directory, ".m2", "settings.xml"))).toBe(false);
    expect(ended.stdout).not.toContain(SECRET);
  });

  /** A Java that says what it was started with, and in the project starts a Maven of another one. */
  function fakeJava(): { JAVA_HOME: string } {
    const directory = join(home.directory, "java", "bin");
    mkdirSync(directory, { recursive: true });
    const script = `#!/bin/sh
case $* in *--enable-native-access=*-version*) exit ;; esac
for argument; do
  case $argument in -s) echo "settings in $PWD:" ;; /proc/*) grep -o '<password>[^<]*' "$argument" ;; esac
done
[ "$PWD" = '${project()}' ] || exit 0
cd '${join(home.directory, "other")}' && exec '${mvn}' validate
`;
    writeFileSync(join(directory, "java"), script, { mode: 0o755 });
    return { JAVA_HOME: join(home.directory, "java") };
  }

  it.skipIf(absent).each(matrix(["mvn", "toolkey run"], ["mvnDebug"]))("by %s it is done once, and one of another project that it starts gets its own", async (way) => {
    const other = "http://localhost:1/other";
    await home.addToken("maven", other, "0THER", "bob");
    await writeParentedProject(join(home.directory, "other"), [{ id: "other", url: other }]);
    const [program = "", ...before] = way === "toolkey run" ? ["toolkey", "run", "--direct", "--", mvn] : [way === "mvn" ? mvn : `${mvn}Debug`];
    const { ended } = await answered(program, [...before, "validate"], fakeJava());
    expect(ended.code).toBe(0);
    const [outer = "", inner = "", ...more] = ended.stdout.split(/settings in .*:\n/).slice(1);
    expect(more).toEqual([]);
    expect(outer).toBe(`<password>${SECRET}\n`);
    // Its parent is not there, so that it might need the service's as well.
    expect(inner).toContain("<password>0THER\n");
  });

  // The rest does not depend on the version.
  if (version !== NEWEST) return;

  longTest.skipIf(absent)("without the hook it is refused, and MAVEN_SKIP_RC is without the hook", async () => {
    const { ended, came } = await answered(mvn, ["-B", "-ntp", "validate"], { MAVEN_SKIP_RC: "1" });
    expect(ended.code).toBe(1);
    expect(came).toEqual([]);
  });

  it.skipIf(absent)("the settings of the person are in it, also those named by -s", async () => {
    const local = join(home.directory, "local-repository");
    const settings = await writeSettings(home.directory, {});
    const other = join(home.directory, "other.xml");
    writeFileSync(other, readFileSync(settings, "utf8").replace("<settings>", `<settings><localRepository>${local}</localRepository>`));
    const { ended, came } = await answered(mvn, ["-B", "-ntp", "-s", other, "validate"]);
    expect(ended).toMatchObject({ code: 0 });
    expect(came).toContain("libs");
    expect(existsSync(local)).toBe(true);
  });

  longTest.skipIf(absent)("mvnw ends by starting the script of the Maven that it has got, with options of its own", async () => {
    const wrapper = join(home.directory, "mvnw");
    writeFileSync(wrapper, `#!/bin/sh\nset -euf\nexec '${mvn}' "$@"\n`, { mode: 0o755 });
    const { ended, came } = await answered(wrapper, ["-B", "-ntp", "validate"]);
    expect(ended.code).toBe(0);
    expect(came).toContain("libs");
  });
});
