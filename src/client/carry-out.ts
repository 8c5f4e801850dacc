/** The one place where a plan is carried out: descriptors are made, the command runs, what it was given is wiped. */
import { accessSync, constants, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { Failure, systemErrorCode } from "../core/failure.ts";
import { argumentOf, type Plan, type PlanText } from "../core/plan.ts";
import { Secret } from "../core/secret.ts";
import { removeCommandDirectory } from "../platform/files/command-directory.ts";
import { standing } from "../platform/foreground.ts";
import type { Environment } from "../platform/paths.ts";
import { startChild, type Child, type ChildOptions, type CommandEnd } from "../platform/processes/child.ts";
import { isMarked } from "../platform/processes/mark.ts";
import { findProgram } from "../platform/processes/programs.ts";
import { commandBehind } from "../platform/processes/sandboxed-command.ts";
import { hasStarted, notMade } from "./sandbox/bubblewrap.ts";
import type { Inherited, Sandbox } from "./sandbox/sandbox.ts";
import { makeSessionDirectory, putFiles } from "./session/directory.ts";
import { FILES_ARE_SEEN, pathOfFile, pathOfInherited, unnamedFile, wipe } from "./unnamed-file.ts";

/** After standard input, output and error. */
const FIRST_INHERITED = 3;

/** What is sent to a command by way of its parent. */
const PASSED_ON = ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGCONT", "SIGWINCH"] as const;
/** The terminal sends these to all that run in its foreground, the command too; it must not get them twice. */
const OF_TERMINAL = ["SIGINT", "SIGQUIT"] as const;
/** Those that end what does nothing about them. */
const ENDING: ReadonlySet<string> = new Set(["SIGTERM", "SIGHUP", ...OF_TERMINAL]);

/**
 * Runs a command as the person would have, with the plan's additions. Terminal, standard streams, signals
 * and exit code are the command's own.
 *
 * @param command the program, found on PATH unless it is a path, and its arguments
 * @param mark the words that go before the program, so that it starts marked (platform/processes/mark.ts); none if it is not to be
 * @param own how many words of it are before the arguments of the tool: two for `node …/npm-cli.js`
 * @param sandbox that the command runs in, if it is to
 * @param seesFiles whether the command can open the files of this process; else it inherits those with tokens, and has others by name
 * @param directory where files without a name are made if the system has no memory for them
 * @throws Failure `not-found` or `denied` if the program can't be started, `unavailable` if descriptors can't be made
 */
export async function carryOut(
  plan: Plan,
  command: readonly [program: string, ...rest: string[]],
  {
    environment,
    directory,
    own,
    mark,
    sandbox,
    seesFiles = FILES_ARE_SEEN,
  }: {
    readonly environment: Environment;
    readonly directory: string;
    readonly own: number;
    readonly mark: readonly string[];
    readonly sandbox?: Sandbox | undefined;
    readonly seesFiles?: boolean;
  },
): Promise<CommandEnd> {
  assertProgram(command[0], environment);
  const descriptors = new Map<string, number>();
  // It, and all that it starts, may read phantoms as often as they like.
  const named = seesFiles || plan.phantoms.length === 0 ? undefined : namedFiles(plan, directory);
  try {
    for (const [name, content] of named === undefined ? Object.entries(plan.descriptors) : [])
      descriptors.set(name, unnamedFile(content.reveal(), directory));
    const names = [...descriptors.keys()];
    const files = [...descriptors.values()];
    const ofSandbox = [...(sandbox?.texts ?? []), ...(sandbox?.filter === undefined ? [] : [sandbox.filter])].map((content, at) => {
      const descriptor = unnamedFile(content, directory);
      descriptors.set(`sandbox ${at}`, descriptor);
      return descriptor;
    });
    const stdin = plan.stdin === undefined ? undefined : unnamedFile(plan.stdin.reveal(), directory);
    if (stdin !== undefined) descriptors.set("stdin", stdin);
    const text = (value: PlanText): string => {
      if (typeof value === "string") return value;
      if (value instanceof Secret) return value.reveal();
      if (sandbox !== undefined) return value.descriptor === "stdin" ? "/dev/stdin" : sandbox.pathOf(names.indexOf(value.descriptor));
      if (named !== undefined && Object.hasOwn(plan.descriptors, value.descriptor))
        return `${value.before ?? ""}${join(named, value.descriptor)}`;
      const descriptor = descriptors.get(value.descriptor);
      if (descriptor === undefined) return value.before ?? "";
      // Not /dev/fd, if it can be helped: the processes that the command starts don't inherit the descriptor, but we run as long.
      const inherited = value.descriptor === "stdin" ? 0 : FIRST_INHERITED + names.indexOf(value.descriptor);
      return `${value.before ?? ""}${seesFiles ? pathOfFile(descriptor) : pathOfInherited(inherited)}`;
    };
    const [program, ...rest] = command;
    const [first, ...words] = [
      ...mark,
      ...(sandbox?.words(numbered(files.length, sandbox)) ?? []),
      program,
      ...rest.slice(0, own - 1),
      ...plan.arguments.map(text),
      ...rest.slice(own - 1).map((word) => text(argumentOf(plan, word))),
      ...(plan.trailing ?? []),
    ];
    return await runToEnd(first ?? program, words, {
      environment: {
        ...environment,
        ...pathWith(plan.programs, environment),
        ...Object.fromEntries(Object.entries(plan.environment).map(([name, value]) => [name, text(value)])),
      },
      descriptors: [stdin ?? 0, 1, 2, ...(sandbox === undefined && seesFiles ? [] : [...files, ...ofSandbox])],
      writes: sandbox !== undefined,
    });
  } finally {
    for (const descriptor of descriptors.values()) wipe(descriptor);
    if (named !== undefined) removeCommandDirectory(named);
  }
}

/** The files of a plan that has phantoms alone, as those of a session: what is left of one that was killed goes with the next. */
function namedFiles({ descriptors }: Plan, directory: string): string {
  const files = Object.fromEntries(Object.entries(descriptors).map(([name, content]) => [name, content.reveal()]));
  const made = makeSessionDirectory(directory, "given", { shims: {}, programs: {} });
  try {
    putFiles(made, files);
  } catch (error) {
    removeCommandDirectory(made);
    throw error;
  }
  return made;
}

/** Where the command and what it starts look for programs. */
function pathWith(programs: string | undefined, { PATH: path }: Environment): Environment {
  return programs === undefined ? {} : { PATH: [programs, ...(path === undefined ? [] : [path])].join(":") };
}

/** The numbers that descriptors have in a program that inherits them after its three streams, and the one that it writes to at last. */
function numbered(files: number, { texts, filter }: Sandbox): Inherited {
  const range = (from: number, count: number): number[] => Array.from({ length: count }, (_each, at) => FIRST_INHERITED + from + at);
  const [ofFilter] = range(files + texts.length, filter === undefined ? 0 : 1);
  return {
    files: range(0, files),
    texts: range(files, texts.length),
    filter: ofFilter,
    status: FIRST_INHERITED + files + texts.length + (filter === undefined ? 0 : 1),
  };
}

/** @param how `descriptors`: those that it gets; `writes`: whether it is a sandbox, which gets one more */
async function runToEnd(program: string, argv: readonly string[], how: ChildOptions): Promise<CommandEnd> {
  const start = await starterOf(program);
  // Before the start: a signal in between would end us, and leave the command behind.
  let child: Child | undefined;
  const passOn = (signal: NodeJS.Signals): void => {
    if (child !== undefined) signalTo(how.writes ? commandIn(child.pid, signal) : { pid: child.pid, signal });
  };
  const passOnUnlessOfTerminal = (signal: NodeJS.Signals): void => {
    if (!standing().isInForeground) passOn(signal);
  };
  for (const signal of PASSED_ON) process.on(signal, passOn);
  for (const signal of OF_TERMINAL) process.on(signal, passOnUnlessOfTerminal);
  try {
    child = await start(program, argv, how);
    const [end, status] = await Promise.all([child.end, child.written]);
    if (how.writes && "code" in end && end.code !== 0 && !hasStarted(status)) throw notMade();
    return end;
  } finally {
    for (const signal of PASSED_ON) process.off(signal, passOn);
    for (const signal of OF_TERMINAL) process.off(signal, passOnUnlessOfTerminal);
  }
}

/** How a program is started. What that returns throws Failure `not-found`, `denied`. */
async function starterOf(program: string): Promise<typeof startChild> {
  // Inside of a sealed command no native code is loaded, and there may be none for this system.
  const isNative = process.platform === "linux" && isAbsolute(program) && isMarked("self") === false;
  const spawned = isNative ? await import("../platform/linux/spawned-child.ts").catch(() => undefined) : undefined;
  return async (...started) => {
    const child = spawned?.spawnChild(...started);
    if (child !== undefined) return child;
    // It also says why something can't be started.
    return startChild(...started).catch((error: unknown) => {
      throw cannotStart(program, error instanceof Error ? error : undefined);
    });
  };
}

/** The command itself: a signal would end the sandbox around it, and leave it no time. */
function commandIn(sandbox: number, signal: NodeJS.Signals): Parameters<typeof signalTo>[0] {
  const command = commandBehind(sandbox);
  if (command !== sandbox) return { pid: command, signal };
  // It has not begun, or is over.
  return ENDING.has(signal) ? { pid: sandbox, signal: "SIGKILL" } : undefined;
}

function signalTo(to: { readonly pid: number; readonly signal: NodeJS.Signals } | undefined): void {
  if (to === undefined) return;
  try {
    process.kill(to.pid, to.signal);
  } catch (error) {
    // It has just ended, or is another user's by now, as of sudo: whoever may signal it does so without us.
    if (systemErrorCode(error) !== "ESRCH" && systemErrorCode(error) !== "EPERM") throw error;
  }
}

/**
 * Whether there is something to start is seen before: what marks the command would have words of its own for it.
 *
 * @throws Failure `not-found`, `denied`
 */
export function assertProgram(program: string, environment: Environment): void {
  const path = program.includes("/") ? program : findProgram(program, environment);
  if (path === undefined || program === "") throw cannotStart(program, undefined);
  try {
    if (statSync(path).isDirectory()) throw cannotStart(program, Object.assign(new Error("a directory"), { code: "EACCES" }));
    accessSync(path, constants.X_OK);
  } catch (error) {
    throw error instanceof Failure ? error : cannotStart(program, error instanceof Error ? error : undefined);
  }
}

function cannotStart(program: string, error: Error | undefined): Failure {
  const code = systemErrorCode(error);
  if (error === undefined || code === "ENOENT") return new Failure("not-found", `there is no program '${program}'`, { cause: error });
  return new Failure("denied", `cannot start '${program}': ${code ?? "unknown error"}`, { cause: error });
}
