/**
 * What the clients need to know of all tools. `build.mjs` reads these values when it builds, so that no client carries the
 * tools themselves: plain data, which JSON can hold.
 */
import { TOOLS, type ToolName } from "./tools.ts";
import type { Tool } from "./tool.ts";

const ALL = Object.entries(TOOLS) as [ToolName, Tool][];

/** Of a system, and of its programs that several tools are made of. */
const VARIABLES_OF_NO_TOOL = "HOME|XDG_CONFIG_HOME|(https?|no)_proxy|NODE_EXTRA_CA_CERTS";

export const TOOL_NAMES = ALL.map(([name]) => name);

/** By program. */
export const PROGRAMS = ALL.flatMap(([name, { programs }]) => programs.map((program): [string, ToolName] => [program, name]));

/** By a pattern of the names of scripts that node runs. */
export const SCRIPTS = ALL.flatMap(([name, { scripts }]) =>
  scripts === undefined ? [] : [[`^(${scripts})$`, name] satisfies [string, ToolName]],
);

/** By a pattern of the names of modules that Python runs. */
export const MODULES = ALL.flatMap(([name, { modules }]) =>
  modules === undefined ? [] : [[`^(${modules})$`, name] satisfies [string, ToolName]],
);

/** By a pattern of the names of programs and scripts: the subcommand that they are. */
export const SHORTHANDS = ALL.flatMap(([, { shorthands = [] }]) =>
  shorthands.map(([names, subcommand]): [string, string] => [`^(${names})$`, subcommand]),
);

/** By tool: a pattern of the operands of commands that are sessions. */
export const SESSIONS: Readonly<Record<string, string>> = Object.fromEntries(
  ALL.flatMap(([name, { sessions }]) => (sessions === undefined ? [] : [[name, sessions]])),
);

/** A pattern of the variables that tools read. */
export const VARIABLES = `^(${[VARIABLES_OF_NO_TOOL, ...ALL.flatMap(([, { variables }]) => variables ?? [])].join("|")})$`;

/** Programs that have no hook of their own by which they could ask for a token. */
export const WITHOUT_HOOK = ALL.flatMap(([, { withoutHook }]) => withoutHook ?? []);

/** By tool that needs no setup: a command that gets its tokens. */
export const INSTEAD_OF_SETUP = Object.fromEntries(
  ALL.flatMap(([name, { insteadOfSetup }]) => (insteadOfSetup === undefined ? [] : [[name, insteadOfSetup]])),
);

/** Tools that ask for credentials by themselves. */
export const WITH_CREDENTIALS: readonly string[] = ALL.flatMap(([name, { credentials }]) => (credentials === undefined ? [] : [name]));

/** By tool: the program by which it asks, made of `lanes/credential-helper`. */
export const HELPERS = ALL.flatMap(([tool, { helper }]) => (helper === undefined ? [] : [{ tool, ...helper }]));

/** Tools that log in by a user name, wherever no service says otherwise. */
export const LOG_IN_BY_NAME: readonly string[] = ALL.flatMap(([name, { logsInByName }]) => (logsInByName === true ? [name] : []));

/** By tool: what stands before the scheme in its own URLs. */
export const URL_PREFIXES: Readonly<Record<string, string>> = Object.fromEntries(
  ALL.flatMap(([name, { urlPrefix }]) => (urlPrefix === undefined ? [] : [[name, urlPrefix]])),
);

/** Tools that send a token as it is, wherever no service says otherwise. */
export const PRESENT_BARE: readonly string[] = ALL.flatMap(([name, { presentsBare }]) => (presentsBare === true ? [name] : []));

/** Tools that say whether they want a token for reading or for publishing. */
export const SAY_AIM: readonly string[] = ALL.flatMap(([name, { saysAim }]) => (saysAim === true ? [name] : []));

/** By tool: places that have several names. */
export const NAMES: Readonly<Record<string, readonly (readonly [hosts: string, url: string])[]>> = Object.fromEntries(
  ALL.flatMap(([name, { names }]) => (names === undefined ? [] : [[name, names]])),
);

/** Tools that take their tokens in variables. */
export const TAKE_VARIABLES: readonly string[] = ALL.flatMap(([name, { takesVariables }]) => (takesVariables === true ? [name] : []));

/** What brings phantoms back into settings that stay, for people. */
export const KEPT_AGAIN = ALL.flatMap(
  ([
    ,
    {
      kept,
      programs: [program = ""],
    },
  ]) => (kept === undefined ? [] : [`${kept.again}, for plain ${program} again`]),
);
