/** Sealed commands where there is no mark, as on macOS: programs that take themselves for ones there (fixtures/processes/macos/as-macos.ts). No Mac was asked. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installAsOnMacos } from "../../fixtures/processes/macos/as-macos.ts";
import { clientsMissing } from "../../fixtures/tools/clients.ts";
import { whenFile } from "../../fixtures/processes/daemon-process.ts";
import { expectDone, makeHome, type Ended, type TestHome } from "../../fixtures/homes/home.ts";
import { missing } from "../../fixtures/programs/programs.ts";
import { makeSessionWorld } from "../../fixtures/homes/session-world.ts";
import { startTestServer, type Exchange, type TestServer } from "../../fixtures/network/test-server.ts";
import { verdaccioMissing } from "../../fixtures/registries/npm/verdaccio.ts";

const SECRETS = { http: "the-real-token-of-http", netrc: "the-real-token-of-netrc", git: "the-real-token-of-git", npm: "the-real-token-of-npm" };
const GIT_URL = "https://git.example/team";
const NPM_URL = "https://npm.example/";
const CURL = 'curl -s --netrc-file "$TOOLKEY_NETRC" "$TOOLKEY_HTTP/acme/base/x"';
/** What git's helper is asked. */
const ASK = String.raw`printf 'protocol=https\nhost=git.example\n\n' | "$BIN/git-credential-toolkey" get`;
const DOORS = join(import.meta.dirname, "../../fixtures/processes/doors.sh");

/** For a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'"'"'`)}'`;

/** What a script runs that has lost its parent, which is no more there, and has ended as another program. */
function orphan(script: string): string {
  const inner = `while [ "$(cut -d" " -f4 "/proc/$$/stat")" = "$0" ]; do :; done; exec sh -c ${quoted(script)}`;
  return `sh -c 'setsid sh -c "$1" "$$" &' - ${quoted(inner)}`;
}

