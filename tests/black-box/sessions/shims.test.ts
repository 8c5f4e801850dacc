/** The shims of a session: what starts by its name is the tool itself, as it would be outside. */
import { existsSync, readdirSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BIN, expectDone, makeHome, type Ended, type TestHome } from "../../fixtures/home.ts";

/** Says what it is, and with what it was started. */
const NPM = `#!/bin/sh
printf '%s\\n' "$$" "$@" > "$REPORT"
env -0 | tr '\\0' '\\n' > "$REPORT.env"
cat "$npm_config_userconfig" > "$REPORT.config" 2>/dev/null
[ -z "$WAIT" ] || read -r line < "$WAIT"
exit 7
`;

/** Names of variables that our own scripts would take without thinking. */
const NAMES = ["here", "node", "program", "session", "rest", "directory", "name", "git", "own", "user", "host", "path", "url", "script", "gateway", "answer", "real"];

describe("a tool that is started in a session by its name", () => {
  let home: TestHome;
  let report: string;
  const shell = (script: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
    home.toolkey(["run", "--quiet", "--", "sh", "-c", script], { cwd: join(home.directory, "project"), env: { PATH: `${join(home.directory, "programs")}:${BIN}:/usr/bin:/bin`, REPORT: report, ...env } });
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
    await home.run("cat", [pipe]);
    const sessions = join(home.toolkeyHome, "data/run/sessions");
    const [session = ""] = readdirSync(sessions);
    await expect.poll(() => readdirSync(join(sessions, session, "files")), { timeout: 20_000 }).toEqual([]);
    await expect.poll(async () => (await home.status())?.gateway.phantoms.map(({ tool }) => tool), { timeout: 20_000 }).toEqual(["session"]);
    await writeFile(pipe, "go\n");
    expectDone(await running);
    expect(readdirSync(sessions)).toEqual([]);
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
