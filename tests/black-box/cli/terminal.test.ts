/** Asking and waiting on terminals: real ones, with the job control of real shells and real git. */
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { commandLineOf, withDescendants } from "../../../src/platform/processes/process-tree.ts";
import { matrix, sampled } from "../../fixtures/form.ts";
import { expectDone, makeHome, type Ended, type RunOptions, type TestHome } from "../../fixtures/homes/home.ts";
import { ASKS, CREDENTIAL, makeLockedTemplate, PASSPHRASE, SECRET, type LockedTemplate } from "../../fixtures/homes/locked-home.ts";
import { missing } from "../../fixtures/programs/programs.ts";
import { openTerminal, type PseudoTerminal } from "../../fixtures/processes/pseudo-terminal.ts";

const GIVEN_UP = "toolkey: given up; nothing more was changed";
const LOCKED = "toolkey: the vault is locked, and its passphrase is needed\nhint: toolkey unlock\n";
const PROMPT = "READY> ";

let template: LockedTemplate;
let home: TestHome;

beforeAll(async () => {
  template = await makeLockedTemplate();
});
afterAll(() => template.dispose());
beforeEach(async () => {
  home = await makeHome();
  await template.into(home);
  await writeFile(join(home.directory, "request"), CREDENTIAL);
  await writeFile(join(home.directory, "askpass"), "#!/bin/sh\necho from-askpass\n");
  await chmod(join(home.directory, "askpass"), 0o755);
  await home.setUpGit();
});
afterEach(() => home.dispose());

function withoutTerminal(program: string, argv: readonly string[], options?: RunOptions): Promise<Ended> {
  return home.run("setsid", ["--wait", program, ...argv], { env: { GIT_TERMINAL_PROMPT: undefined }, ...options });
}

const SHELLS = {
  bash: "bash --norc --noprofile --noediting -i",
  "bash with line editing": "bash --norc --noprofile -i",
  dash: "dash -i",
  zsh: "zsh -f -i",
} as const;

/** A shell with job control, as a person has it, at its first prompt. */
async function openShell(kind: keyof typeof SHELLS, env: Readonly<Record<string, string>> = {}): Promise<PseudoTerminal> {
  // The last words of what `script` starts with: it must not stay between the shell and its terminal.
  const shell = openTerminal(home, `exec ${SHELLS[kind]}`, { env: { PS1: PROMPT, PROMPT, ...env } });
  await shell.shows(PROMPT);
  return shell;
}

/** Types a command line, and waits until what it prints has come: the terminal shows the line itself, too. */
async function enter(shell: PseudoTerminal, line: string): Promise<void> {
  shell.type(`${line}\r`);
  await shell.shows("\n");
}

/** Asserts that the terminal shows what is typed, and takes it by lines. */
async function expectSane(shell: PseudoTerminal): Promise<void> {
  shell.type("stty -a | tr ' ;' '\\n\\n' | grep -xE -- '-?(echo|icanon|isig)' | sort | xargs echo MODES\r");
  await shell.shows("MODES echo icanon isig");
}

/** Resolves when a process has been stopped, of which no event tells. */
async function whenStopped(pid: number): Promise<void> {
  while (!/\) T /.test(await readFile(`/proc/${pid}/stat`, "utf8"))) await wait(10);
}

/** Resolves when a process that is nobody's child here has ended. */
async function whenEnded(pid: number): Promise<void> {
  expectDone(await home.run("tail", [`--pid=${pid}`, "-f", "/dev/null"]));
}

/** The processes of the home that ask. */
function asking(): number[] {
  return withDescendants([...home.running].map(({ pid }) => pid ?? 0)).filter((pid) => commandLineOf(pid).some((word) => word.includes("/dist/")));
}

