/** What somebody meant by a command that there isn't. */
import { Failure } from "../core/failure.ts";
import { nearest } from "../core/text/suggestion.ts";
import { COMMANDS } from "./commands.ts";

const NAMES = COMMANDS.map(({ name }) => name);

/** What other programs call it. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  create: "mint",
  delete: "revoke",
  edit: "replace",
  erase: "revoke",
  exec: "run",
  get: "show",
  history: "log",
  logout: "revoke",
  ls: "list",
  man: "help",
  new: "add",
  remove: "revoke",
  renew: "rotate",
  rm: "revoke",
  settings: "config",
  store: "add",
  update: "replace",
};

export function isCommand(word: string): boolean {
  return NAMES.includes(word);
}

/** @param word what stands where a command should */
export function noSuchCommand(word: string): Failure {
  const meant = Object.hasOwn(ELSEWHERE, word) ? ELSEWHERE[word] : nearest(word, NAMES);
  return new Failure("usage", `there is no command '${word}'${meant === undefined ? "" : `; did you mean '${meant}'?`}`, {
    hint: meant === undefined ? "toolkey --help" : `toolkey ${meant} --help`,
  });
}

/**
 * `toolkey help COMMAND` is `toolkey COMMAND --help`, and `toolkey help` is `toolkey --help`. So is the help of help: yargs has none of it.
 *
 * @throws Failure `usage` for a command that there isn't
 */
export function withoutHelpWord(argv: readonly string[]): readonly string[] {
  const [first, word, ...more] = argv;
  if (first !== "help" || more.length > 0) return argv;
  if (word === undefined || word === "help" || word.startsWith("-")) return ["--help"];
  if (isCommand(word)) return [word, "--help"];
  const { code, message, hints } = noSuchCommand(word);
  throw new Failure(code, message, { hint: [...hints, `commands: ${NAMES.join(", ")}`] });
}
