/**
 * The mark of sealed commands: PR_SET_NO_NEW_PRIVS. All that a marked process starts is marked, none can take it back, and the
 * kernel shows it to everybody. prctl(2), and `NoNewPrivs` of proc_pid_status(5).
 */
import { isAbsolute } from "node:path";
import type { ProcessIdentity } from "../../core/caller.ts";
import { Failure } from "../../core/failure.ts";
import { readAtOnce } from "../linux/read-at-once.ts";
import type { Environment } from "../paths.ts";
import { isRunning } from "./process-tree.ts";
import { findProgram, runProgram } from "./programs.ts";

/** Of util-linux, and of busybox. */
const MARKER = "setpriv";
/** Looked at first: a directory of a project's may be on PATH. */
const OF_THE_SYSTEM = ["/usr/bin", "/bin"];

/** The first process of this machine or container. */
const INIT = 1;

/** Whether a process is marked; undefined where that can't be told: it is gone, or the system has no such mark, as macOS. */
export function isMarked(pid: number | "self"): boolean | undefined {
  if (process.platform === "darwin") return undefined;
  const value = /^NoNewPrivs:\s*([01])$/m.exec(readAtOnce(`/proc/${pid}/status`) ?? "")?.[1];
  return value === undefined ? undefined : value === "1";
}

/** The same of a process that may have ended since it was seen, and left its id to another one. */
export function isMarkedProcess(process: ProcessIdentity): boolean | undefined {
  const marked = isMarked(process.pid);
  return isRunning(process) ? marked : undefined;
}

/** Whether all that runs here is marked from the start on, as in a container with no-new-privileges. Then it says nothing. */
export function isMarkedThroughout(): boolean {
  return isMarked(INIT) === true;
}

/**
 * The words before a program and its arguments with which it starts marked, as the same process; none where the system has no
 * such mark.
 *
 * @throws Failure `unavailable` where it has, but no program that sets it
 */
export function wordsToMark(environment: Environment): readonly string[] {
  if (isMarked("self") === undefined) return [];
  const directories = [...OF_THE_SYSTEM, ...(environment["PATH"] ?? "").split(":").filter(isAbsolute)];
  const program = findProgram(MARKER, { PATH: directories.join(":") });
  if (program !== undefined) return [program, "--no-new-privs", "--"];
  throw new Failure("unavailable", `there is no program '${MARKER}', with which commands are sealed; the command was not started`, {
    hint: "install util-linux, which has it; 'toolkey run --allow-setuid' does without, and then a process that the command leaves behind is not known as sealed",
  });
}

/**
 * What a program of PATH wrote, and its exit code, as `runProgram`; it starts marked: a project's directory may be on PATH.
 *
 * @throws Failure as `wordsToMark`
 */
export async function runMarked(
  program: string,
  argv: readonly string[],
  environment: Environment,
  options: Parameters<typeof runProgram>[3] = {},
): ReturnType<typeof runProgram> {
  const [first = program, ...words] = [...wordsToMark(environment), program, ...argv];
  return runProgram(first, words, environment, options);
}
