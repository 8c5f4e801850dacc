/** What is said of an option that a command doesn't have, and of an argument that it needs. */
import { COMMANDS } from "./commands.ts";
import { commandFacts, commonOptions, type CommandFacts } from "./manual/command-facts.ts";
import { unknownOptionText } from "./text/unknown-option.ts";

/** What people take for the option of a secret. */
const SECRETS: readonly string[] = ["passphrase", "password", "secret", "token"];

export interface UnknownOption {
  readonly message: string;
  readonly hints: readonly string[];
}

/**
 * @param argv the command, and what stands behind it
 * @param unknown the names that yargs doesn't know: `secretFil` of `--secret-fil`
 * @returns undefined if none of them is an option
 */
export function unknownOption([command, ...words]: readonly string[], unknown: readonly string[]): UnknownOption | undefined {
  const end = words.indexOf("--");
  const given = (end === -1 ? words : words.slice(0, end)).filter((word) => word.startsWith("-")).map((word) => word.replace(/=.*$/s, ""));
  const option = given.find((word) => unknown.some((name) => isOf(name, word)));
  if (option === undefined) return undefined;
  const names = [...(factsOf(command)?.options ?? []), ...commonOptions()].map(({ name }) => name);
  const name = option.replace(/^-+/, "");
  if (SECRETS.includes(name) && names.includes("secret-file")) {
    const hints = ["a secret never stands on the command line: --secret-file FILE", "if one did, it is in the history of your shell now"];
    return { message: `unknown option '${option}'`, hints };
  }
  return { message: unknownOptionText(option, names), hints: [] };
}

/** @param command undefined if none is named */
export function missingArgument(command: string | undefined): string {
  const missing = factsOf(command)?.words.filter(({ isRequired }) => isRequired) ?? [];
  return ["an argument is missing", ...missing.map(({ name }) => name.toUpperCase())].join(": ");
}

function factsOf(command: string | undefined): CommandFacts | undefined {
  const found = COMMANDS.find(({ name }) => name === command);
  return found === undefined ? undefined : commandFacts(found);
}

function isOf(name: string, word: string): boolean {
  if (/^-[^-]/.test(word) && name.length === 1) return word.includes(name);
  const written = word.replace(/^-+/, "");
  return [written, written.replace(/^no-/, "")].some((each) => each === name || camelCase(each) === name);
}

function camelCase(text: string): string {
  return text.replace(/-+([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
