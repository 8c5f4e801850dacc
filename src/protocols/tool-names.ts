/** The tools by name, and by the programs that they are started by. */
import { ADMINISTRATION } from "../core/wire/administration.ts";
import { Failure } from "../core/failure.ts";
import { nearest } from "../core/text/suggestion.ts";
import { PROGRAMS, SAY_AIM, TOOL_NAMES } from "./tool-facts.ts";
import type { ToolName } from "./tools.ts";

const TOOL_OF_PROGRAM: ReadonlyMap<string, ToolName> = new Map(PROGRAMS);

/** The tool that a program belongs to, by the name of its file. */
export function toolOfProgram(program: string): ToolName | undefined {
  return TOOL_OF_PROGRAM.get(program);
}

/**
 * A tool by its name. Nothing would ever ask for the token of another one.
 *
 * @throws Failure `usage` that says which tool may be meant: of a program, or of a word that is mistyped
 */
export function knownTool(text: string): ToolName {
  const tool = TOOL_NAMES.find((name) => name === text);
  if (tool !== undefined) return tool;
  if (text === ADMINISTRATION)
    throw new Failure("usage", "toolkey's own tokens are kept with 'toolkey login'", { hint: "toolkey login SERVICE" });
  const meant = meantTool(text);
  throw new Failure("usage", `there is no tool '${text}'${meant === undefined ? "" : `; did you mean '${meant}'?`}`, {
    hint: `tools: ${TOOL_NAMES.join(", ")}`,
  });
}

/**
 * A token that is for one aim only would never answer a tool that doesn't say what it wants.
 *
 * @param tool undefined if none is named
 * @throws Failure `usage`
 */
export function assertSaysAim(tool: ToolName | undefined): void {
  if (tool !== undefined && SAY_AIM.includes(tool)) return;
  const what = tool === undefined ? "--for needs --tool" : `${tool} does not say whether it reads or publishes, so its token is for both`;
  throw new Failure("usage", what, { hint: SAY_AIM.length === 0 ? "leave out --for" : `tools that say it: ${SAY_AIM.join(", ")}` });
}

function meantTool(text: string): ToolName | undefined {
  const word = nearest(text, [...TOOL_NAMES, ...TOOL_OF_PROGRAM.keys()]);
  return word === undefined ? undefined : (TOOL_NAMES.find((name) => name === word) ?? toolOfProgram(word));
}
