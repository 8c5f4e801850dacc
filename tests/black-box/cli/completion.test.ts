/** Completion in real shells: what they offer, and what a person sees who types a tab. */
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CLI_TOOLS } from "../../../src/cli/tools/tools.ts";
import { daemonsStarted, vaultHash, whenDaemonEnded } from "../../fixtures/processes/daemon-process.ts";
import { matrix } from "../../fixtures/form.ts";
import { BIN, expectDone, makeHome, type TestHome } from "../../fixtures/homes/home.ts";
import { missing } from "../../fixtures/programs/programs.ts";
import { onTerminal } from "../../fixtures/processes/terminal-session.ts";

const SHARE = join(BIN, "..", "share");
const PLACES = { bash: "bash-completion/completions/toolkey", zsh: "zsh/site-functions/_toolkey", fish: "fish/vendor_completions.d/toolkey.fish" };
const SHELLS = Object.keys(PLACES) as (keyof typeof PLACES)[];

let home: TestHome;
let id: string;

/** One home for all: none of this changes the vault. */
beforeAll(async () => {
  home = await makeHome();
  await home.init();
  id = await home.addGitToken("https://example.com", "alice", "ONE");
  await home.addToken("npm", "https://registry.example.com:8443", "TWO");
});
afterAll(() => home.dispose());

/** Lines that a shell prints, without the empty ones. */
async function lines(program: string, argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const ended = await home.run(program, argv, { env, cwd: home.directory });
  expect([ended.code, ended.stderr]).toEqual([0, ""]);
  return ended.stdout.split("\n").filter((line) => line !== "");
}

/** What bash offers for a line, as readline hands it over: split where bash splits. */
function bash(line: string, before = ":"): Promise<string[]> {
  const script = `. "$SCRIPT"; ${before}; COMP_LINE=$1; COMP_POINT=\${#1}; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _toolkey; printf "%s\\n" "\${COMPREPLY[@]}"`;
  const words = line.split(/ +|(?<=[=:@])|(?=[=:@])/);
  return lines("bash", ["-c", script, "bash", line, ...words], { SCRIPT: join(SHARE, PLACES.bash) });
}

/** A command of a shell that puts a toolkey first on PATH, which offers these lines and writes down what it was asked. */
async function answering(...offered: readonly string[]): Promise<string> {
  const directory = join(home.directory, "stand-in");
  await mkdir(directory, { recursive: true });
  const answer = `printf '%s\\n' "$@" >'${home.directory}/asked'; printf 'words\\n${offered.map((line) => `${line}\\n`).join("")}'`;
  await writeFile(join(directory, "toolkey"), `#!/bin/sh\n${answer}\n`, { mode: 0o755 });
  return `PATH='${directory}':$PATH`;
}

/** What fish offers, without what it says of each. */
async function fish(line: string): Promise<string[]> {
  const offered = await lines("fish", ["--no-config", "-c", 'source "$SCRIPT"; complete -c brew-tea -f -a "green black"; complete -C $argv[1]', line], { SCRIPT: join(SHARE, PLACES.fish) });
  return offered.map((each) => each.replace(/\t.*/, ""));
}

/** What zsh's own functions for the display are given. */
function zsh(words: readonly string[], before = ":"): Promise<string[]> {
  const script = [
    before,
    'fpath=("$DIRECTORY" $fpath); autoload -U compinit && compinit -D -u',
    '_describe() { print -rl -- "${(@P)4}" }',
    "_files() { print -r -- files $* }",
    '_normal() { print -r -- normal $CURRENT $words }',
    "compset() { : }",
    'words=("$@"); CURRENT=$#; $_comps[toolkey]',
  ].join("\n");
  return lines("zsh", ["-f", "-c", script, "zsh", "toolkey", ...words], { DIRECTORY: join(SHARE, "zsh/site-functions") });
}

it.each(SHELLS)("toolkey completion %s prints the file that is installed", async (shell) => {
  expect(expectDone(await home.toolkey(["completion", shell])).stdout).toBe(await readFile(join(SHARE, PLACES[shell]), "utf8"));
});

