/** Asks the daemon for the plan of a command. */
import { EMPTY_PLAN, parsePlan, type Plan } from "../core/plan.ts";
import { homeOf, type Environment } from "../platform/paths.ts";
import { gitSettings } from "./git-settings.ts";
import { VARIABLES } from "../protocols/tool-facts.ts";
import type { DaemonPlace } from "./daemon/request.ts";
import { requestUnlocked } from "./daemon/unlock.ts";

/** The variables by which the tools are configured; no others leave this process, but for their names. */
const READ_BY_TOOLS = new RegExp(VARIABLES, "i");

/** The part of an environment that the daemon is told. */
export function toolVariables(environment: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined && READ_BY_TOOLS.test(entry[0])),
  );
}

/** How long the daemon may take, in milliseconds: with no answer the command runs without its tokens. */
const PATIENCE_MS = 40_000;

/** A command that is to be planned. */
export interface Planned {
  readonly tool: string;
  /** The arguments after the program. */
  readonly arguments: readonly string[];
  /** By variable: a service by name, or a URL. */
  readonly variables: Readonly<Record<string, string>>;
  /** The program's name, for people. */
  readonly purpose: string;
  readonly direct: boolean;
  readonly publish: boolean;
  /** What it would be given is wanted, and not that itself. */
  readonly dryRun?: true;
}

/**
 * The plan; of a tool that needs no token it is empty. A vault that waits for its passphrase is opened on
 * the terminal.
 *
 * @throws Failure with which the daemon answered, or if none can be had
 */
export async function planCommand(place: DaemonPlace, command: Planned): Promise<Plan> {
  const { environment } = place;
  const answer = await requestUnlocked({ ...place, patienceMs: PATIENCE_MS }, {
    tool: command.tool,
    operation: "plan",
    payload: JSON.stringify({
      arguments: command.arguments,
      directory: process.cwd(),
      home: homeOf(environment),
      environment: toolVariables(environment),
      variableNames: Object.keys(environment).filter((name) => environment[name] !== undefined),
      ...(command.direct ? {} : { gitSettings: await gitSettings(environment) }),
      variables: command.variables,
      purpose: command.purpose,
      direct: command.direct,
      publish: command.publish,
      ...(command.dryRun === undefined ? {} : { dryRun: command.dryRun }),
    }),
  });
  if (answer.status === "error") throw answer.failure;
  const plan = answer.status === "miss" ? EMPTY_PLAN : parsePlan(answer.payload);
  return { ...plan, notes: [...plan.notes, ...answer.notes], hints: [...plan.hints, ...answer.hints] };
}
