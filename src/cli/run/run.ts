/**
 * `toolkey run`, a program of its own (dist/run.cjs): it is in the way of every build, and must start fast.
 * yargs only shows its help (`commands/run.ts`).
 */
import "../surroundings.ts";
import { basename, join } from "node:path";
import { withNodeVariables } from "../../client/node-variables.ts";
import { attendPhantoms } from "../../client/daemon/attend.ts";
import { assertProgram, carryOut } from "../../client/carry-out.ts";
import { endAs, endAfter } from "../../client/ending.ts";
import { planCommand } from "../../client/plan.ts";
import { SESSION_VARIABLE, sessionAround } from "../../client/session/directory.ts";
import type { OpenSession } from "../../client/session/open.ts";
import { administer, type DaemonPlace } from "../../client/daemon/request.ts";
import { complain, tell } from "../../client/tell.ts";
import { Failure } from "../../core/failure.ts";
import { EMPTY_PLAN, type Plan } from "../../core/plan.ts";
import { NO_SANDBOX_SETTINGS, type SandboxSettings } from "../../core/sandbox.ts";
import { isAnythingAt } from "../../platform/files/inode.ts";
import type { CommandEnd } from "../../platform/processes/child.ts";
import { isMarked, wordsToMark } from "../../platform/processes/mark.ts";
import { paths as findPaths, type Environment } from "../../platform/paths.ts";
import { isSession, toolOfCommand } from "../../protocols/command.ts";
import { toolOfProgram } from "../../protocols/tool-names.ts";
import { TAKE_VARIABLES } from "../../protocols/tool-facts.ts";
import { report } from "./report.ts";
import { parseRunArguments, type RunArguments } from "./run-arguments.ts";
import type { Blanked } from "./sandboxed.ts";

async function main(argv: readonly string[]): Promise<void> {
  const asked = parseRunArguments(argv);
  if (asked === undefined)
    throw new Failure("usage", "help is not among the options of a command that is run", { hint: "toolkey run --help" });
  const environment = withNodeVariables(process.env);
  if (!asked.direct && sessionAround(environment) !== undefined) return endAs(() => runInside(asked, environment), complain);
  // Nobody is asked for a passphrase for what can't be started.
  try {
    assertProgram(asked.command[0], environment);
  } catch (error) {
    return endAs(() => Promise.reject(error as Error), complain);
  }
  const isNew = opensSession(asked);
  const begun = isNew ? await sessionOf(asked, environment) : {};
  const { session } = begun;
  const plan = isNew ? (session?.plan ?? EMPTY_PLAN) : await planOf(asked, environment);
  if (!asked.quiet) report(plan, asked, session !== undefined);
  const led = session === undefined ? asked : { ...asked, command: ledByPath(asked.command, session) };
  await endAs(() => runPlan(plan, led, environment, begun).finally(() => session?.close()), complain);
}

/** @throws Failure `usage` if it is to be narrowed, and is none: what narrows is never left out */
function opensSession({ command, tool, direct, variables, only }: RunArguments): boolean {
  const other = direct ? "--direct" : tool !== undefined ? "--tool" : Object.keys(variables).length > 0 ? "--env" : undefined;
  const opens = other === undefined && isSession(toolOfCommand(command));
  if (!opens && only.length > 0) {
    const why = other === undefined ? `${basename(command[0])} gives its scripts nothing` : `${other} opens none`;
    throw new Failure("usage", `--only narrows a session, and ${why}`, { hint: "leave --only out" });
  }
  return opens;
}

/**
 * What runs in a session already is of that one, and led by it: by its shims, or by what they start, if a tool is named. It is sealed
 * as any other, since only a variable says that it is there.
 *
 * @throws Failure `usage` for what is fixed at the start of a session
 */
async function runInside(asked: RunArguments, environment: Environment): Promise<CommandEnd> {
  const { command, tool, publish, only, sandbox, variables } = asked;
  const fixed = {
    "--publish": publish,
    "--only": only.length > 0,
    "--sandbox": sandbox === true,
    "--env": Object.keys(variables).length > 0,
  };
  const [option] = Object.entries(fixed).find(([, isAsked]) => isAsked) ?? [];
  if (option !== undefined) {
    throw new Failure("usage", `${option} is for the start of a session, and this runs in one`, {
      hint: "what runs in a session has what the session has; the command was not started",
    });
  }
  const directory = environment[SESSION_VARIABLE] ?? "";
  const led: RunArguments["command"] =
    tool === undefined ? command : [join(directory, "node"), join(directory, "lead"), "--as", tool, ...command];
  return runPlan(EMPTY_PLAN, { ...asked, command: led }, environment);
}

