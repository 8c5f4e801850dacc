/** The page of toolkey itself: what one needs to learn it. The commands are from what they tell of themselves. */
import { TOOL_NAMES } from "../../protocols/tool-facts.ts";
import { COMMAND_FACTS, COMMON } from "./all-commands.ts";
import { optionTerm, sentence } from "./command-page.ts";
import { EXIT_BLOCKS } from "./outcomes.ts";
import { ENVIRONMENT, FILES } from "./places.ts";
import { pageNames, type Block, type Page } from "./roff.ts";

/** By what they are for; a command that is in none of them is listed last. */
const GROUPS: readonly (readonly [title: string, names: readonly string[]])[] = [
  ["To begin with:", ["init", "setup", "import", "doctor"]],
  ["Tokens:", ["add", "list", "show", "use", "replace", "restore", "revoke", "check"]],
  ["Services, and tokens that they make:", ["services", "login", "mint", "rotate"]],
  ["Commands with tokens:", ["run", "log", "shell-init"]],
  ["The vault and its daemon:", ["status", "lock", "unlock", "stop", "config", "export"]],
];

/** @param helpers the pages of the helper programs */
export function overview(helpers: readonly string[]): Page {
  return {
    name: "toolkey",
    purpose: "one vault, and every build tool gets its own key",
    sections: [
      { title: "SYNOPSIS", blocks: SYNOPSIS },
      { title: "DESCRIPTION", blocks: DESCRIPTION },
      { title: "FIRST STEPS", blocks: FIRST_STEPS },
      { title: "COMMANDS", blocks: commandBlocks() },
      { title: "OPTIONS", blocks: COMMON.map((option) => ({ term: optionTerm(option), text: sentence(option.describe) })) },
      { title: "WORDS", blocks: WORDS },
      { title: "WHICH TOKEN ANSWERS", blocks: WHICH_TOKEN },
      { title: "HOW A TOOL GETS ITS TOKEN", blocks: HOW_IT_GETS_THERE },
      { title: "REFUSED, EXPIRED, LEAKED", blocks: ENDS },
      { title: "THE VAULT AND ITS KEY", blocks: VAULT },
      { title: "CONFIGURATION", blocks: CONFIGURATION },
      { title: "EXAMPLES", blocks: EXAMPLES },
      { title: "EXIT STATUS", blocks: [...EXIT_BLOCKS, "`toolkey run` ends as its command does."] },
      { title: "ENVIRONMENT", blocks: ENVIRONMENT },
      { title: "FILES", blocks: FILES },
      { title: "WHAT IT PROTECTS AGAINST, AND WHAT NOT", blocks: LIMITS },
      { title: "SEE ALSO", blocks: [seeAlso(helpers)] },
    ],
  };
}

const SYNOPSIS: readonly Block[] = [
  "`toolkey` <command> [<options>] [<arguments>]",
  "`toolkey run --` <program> [<arguments>]",
  "`toolkey help` [<command>]",
];

const DESCRIPTION: readonly Block[] = [
  "Build tools keep long-lived tokens in plain text, in `~/.git-credentials`, `~/.npmrc` and the like, often one token for " +
    "everything. Whatever runs as you can read them there, and " +
    "to revoke the one stops every tool.",
  "toolkey keeps tokens in an encrypted vault and gives each tool its own, when that asks. One can be revoked, and the others go on " +
    "working. What a build starts " +
    "can be given none at all: `toolkey run` leads it through a gateway on this machine, which puts the token in.",
  "A daemon holds the vault. The first request starts it; it closes the vault when that isn't used, and ends by itself. No secret " +
    "is ever on a command line, in a log, or in a file outside of the vault.",
];

const FIRST_STEPS: readonly Block[] = [
  "Make a vault. Its key goes into the key store of your system, or under a passphrase:",
  { lines: ["toolkey init"] },
  "Let git ask toolkey, and give it a token, which is read from the terminal:",
  { lines: ["toolkey setup git", "toolkey add https://git.example.com --tool git --username alice"] },
  "From now on `git clone`, `fetch` and `push` need no password there. Each other tool gets a token of its own:",
  { lines: ["toolkey add https://npm.example.com --tool npm", "toolkey run -- npm ci"] },
  "Take what lies in plain text into the vault, and out of its files. It shows what it found, and asks; `toolkey import --undo` " +
    "brings every byte back:",
  { lines: ["toolkey import"] },
  "See what there is, whether the services take it, and what is in the way:",
  { lines: ["toolkey list", "toolkey check", "toolkey doctor"] },
];

const WORDS: readonly Block[] = [
  { term: "tool", text: `What asks for credentials, a family of client programs. There are: ${TOOL_NAMES.join(", ")}.` },
  {
    term: "service",
    text:
      "A place that accepts tokens: one that toolkey knows by name (`toolkey services`), one of your own in `config.toml`, <KIND>@<HOST> " +
      "of a kind of which there are many, or any host by its URL.",
  },
  { term: "target", text: "The URL that a token is good for: scheme, host, port, and path by whole segments." },
  {
    term: "token",
    text:
      "A secret and what is known of it, bound to exactly one tool and one target. Its id is short, as git-7f3k, and the beginning of " +
      "it is enough.",
  },
  { term: "vault", text: "The encrypted file that holds all tokens." },
  { term: "gateway", text: "A server on 127.0.0.1, in the daemon, that puts the real token in the place of a phantom." },
  { term: "phantom", text: "A stand-in for a token. It works on this machine alone, through the gateway, for one command." },
  { term: "session", text: "A command with all that it starts, and the phantoms of all the tools in it." },
  {
    term: "sealed",
    text:
      "Said of a command that is run in this way, and of all that it starts: it can use tokens, and gets none by any way of toolkey's.",
  },
];

