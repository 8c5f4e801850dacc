/** What is offered where a token, a service or a tool is to be typed; commands, options and choices are yargs's. */
import { administerIfRunning } from "../client/daemon/request.ts";
import type { OperationName, Operations } from "../core/administration.ts";
import { Failure } from "../core/failure.ts";
import { TOOL_NAMES } from "../protocols/tool-facts.ts";
import type { Context } from "./context.ts";
import { CLI_TOOLS } from "./tools/tools.ts";

type Words = (context: Context) => Promise<readonly string[]> | readonly string[];

const tools: Words = () => TOOL_NAMES;

/** By option, of whatever command. */
const OF_OPTIONS: ReadonlyMap<string, Words> = new Map([
  ["--tool", tools],
  ["--service", servicesOfTokens],
  ["--remote", services],
]);

/** By command: what its arguments are. */
const OF_ARGUMENTS: ReadonlyMap<string, Words> = new Map<string, Words>([
  ...["show", "replace", "restore", "revoke", "use", "check", "rotate", "export"].map((command) => [command, tokens] as const),
  ...["add", "login", "mint"].map((command) => [command, services] as const),
  ["setup", () => [...CLI_TOOLS.keys()]],
]);

/**
 * The words for a shell that asks; from the daemon, if it runs. Not left to yargs: while it waits for completions it goes on to run
 * the command itself.
 *
 * @returns undefined if the arguments ask for something else.
 */
export async function completeWords(argv: readonly string[], context: Context): Promise<readonly string[] | undefined> {
  const [flag, _toolkey, command = "", ...words] = argv;
  const [before = "", last] = words.slice(-2).length === 2 ? words.slice(-2) : ["", words[0]];
  if (flag !== "--get-yargs-completions" || last === undefined) return undefined;
  const offered = OF_OPTIONS.get(before) ?? (last.startsWith("-") ? undefined : OF_ARGUMENTS.get(command));
  if (offered === undefined) return undefined;
  // zsh takes what follows a colon for a description.
  const isZsh = /zsh/.test(`${context.environment["SHELL"] ?? ""}${context.environment["ZSH_NAME"] ?? ""}`);
  return (await offered(context)).map((word) => (isZsh ? word.replaceAll(":", String.raw`\:`) : word));
}

async function tokens(context: Context): Promise<string[]> {
  return (await askIfRunning(context, "list"))?.tokens.map(({ id }) => id) ?? [];
}

/** Those that can be named: of a kind with many, the ones that there are tokens for. */
async function services(context: Context): Promise<string[]> {
  const known = (await askIfRunning(context, "services"))?.services.map(({ name }) => name) ?? [];
  const used = (await servicesOfTokens(context)).filter((name) => name.includes("@"));
  return [...new Set([...known.filter((name) => !name.endsWith("@HOST")), ...used])];
}

async function servicesOfTokens(context: Context): Promise<string[]> {
  return [...new Set((await askIfRunning(context, "list"))?.tokens.map(({ service }) => service) ?? [])];
}

async function askIfRunning<Name extends OperationName & ("list" | "services")>(
  context: Context,
  operation: Name,
): Promise<Operations[Name]["answer"] | undefined> {
  try {
    return await administerIfRunning({ ...context, heard: undefined }, operation, {});
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
