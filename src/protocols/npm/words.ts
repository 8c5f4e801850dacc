/** What a command line of a client of npm registries is about. Pure. */
import { WITH_VALUE } from "../program-words.ts";

/** The subcommands and their operands: what does not begin with a dash, up to `--`. */
export function wordsOf(given: readonly string[]): string[] {
  const end = given.indexOf("--");
  return (end === -1 ? given : given.slice(0, end)).filter((argument) => !argument.startsWith("-"));
}

/** A question about the program itself, which asks no registry. */
export function asksNothing(given: readonly string[]): boolean {
  const [first] = given;
  return first !== undefined && /^(-h|--help|-v|--version|help|completion)$/.test(first);
}

/** Commands that only fetch: what a package says of its publication is not theirs. */
export function onlyFetches(given: readonly string[]): boolean {
  return /^(i|in|ins|install|ci|clean-install|add|update|up|upgrade|outdated|view|info|show|audit|import|fetch|dedupe|prune|ls|list|why)$/.test(
    wordsOf(given)[0] ?? "install",
  );
}

/**
 * Commands that write into the user's configuration. On a descriptor that would be lost, and a token of
 * ours would be taken for the user's own.
 */
export function writesUserConfig(given: readonly string[]): string | undefined {
  const [first = "", second = ""] = wordsOf(given);
  if (/^(login|adduser|add-user|logout|set)$/.test(first)) return first;
  if (/^(config|c)$/.test(first) && /^(set|delete|rm|del|edit|fix)$/.test(second)) return `${first} ${second}`;
  return first === "profile" && /^(enable|disable)-?(2fa|tfa)$/.test(second) ? `${first} ${second}` : undefined;
}

/** What follows an option of one letter: `-C DIRECTORY`. */
export function optionAfter(given: readonly string[], option: string): string | undefined {
  const at = given.indexOf(option);
  return at === -1 ? undefined : given[at + 1];
}

/** What npm is told to do. */
interface NpmCommand {
  readonly name: string;
  readonly operands: readonly string[];
  /** Whether it changes what is in a registry. */
  readonly isChanging: boolean;
  /** Whether it is done in members of a workspace. */
  readonly isOfMembers: boolean;
}

const CHANGING = /^(publish|unpublish|stage|dist-tags?|deprecate|undeprecate|owner|author|access|star|unstar|team|org|hook|trust)$/;

export function npmCommand(given: readonly string[]): NpmCommand {
  const end = given.indexOf("--");
  const options = end === -1 ? given : given.slice(0, end);
  const [name = "", ...operands] = options.filter(
    (argument, index) => !argument.startsWith("-") && !WITH_VALUE.test(options[index - 1] ?? ""),
  );
  return {
    name,
    operands,
    isChanging: CHANGING.test(name),
    isOfMembers: options.some((option) => /^(-w|-ws|--workspaces?|-r|--recursive|-F|--filter)(=|$)/.test(option)),
  };
}

const ASKS = new RegExp(
  `^(i|in|ins|inst|install|ci|clean-install|ic|it|install-test|cit|add|a|update|up|upgrade|outdated|view|v|info|show|audit|import|fetch|dedupe|ddp|dlx|npm` +
    `|publish|unpublish|dist-tags?|deprecate|owner|author|access|team|org|profile|token|whoami|search|s|se|find|stars?|unstar|ping)$`,
);

/** Whether a command asks a registry by itself: who starts it is told what is missing. Yarn without one installs. */
export function asksRegistry(given: readonly string[]): boolean {
  return ASKS.test(npmCommand(given).name) || wordsOf(given).length === 0;
}

/** About accounts, teams and tokens, at endpoints that are closed to the gateway; none of them runs anything of a project's. */
const OF_ACCOUNTS = /^(team|org|ogr|hook|profile|token|trust)$/;
/** Of the others only what looks at a package, or at who looks after it, is not. */
const HARMLESS = /^(owner|author)( ls.*)?$|^access (get|list collaborators|ls-collaborators)( .*)?$/;

/** The command, if it asks for what the gateway lets nobody ask: `npm team ls` is `team ls`. */
export function accountCommand(given: readonly string[]): string | undefined {
  const { name, operands } = npmCommand(given);
  const words = [name, ...operands].join(" ");
  if (OF_ACCOUNTS.test(name)) return [name, ...operands.slice(0, 1)].join(" ");
  return /^(owner|author|access)$/.test(name) && !HARMLESS.test(words) ? [name, ...operands.slice(0, 1)].join(" ") : undefined;
}