describe("bash", () => {
  it("offers commands, options, choices, tools, services and the ids of tokens", async () => {
    expect(await bash("toolkey re")).toEqual(["replace", "restore", "revoke"]);
    expect(await bash("toolkey list --s")).toEqual(["--service"]);
    expect(await bash("toolkey init --key ")).toEqual(["keychain", "passphrase", "file"]);
    expect(await bash("toolkey setup ")).toEqual([...CLI_TOOLS.keys()]);
    expect(await bash("toolkey add nuxeo-p")).toEqual(["nuxeo-packages"]);
    expect(await bash("toolkey revoke --local git")).toEqual([id]);
    expect(await bash("toolkey frobnicate ")).toEqual([]);
  });

  it("puts the words together that bash has split, and offers what follows the last place where it does", async () => {
    expect(await bash("toolkey init --key=f")).toEqual(["file"]);
    expect(await bash("toolkey init --key=")).toEqual(["keychain", "passphrase", "file"]);
    const bashWith = async (line: string): Promise<string[]> => bash(line, await answering("gitea@git.example.com:8443\tx", "gitea@other.example\t"));
    expect(await bashWith("toolkey login gitea@git.example.com:8")).toEqual(["8443"]);
    expect(await bashWith("toolkey login gitea@g")).toEqual(["git.example.com:8443"]);
    expect(await bashWith("toolkey login gi")).toEqual(["gitea@git.example.com:8443", "gitea@other.example"]);
    expect(await bashWith("toolkey list --service=a@b:c -x gitea@")).toEqual(["git.example.com:8443", "other.example"]);
    expect(await readFile(join(home.directory, "asked"), "utf8")).toBe("completion-words\n--\nlist\n--service=a@b:c\n-x\ngitea@\n");
  });

  it("offers programs behind run, or what bash-completion does, and directories where they are meant", async () => {
    await mkdir(join(home.directory, "a project"), { recursive: true });
    expect(await bash("toolkey import --project a")).toEqual(["a project"]);
    expect(await bash("toolkey run -- git-credential-t")).toContain("git-credential-toolkey");
    expect(await bash("toolkey run -- git sta", '_command_offset() { COMPREPLY=("from word $1"); }')).toEqual(["from word 3"]);
    expect(await bash("toolkey run --tool=http -- x y", '_command_offset() { COMPREPLY=("from word $1"); }')).toEqual(["from word 6"]);
  });

  it("has no code that only a newer bash than 3.2 reads", async () => {
    const script = await readFile(join(SHARE, PLACES.bash), "utf8");
    expect(script).not.toMatch(/mapfile|readarray|declare -A|local -n|\$\{[^}]*(\^\^|,,|@[A-Z])\}|\[-1\]/);
  });

  it.skipIf(missing("script"))("completes the id of a token at a tab", async () => {
    await expectTab("bash --noprofile --norc -i", `. '${join(SHARE, PLACES.bash)}'; PS1='REA''DY> '`);
  });
});

describe.skipIf(missing("zsh"))("zsh, after compinit,", () => {
  it("offers commands and the ids of tokens, each with what it is", async () => {
    expect(await zsh(["show", ""])).toEqual([`${id}:git, https://example.com, as alice`, expect.stringMatching(/^npm-.*:npm, https:\/\/registry\.example\.com:8443$/)]);
    expect(await zsh(["re"])).toContain("restore:bring a suspended token back");
    expect(await zsh(["list", "--service", ""])).toEqual(["example.com:", "registry.example.com:"]);
    expect(await zsh(["login", ""], await answering("gitea@git.example.com:8443\ta: b"))).toEqual([String.raw`gitea@git.example.com\:8443:a: b`]);
    expect(await zsh(["frobnicate", ""])).toEqual([]);
  });

  it("leaves files to zsh, and what is behind run to the completion of that", async () => {
    expect(await zsh(["--cacert", ""])).toEqual(["files"]);
    expect(await zsh(["import", "--project", ""])).toEqual(["files -/"]);
    expect(await zsh(["run", "--only", "git", "--", "git", "sta"])).toEqual(["normal 2 git sta"]);
  });

  it.skipIf(missing("script"))("completes the id of a token at a tab", async () => {
    await expectTab("zsh -f -i", `fpath=('${join(SHARE, "zsh/site-functions")}' $fpath); autoload -U compinit && compinit -D -u; PROMPT='REA''DY> '`);
  });
});

