/** When commands are run that fetch tokens, and what is served meanwhile. */
import { setImmediate } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { Fetching, saidLines, type Declared } from "../../src/broker/fetching/fetching.ts";
import { parseTarget } from "../../src/core/target.ts";
import type { TokenCommand } from "../../src/core/tokens/token-command.ts";
import type { Token } from "../../src/core/tokens/token.ts";
import type { RunResult } from "../../src/platform/processes/limited-run.ts";
import { makeToken } from "../fixtures/tokens.ts";

const MINUTE = 60_000;
const COMMAND: TokenCommand = { argv: ["/opt/aws/aws", "token"], variables: { HOME: "/home/me" } };

let now: number;
let runs: ((result: Partial<RunResult> | undefined) => void)[];
let fetching: Fetching;
let declared: Declared | undefined;

beforeEach(() => {
  now = Date.parse("2026-12-01T12:00:00Z");
  runs = [];
  declared = { command: COMMAND, tools: { npm: { targets: [parseTarget("https://git.example")], presents: "Bearer" } } };
  fetching = new Fetching({
    run: () => new Promise((resolve) => runs.push((result) => resolve({ end: { how: "exited", code: 0 }, stdout: "", stderr: "", ...result }))),
    declared: () => declared,
    now: () => now,
  });
});

const token = (id = "npm-aaaa", command: Partial<TokenCommand> = {}): Token => makeToken({ id, tool: "npm", holds: "", command: { ...COMMAND, ...command } });
const printed = (secret: string, seconds?: number): Partial<RunResult> => ({ stdout: JSON.stringify({ token: secret, expires_in: seconds }) });
const failed: Partial<RunResult> = { end: { how: "exited", code: 255 }, stderr: "not signed in" };

async function secretOf(filled: Promise<Awaited<ReturnType<Fetching["fill"]>>>): Promise<string> {
  const outcome = await filled;
  return "why" in outcome ? `(${outcome.why})` : outcome.secret.reveal();
}

/** What is asked for now gets, once its command has printed this. */
async function fetched(result: Partial<RunResult>, of = token()): Promise<string> {
  const filled = secretOf(fetching.fill(of));
  runs.shift()?.(result);
  return filled;
}

/** What is asked for now gets at once. */
const served = (of = token()): Promise<string> => secretOf(fetching.fill(of));

describe("a command", () => {
  it("is run once for all that wait, also for other tools, and what it printed is served while it is good", async () => {
    const both = Promise.all([served(), served(token("git-bbbb"))]);
    expect(runs).toHaveLength(1);
    runs.shift()?.(printed("T1", 3600));
    expect(await both).toEqual(["T1", "T1"]);
    now += 29 * MINUTE;
    expect(await served()).toBe("T1");
    expect(runs).toHaveLength(0);
  });

  it("is run for each environment", async () => {
    expect(await fetched(printed("T1", 3600))).toBe("T1");
    expect(await fetched(printed("T2", 3600), token("npm-aaaa", { variables: { HOME: "/home/me", AWS_PROFILE: "other" } }))).toBe("T2");
  });

  it("is run again before the end, and the old one is served until that is over", async () => {
    await fetched(printed("T1", 3600));
    now += 31 * MINUTE;
    expect(await served()).toBe("T1");
    expect(runs).toHaveLength(1);
    expect(await served()).toBe("T1");
    expect(runs).toHaveLength(1);
    runs.shift()?.(printed("T2", 3600));
    await setImmediate();
    expect(await served()).toBe("T2");
    expect(runs).toHaveLength(0);
  });

  it("that fails before the end changes nothing until that, and is not run again at once", async () => {
    await fetched(printed("T1", 3600));
    now += 31 * MINUTE;
    expect(await served()).toBe("T1");
    runs.shift()?.(failed);
    await setImmediate();
    expect(await served()).toBe("T1");
    expect(runs).toHaveLength(0);
    now += MINUTE / 2;
    expect(await served()).toBe("T1");
    expect(runs).toHaveLength(1);
    runs.shift()?.(failed);
    now += 29 * MINUTE;
    expect(await fetched(failed)).toBe("(it ended with exit code 255)");
  });

  it("that failed rests for half a minute, also if the clock is set back meanwhile", async () => {
    expect(await fetched(failed)).toBe("(it ended with exit code 255)");
    expect(await served()).toBe("(it ended with exit code 255)");
    now += MINUTE / 2;
    expect(await fetched(failed)).toBe("(it ended with exit code 255)");
    now -= 60 * MINUTE;
    expect(await fetched(printed("T1"))).toBe("T1");
  });

  it("is run again after ten minutes where nothing says how long its token is good, and the old one is better than none", async () => {
    await fetched(printed("T1"));
    now += 9 * MINUTE;
    expect(await served()).toBe("T1");
    now += 2 * MINUTE;
    expect(await fetched(printed("T2"))).toBe("T2");
    now += 11 * MINUTE;
    expect(await fetched(failed)).toBe("T2");
  });

  it("has its tokens for as long as the person says, if they don't say themselves", async () => {
    const short = token("npm-aaaa", { lifetime: 600 });
    await fetched(printed("T1"), short);
    now += 9 * MINUTE;
    expect(await served(short)).toBe("T1");
    now += 2 * MINUTE;
    expect(await fetched(failed, short)).toBe("(it ended with exit code 255)");
  });

  it.each<[Partial<RunResult>, string]>([
    [{ end: { how: "killed", signal: "SIGKILL" } }, "it was ended by SIGKILL"],
    [{ end: { how: "took-too-long" } }, "it took longer than 60 s, and was ended"],
    [{ end: { how: "printed-too-much" } }, "it printed more than 256 KiB, and was ended"],
    [{ end: { how: "not-started", code: "ENOENT" } }, "there is no such program"],
    [{ end: { how: "not-started", code: "EACCES" } }, "it can't be started: EACCES"],
    [{ stdout: "hello there" }, "what it printed is no token in a form that toolkey knows"],
    [{ stdout: '{"token": "T", "expires_at": "2026-12-01T11:00:00Z"}' }, "the token that it printed has expired already"],
    [printed("T\u0007"), "the secret that it printed holds a control character"],
  ])("%j: %s", async (result, why) => {
    expect(await fetched(result)).toBe(`(${why})`);
  });

  it("of a service is not run if config.toml says another one, or none", async () => {
    const ofService = token("npm-aaaa", { ofService: true });
    expect(await fetched(printed("T1"), ofService)).toBe("T1");
    const before = declared;
    const says = (more: object): void => void (declared = { tools: {}, ...before, ...more });
    says({ command: { ...COMMAND, argv: ["/opt/aws/aws", "else"] } });
    expect(await fetching.fill(ofService)).toEqual({ why: "the command of git.example is not the one that was confirmed", hint: "toolkey login git.example", said: "" });
    says({ command: { ...COMMAND, lifetime: 60 } });
    expect(await served(ofService)).toContain("not the one that was confirmed");
    says({ command: undefined });
    expect(await fetching.fill(ofService)).toEqual({ why: "config.toml has no command for git.example any more", hint: "toolkey revoke npm-aaaa", said: "" });
    declared = undefined;
    expect(await served(ofService)).toContain("no command for git.example any more");
    for (const npm of [undefined, { targets: [parseTarget("https://other.example")], presents: "Bearer" }, { targets: [ofService.target], username: "a", presents: "Basic" }]) {
      says({ tools: { npm } });
      expect(await served(ofService)).toBe("(config.toml has another place or user name for npm at git.example)");
    }
    says({ command: { ...COMMAND, variables: {} } });
    expect(await served(ofService)).toBe("T1");
    expect(runs).toHaveLength(0);
  });
});

