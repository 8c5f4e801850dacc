/** The doors: whatever a process inside of a sealed command asks, and from wherever it asks, it gets no real token. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { REQUESTS } from "../../../../src/daemon/operations/administration-requests.ts";
import { whenDaemonEnded, whenFile } from "../../../fixtures/processes/daemon-process.ts";
import { inForm, matrix } from "../../../fixtures/form.ts";
import { BIN, expectDone, makeHome, type TestHome } from "../../../fixtures/homes/home.ts";
import { missing } from "../../../fixtures/programs/programs.ts";

const GIT_SECRET = "the-real-token-of-git";
const NPM_SECRET = "the-real-token-of-npm";
/** The other tools that ask by a helper. */
const ASKING = ["bazel", "cargo", "conan", "docker", "go", "pip", "terraform"];
const NAMELESS: ReadonlySet<string> = new Set(["bazel", "cargo", "terraform"]);
const secretOf = (tool: string): string => `the-real-token-of-${tool}`;
const GIT_URL = "https://git.example/team";
const NPM_URL = "https://npm.example/";
const DOORS = join(import.meta.dirname, "../../../fixtures/processes/doors.sh");
const gatewayFile = (): string => join(home.toolkeyHome, "config", "gateway.json");
/** How many processes may be between who asks and the command. */
const DEEP = inForm(100, 300);
const CREDENTIAL = "protocol=https\nhost=git.example\n\n";

let home: TestHome;
let id: string;
let report: string;

beforeAll(async () => {
  home = await makeHome();
  await home.init();
  id = await home.addGitToken(GIT_URL, "alice", GIT_SECRET);
  await home.addToken("npm", NPM_URL, NPM_SECRET);
  for (const tool of ASKING) await home.addToken(tool, "https://git.example", secretOf(tool), NAMELESS.has(tool) ? undefined : "alice");
  await home.setUpGit();
  mkdirSync(join(home.directory, "project"));
  writeFileSync(join(home.directory, ".npmrc"), `registry=${NPM_URL}\n`);
});
beforeEach(() => {
  report = join(home.directory, "report");
  rmSync(report, { force: true });
});
afterAll(() => home.dispose());

const base64 = (text: string): string => Buffer.from(text).toString("base64").replace(/=+$/, "");
/** For a shell, also what has quotes of its own. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'"'"'`)}'`;
const words = (...argv: readonly string[]): string => argv.map((word) => `'${word}'`).join(" ");
/** What tries all doors and reports. */
const doors = (): string => `${words(DOORS, BIN, join(home.toolkeyHome, "data", "run", "agent.sock"), GIT_URL, NPM_URL, id)} > ${words(report)} 2>&1`;

async function expectNothingGiven(): Promise<void> {
  const text = readFileSync(report, "utf8");
  for (const secret of [GIT_SECRET, NPM_SECRET, ...ASKING.map(secretOf), base64(`alice:${secretOf("go")}`), base64(`alice:${GIT_SECRET}`), base64(GIT_SECRET)]) expect(text).not.toContain(secret);
  expect(text).toMatch(/\ntried\n$/);
  // That of the command itself, which all in it can read.
  expect(new Set(text.match(/tkphantom_\w+/g)).size).toBeLessThanOrEqual(1);
  // That of the gateway would be another answer, also where it didn't reach the host.
  expect(text.match(/HTTP\/1\.1 .*/g) ?? []).toEqual(text.includes("== the gateway\n") ? [expect.stringContaining("403 toolkey: the phantom ")] : []);
  // It did ask, and was refused: no door is shut for another reason.
  expect(text.split("not answered inside of").length).toBeGreaterThan(30);
  await expectGivenOutside();
  expect((await home.tokens()).map(({ state }) => state)).toEqual(Array.from({ length: 2 + ASKING.length }, () => "active"));
}