describe.skipIf(process.platform !== "linux" || missing("as", "gcc", "ld", "curl", "setsid"))("as on macOS", () => {
  let server: TestServer;
  let home: TestHome;
  let environment: Record<string, string>;
  let id: string;
  const toolkey = (argv: readonly string[], stdin = ""): Promise<Ended> => home.run(join(environment["BIN"] ?? "", "toolkey"), argv, { env: environment, stdin });
  const run = (script: string, ...options: string[]): Promise<Ended> => toolkey(["run", ...options, "--", "sh", "-c", script]);
  const sealed = (script: string): Promise<Ended> => run(script, "--tool", "http");
  const askOutside = (): Promise<Ended> => home.run("sh", ["-c", ASK], { env: environment });
  const path = (name: string): string => join(home.directory, name);

  /** Runs a sealed script that pauses once, and meanwhile does something outside. */
  async function meanwhile(script: string, outside: () => Promise<void>): Promise<Ended> {
    const [go, ready] = [path("go"), path("ready")];
    rmSync(ready, { force: true });
    if (!existsSync(go)) expectDone(await home.run("mkfifo", [go]));
    const ended = sealed(`${script}; : >"$HOME/ready"; read -r line <"$HOME/go"`);
    await whenFile(ready, () => existsSync(ready), ended);
    await outside();
    await Promise.race([writeFile(go, "go\n"), ended]);
    return ended;
  }

  beforeAll(async () => {
    server = await startTestServer({}, () => ({
      handle: ({ headers }: Exchange) => Promise.resolve({ status: 200, headers: {}, body: headers.authorization === undefined ? "no token" : "a token" }),
      secrets: () => [SECRETS.http],
    }));
    home = await makeHome();
    const bin = installAsOnMacos(path("installed"));
    environment = { PATH: `${bin}:${process.env["PATH"] ?? ""}`, BIN: bin };
    expectDone(await toolkey(["init", "--key", "file"]));
    await mkdir(join(home.toolkeyHome, "config"), { recursive: true, mode: 0o700 });
    const service = `[service.acme]\nissuer = "none"\nurl = "${server.origin}"\ncacert = "${server.caFile}"\nhttp = { url = "${server.origin}/base" }\n`;
    await writeFile(join(home.toolkeyHome, "config", "config.toml"), service);
    expectDone(await toolkey(["config", "accept", "--yes"]));
    for (const [tool, place] of [["http", "acme"], ["netrc", server.origin], ["npm", NPM_URL], ["git", GIT_URL]] as const)
      expectDone(await toolkey(["add", place, "--tool", tool, "--username", "alice"], SECRETS[tool]));
    id = (await home.tokens()).find(({ tool }) => tool === "git")?.id ?? "";
    expectDone(await toolkey(["setup", "git"]));
  });
  afterAll(async () => {
    await home?.dispose();
    await server?.close();
  });

  it("who is known to be outside is answered, also while a sealed command runs", async () => {
    expect(expectDone(await askOutside()).stdout).toContain(`password=${SECRETS.git}`);
    expectDone(await meanwhile(":", async () => expect(expectDone(await askOutside()).stdout).toContain(`password=${SECRETS.git}`)));
  });

  it.each<[who: string, script: (doors: string) => string]>([
    ["a script of a sealed command", (doors) => doors],
    ["what has lost its parent, and runs another program since", (doors) => `mkfifo "$HOME/done"; ${orphan(`${doors}; echo done >"$HOME/done"`)}; read -r line <"$HOME/done"`],
  ])("no door gives a token to %s", async (_who, script) => {
    const report = path("report");
    expectDone(await sealed(script(`"${DOORS}" "$BIN" '${join(home.toolkeyHome, "data", "run", "agent.sock")}' '${GIT_URL}' '${NPM_URL}' '${id}' >"$HOME/report" 2>&1`)));
    const text = readFileSync(report, "utf8");
    for (const secret of [SECRETS.git, SECRETS.npm]) expect(text).not.toContain(secret);
    expect(text).toMatch(/\ntried\n$/);
    expect(text.split("not answered inside of").length).toBeGreaterThan(30);
    expect(expectDone(await askOutside()).stdout).toContain(`password=${SECRETS.git}`);
  });

  it("the gateway answers the command and what it starts, and no other process that has its phantom", async () => {
    const outside = async (): Promise<string> =>
      (await home.run("sh", ["-c", `TOOLKEY_NETRC=$HOME/netrc TOOLKEY_HTTP=$(cat "$HOME/at"); ${CURL}`], { env: environment })).stdout;
    const ended = await meanwhile(`${CURL}; sh -c ${quoted(`true; ${CURL}`)}; cp "$TOOLKEY_NETRC" "$HOME/netrc"; echo "$TOOLKEY_HTTP" >"$HOME/at"`, async () =>
      expect(await outside()).toContain("belongs to another process"),
    );
    expect(expectDone(ended).stdout).toBe("a tokena token");
    expect(await outside()).not.toContain("a token");
  });

  it("an orphan of a command gets nothing by its phantom", async () => {
    expectDone(await sealed(`mkfifo "$HOME/asked"; ${orphan(`${CURL} >"$HOME/late" 2>&1; echo >"$HOME/asked"`)}; read -r line <"$HOME/asked"`));
    expect(readFileSync(path("late"), "utf8")).toContain("belongs to another process");
  });

  it("a file with a token is inherited, and has no name", async () => {
    const { stdout } = expectDone(await run('echo "$NETRC"; cat "$NETRC"', "--direct", "--tool", "netrc"));
    expect(stdout).toMatch(/^\/dev\/fd\/3\n/);
    expect(stdout).toContain(SECRETS.netrc);
  });

  it("before macOS 15.4 nobody is known to be outside while a sealed command runs", async () => {
    expectDone(await toolkey(["stop"]));
    const [newer, older] = [environment, installAsOnMacos(path("older"), { tellsStarter: false })];
    environment = { PATH: `${older}:${process.env["PATH"] ?? ""}`, BIN: older };
    try {
      await meanwhile(":", async () => {
        const { stdout, stderr } = await askOutside();
        expect(stdout).not.toContain(SECRETS.git);
        expect(stderr).toContain("git is given nothing, and nothing is stored, inside of sh");
      });
      expect(expectDone(await askOutside()).stdout).toContain(`password=${SECRETS.git}`);
    } finally {
      expectDone(await toolkey(["stop"]));
      environment = newer;
    }
  });

  it("the key moves to the keychain, or stays where it is while that is locked", async () => {
    // In the place of the library's. What it says in a session without a screen: github.com/99designs/aws-vault/issues/925.
    const program = join(environment["BIN"] ?? "", "../dist/keychain-process.cjs");
    await writeFile(program, 'process.stderr.write("User interaction is not allowed."); process.exitCode = 1;');
    const locked = await toolkey(["init", "--rekey", "--key", "keychain"]);
    expect(locked).toMatchObject({ code: 1, stdout: "" });
    expect(locked.stderr).toBe(
      "toolkey: the key store of this system can't be used: User interaction is not allowed.\nhint: unlock it and try again; without a screen, by 'security unlock-keychain'\n",
    );
    expect(expectDone(await askOutside()).stdout).toContain(`password=${SECRETS.git}`);
    await writeFile(program, `const { readFileSync, writeFileSync, rmSync } = require("node:fs"); const [operation, account] = process.argv.slice(2);
      const place = process.env.HOME + "/keychain-" + require("node:crypto").createHash("sha256").update(account).digest("hex");
      if (operation === "write") writeFileSync(place, readFileSync(0)); else if (operation === "remove") rmSync(place); else process.stdout.write(readFileSync(place));`);
    expect(expectDone(await toolkey(["init", "--rekey", "--key", "keychain"])).stdout).toContain("(keychain; before: file)");
    expectDone(await toolkey(["stop"]));
    expect(expectDone(await askOutside()).stdout).toContain(`password=${SECRETS.git}`);
  });

  it("launchd keeps the daemon running for Maven 4, where there is one for this person", async () => {
    const agent = path("Library/LaunchAgents/toolkey.plist");
    const launchctl = async (answer: number): Promise<void> => {
      await mkdir(path("fake"), { recursive: true });
      await writeFile(path("fake/launchctl"), `#!/bin/sh\necho "$*" >>"$HOME/told"\nexit ${answer}\n`, { mode: 0o755 });
      await chmod(path("fake/launchctl"), 0o755);
    };
    const setUp = (...options: string[]): Promise<Ended> =>
      home.run(join(environment["BIN"] ?? "", "toolkey"), ["setup", "maven", ...options], { env: { ...environment, PATH: `${path("fake")}:${environment["PATH"] ?? ""}` } });
    await launchctl(1);
    expect(await setUp("--native")).toMatchObject({ code: 1, stderr: expect.stringContaining("there is no launchd of yours that keeps the daemon running") as string });
    expect(existsSync(agent)).toBe(false);
    await launchctl(0);
    expect(expectDone(await setUp("--native")).stderr).toContain("launchd keeps it running while you are logged in");
    const domain = `gui/${process.getuid?.() ?? 0}`;
    expect(readFileSync(path("told"), "utf8").trim().split("\n").slice(-3)).toEqual([`bootout ${domain}/toolkey`, `enable ${domain}/toolkey`, `bootstrap ${domain} ${agent}`]);
    expect(readFileSync(agent, "utf8")).toContain(`<string>${path("installed/dist/daemon.cjs")}</string>\n<string>--wait</string>`);
    expect(readFileSync(agent, "utf8")).toContain(`<key>TOOLKEY_HOME</key>\n<string>${home.toolkeyHome}</string>`);
    expectDone(await setUp("--undo"));
    expect(readFileSync(path("told"), "utf8").trim().split("\n").at(-1)).toBe(`bootout ${domain}/toolkey`);
    expect(existsSync(agent)).toBe(false);
  });

  it("there is no sandbox, and the command is not started", async () => {
    const ended = await run("echo started", "--sandbox");
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(ended.stderr).toContain("a sandbox needs Linux");
  });
});