describe.skipIf(missing("script", "setsid"))("two clients", () => {
  it("without a terminal: none waits for the question on another's, but ends at once, with words", async () => {
    const unlock = openTerminal(home, "toolkey unlock");
    await unlock.shows(ASKS);

    const [list, get, fill] = await Promise.all([
      withoutTerminal("toolkey", ["list"]),
      withoutTerminal("git-credential-toolkey", ["get"], { stdin: CREDENTIAL }),
      withoutTerminal("git", ["credential", "fill"], { stdin: CREDENTIAL, cwd: home.directory }),
    ]);

    for (const ended of [list, get]) expect(ended).toEqual({ code: 3, signal: null, stdout: "", stderr: LOCKED });
    expect(fill.stderr).toContain(LOCKED);
    unlock.type(`${PASSPHRASE}\r`);
    expect((await unlock.ended).code).toBe(0);
  });

  it("on two terminals: the second says who asks where, and goes on when the first has been answered", async () => {
    const git = openTerminal(home, "tty; git credential fill <request");
    await git.shows(ASKS);
    const terminal = /\/dev\/\S+/.exec(git.shown())?.[0] ?? "";
    const list = openTerminal(home, "toolkey list");
    await list.shows(`toolkey: waiting: git (pid `);
    await list.shows(`) asks for the passphrase on ${terminal}\r\n`);

    git.type(`${PASSPHRASE}\r`);

    expect((await git.ended).shown).toContain(`password=${SECRET}`);
    const { code, shown } = await list.ended;
    expect(code).toBe(0);
    expect(shown).toContain("one.example");
    expect(shown).not.toContain(ASKS);
    // The one that is named is the one that asked.
    expect(/pid (\d+)/.exec(shown)?.[1]).toMatch(/^\d+$/);
  });

  it.each(matrix<NodeJS.Signals>(["SIGKILL"], ["SIGTERM"]))("on two terminals: the second asks itself when the first ends by %s", async (signal) => {
    const first = openTerminal(home, "toolkey unlock");
    await first.shows(ASKS);
    const [asker = 0] = asking();
    const list = openTerminal(home, "toolkey list");
    await list.shows(`toolkey: waiting: toolkey unlock (pid ${asker}) asks for the passphrase on /dev/pts/`);

    process.kill(asker, signal);

    expect((await first.ended).code).toBe(signal === "SIGTERM" ? 143 : 137);
    await list.answer(ASKS, `${PASSPHRASE}\r`);
    expect(await list.ended).toMatchObject({ code: 0, shown: expect.stringContaining("one.example") as string });
  });

  it("on two terminals: Ctrl-C ends the one that waits, and not the other", async () => {
    const unlock = openTerminal(home, "toolkey unlock");
    await unlock.shows(ASKS);
    const git = openTerminal(home, "git credential fill <request");
    await git.shows("toolkey: waiting: toolkey unlock");

    git.type("\x03");

    expect((await git.ended).code).toBe(130);
    unlock.type(`${PASSPHRASE}\r`);
    expect((await unlock.ended).code).toBe(0);
  });

  it("on two terminals: the second asks itself while the first is suspended, which then need not ask again", async () => {
    const shell = await openShell("bash");
    await enter(shell, "toolkey list");
    await shell.answer(ASKS, "\x1A");
    await shell.shows("Stopped");
    const unlock = openTerminal(home, "toolkey unlock");
    await unlock.answer(ASKS, `${PASSPHRASE}\r`);
    expect((await unlock.ended).code).toBe(0);

    await enter(shell, "fg");

    await shell.shows("one.example");
    shell.type("exit\r");
    await shell.ended;
  });
});