it("every helper that is asked as its tool asks answers outside of a command", async () => {
  const asked = await home.run(DOORS, [BIN, join(home.toolkeyHome, "data", "run", "agent.sock"), GIT_URL, NPM_URL, id, "helpers"]);
  const basic = base64(`alice:${secretOf("go")}`);
  expect(ASKING.filter((tool) => !asked.stdout.includes(secretOf(tool)) && !(tool === "go" && asked.stdout.includes(basic)))).toEqual([]);
  const tried = readFileSync(DOORS, "utf8");
  expect(readdirSync(BIN).filter((name) => name !== "mavenrc" && name !== "sealed" && !tried.includes(`/${name}`))).toEqual([]);
});

it("every operation of the command line that is not answered inside is among them", () => {
  const tried = new Set(readFileSync(DOORS, "utf8").split(/[\s;]+/));
  const answeredInside = ["list", "status", "check", "runs"];
  expect(Object.keys(REQUESTS).filter((operation) => !tried.has(operation)).toSorted()).toEqual(answeredInside.toSorted());
});

async function expectGivenOutside(): Promise<void> {
  expect((await home.helper("get", CREDENTIAL)).stdout).toContain(`password=${GIT_SECRET}`);
}

/** Ends when all has ended that has its output, orphans too. */
const run = (options: readonly string[], script: string) => home.toolkey(["run", ...options, "--", "sh", "-c", `true; ${script}`], { cwd: join(home.directory, "project") });

/** Starts itself within itself so often, and then a script. */
function deep(script: string): string {
  const file = join(home.directory, "deep");
  writeFileSync(file, `#!/bin/sh\nif [ "$1" -gt 0 ]; then "$0" $(($1 - 1)); else ${script}; fi; true\n`, { mode: 0o755 });
  return words(file, String(DEEP));
}

/** Runs a script that pauses once, and meanwhile does something outside. */
async function meanwhile(options: readonly string[], script: (pause: string) => string, outside: () => Promise<void>): Promise<void> {
  const [go, ready] = [join(home.directory, "go"), join(home.directory, "ready")];
  rmSync(ready, { force: true });
  if (!existsSync(go)) expectDone(await home.run("mkfifo", [go]));
  const ended = run(options, script(`echo > ${words(ready)}; read -r line < ${words(go)}`));
  await whenFile(ready, () => existsSync(ready), ended);
  await outside();
  await Promise.race([writeFile(go, "go\n"), ended]);
  await ended;
}

describe.skipIf(missing("curl", "setpriv"))("nothing is given", () => {
  it.each(matrix<readonly [where: string, options: readonly string[], script: () => string]>([
    ["to a script of a command that has a phantom", ["--tool", "npm"], doors],
    ["to an orphan in a session of its own, which outlives the command", [], () => `(setsid sh -c ${quoted(doors())} &)`],
    [`without the mark, by ancestry, ${DEEP} processes deep`, ["--allow-setuid", "--tool", "npm"], () => deep(doors())],
  ], [
    [`${DEEP} processes deep`, [], () => deep(doors())],
    ["to a script of a command that needs no token", [], doors],
    ["without the mark", ["--allow-setuid"], doors],
    ["to who deletes what the gateway keeps", ["--tool", "npm"], () => `rm -f ${words(gatewayFile())}; ${doors()}`],
  ]))("%s", async (_where, options, script) => {
    await run(options, script());
    await expectNothingGiven();
  });

  it.each(matrix<[when: string, outside: () => Promise<void>]>([
    ["the daemon was killed, and started by somebody outside", async () => {
      process.kill((await home.status())?.pid ?? 0, "SIGKILL");
      await whenDaemonEnded(home);
      rmSync(gatewayFile(), { force: true });
      await expectGivenOutside();
    }],
  ], [
    ["the vault was locked", () => home.ask("lock", {}).then(() => undefined)],
    ["the daemon was stopped, and started by somebody outside", async () => {
      await home.stop();
      await expectGivenOutside();
    }],
  ]))("to an orphan, after %s", async (_when, outside) => {
    await meanwhile([], (pause) => `(setsid sh -c ${quoted(`${pause}; ${doors()}`)} &)`, outside);
    await home.ask("unlock", {});
    await expectNothingGiven();
  });

  it("to who forges the files of the gateway and the configuration, and kills the daemon", async () => {
    const forge = [
      `sed 's/"holder":"[a-z]*"/"holder":"descendants"/g; s/"publishes":false/"publishes":true/g; s/"isEnded":true/"isEnded":false/g' ${words(gatewayFile())} > forged`,
      `mv forged ${words(gatewayFile())}`,
      `printf '[sealed]\\ntrusted = ["/bin/sh", "/usr/bin/dash", "${process.execPath}"]\\n' > ${words(join(home.toolkeyHome, "config", "config.toml"))}`,
      `kill -KILL ${(await home.status())?.pid}`,
    ];
    // Somebody outside starts the next daemon.
    await meanwhile(["--tool", "npm"], (pause) => `${forge.join("; ")}; ${pause}; ${doors()}`, async () => {
      await whenDaemonEnded(home);
      await expectGivenOutside();
    });
    await expectNothingGiven();
    rmSync(join(home.toolkeyHome, "config", "config.toml"));
  });
});

