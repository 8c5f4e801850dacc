/** The two helpers that `toolkey setup git` names: the first for what the daemon can say at once, the second for everything. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TokenView } from "../../../src/core/tokens/token.ts";
import { helperValues } from "../../../src/protocols/git/setup.ts";
import { daemonsStarted, logOf, socketOf, vaultHash, whenDaemonEnded } from "../../fixtures/processes/daemon-process.ts";
import { matrix } from "../../fixtures/form.ts";
import { BIN, expectDone, makeHome, type Ended, type RunOptions, type TestHome, HAS_OWN_NODE } from "../../fixtures/homes/home.ts";
import { missing, newestGit } from "../../fixtures/programs/programs.ts";

const HELPER = join(BIN, "git-credential-toolkey");
const [FIRST, SECOND] = helperValues(HELPER);
const EXAMPLE = "protocol=https\nhost=example.com\n";
const NOBODY_TO_ASK = "fatal: could not read Username for 'https://example.com': terminal prompts disabled\n";

const gits = matrix<[name: string, directory: string | undefined]>([["the newest git", newestGit()]], [["the git on PATH", ""]]);

describe.each(gits)("with %s", (_name, directory) => {
  const isMissing = directory === undefined && process.env["CI"] !== "true";
  const check = it.skipIf(isMissing);
  let home: TestHome;

  beforeEach(async () => {
    home = await makeHome();
    await home.init();
  });

  afterEach(() => home.dispose());

  /** `git credential OPERATION` with these helpers alone. */
  function credential(operation: string, stdin: string, helpers: readonly string[], options: RunOptions = {}): Promise<Ended> {
    if (directory === undefined) throw new Error("the newest git is missing: tests/install-programs.sh --yes");
    const path = directory === "" ? {} : { PATH: `${directory}:${home.environment["PATH"] ?? ""}` };
    const configuration = ["", ...helpers].flatMap((helper) => ["-c", `credential.helper=${helper}`]);
    return home.git([...configuration, "credential", operation], { ...options, stdin, env: { ...path, ...options.env } });
  }

  async function tokens(): Promise<readonly TokenView[]> {
    return home.tokens();
  }

  async function endDaemon(): Promise<void> {
    await home.stop();
  }

  /** What the daemon was asked for since the last time that this was called. */
  function asked(): string[] {
    const lines = readFileSync(logOf(home), "utf8").split("\n").filter((line) => line.includes('"request"'));
    const told = lines.slice(alreadyAsked).map((line) => JSON.parse(line) as { tool: string; operation: string; bare?: boolean; status: string });
    alreadyAsked = lines.length;
    return told.filter(({ tool }) => tool === "git").map(({ operation, bare, status }) => `${bare === true ? "first " : ""}${operation} ${status}`);
  }
  let alreadyAsked: number;
  beforeEach(() => (alreadyAsked = 0));

  check("a hit is answered by the first alone, without Node, and noted as used", async () => {
    const id = await home.addGitToken("https://example.com", "alice", "S3CRET");
    asked();
    const noNode = join(home.directory, "no-node");
    mkdirSync(noNode);
    writeFileSync(join(noNode, "node"), "#!/bin/sh\nexit 97\n");
    chmodSync(join(noNode, "node"), 0o755);
    const env = { PATH: [directory === "" ? [] : [directory], noNode, home.environment["PATH"]].flat().join(":") };
    const answer = await credential("fill", EXAMPLE, [FIRST, SECOND], { env });
    expect(answer).toMatchObject({ code: 0, stdout: `${EXAMPLE}username=alice\npassword=S3CRET\n`, stderr: "" });
    expect(asked()).toEqual(["first get ok"]);
    expect((await tokens()).find((token) => token.id === id)?.lastUsedAt).toMatch(/^\d/);
  });

  check("the first answers as the second would, whatever git asks", async () => {
    await home.addGitToken("https://example.com", "alice", "ALICE");
    await home.addGitToken("https://example.com", "bob", "BOB");
    await home.addGitToken("https://example.com/deep/er", "carol", "CAROL");
    const basic = `authtype=Basic\ncredential=${Buffer.from("dora:DORA").toString("base64")}`;
    await home.helper("store", `capability[]=authtype\nprotocol=https\nhost=schemes.example.com\n${basic}\n`);
    await home.helper("store", `protocol=https\nhost=ends.example.com\nusername=e\npassword=ENDS\npassword_expiry_utc=4102444800\noauth_refresh_token=AGAIN\n`);
    const questions = [
      EXAMPLE,
      `${EXAMPLE}username=alice\n`,
      `${EXAMPLE}username=bob\n`,
      `${EXAMPLE}path=deep/er/still.git\n`,
      `capability[]=authtype\ncapability[]=state\n${EXAMPLE}`,
      "capability[]=authtype\ncapability[]=state\nprotocol=https\nhost=schemes.example.com\n",
      "protocol=https\nhost=ends.example.com\n",
    ];
    for (const stdin of questions) {
      // An older git knows no other schemes, and is told nothing of that token.
      expect(await credential("fill", stdin, [FIRST])).toEqual(await credential("fill", stdin, [SECOND]));
    }
    expect((await credential("fill", EXAMPLE, [FIRST])).code).toBe(0);
  });

  check.each([
    ["nothing is there", EXAMPLE, () => Promise.resolve()],
    ["the user is another one", `${EXAMPLE}username=bob\n`, () => home.addGitToken("https://example.com", "alice", "S3CRET")],
    ["the vault is locked", EXAMPLE, async () => {
      await home.addGitToken("https://example.com", "alice", "S3CRET");
      await home.ask("lock", {});
    }],
    ["the token is suspended", EXAMPLE, async () => {
      await home.addGitToken("https://example.com", "alice", "S3CRET");
      await home.helper("erase", `${EXAMPLE}username=alice\npassword=S3CRET\n`);
    }],
    ["no daemon runs", EXAMPLE, async () => {
      await home.addGitToken("https://example.com", "alice", "S3CRET");
      await endDaemon();
    }],
    ["a killed daemon left its socket", EXAMPLE, async () => {
      await home.addGitToken("https://example.com", "alice", "S3CRET");
      process.kill((await home.status())?.pid ?? 0, "SIGKILL");
      await whenDaemonEnded(home);
    }],
  ] as [what: string, question: string, prepare: () => Promise<unknown>][])("the first is silent where %s", async (_what, question, prepare) => {
    await prepare();
    const started = daemonsStarted(home);
    const answer = await credential("fill", question, [FIRST]);
    expect(answer.code).toBe(128);
    expect(answer.stdout).toBe("");
    expect(answer.stderr).toMatch(/^fatal: could not read (Username|Password) for 'https:\/\/(bob@)?example\.com': terminal prompts disabled\n$/);
    expect(daemonsStarted(home)).toBe(started);
  });

  check("the second says what the first does not, once", async () => {
    await home.addGitToken("https://example.com", "alice", "S3CRET");
    expectDone(await credential("reject", `${EXAMPLE}username=alice\npassword=S3CRET\n`, [FIRST, SECOND]));
    asked();
    const missed = await credential("fill", EXAMPLE, [FIRST, SECOND]);
    expect(missed.stderr.match(/is suspended/g)).toHaveLength(1);
    expect(missed.stderr.endsWith(NOBODY_TO_ASK)).toBe(true);
    expect(asked()).toEqual(["first get miss", "get miss"]);
  });

  check("the second starts the daemon", async () => {
    await home.addGitToken("https://example.com", "alice", "S3CRET");
    await endDaemon();
    const started = daemonsStarted(home);
    const answer = await credential("fill", EXAMPLE, [FIRST, SECOND]);
    expect(answer).toMatchObject({ code: 0, stdout: `${EXAMPLE}username=alice\npassword=S3CRET\n`, stderr: "" });
    expect(daemonsStarted(home)).toBe(started + 1);
  });

  check("what works and what is refused reaches the vault once, by the second", async () => {
    const whole = `${EXAMPLE}username=alice\npassword=S3CRET\n`;
    expect(await credential("approve", whole, [FIRST, SECOND])).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect((await tokens()).map(({ state }) => state)).toEqual(["active"]);
    expectDone(await credential("reject", whole, [FIRST, SECOND]));
    expect((await tokens()).map(({ state }) => state)).toEqual(["suspended"]);
    expect(asked()).toEqual(["store ok", "erase ok"]);
  });

  check("the first stores and erases nothing, and starts no daemon of git's own, whether ours runs or not", async () => {
    const whole = `${EXAMPLE}username=alice\npassword=S3CRET\n`;
    await home.addGitToken("https://example.com", "alice", "S3CRET");
    const vault = vaultHash(home);
    const tell = async (): Promise<void> => {
      for (const operation of ["approve", "reject"]) {
        expect(await credential(operation, whole.replace("alice", "bob"), [FIRST])).toMatchObject({ code: 0, stdout: "", stderr: "" });
        expect(await credential(operation, whole, [FIRST])).toMatchObject({ code: 0, stdout: "", stderr: "" });
      }
    };
    await tell();
    await endDaemon();
    await tell();
    expect(existsSync(socketOf(home))).toBe(false);
    expect(vaultHash(home)).toBe(vault);
  });

  it.skipIf(isMissing || missing("setpriv"))("the first is silent inside of a sealed command", async () => {
    await home.addGitToken("https://example.com", "alice", "S3CRET");
    const script = `printf 'protocol=https\nhost=example.com\n' | git -c credential.helper= -c credential.helper="$FIRST" credential fill`;
    const path = directory === "" ? {} : { PATH: `${directory ?? ""}:${home.environment["PATH"] ?? ""}` };
    const env = { ...path, FIRST };
    expect((await home.run("sh", ["-c", script], { env })).stdout).toContain("password=S3CRET\n");
    expect(await home.run("setpriv", ["--no-new-privs", "sh", "-c", script], { env })).toMatchObject({ code: 128, stdout: "", stderr: NOBODY_TO_ASK });
  });

  check("with the same setting each home is answered from its own vault, or not at all", async () => {
    const other = await makeHome();
    try {
      await other.init();
      await home.addGitToken("https://example.com", "alice", "HERS");
      await other.addGitToken("https://example.com", "bob", "HIS");
      const env = (of: TestHome): Record<string, string> => ({ TOOLKEY_HOME: of.toolkeyHome, HOME: of.directory });
      expect((await credential("fill", EXAMPLE, [FIRST], { env: env(home) })).stdout).toContain("password=HERS\n");
      expect((await credential("fill", EXAMPLE, [FIRST], { env: env(other) })).stdout).toContain("password=HIS\n");
      const nowhere = { TOOLKEY_HOME: join(home.directory, "none") };
      expect(await credential("fill", EXAMPLE, [FIRST], { env: nowhere })).toMatchObject({ code: 128, stdout: "", stderr: NOBODY_TO_ASK });
      expect(existsSync(nowhere.TOOLKEY_HOME)).toBe(false);
    } finally {
      await other.dispose();
    }
  });

  check("the first is for git alone: who doesn't end its input is not waited for", async () => {
    await home.addGitToken("https://example.com", "alice", "S3CRET");
    const asking = spawn("sh", ["-c", `${FIRST.slice(1)} get`], { env: home.environment, stdio: ["pipe", "pipe", "inherit"] });
    let answer = "";
    asking.stdout.on("data", (chunk) => (answer += String(chunk)));
    expect(await once(asking, "close")).toEqual([0, null]);
    expect(answer).toBe("");
  });
});