/** A tool by a path, as `./mvnw`, finds no shim on its way. */
function ledByPath(command: RunArguments["command"], { directory }: OpenSession): RunArguments["command"] {
  if (!command[0].includes("/") || toolOfProgram(basename(command[0])) === undefined) return command;
  return [join(directory, "node"), join(directory, "lead"), ...command];
}

/** A session, and what was read for its sandbox while the daemon opened it. */
interface Begun {
  readonly session?: OpenSession | undefined;
  readonly blanked?: Promise<Blanked> | undefined;
}

/** The command runs also if it can't be had. */
async function sessionOf({ command, publish, only, quiet, sandbox }: RunArguments, environment: Environment): Promise<Begun> {
  const [program] = command;
  const paths = findPaths(process.env);
  let blanked: Promise<Blanked> | undefined;
  // Anew for each request: before the next one a person may have typed a passphrase, and others written a secret.
  const meanwhile = (): void => {
    if (sandbox !== true) return;
    blanked = import("./sandboxed.ts").then(({ readBlanked }) => readBlanked(environment));
    // Who needs it hears then if it failed.
    blanked.catch(() => undefined);
  };
  try {
    if (!isAnythingAt(paths.vault)) throw new Failure("no-vault", "there is no vault", { hint: "toolkey init" });
    const { openSession } = await import("../../client/session/open.ts");
    const session = await openSession({ paths, environment }, { purpose: basename(program), publish, only }, meanwhile);
    return { session, blanked };
  } catch (error) {
    if (!(error instanceof Failure) || error.code === "usage") throw error;
    await assertStarts({ paths, environment }, sandbox);
    if (!quiet || error.code !== "no-vault") {
      complain(error);
      tell([`${program} runs without a token`]);
    }
    return {};
  }
}

/** While the daemon knows of the command, by a phantom or since it is sealed, the daemon is looked after. */
async function runPlan(plan: Plan, asked: RunArguments, environment: Environment, begun: Begun = {}): Promise<CommandEnd> {
  const { command, quiet, direct, allowSetuid } = asked;
  const paths = findPaths(process.env);
  const { session } = begun;
  const sandboxing = await sandboxFor(plan, asked, { paths, environment }, begun);
  // What makes a sandbox marks it as well.
  const mark = direct || allowSetuid || sandboxing !== undefined ? [] : wordsToMark(environment);
  const orphans = session === undefined ? undefined : await import("../../platform/processes/orphans.ts");
  const run = (): Promise<CommandEnd> => {
    if (sandboxing === undefined) session?.answerShims();
    else session?.leaveShims();
    // What its parents leave behind is still of the session.
    orphans?.adoptOrphans();
    return carryOut(plan, command, {
      environment: sandboxing?.sandbox.environment ?? environment,
      sandbox: sandboxing?.sandbox,
      directory: paths.runtime,
      mark,
      own: command.length - (toolOfCommand(command)?.arguments.length ?? command.length - 1),
    });
  };
  // What has the mark already, as all in some containers, can't be told by it.
  const isToldByMark = (mark.length > 0 || sandboxing !== undefined) && isMarked("self") === false;
  const [phantom, ...others] = plan.phantoms;
  const known = phantom ?? (direct || isToldByMark ? undefined : await seal({ paths, environment }, basename(command[0])));
  if (known === undefined) return run().finally(() => sandboxing?.putAside());
  const leave = attendPhantoms({ paths, environment }, [known, ...others], (note, hint) => {
    if (!quiet) complain(new Failure("unavailable", note, { hint: hint ?? [] }));
  });
  try {
    return await run();
  } finally {
    await sandboxing?.putAside();
    session?.leave();
    await leave();
  }
}