describe("no daemon is started from inside", () => {
  it("by a client, nor by itself", async () => {
    await home.stop();
    // By the mark alone: `toolkey run` would have started one.
    const { stdout, stderr } = await home.run("setpriv", ["--no-new-privs", "--", "sh", "-c", `https_proxy=http://127.0.0.1:9 ${words(join(BIN, "toolkey"))} list; ${words(process.execPath, join(BIN, "../dist/daemon.cjs"))} 3>&1`]);
    expect(stdout + stderr).toContain("the daemon is not started from inside of a sealed command");
    expect(await home.status()).toBeUndefined();
  });
});

describe("a sealed command", () => {
  it("has the mark, and none with --direct and --allow-setuid", async () => {
    const mark = async (...options: readonly string[]): Promise<string> => expectDone(await run(options, "grep NoNewPrivs /proc/self/status")).stdout.trim();
    expect(await mark()).toBe("NoNewPrivs:\t1");
    expect(await mark("--direct")).toBe("NoNewPrivs:\t0");
    expect(await mark("--allow-setuid")).toBe("NoNewPrivs:\t0");
  });

  it("gets an answer to what holds no secret", async () => {
    for (const command of [["list"], ["status"], ["log"]]) {
      const inside = await run([], words(join(BIN, "toolkey"), ...command));
      expect(inside).toMatchObject({ code: 0 });
    }
  });

  it("is told on git's own terminal why git gets nothing, and git goes on", async () => {
    const asked = await run([], "printf 'protocol=https\\nhost=git.example\\n\\n' | git credential fill");
    expect(asked.stderr).toContain("toolkey: git is given nothing, and nothing is stored, inside of sh");
    expect(asked.stderr).toContain("terminal prompts disabled");
  });
});

describe("who has the mark of another sandbox", () => {
  it("is inside, unless config.toml trusts the executable that begins it", async () => {
    const marked = () => home.run("setpriv", ["--no-new-privs", "/bin/sh", "-c", `true; printf 'protocol=https\\nhost=git.example\\n\\n' | ${words(join(BIN, "git-credential-toolkey"))} get`]);
    expectDone(await home.toolkey(["list"]));
    expect((await marked()).stdout).toBe("");
    const { stdout: shell } = expectDone(await home.run("readlink", ["-f", "/bin/sh"]));
    mkdirSync(join(home.toolkeyHome, "config"), { recursive: true });
    writeFileSync(join(home.toolkeyHome, "config", "config.toml"), `[sealed]\ntrusted = ["${shell.trim()}"]\n`);
    expect((await marked()).stdout).toBe("");
    await home.stop();
    expect((await marked()).stderr).toContain("the daemon is not started from inside of a sealed command");
    expect(await home.status()).toBeUndefined();
    await home.acceptConfig();
    expect((await marked()).stdout).toContain(GIT_SECRET);
    await home.stop();
    expect((await marked()).stdout).toContain(GIT_SECRET);
  });
});