describe("secrets that the helper is given and gives", () => {
  const env = { credential: "exported", request: "exported", answer: "exported", rest: "exported", line: "exported" };
  let home: TestHome;

  beforeEach(async () => {
    home = await makeHome();
    await home.init();
  });

  afterEach(() => home.dispose());

  it.skipIf(HAS_OWN_NODE).each(["store", "erase"])("are in no environment of what it starts for %s, though the person exports variables of such names", async (operation) => {
    const spies = join(home.directory, "spies");
    mkdirSync(spies);
    const seen = join(home.directory, "seen");
    writeFileSync(join(spies, "git"), `#!/bin/sh\nenv >>'${seen}'\ncat >/dev/null\n`, { mode: 0o755 });
    writeFileSync(join(spies, "node"), `#!/bin/sh\nenv >>'${seen}'\ncat >/dev/null\n`, { mode: 0o755 });
    await home.helper(operation, `${EXAMPLE}username=alice\npassword=C4NARY\n`, { env: { ...env, PATH: `${spies}:${home.environment["PATH"] ?? ""}` } });
    const environments = readFileSync(seen, "utf8");
    expect(environments.match(/^PATH=/gm)).toHaveLength(2);
    expect(environments).not.toContain("C4NARY");
  });

  it("get through at every length: as a here-document or not", async () => {
    for (const length of [1, 100, 300, 449, 450, 451, 1000, 5000, 70_000]) {
      const host = `h${length}.example.com`;
      const password = "é".repeat(length);
      expectDone(await home.helper("store", `protocol=https\nhost=${host}\nusername=a\npassword=${password}\n`));
      expect((await home.helper("get", `protocol=https\nhost=${host}\n`)).stdout).toBe(`username=a\npassword=${password}\n`);
    }
  });
});