describe.skipIf(process.platform !== "linux" || verdaccioMissing() || clientsMissing(["npm", 12]) || missing("as", "gcc", "ld"))("a session as on macOS", () => {
  it("leads npm and git, and its orphans get nothing more", async () => {
    const world = await makeSessionWorld();
    try {
      // The next one takes itself for one on macOS.
      await world.home.stop();
      const bin = installAsOnMacos(join(world.home.directory, "installed"));
      const { environment, directory } = world.project;
      const view = "npm view @acme/thing version";
      const script = `${view}; git ls-remote "$REPOSITORY" HEAD; mkfifo done
        ${orphan(`${view} 2>&1 | cat >late; echo >done`)}; read -r line <done`;
      const ended = expectDone(
        await world.home.run(join(bin, "toolkey"), ["run", "--", "sh", "-c", script], { cwd: directory, env: { ...environment, REPOSITORY: world.repository } }),
      );
      expect(ended.stdout).toMatch(/^1\.2\.3\n[0-9a-f]{40}\tHEAD\n$/);
      expect(readFileSync(join(directory, "late"), "utf8")).toContain("the phantom belongs to a session, and this process is not of it");
      for (const secret of world.secrets) expect(ended.stdout + ended.stderr).not.toContain(secret);
    } finally {
      await world.close();
    }
  });
});