describe.skipIf(missing("fish"))("fish", () => {
  it("offers commands, options, choices, tools, services and the ids of tokens, each with what it is", async () => {
    expect(await fish("toolkey re")).toEqual(["replace", "restore", "revoke"]);
    expect(await fish("toolkey list --se")).toEqual(["--service"]);
    expect(await fish("toolkey init --key ")).toEqual(["file", "keychain", "passphrase"]);
    expect(await fish("toolkey init --key=")).toEqual(["--key=file", "--key=keychain", "--key=passphrase"]);
    expect(await fish("toolkey setup ")).toEqual([...CLI_TOOLS.keys()].toSorted());
    expect(await fish("toolkey add nuxeo-p")).toEqual(["nuxeo-packages"]);
    expect(await fish("toolkey list --service registry")).toEqual(["registry.example.com"]);
    expect(await fish("toolkey show git")).toEqual([id]);
    expect(await fish("toolkey frobnicate ")).toEqual([]);
    const script = { SCRIPT: join(SHARE, PLACES.fish) };
    expect(await lines("fish", ["--no-config", "-c", 'source "$SCRIPT"; complete -C "toolkey show git"'], script)).toEqual([`${id}\tgit, https://example.com, as alice`]);
  });

  it("offers files and directories where they are meant, and behind run what that has", async () => {
    await mkdir(join(home.directory, "in fish"), { recursive: true });
    await writeFile(join(home.directory, "in fish", "company.pem"), "");
    expect(await fish("toolkey check --cacert in\\ fish/com")).toEqual(["in fish/company.pem"]);
    expect(await fish("toolkey check --cacert=in\\ fish/com")).toEqual(["--cacert=in fish/company.pem"]);
    expect(await fish("toolkey import --project in")).toEqual(["in fish/"]);
    expect(await fish("toolkey run -- brew-tea gr")).toEqual(["green"]);
    expect(await fish("toolkey run --tool http brew-tea ")).toEqual(["black", "green"]);
    expect(await fish("toolkey unlock ")).toEqual([]);
  });

  it.skipIf(missing("script"))("completes the id of a token at a tab", async () => {
    await expectTab(`fish --no-config -i -C "source '${join(SHARE, PLACES.fish)}'; function fish_prompt; printf 'READY> '; end"`);
  });

  it("finds it by itself where install.sh and packages put it", async () => {
    const directory = join(home.directory, ".local/share/fish/vendor_completions.d");
    await mkdir(directory, { recursive: true });
    await symlink(join(SHARE, PLACES.fish), join(directory, "toolkey.fish"));
    expect(await lines("fish", ["-c", 'complete -C "toolkey unl"'])).toEqual(["unlock\topen the vault"]);
  });
});

describe("what is being completed", () => {
  let own: TestHome;

  beforeEach(async () => {
    own = await makeHome();
    await own.init();
  });
  afterEach(() => own.dispose());

  function offered(...words: readonly string[]) {
    return own.run(join(BIN, "toolkey"), ["completion-words", "--", ...words]);
  }

  it("is not run, and starts no daemon", async () => {
    const token = await own.addGitToken("https://example.com", "alice", "ONE");
    const before = vaultHash(own);
    const daemons = daemonsStarted(own);
    const all = [["lock", ""], ["revoke", "--local", "--yes", token], ...matrix<string[]>([], [["stop", ""], ["use", token], ["setup", "git", ""], ["--help", ""], ["list", "--help"]])];
    for (const words of all) expect(await offered(...words)).toMatchObject({ code: 0, stderr: "" });
    expect((await own.status())?.vault.state).toBe("open");
    expect(vaultHash(own)).toBe(before);
    await own.stop();
    await whenDaemonEnded(own);
    expect(await offered("show", "")).toEqual({ code: 0, signal: null, stdout: "words\n", stderr: "" });
    expect(daemonsStarted(own)).toBe(daemons);
  });

  it("asks for nothing where the vault is locked or there is none", async () => {
    expectDone(await own.toolkey(["lock"]));
    expect(await offered("show", "")).toEqual({ code: 0, signal: null, stdout: "words\n", stderr: "" });
    expect((await own.run(join(BIN, "toolkey"), ["completion-words", "--", "show", ""], { env: { TOOLKEY_HOME: join(own.directory, "nowhere") } })).stdout).toBe("words\n");
  });

  it("says suspended of a token that is", async () => {
    const token = await own.addGitToken("https://example.com", "alice", "ONE");
    await own.ask("replace", { id: token, secret: "TWO" });
    const [, ...words] = (await offered("restore", "")).stdout.trimEnd().split("\n");
    expect(words.map((word) => word.replace(/^.*\t/, "")).toSorted()).toEqual(["git, https://example.com, as alice", "git, https://example.com, as alice, suspended"]);
  });
});

/** In a shell on a terminal a tab completes the id, and the line then does what it says. @param setUp typed first, makes the prompt `READY> ` */
async function expectTab(shell: string, setUp?: string): Promise<void> {
  const { shown, code } = await onTerminal(shell, { ...home.environment, TERM: "dumb", PS1: "$ ", PROMPT: "$ " }, [
    ...(setUp === undefined ? [] : [["$ ", `${setUp}\n`] as const]),
    ["READY> ", `toolkey show ${id.slice(0, 5)}\t`],
    [id.slice(5), "\n"],
    ["https://example.com", ""],
    ["READY> ", "exit\n"],
  ]);
  expect(shown).toMatch(/target +https:\/\/example\.com/);
  expect(code).toBe(0);
}
