/** Which tool a command line is of, by the name of its program. */
import { toolOfProgram, type ToolName } from "./tool-names.ts";

/** Scripts that node or bun runs: the clients of npm registries are JavaScript. */
const TOOL_OF_SCRIPT: readonly (readonly [script: RegExp, tool: ToolName])[] = [
  [/^np[mx]-cli\.js$/, "npm"],
  [/^pnp[mx]\.[cm]?js$/, "pnpm"],
  [/^yarn(-\d[\w.-]*)?\.c?js$/, "yarn"],
];

/** A command line taken apart: the tool, and the arguments that are its own. */
export interface ToolCommand {
  readonly tool: ToolName;
  /** What follows the program, or the script that node runs. */
  readonly arguments: readonly string[];
}

/**
 * The tool of a command: `mvn`, a path to one, or `node …/npm-cli.js`. Undefined for a program that is
 * none that toolkey has tokens for.
 */
export function toolOfCommand(command: readonly string[]): ToolCommand | undefined {
  const [program = "", ...rest] = command;
  const name = fileName(program).replace(/\.(exe|cmd)$/i, "");
  const tool = toolOfProgram(name);
  if (tool !== undefined) return { tool, arguments: rest };
  if (!/^node(js)?$/.test(name)) return undefined;
  // Options of node itself that take no separate value; one that does makes the script unknown, and then nothing is given.
  const at = rest.findIndex((argument) => !argument.startsWith("-"));
  const script = fileName(rest[at] ?? "");
  const known = TOOL_OF_SCRIPT.find(([pattern]) => pattern.test(script));
  return known === undefined ? undefined : { tool: known[1], arguments: rest.slice(at + 1) };
}

function fileName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
