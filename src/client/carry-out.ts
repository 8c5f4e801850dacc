/** The one place where a plan is carried out: descriptors are made, the command runs, what it was given is wiped. */
import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { accessSync, closeSync, constants, existsSync, ftruncateSync, openSync, statSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { Failure, systemErrorCode } from "../core/failure.ts";
import type { Plan, PlanText } from "../core/plan.ts";
import { Secret } from "../core/secret.ts";
import { standing } from "../platform/foreground.ts";
import type { Environment } from "../platform/paths.ts";
import { findProgram } from "../platform/processes/programs.ts";
import type { CommandEnd } from "./ending.ts";

/** Kept in memory, where the system has it. */
const MEMORY_FILES = "/dev/shm";

/** What is sent to a command by way of its parent. */
const PASSED_ON = ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGCONT", "SIGWINCH"] as const;
/** The terminal sends these to all that run in its foreground, the command too; it must not get them twice. */
const OF_TERMINAL = ["SIGINT", "SIGQUIT"] as const;

/**
 * Runs a command as the person would have, with the plan's additions. Terminal, standard streams, signals
 * and exit code are the command's own.
 *
 * @param command the program, found on PATH unless it is a path, and its arguments
 * @param mark the words that go before the program, so that it starts marked (platform/processes/mark.ts); none if it is not to be
 * @param own how many words of it are before the arguments of the tool: two for `node …/npm-cli.js`
 * @param onStart is told the process
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
    onStart = () => undefined,
  }: {
    readonly environment: Environment;
    readonly directory: string;
    readonly own: number;
    readonly mark: readonly string[];
    readonly onStart?: (pid: number | undefined) => void;
  },
): Promise<CommandEnd> {
  await assertProgram(command[0], environment);
  const descriptors = new Map<string, number>();
  try {
    for (const [name, content] of Object.entries(plan.descriptors)) descriptors.set(name, unnamedFile(content, directory));
    const stdin = plan.stdin === undefined ? undefined : unnamedFile(plan.stdin, directory);
    if (stdin !== undefined) descriptors.set("stdin", stdin);
    const text = (value: PlanText): string => {
      if (typeof value === "string") return value;
      if (value instanceof Secret) return value.reveal();
      // Not /dev/fd: the processes that the command starts don't inherit the descriptor, but we run as long.
      return `${value.before ?? ""}/proc/${process.pid}/fd/${descriptors.get(value.descriptor) ?? ""}`;
    };
    const [program, ...rest] = command;
    const [first, ...words] = [
      ...mark,
      program,
      ...rest.slice(0, own - 1),
      ...plan.arguments.map(text),
      ...rest.slice(own - 1),
      ...(plan.trailing ?? []),
    ];
    return await runToEnd(first ?? program, words, {
      environment: {
        ...environment,
        ...pathWith(plan.programs, environment),
        ...Object.fromEntries(Object.entries(plan.environment).map(([name, value]) => [name, text(value)])),
      },
      stdin,
      onStart,
    });
  } finally {
    for (const descriptor of descriptors.values()) wipe(descriptor);
  }
}

/** Where the command and what it starts look for programs. */
function pathWith(programs: string | undefined, { PATH: path }: Environment): Environment {
  return programs === undefined ? {} : { PATH: [programs, ...(path === undefined ? [] : [path])].join(":") };
}

function runToEnd(
  program: string,
  argv: readonly string[],
  how: { environment: Environment; stdin: number | undefined; onStart: (pid: number | undefined) => void },
): Promise<CommandEnd> {
  return new Promise((resolve, reject) => {
    // Before the start: a signal in between would end us, and leave the command behind.
    let child: ChildProcess | undefined;
    const passOn = (signal: NodeJS.Signals): void => void child?.kill(signal);
    const passOnUnlessOfTerminal = (signal: NodeJS.Signals): void => {
      if (!standing().isInForeground) passOn(signal);
    };
    for (const signal of PASSED_ON) process.on(signal, passOn);
    for (const signal of OF_TERMINAL) process.on(signal, passOnUnlessOfTerminal);
    const settle = (): void => {
      for (const signal of PASSED_ON) process.off(signal, passOn);
      for (const signal of OF_TERMINAL) process.off(signal, passOnUnlessOfTerminal);
    };
    child = spawn(program, [...argv], { env: { ...how.environment }, stdio: [how.stdin ?? "inherit", "inherit", "inherit"] });
    how.onStart(child.pid);
    child.once("error", (error) => {
      settle();
      reject(cannotStart(program, error));
    });
    child.once("exit", (code, signal) => {
      settle();
      resolve(signal === null ? { code: code ?? 1 } : { signal });
    });
  });
}

/** A file of mode 0600 that has lost its name before anything is written to it. */
function unnamedFile(content: Secret, directory: string): number {
  if (!existsSync("/proc/self/fd")) {
    throw new Failure("unavailable", "this system has no /proc, by which a command could be handed a secret without a file", {
      hint: "the command was not started; nothing was written",
    });
  }
  const path = join(isWritable(MEMORY_FILES) ? MEMORY_FILES : directory, `toolkey-${randomBytes(9).toString("hex")}`);
  try {
    const descriptor = openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_RDWR | constants.O_NOFOLLOW, 0o600);
    unlinkSync(path);
    // Without moving the descriptor's own place in the file, from which a command would read it.
    writeSync(descriptor, content.reveal(), 0);
    return descriptor;
  } catch (error) {
    throw new Failure("unavailable", `cannot make a file for the command: ${systemErrorCode(error) ?? "unknown error"}`, {
      hint: "the command was not started",
      cause: error,
    });
  }
}

function wipe(descriptor: number): void {
  // A process that outlives the command may still have it open.
  ftruncateSync(descriptor, 0);
  closeSync(descriptor);
}

function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Whether there is something to start is seen before: what marks the command would have words of its own for it. */
async function assertProgram(program: string, environment: Environment): Promise<void> {
  const path = program.includes("/") ? program : await findProgram(program, environment);
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
