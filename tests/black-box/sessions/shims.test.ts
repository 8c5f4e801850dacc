/** The shims of a session: what starts by its name is the tool itself, as it would be outside. */
import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectDone, makeHome, type Ended, type TestHome } from "../../fixtures/homes/home.ts";
import { missing } from "../../fixtures/programs/programs.ts";

/** Says what it is, and with what it was started. */
const NPM = `#!/bin/sh
printf '%s\\n' "$$" "$@" > "$REPORT"
tr '\\0' '\\n' < "/proc/$$/environ" > "$REPORT.env"
cat "$npm_config_userconfig" > "$REPORT.config" 2>/dev/null
[ -z "$WAIT" ] || read -r line < "$WAIT"
exit 7
`;

function readlink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

/** Names of variables that our own scripts would take without thinking. */
const NAMES = ["here", "node", "program", "session", "rest", "directory", "name", "git", "own", "user", "host", "path", "url", "script", "gateway", "answer", "real"];

describe.skipIf(missing("bwrap", "setsid", "setpriv"))("a tool that is started in a session by its name", () => {
  let home: TestHome;
  let report: string;
  const shell = (script: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
    home.toolkey(["run", "--quiet", "--", "sh", "-c", script], { cwd: join(home.directory, "project"), env: { PATH: `${join(home.directory, "programs")}:${home.environment["PATH"] ?? ""}`, REPORT: report, ...env } });
  const lines = async (name = ""): Promise<string[]> => (await readFile(report + name, "utf8")).split("\n").slice(0, -1);

  beforeAll(async () => {
    home = await makeHome();
    report = join(home.directory, "report");
    await home.init();
    await home.addToken("npm", "https://npm.example", "a-token-of-npm");
    for (const name of ["programs", "project"]) await mkdir(join(home.directory, name));
    await writeFile(join(home.directory, "programs/npm"), NPM, { mode: 0o755 });
    await writeFile(join(home.directory, "project/.npmrc"), "registry=https://npm.example/\n");
    await writeFile(join(home.directory, "project/package.json"), "{}");
  });
  afterAll(() => home.dispose());

  it("is the process that was started: nothing of ours runs beside it, and its end is its own", async () => {
    const { stdout } = expectDone(await shell('npm ci & echo "$!"; wait $!; echo "$?"'));
    expect(stdout.split("\n").slice(0, 2)).toEqual([(await lines())[0], "7"]);
    expect(await readFile(`${report}.config`, "utf8")).toMatch(/_authToken=tkphantom_/);
  });

  it("has its arguments and variables as they were, whatever they are", async () => {
    const words = ["it's", "two words", "$HOME", "`id`", "a\nb", "", "-n", "--", "\\"];
    const mine = Object.fromEntries(NAMES.map((name) => [name, `${name} of 'mine' $x`]));
    expectDone(await shell(`npm ci ${words.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(" ")}; true`, mine));
    expect((await readFile(report, "utf8")).split("\n").slice(1).join("\n")).toBe(`ci\n${words.join("\n")}\n`);
    const environment = await lines(".env");
    for (const [name, value] of Object.entries(mine)) expect(environment).toContain(`${name}=${value}`);
    expect(environment.filter((line) => line.startsWith("toolkey_"))).toEqual([]);
  });

  it("leaves nothing behind while the session goes on", async () => {
    const pipe = join(home.directory, "pipe");
    expectDone(await home.run("mkfifo", [pipe]));
    const running = shell(`npm ci; : > ${pipe}; read -r line < ${pipe}`);
    // It may fail before it gets there.
    await Promise.race([home.run("cat", [pipe]), running.then(expectDone)]);
    const pid = (await home.status())?.gateway.phantoms[0]?.pid ?? 0;
    const files = (): string[] => readdirSync(`/proc/${pid}/fd`).map((name) => readlink(`/proc/${pid}/fd/${name}`)).filter((path) => /toolkey-.*deleted/.test(path));
    await expect.poll(files, { timeout: 20_000 }).toEqual([]);
    await expect.poll(async () => (await home.status())?.gateway.phantoms.map(({ tool }) => tool), { timeout: 20_000 }).toEqual(["session"]);
    await writeFile(pipe, "go\n");
    expectDone(await running);
    await expect.poll(() => readdirSync(join(home.toolkeyHome, "data/run/sessions")), { timeout: 15_000 }).toEqual([]);
  });

  it.each([
    ["of this shell", ""],
    ["of another one, with nothing at its socket", 'rm "$TOOLKEY_SESSION/asks"; '],
  ])("has settings whose names no shell has as variables, and the scopes of its project (%s)", async (_how, first) => {
    const npmrc = join(home.directory, "project/.npmrc");
    await writeFile(npmrc, "@acme:registry=https://npm.example/\n");
    try {
      expectDone(await shell(`${first}npm ci; [ $? = 7 ]`));
      expect((await lines(".env")).some((line) => line.startsWith("npm_config_@acme:registry=http://127"))).toBe(true);
    } finally {
      await writeFile(npmrc, "registry=https://npm.example/\n");
    }
  });

  it("keeps variables that a shell would drop", async () => {
    expectDone(await shell(`env "X_A.B=it's 1" X_OK=1 npm ci; [ $? = 7 ]`));
    expect(await lines(".env")).toEqual(expect.arrayContaining(["X_A.B=it's 1", "X_OK=1"]));
  });

  it.each([
    ["a mount", 'bwrap --dev-bind / / --tmpfs "$HIDDEN" sh -c'],
    ["a mount, and looks for it where it is", `bwrap --dev-bind / / --tmpfs "$HIDDEN" setpriv --no-new-privs sh -c`],
  ])("gets nothing of what is hidden from it by %s", async (_how, hiding) => {
    const hidden = join(home.directory, "hidden");
    await mkdir(hidden, { recursive: true });
    await writeFile(join(hidden, "npmrc"), "//other.example/:_authToken=r3al\n");
    const env = { HIDDEN: hidden, npm_config_userconfig: join(hidden, "npmrc") };
    expectDone(await shell("npm ci; [ $? = 7 ]", env));
    // The person's own, which it can read.
    expect(await readFile(`${report}.config`, "utf8")).toContain("r3al");
    await shell(`${hiding} 'npm ci'`, env);
    expect(await readFile(`${report}.config`, "utf8")).not.toContain("r3al");
  });

  /** Asks as a shim would, by a process that looks like one; and shows what it was answered, if it is to. */
  const FORGED = `
    const { spawnSync } = require("child_process");
    const at = process.env.TOOLKEY_SESSION;
    const ask = (text) => spawnSync(at + "/git", ["credential-cache", "--socket", at + "/asks", "get"], { input: text + "\\n", env: { ...process.env, GIT_EXEC_PATH: "", NODE_OPTIONS: "" }, encoding: "utf8" }).stdout;
    for (const more of JSON.parse(process.env.ASKED)) process.stdout.write(JSON.stringify(ask(process.pid + more)) + "\\n");
    process.exit(0);`;
  const forge = async (asked: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string[]> => {
    await writeFile(join(home.directory, "forged.cjs"), FORGED);
    const script = `NODE_OPTIONS="--require=$HOME/forged.cjs" "${process.execPath}" "$TOOLKEY_SESSION/bin/npm" ci`;
    const { stdout } = expectDone(await shell(script, { ...env, ASKED: JSON.stringify(asked) }));
    return stdout.split("\n").slice(0, -1).map((line) => JSON.parse(line) as string);
  };

  it.skipIf(process.getuid?.() !== 0)("is led as well where it can't open what toolkey run has open", async () => {
    expectDone(await shell("setpriv --bounding-set=-all --inh-caps=-all npm ci; [ $? = 7 ]"));
    expect(await readFile(`${report}.config`, "utf8")).toMatch(/_authToken=tkphantom_/);
  });

  it("gets nothing made of files before it has shown that it can read them", async () => {
    await writeFile(join(home.directory, "mine"), "//other.example/:_authToken=r3al\n");
    const [first, second] = await forge(["", ` ${"0".repeat(64)}  -`], { npm_config_userconfig: join(home.directory, "mine") });
    expect(first).toContain(join(home.directory, "mine"));
    expect(first).not.toMatch(/r3al|tkphantom_|_authToken/);
    expect(second).toBe("");
  });

  it.each([
    ["removed", 'rm -rf "$TOOLKEY_SESSION"'],
    ["being filled", '(setsid sh -c \'while :; do : > "$TOOLKEY_SESSION/$((i += 1))" || exit; done\' >/dev/null 2>&1 &)'],
    ["a link to elsewhere", 'mv "$TOOLKEY_SESSION" "$HOME/moved"; mkdir "$HOME/precious"; : > "$HOME/precious/file"; ln -s "$HOME/precious" "$TOOLKEY_SESSION"'],
  ])("costs nobody more than the session if its directory is %s", async (_how, spoil) => {
    expect(await shell(`npm ci; ${spoil}; exit 5`)).toMatchObject({ code: 5, stdout: "", stderr: "" });
    if (existsSync(join(home.directory, "precious"))) expect(readdirSync(join(home.directory, "precious"))).toEqual(["file"]);
    expectDone(await shell("true"));
    await expect.poll(() => readdirSync(join(home.toolkeyHome, "data/run/sessions")), { timeout: 15_000 }).toEqual([]);
  });

  it("is led, whoever else asks at the same time", async () => {
    const ask = `require("net").connect(process.env.TOOLKEY_SESSION + "/asks").on("error", () => {}).end("1\\n")`;
    const script = `"${process.execPath}" -e 'for (let i = 0; i < 300; i++) ${ask}' & for i in 1 2 3 4 5; do npm ci & done; wait; echo led`;
    expect(expectDone(await shell(script)).stdout).toBe("led\n");
    expect(await readFile(`${report}.config`, "utf8")).toMatch(/_authToken=tkphantom_/);
  });

  it("keeps toolkey run from nothing, by a connection that it holds", async () => {
    const hold = `require("net").connect(process.env.TOOLKEY_SESSION + "/asks", () => require("fs").writeFileSync("held", "")); setTimeout(() => {}, 60000)`;
    const began = process.uptime();
    expectDone(await shell(`setsid ${process.execPath} -e '${hold}' >/dev/null 2>&1 </dev/null & while ! [ -e held ]; do :; done; rm held; echo $! > holder`));
    expect(process.uptime() - began).toBeLessThan(30);
    await home.run("sh", ["-c", "kill $(cat project/holder); rm project/holder"], { cwd: home.directory });
  });

  it("takes back the phantoms of who asks again and again", async () => {
    const pipe = join(home.directory, "again-pipe");
    expectDone(await home.run("mkfifo", [pipe]));
    await writeFile(join(home.directory, "forged.cjs"), FORGED);
    const running = shell(`NODE_OPTIONS="--require=$HOME/forged.cjs" "${process.execPath}" "$TOOLKEY_SESSION/bin/npm" ci >/dev/null; : > ${pipe}; read -r line < ${pipe}`, { ASKED: '["","","",""]' });
    // It may fail before it gets there.
    await Promise.race([home.run("cat", [pipe]), running.then(expectDone)]);
    await expect.poll(async () => (await home.status())?.gateway.phantoms.map(({ tool }) => tool), { timeout: 20_000 }).toEqual(["session"]);
    await writeFile(pipe, "go\n");
    expectDone(await running);
  });

  it.each([
    ["nobody answers at its socket", 'rm "$TOOLKEY_SESSION/asks"'],
    ["there is no git to ask with", 'rm "$TOOLKEY_SESSION/git"'],
    ["toolkey run can't see its PATH", "cd / && PATH=bin:$PATH && cd - >/dev/null"],
    ["somebody else answers there", `rm "$TOOLKEY_SESSION/asks"; ${process.execPath} -e 'const s = require("net").createServer((c) => { c.end(); s.close(); }).listen(process.env.TOOLKEY_SESSION + "/asks", () => require("fs").writeFileSync("listens", ""))' & while ! [ -e listens ]; do :; done; rm listens`],
  ])("is led as well where %s", async (_how, first) => {
    await rm(report, { force: true });
    expectDone(await shell(`${first}; npm ci; [ $? = 7 ]`));
    expect(existsSync(report)).toBe(true);
    expect(await readFile(`${report}.config`, "utf8")).toMatch(/_authToken=tkphantom_/);
  });

  it("gets no answer for another process than a shim of this session", async () => {
    const ask = `printf '%s\\n' "$1" | GIT_EXEC_PATH= "$TOOLKEY_SESSION/git" credential-cache --socket "$TOOLKEY_SESSION/asks" get`;
    for (const pid of ["$$", "1", "99999999", "x"]) {
      expect((await shell(`set -- ${pid}; ${ask}; echo end`)).stdout).toBe("end\n");
    }
  });
});
