/** Which tool a command line is of, by the name of its program. */
import { operandsOf, programApart, sureOperandsOf } from "./program-words.ts";
import { MODULES, SCRIPTS, SESSIONS, SHORTHANDS } from "./tool-facts.ts";
import { toolOfProgram } from "./tool-names.ts";
import type { ToolName } from "./tools.ts";

/** A command line taken apart: the tool, and the arguments that are its own. */
interface ToolCommand {
  readonly tool: ToolName;
  /** What follows the program, or the script that node runs. */
  readonly arguments: readonly string[];
  /** The same with the subcommand that a program like `npx` is, and `--` before what that starts: what the command is about. */
  readonly words: readonly string[];
}

/**
 * The tool of a command: `mvn`, a path to one, or `node …/npm-cli.js`. Undefined for a program that is
 * none that toolkey has tokens for.
 */
export function toolOfCommand(command: readonly string[]): ToolCommand | undefined {
  const [program = "", ...rest] = command;
  const name = fileName(program).replace(/\.(exe|cmd)$/i, "");
  const tool = toolOfProgram(name);
  if (tool !== undefined) return { tool, arguments: rest, words: wordsOf(name, rest) };
  if (/^(python|pypy)[\d.]*$/.test(name)) return toolOfModule(rest);
  if (!/^node(js)?$/.test(name)) return undefined;
  // Options of node itself that take no separate value; one that does makes the script unknown, and then nothing is given.
  const at = rest.findIndex((argument) => !argument.startsWith("-"));
  const script = fileName(rest[at] ?? "");
  const known = SCRIPTS.find(([pattern]) => new RegExp(pattern).test(script));
  const given = rest.slice(at + 1);
  return known === undefined ? undefined : { tool: known[1], arguments: given, words: wordsOf(script, given) };
}

/** Of what follows Python: `-m NAME`, with options that take no separate value before it. */
function toolOfModule(rest: readonly string[]): ToolCommand | undefined {
  const at = rest.findIndex((argument) => argument === "-m" || !argument.startsWith("-") || /^-[WXc]/.test(argument));
  const module = rest[at] === "-m" ? (rest[at + 1] ?? "") : "";
  const known = MODULES.find(([pattern]) => new RegExp(pattern).test(module));
  const given = rest.slice(at + 2);
  return known === undefined ? undefined : { tool: known[1], arguments: given, words: wordsOf(module, given) };
}

/**
 * Whether a command starts programs that can't be told from it, and so is a session: what is no tool of ours, and a tool that runs what the
 * project says.
 */
export function isSession(known: ToolCommand | undefined): boolean {
  if (known === undefined) return true;
  const pattern = SESSIONS[known.tool];
  if (pattern === undefined) return false;
  // In doubt it is none: then scripts have less.
  return [operandsOf(known.words), sureOperandsOf(known.words)].every((operands) => new RegExp(pattern).test(operands.join(" ")));
}

function wordsOf(name: string, given: readonly string[]): readonly string[] {
  const shorthand = SHORTHANDS.find(([names]) => new RegExp(names).test(name));
  return shorthand === undefined ? given : [shorthand[1], ...programApart(given)];
}

function fileName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