describe.skipIf(missing("script"))("Ctrl-C", () => {
  const asks = (line: string, question: string): [string, string] => [line, question];

  it.each(sampled([
    asks("toolkey unlock", ASKS),
    asks("toolkey list", ASKS),
    asks("toolkey run -- npm view x", ASKS),
    asks("toolkey-authorization npm https://registry.example/", ASKS),
  ], 2))("at the question of '%s': 130, and nothing after it", async (line, question) => {
    const terminal = openTerminal(home, line);
    await terminal.answer(question, "\x03");
    const { code, shown } = await terminal.ended;
    expect(code).toBe(130);
    expect(shown).toBe(`${question}\r\n${GIVEN_UP}\r\n`);
  });

  it.each(sampled([
    asks("toolkey init --rekey --key passphrase", "new passphrase for the toolkey vault: "),
    asks("toolkey add https://two.example --tool git", "user name: "),
    asks("toolkey add https://two.example --tool git --username u", "token for git: "),
    asks("toolkey replace $(toolkey list --json | grep -o 'git-....')", "new secret for "),
    asks("toolkey revoke --all --local", "revoke them here? [y/N] "),
    asks("toolkey login npm-registry@127.0.0.1:9 --username u", "password: "),
    asks("toolkey import", "into the vault, and out of 1 file? [y/N] "),
  ], 3))("at the question of '%s': 130, and nothing is changed", async (line, question) => {
    await writeFile(join(home.directory, ".git-credentials"), "https://u:SECRET-THREE@three.example\n");
    const unlock = openTerminal(home, "toolkey unlock");
    await unlock.answer(ASKS, `${PASSPHRASE}\r`);
    await unlock.ended;
    const before = (await home.status())?.vault.tokens;

    const terminal = openTerminal(home, line);
    await terminal.answer(question, "\x03");
    const { code, shown } = await terminal.ended;

    expect(code).toBe(130);
    expect(shown).toMatch(new RegExp(`\\n${GIVEN_UP}\\r\\n$`));
    expect((await home.status())?.vault.tokens).toBe(before);
    expect(await readFile(join(home.directory, ".git-credentials"), "utf8")).toContain("SECRET-THREE");
  });

  it("at git's question ends git, and a script that runs it", async () => {
    const script = openTerminal(home, "bash -c 'git credential fill <request; echo went on'");
    await script.answer(ASKS, "\x03");
    const { code, shown } = await script.ended;
    expect(code).toBe(130);
    expect(shown).not.toMatch(/went on|Username|Password/);
  });

  it.each(sampled<[string, string, string[]]>([
    ["Ctrl-C, which git itself ignores", "trap '' INT; ", ["\x03"]],
    ["Ctrl-D", "", ["\x04"]],
    ["three wrong ones", "", ["guess\r", "guess\r", "guess\r"]],
  ], 2))("%s: git does not go on to a question of its own, which would show what is typed", async (_name, before, answers) => {
    const git = openTerminal(home, `${before}git credential fill <request; echo ended $?`);
    for (const answer of answers) await git.answer(ASKS, answer);
    await git.shows("told us to quit");
    await git.shows("ended 128");
    expect((await git.ended).shown).not.toMatch(/Username|Password|guess/);
  });
});

describe.skipIf(missing("script", "bash", "zsh", "dash"))("a job of an interactive shell", () => {
  const shells = sampled(Object.keys(SHELLS) as (keyof typeof SHELLS)[], 4);

  it.each(shells)("git in the background of %s with GIT_ASKPASS is not stopped by the terminal", async (kind) => {
    const shell = await openShell(kind, { GIT_ASKPASS: join(home.directory, "askpass") });

    await enter(shell, "git credential fill <request >answer & wait; echo waited $?");

    await shell.shows("waited 0");
    expect(await readFile(join(home.directory, "answer"), "utf8")).toContain("password=from-askpass");
    await expectSane(shell);
    shell.type("exit\r");
    expect((await shell.ended).shown).not.toMatch(/stopped/i);
  });

  it.each(shells)("Ctrl-Z in %s leaves a terminal that shows what is typed; fg asks again, and what is typed then is not shown", async (kind) => {
    const shell = await openShell(kind);
    await enter(shell, "git credential fill <request");
    await shell.shows(ASKS);
    const [asker = 0] = asking();
    shell.type("half\x1A");
    await shell.shows(PROMPT);
    await whenStopped(asker);
    await expectSane(shell);

    await enter(shell, "fg");
    await shell.answer(ASKS, `${PASSPHRASE}\r`);

    await shell.shows(`password=${SECRET}`);
    await expectSane(shell);
    shell.type("exit\r");
    expect((await shell.ended).shown).not.toMatch(/half|correct/);
  });

  it("bg after Ctrl-Z ends it, with words, and does not stop it again", async () => {
    const shell = await openShell("bash");
    await enter(shell, "toolkey list");
    await shell.answer(ASKS, "\x1A");
    await shell.shows("Stopped");

    await enter(shell, "bg; wait %1; echo waited $?");

    await shell.shows("given up in the background");
    await shell.shows("waited 3");
    shell.type("exit\r");
    await shell.ended;
  });

  it.each(shells)("git that is killed at the question in %s leaves no trace, no process, and a terminal as it was", async (kind) => {
    const shell = await openShell(kind);
    await enter(shell, "sh -c 'echo $$ >pid; exec git credential fill <request'");
    await shell.shows(ASKS);
    const askers = asking();
    expect(askers).toHaveLength(1);

    process.kill(Number(await readFile(join(home.directory, "pid"), "utf8")), "SIGKILL");

    await shell.shows(PROMPT);
    await whenEnded(askers[0] ?? 0);
    await expectSane(shell);
    shell.type("exit\r");
    expect((await shell.ended).shown).not.toMatch(/EIO|Error|\bat .*:\d+/);
  });
});

