/**
 * `toolkey run`, a program of its own (dist/run.cjs): it is in the way of every build, and must start fast.
 * yargs only shows its help (`commands/run.ts`).
 */
import "../surroundings.ts";
import { basename, join } from "node:path";
import { attendPhantoms } from "../../client/attend.ts";
import { carryOut } from "../../client/carry-out.ts";
import { endBecauseOf, endLike, type CommandEnd } from "../../client/ending.ts";
import { planCommand } from "../../client/plan.ts";
import { SESSION_VARIABLE, sessionAround } from "../../client/session/directory.ts";
import { openSession, type OpenSession } from "../../client/session/open.ts";
import { administer, type DaemonPlace } from "../../client/request.ts";
import { complain, tell } from "../../client/tell.ts";
import { Failure } from "../../core/failure.ts";
import { EMPTY_PLAN, type Plan } from "../../core/plan.ts";
import { NO_SANDBOX_SETTINGS, type SandboxSettings } from "../../core/sandbox.ts";
import { holdsPassword } from "../../core/target.ts";
import { isAnythingAt } from "../../platform/files/inode.ts";
import { isMarked, wordsToMark } from "../../platform/processes/mark.ts";
import { paths as findPaths, type Environment } from "../../platform/paths.ts";
import { isSession, toolOfCommand } from "../../protocols/command.ts";
import { TAKE_VARIABLES } from "../../protocols/tool-facts.ts";
import { parseRunArguments, type RunArguments } from "./run-arguments.ts";

/** As a shell says it: no such program, and one that can't be started. */
const NOT_FOUND = 127;
const NOT_STARTED = 126;

async function main(argv: readonly string[]): Promise<void> {
  const asked = parseRunArguments(argv);
  if (asked === undefined)
    throw new Failure("usage", "help is not among the options of a command that is run", { hint: "toolkey run --help" });
  const environment = commandEnvironment(process.env);
  if (!asked.direct && sessionAround(environment) !== undefined) return endLike(await runInside(asked, environment));
  const isNew = opensSession(asked);
  const session = isNew ? await sessionOf(asked, environment) : undefined;
  const plan = isNew ? (session?.plan ?? EMPTY_PLAN) : await planOf(asked, environment);
  if (!asked.quiet) report(plan, asked, session !== undefined);
  try {
    const end = await runPlan(plan, asked, environment, session).finally(() => session?.close());
    endLike(end);
  } catch (error) {
    if (!(error instanceof Failure) || (error.code !== "not-found" && error.code !== "denied")) throw error;
    complain(error);
    process.exitCode = error.code === "not-found" ? NOT_FOUND : NOT_STARTED;
  }
}

/** Without a vault nothing is to be had. */
function opensSession({ command, tool, direct, variables, only }: RunArguments): boolean {
  const opens =
    tool === undefined && !direct && Object.keys(variables).length === 0 && (only.length > 0 || isSession(toolOfCommand(command)));
  return opens && isAnythingAt(findPaths(process.env).vault);
}

/** What runs in a session already is of that one, and led by it: by its shims, or by what they start, if a tool is named. */
async function runInside({ command, tool }: RunArguments, environment: Environment): Promise<CommandEnd> {
  const directory = environment[SESSION_VARIABLE] ?? "";
  const led: RunArguments["command"] =
    tool === undefined ? command : [join(directory, "node"), join(directory, "lead"), "--as", tool, ...command];
  return carryOut(EMPTY_PLAN, led, { environment, directory, mark: [], own: led.length });
}

/** The command runs also if it can't be had. */
async function sessionOf({ command, publish, only }: RunArguments, environment: Environment): Promise<OpenSession | undefined> {
  const [program] = command;
  try {
    return await openSession({ paths: findPaths(process.env), environment }, { purpose: basename(program), publish, only });
  } catch (error) {
    if (!(error instanceof Failure) || error.code === "usage") throw error;
    complain(error);
    tell([`${program} runs without a token`]);
    return undefined;
  }
}