const WHICH_TOKEN: readonly Block[] = [
  "The tool's own, and never another tool's. Scheme, host and port are equal; of the paths that cover the request the longest " +
    "counts; so does the user name, if one is asked for. It is active and has not expired.",
  "Of several that are left, the one that you made the default (`toolkey use`) answers, then those that you added, then what a tool " +
    "stored by itself. Where the default can't answer, no other user's token does.",
];

const HOW_IT_GETS_THERE: readonly Block[] = [
  "`toolkey setup` <tool> makes a tool ask by itself, where it has a hook for that: git's credential helper, docker's, Cargo's and " +
    "others. It shows with `--dry-run` what it would write, and `--undo` takes it back.",
  "`toolkey run --` <command> gives a tool its token for one command. It gets a phantom, and the daemon makes its requests. A " +
    "command that starts others, as `make`, a script or a shell, is a session: " +
    "each tool in it is led when it starts. `--only` narrows what it may use, `--publish` lets it push and publish, `--sandbox` " +
      "keeps your keys, logins and agents from it as well. " +
    "`toolkey log` shows what was asked for, and `toolkey revoke --phantoms` ends all of it at once.",
  "What can't ask toolkey gets a token in a variable, the weakest way: `toolkey run --tool http --env` <NAME>=<SERVICE>.",
];

const ENDS: readonly Block[] = [
  "When a server refuses a token where it has worked, the token is suspended: it is not served, and not deleted. `toolkey restore` " +
    "brings it back, `toolkey replace` gives it a new secret.",
  "Where a service lets programs make tokens, `toolkey login` and `toolkey mint` do that, each for one tool; what ends soon is " +
    "renewed by itself.",
  "`toolkey revoke` says what stops working, asks, and ends a token at its service and here. Where no program can do that, it names " +
    "the page, and `toolkey revoke --done` notes that you did it. " +
    "On the day a laptop is stolen: `toolkey revoke --all`.",
];

const VAULT: readonly Block[] = [
  "`vault.age` is a standard age file: with the key, any age opens it. The version before it is kept as `vault.age.1`. The key is " +
    "kept in one of these places; `toolkey init --rekey --key` <kind> makes a new one elsewhere:",
  { term: "`keychain`", text: "The key store of your system. It opens by itself while you are logged in." },
  {
    term: "`passphrase`",
    text:
      "A file that a passphrase opens. `toolkey unlock` asks for it, or the first request on a terminal; without one clients end with " +
      "exit status 3.",
  },
  { term: "`file`", text: "A file that only you can read, for machines without people: whoever reads it opens the vault." },
  "The vault closes after 15 minutes without use, and after 12 hours at most. `toolkey lock` closes it at once.",
];

const CONFIGURATION: readonly Block[] = [
  "`config.toml` is read anew when it has changed. Beneath yours is `/etc/toolkey/config.toml`, where there is one: what yours does " +
    "not say, and what that fixes. A setting with a mistake is left out and reported by the next command, with its line; what it was " +
    "before stays in force.",
  {
    lines: [
      "[lock]",
      'idle = "30m"             # closes the vault when it was not used for so long',
      'absolute = "8h"          # closes it, whatever happens',
      "[vault]",
      'keep_suspended = "30d"   # how long suspended and revoked tokens are kept',
      "[service.acme]",
      'url = "https://git.acme.example"',
      'git = { url = "https://git.acme.example" }',
      "[sandbox]",
      'default = ["npm"]        # what is run in a sandbox; true: everything',
    ],
  },
  "What decides where tokens go and whom toolkey trusts (services, certificates, the sandbox) is in force once you have accepted " +
    "it, so that no script can add its own: `toolkey config` shows what waits, `toolkey config accept` shows the change and asks.",
];

const EXAMPLES: readonly Block[] = [
  "A token that another program prints each time, and that toolkey does not keep:",
  { lines: ["toolkey add npm.example.com --tool npm --command -- pass show npm"] },
  "A build that may use git and npm of these hosts and nothing else:",
  { lines: ["toolkey run --only git,git.example.com --only npm -- make"] },
  "For a program: every token, without its secret.",
  { lines: ["toolkey list --json"] },
  "In CI or before a commit: fail if a secret lies in plain text.",
  { lines: ["toolkey import --check --project --no-home"] },
];

const LIMITS: readonly Block[] = [
  "It protects tokens against what reads files, environments, command lines, logs, backups and core dumps; against other users of " +
    "the machine; against a tool that is not the one the token is for; against other hosts; and against being lost.",
  "It does not protect them against programs that run as you, outside of a sealed command, and ask as git does; nor against root.",
];

function commandBlocks(): Block[] {
  const grouped = new Set(GROUPS.flatMap(([, names]) => names));
  const others = COMMAND_FACTS.filter(({ name }) => !grouped.has(name)).map(({ name }) => name);
  const facts = new Map(COMMAND_FACTS.map((each) => [each.name, each]));
  return [
    ...[...GROUPS, ["And:", others] as const].flatMap(([title, names]): Block[] => [
      title,
      ...names.map((name) => ({ term: `\`${name}\``, text: sentence(facts.get(name)?.describe ?? "") })),
    ]),
    "Each has a page of its own, as `toolkey-add`(1), and `toolkey help` <command> shows the short form of it.",
  ];
}

function seeAlso(helpers: readonly string[]): string {
  return `${pageNames([...COMMAND_FACTS.map(({ name }) => `toolkey-${name}`), ...helpers, "age"])}, \`gitcredentials\`(7)`;
}