describe.skipIf(missing("script"))("whoever waits", () => {
  it("for a daemon that does not answer hears for what", async () => {
    expect((await withoutTerminal("toolkey", ["list"])).code).toBe(3);
    const daemon = (await home.status())?.pid ?? 0;
    process.kill(daemon, "SIGSTOP");
    const list = openTerminal(home, "toolkey list");
    await list.shows("toolkey: waiting for the daemon's answer");
    process.kill(daemon, "SIGCONT");
    await list.answer(ASKS, "\x03");
    expect((await list.ended).code).toBe(130);
  });

  it("for a secret that is piped in hears for what", async () => {
    const add = openTerminal(home, "(read line; echo x) | toolkey add https://two.example --tool git --username u");
    await add.answer("toolkey: waiting for the secret on standard input, and its end", "\r");
    await add.answer(ASKS, `${PASSPHRASE}\r`);
    expect((await add.ended).shown).toContain("added git-");
  });

  it("is gone: git that is killed in a script, which goes on, leaves no question behind", async () => {
    const script = openTerminal(home, "sh -c 'echo $$ >pid; exec git credential fill <request'; echo went on; read line; echo typed $line");
    await script.shows(ASKS);
    const [asker = 0] = asking();
    process.kill(Number(await readFile(join(home.directory, "pid"), "utf8")), "SIGKILL");
    await script.shows("went on");
    await whenEnded(asker);
    script.type("seen\r");
    const { shown } = await script.ended;
    expect(shown).toMatch(/seen\r\ntyped seen/);
  });
});

describe.skipIf(missing("script"))("a terminal", () => {
  it("whose window is closed at the question: the client ends, without a trace anywhere", async () => {
    const shell = await openShell("bash");
    await enter(shell, "toolkey list 2>said; echo $? >code");
    await shell.shows(ASKS);
    const [asker = 0] = asking();

    shell.hangUp();

    await whenEnded(asker);
    expect(await readFile(join(home.directory, "said"), "utf8")).toBe("");
  });

  it.each(matrix<NodeJS.Signals>(["SIGTERM"], ["SIGHUP", "SIGQUIT"]))("shows what is typed after %s at the question", async (signal) => {
    const shell = await openShell("dash");
    await enter(shell, "toolkey list");
    await shell.shows(ASKS);
    const [asker = 0] = asking();
    process.kill(asker, signal);
    await shell.shows(PROMPT);
    await expectSane(shell);
    shell.type("exit\r");
    expect((await shell.ended).shown).not.toMatch(/\bat .*:\d+/);
  });

  it("takes a secret of 20,000 characters, and its shell gets nothing of what was pasted after it", async () => {
    const unlock = openTerminal(home, "toolkey unlock");
    await unlock.answer(ASKS, `${PASSPHRASE}\r`);
    await unlock.ended;
    const secret = "long-secret-".repeat(1700);
    const shell = await openShell("dash");
    await enter(shell, "toolkey add https://two.example --tool git --username u");
    await shell.shows("token for git: ");
    // As it is pasted: in pieces, with corrections.
    for (const piece of secret.match(/.{1,1000}/g) ?? []) shell.type(piece);
    shell.type("x\x7F\recho pasted\r");
    await shell.shows("added git-");
    await expectSane(shell);
    shell.type("exit\r");
    expect((await shell.ended).shown).not.toMatch(/long-secret|pasted/);
    expect((await home.helper("get", "protocol=https\nhost=two.example\n\n")).stdout).toBe(`username=u\npassword=${secret}\n`);
  });
});