/** While the daemon knows of the command, by a phantom or since it is sealed, the daemon is looked after. */
async function runPlan(plan: Plan, asked: RunArguments, environment: Environment, session?: OpenSession): Promise<CommandEnd> {
  const { command, quiet, direct, allowSetuid } = asked;
  const paths = findPaths(process.env);
  let started: number | undefined;
  // In a session, what its parents leave behind is still of it.
  if (session !== undefined)
    (await import("../../platform/processes/orphans.ts")).adoptOrphans((pid) => pid === started);
  const sandboxing = await sandboxFor(plan, asked, { paths, environment }, session);
  // What makes a sandbox marks it as well.
  const mark = direct || allowSetuid || sandboxing !== undefined ? [] : await wordsToMark(environment);
  const run = (): Promise<CommandEnd> =>
    carryOut(plan, command, {
      environment: sandboxing?.sandbox.environment ?? environment,
      sandbox: sandboxing?.sandbox,
      directory: paths.runtime,
      mark,
      onStart: (pid) => (started = pid),
      own: command.length - (toolOfCommand(command)?.arguments.length ?? command.length - 1),
    });
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
    sandboxing?.putAside();
    await leave();
  }
}

/** By the command line, or else by what is in force of the configuration. */
async function sandboxFor(
  plan: Plan,
  { sandbox: isAsked, command, tool, quiet }: RunArguments,
  place: DaemonPlace,
  session: OpenSession | undefined,
) {
  if (isAsked === false) return undefined;
  const settings = session?.sandbox ?? (await sandboxSettings(place));
  const names = [basename(command[0]), tool ?? toolOfCommand(command)?.tool];
  const isDefault = typeof settings.default === "boolean" ? settings.default : settings.default.some((name) => names.includes(name));
  if (isAsked !== true && !isDefault) return undefined;
  const { sandboxOf, putAside } = await import("./sandboxed.ts");
  const visible = session === undefined ? [] : [session.directory];
  const sandbox = await sandboxOf({ ...place, settings, plan, command, visible }, !quiet).catch((error: unknown) => {
    throw isFailure(error) ? new Failure(error.code, error.message, { hint: error.hints, cause: error }) : error;
  });
  return { sandbox, putAside: () => putAside(sandbox) };
}

/** That of another bundle, too, which has a class of its own. */
function isFailure(error: unknown): error is Failure {
  return error instanceof Error && error.name === "Failure";
}

/** Without a vault nothing was accepted. What is inside of another command has what that one has. */
async function sandboxSettings(place: DaemonPlace): Promise<SandboxSettings> {
  if (!isAnythingAt(place.paths.vault)) return NO_SANDBOX_SETTINGS;
  try {
    return await administer(place, "sandbox", {});
  } catch (error) {
    if (error instanceof Failure && error.code === "denied") return NO_SANDBOX_SETTINGS;
    throw error;
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
    complain(error);
    const hints = error.code === "no-vault" ? [`then add a token: toolkey add URL --tool ${tool}`] : [];
    return { ...EMPTY_PLAN, notes: [`${asked.command[0]} runs without a token`], hints };
  }
}

function report(plan: Plan, { command: [program, ...rest], publish }: RunArguments, isOfSession: boolean): void {
  if (rest.some(holdsPassword))
    tell(["a URL among the arguments holds a password: other programs can see it, and the history of your shell may"]);
  if (isOfSession) return tell([sessionText(basename(program), plan.given, publish), ...plan.notes], plan.hints);
  const isThrough = plan.phantoms.length > 0;
  const given = plan.given.map(({ token, place }) =>
    isThrough ? `${program} uses ${token} for ${place} through the gateway` : `${program} gets ${token} for ${place}`,
  );
  tell([...given, ...plan.notes], plan.hints);
}

/** As many places as a person reads. */
const MOST_PLACES = 6;

/** What a session may use, in one line. */
function sessionText(program: string, given: Plan["given"], publish: boolean): string {
  const places = [...new Set(given.map(({ place }) => place.replace("https://", "")))];
  if (places.length === 0) return `there is no token that ${program} and what it starts could use`;
  const more = places.length - MOST_PLACES;
  const named = `${places.slice(0, MOST_PLACES).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
  return `${program} and what it starts may use, through the gateway: ${named}${publish ? "; they may publish" : ""}`;
}

/** What the command is to see: bin/toolkey has put two variables of Node's out of the way of this start. */
function commandEnvironment({ TOOLKEY_EXTRA_CA_CERTS: certificates, TOOLKEY_NODE_OPTIONS: options, ...rest }: Environment): Environment {
  return {
    ...rest,
    ...(certificates === undefined ? {} : { NODE_EXTRA_CA_CERTS: certificates }),
    ...(options === undefined ? {} : { NODE_OPTIONS: options }),
  };
}

main(process.argv.slice(2)).catch((error: unknown) => endBecauseOf(error, complain));