describe("a command that can't be run", () => {
  it("is no reason to give up for good", async () => {
    let fails = true;
    fetching = new Fetching({
      run: async () => {
        if (fails) throw Object.assign(new Error("no memory"), { code: "ENOMEM" });
        return { end: { how: "exited", code: 0 }, stdout: "T1", stderr: "" };
      },
      declared: () => declared,
      now: () => now,
    });
    expect(await served()).toBe("(it can't be started: ENOMEM)");
    [fails, now] = [false, now + MINUTE];
    expect(await served()).toBe("T1");
  });
});

describe("what was fetched", () => {
  it("is new for half a minute, and fetched again once it is dropped", async () => {
    expect(fetching.held(token())).toBeUndefined();
    await fetched(printed("T1", 3600));
    expect([fetching.isNew(token()), fetching.held(token())?.secret.reveal()]).toEqual([true, "T1"]);
    now += MINUTE / 2;
    expect(fetching.isNew(token())).toBe(false);
    fetching.drop(token());
    expect(fetching.held(token())).toBeUndefined();
    expect(await fetched(printed("T2", 3600))).toBe("T2");
  });

  it("is fetched again if the clock was set back to before that", async () => {
    await fetched(printed("T1", 3600));
    now -= 24 * 60 * MINUTE;
    expect(await fetched(printed("T2", 3600))).toBe("T2");
  });

  it("is forgotten with all else when the vault closes, also what is under way", async () => {
    await fetched(printed("T1", 3600));
    const late = served(token("npm-aaaa", { variables: {} }));
    fetching.forget();
    runs.shift()?.(printed("T2", 3600));
    expect(await late).toBe("(the vault was locked meanwhile, or the daemon ended)");
    expect(await fetched(printed("T3", 3600))).toBe("T3");
    expect(await fetched(printed("T4", 3600), token("npm-aaaa", { variables: {} }))).toBe("T4");
  });
});

describe("a person who asks", () => {
  it("has it run at once, and sees what it says", async () => {
    await fetched({ ...failed, stderr: "not signed in" });
    const proven = fetching.prove(COMMAND);
    runs.shift()?.({ ...printed("T1", 3600), stderr: "open https://sign.in\r\n\n\u001b[31mred\u001b[0m\n" });
    expect(saidLines(await proven)).toEqual(["it says: open https://sign.in", "it says: red"]);
    expect(await served()).toBe("T1");
  });

  it("sees it also if that fails", async () => {
    const proven = fetching.prove(COMMAND);
    runs.shift()?.(failed);
    await expect(proven).rejects.toMatchObject({ code: "unavailable", message: "/opt/aws/aws: it ended with exit code 255", hints: ["it says: not signed in"] });
  });

  it("sees the last of many lines, and not more of one than can be read", () => {
    expect(saidLines(Array.from({ length: 23 }, (_each, index) => `line ${index}`).join("\n"))).toHaveLength(21);
    expect(saidLines("x".repeat(1000))).toEqual([`it says: ${"x".repeat(300)}`]);
  });
});
