import { Failure } from "../../core/failure.ts";
import type { SessionLimit } from "../../core/wire/session-file.ts";
import { TOOL_NAMES } from "../../protocols/tool-facts.ts";
import { unknownOptionText } from "../text/unknown-option.ts";

/** What `toolkey run` was told. */
export interface RunArguments {
  readonly tool: string | undefined;
  readonly quiet: boolean;
  /** The tokens themselves, and no gateway. */
  readonly direct: boolean;
  /** Whether setuid programs work in it, at the price of the mark by which what it leaves behind is known. */
  readonly allowSetuid: boolean;
  /** Whether what the gateway leads to may be changed, whatever the command says. */
  readonly publish: boolean;
  /** What a session is narrowed to; all that there is if empty. */
  readonly only: readonly SessionLimit[];
  /** Whether it runs in a sandbox; undefined: as the configuration says. */
  readonly sandbox: boolean | undefined;
  /** By variable: a service by name, or a URL. */
  readonly variables: Readonly<Record<string, string>>;
  /** The program and its arguments. */
  readonly command: readonly [program: string, ...rest: string[]];
}

const USAGE =
  "toolkey run [--tool TOOL] [--env NAME=SERVICE] [--direct] [--publish] [--only TOOL[,HOST]]… [--sandbox | --no-sandbox] " +
  "[--allow-setuid] [--quiet] [--] COMMAND [ARGUMENT]…";
const OPTIONS = [...USAGE.matchAll(/--([a-z-]+)/g)].map(([, name = ""]) => name);
const VARIABLE = /^([A-Za-z_][A-Za-z0-9_]*)=(.+)$/;

/**
 * Reads the arguments after `toolkey run`. Its own options end with the first argument that is none, so
 * that every other one is the command's, `--help` too.
 *
 * @returns undefined if help was asked for
 * @throws Failure `usage`
 */
export function parseRunArguments(argv: readonly string[]): RunArguments | undefined {
  let tool: string | undefined;
  let [quiet, direct, publish, allowSetuid] = [false, false, false, false];
  let sandbox: boolean | undefined;
  const variables: Record<string, string> = {};
  const only: SessionLimit[] = [];
  const rest = [...argv];
  for (;;) {
    const argument = rest.shift();
    if (argument === undefined) throw new Failure("usage", "no command was named", { hint: USAGE });
    if (argument === "-h" || argument === "--help") return undefined;
    if (argument === "-q" || argument === "--quiet") quiet = true;
    else if (argument === "--direct") direct = true;
    else if (argument === "--publish") publish = true;
    else if (argument === "--allow-setuid") allowSetuid = true;
    else if (argument === "--sandbox" || argument === "--no-sandbox") sandbox = argument === "--sandbox";
    else if (/^--(tool|env|only)(=|$)/.test(argument)) {
      const [option, value] = valueOf(argument, rest);
      if (option === "--tool") tool = value;
      else if (option === "--only") only.push(limitOf(value));
      else Object.assign(variables, variableOf(value));
    } else if (argument.startsWith("-") && argument !== "--") {
      throw new Failure("usage", unknownOptionText(argument, OPTIONS), { hint: USAGE });
    } else {
      const [program, ...more] = argument === "--" ? rest : [argument, ...rest];
      if (program === undefined) throw new Failure("usage", "no command was named", { hint: USAGE });
      if (sandbox === true && allowSetuid)
        throw new Failure("usage", "setuid programs gain nothing in a sandbox: --sandbox and --allow-setuid exclude each other");
      return { tool, quiet, direct, publish, allowSetuid, only, sandbox, variables, command: [program, ...more] };
    }
  }
}

function valueOf(argument: string, rest: string[]): [option: string, value: string] {
  const equals = argument.indexOf("=");
  const value = equals === -1 ? rest.shift() : argument.slice(equals + 1);
  const option = equals === -1 ? argument : argument.slice(0, equals);
  if (value === undefined || value === "") throw new Failure("usage", `${option} needs a value`, { hint: USAGE });
  return [option, value];
}

/** `TOOL`, or `TOOL,HOST`. */
function limitOf(value: string): SessionLimit {
  const [tool = "", host, ...more] = value.split(",");
  if (tool === "" || host === "" || more.length > 0) {
    throw new Failure("usage", "--only takes a tool, and a host of it", {
      hint: "--only npm, --only git,git.example.com; several times for several",
    });
  }
  if (host !== undefined && TOOL_NAMES.some((name) => name === host))
    throw new Failure("usage", `${host} is a tool, and a host follows the comma`, { hint: `--only ${tool} --only ${host}` });
  return { tool, host: host?.toLowerCase() };
}

function variableOf(value: string): Record<string, string> {
  const [, name, place] = VARIABLE.exec(value) ?? [];
  if (name === undefined || place === undefined) {
    throw new Failure("usage", "--env takes the name of a variable and a service, or a URL", { hint: "--env RELEASE_TOKEN=acme" });
  }
  return { [name]: place };
}
