/** The tools by name, each with the programs that it is started by. Adding one is a folder here, a line below and one in `tools.ts`. */
import { ADMINISTRATION } from "../core/administration.ts";
import { Failure } from "../core/failure.ts";
import { nearest } from "../core/text/suggestion.ts";

const PROGRAMS = {
  bun: ["bun", "bunx"],
  git: ["git"],
  http: [],
  maven: ["mvn", "mvnw", "mvnDebug"],
  npm: ["npm", "npx"],
  nuxeoctl: ["nuxeoctl"],
  pnpm: ["pnpm", "pnpx", "pn"],
  yarn: ["yarn", "yarnpkg"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type ToolName = keyof typeof PROGRAMS;

export const TOOL_NAMES = Object.keys(PROGRAMS) as readonly ToolName[];

const TOOL_OF_PROGRAM: ReadonlyMap<string, ToolName> = new Map(TOOL_NAMES.flatMap((tool) => PROGRAMS[tool].map((program) => [program, tool] as const)));

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
  if (text === ADMINISTRATION) throw new Failure("usage", "toolkey's own tokens are kept with 'toolkey login'", { hint: "toolkey login SERVICE" });
  const meant = meantTool(text);
  throw new Failure("usage", `there is no tool '${text}'${meant === undefined ? "" : `; did you mean '${meant}'?`}`, { hint: `tools: ${TOOL_NAMES.join(", ")}` });
}

function meantTool(text: string): ToolName | undefined {
  const word = nearest(text, [...TOOL_NAMES, ...TOOL_OF_PROGRAM.keys()]);
  return word === undefined ? undefined : (TOOL_NAMES.find((name) => name === word) ?? toolOfProgram(word));
}