/** By the command line, or else by what is in force of the configuration. */
async function sandboxFor(
  plan: Plan,
  { sandbox: isAsked, command, tool, quiet }: RunArguments,
  place: DaemonPlace,
  { session, blanked }: Begun,
) {
  if (isAsked === false) return undefined;
  const settings = session?.sandbox ?? (await sandboxSettings(place));
  const names = [basename(command[0]), tool ?? toolOfCommand(command)?.tool];
  const isDefault = typeof settings.default === "boolean" ? settings.default : settings.default.some((name) => names.includes(name));
  if (isAsked !== true && !isDefault) return undefined;
  const { fault } = settings;
  if (fault !== undefined) {
    const hint = [...fault.hints, "'toolkey run --no-sandbox' does without"];
    throw new Failure("unavailable", `there is no telling what a sandbox is to hide; the command was not started: ${fault.what}`, { hint });
  }
  const { sandboxOf, putAside } = await import("./sandboxed.ts");
  const visible = session === undefined ? [] : [session.directory];
  const sandbox = await sandboxOf({ ...place, settings, plan, command, visible, blanked }, !quiet).catch((error: unknown) => {
    throw isFailure(error) ? new Failure(error.code, error.message, { hint: error.hints, cause: error }) : error;
  });
  return { sandbox, putAside: () => putAside(sandbox, place.environment) };
}

/** That of another bundle, too, which has a class of its own. */
function isFailure(error: unknown): error is Failure {
  return error instanceof Error && error.name === "Failure";
}

/** Before it is said that a command runs without a token. @throws Failure as `sandboxSettings`, where no sandbox is refused */
async function assertStarts(place: DaemonPlace, sandbox: boolean | undefined): Promise<void> {
  if (sandbox !== false) await sandboxSettings(place);
}

/**
 * Without a vault the system's file alone may say something. What is inside of another command has what that one has.
 *
 * @throws Failure where it can't be told
 */
async function sandboxSettings(place: DaemonPlace): Promise<SandboxSettings> {
  if (![place.paths.vault, place.paths.systemConfigFile].some(isAnythingAt)) return NO_SANDBOX_SETTINGS;
  try {
    return await administer(place, "sandbox", {});
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.code === "denied") return NO_SANDBOX_SETTINGS;
    const hint = [...error.hints, "'toolkey run --no-sandbox' does without a sandbox"];
    throw new Failure(error.code, `${error.message}; the command was not started`, { hint, cause: error });
  }
}

/**
 * Makes the command known to the daemon as sealed. Without a vault nothing is to be had in it; inside of another one it is sealed already.
 */
async function seal(place: DaemonPlace, purpose: string): Promise<string | undefined> {
  if (!isAnythingAt(place.paths.vault)) return undefined;
  try {
    return (await administer(place, "seal", { purpose })).phantom;
  } catch (error) {
    if (error instanceof Failure && error.code === "denied") return undefined;
    throw error;
  }
}

/** A command of no tool gets nothing, and no daemon is asked. Any other runs also if nothing can be had. */
async function planOf(asked: RunArguments, environment: Environment): Promise<Plan> {
  const known = toolOfCommand(asked.command);
  const tool = asked.tool ?? known?.tool;
  const takesVariables = tool !== undefined && TAKE_VARIABLES.includes(tool);
  if (!takesVariables && Object.keys(asked.variables).length > 0) {
    throw new Failure("usage", "--env is for commands that know no other way", {
      hint: "toolkey run --tool http --env NAME=SERVICE -- COMMAND",
    });
  }
  if (tool === undefined) return EMPTY_PLAN;
  try {
    return await planCommand(
      { paths: findPaths(process.env), environment },
      {
        tool,
        arguments: known?.words ?? asked.command.slice(1),
        variables: asked.variables,
        purpose: basename(asked.command[0]),
        direct: asked.direct,
        publish: asked.publish,
      },
    );
  } catch (error) {
    const isAskedFor = asked.tool !== undefined && error instanceof Failure && error.code === "usage";
    if (!(error instanceof Failure) || takesVariables || isAskedFor) throw error;
    await assertStarts({ paths: findPaths(process.env), environment }, asked.sandbox);
    complain(error);
    const hints = error.code === "no-vault" ? [`then add a token: toolkey add URL --tool ${tool}`] : [];
    return { ...EMPTY_PLAN, notes: [`${asked.command[0]} runs without a token`], hints };
  }
}

endAfter(main(process.argv.slice(2)), complain);
