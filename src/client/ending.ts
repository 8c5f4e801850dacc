/** How a program ends: with an exit code, or by a signal. */
import { constants as system } from "node:os";
import { exitCode, Failure, ourMistake, systemErrorCode } from "../core/failure.ts";
import type { CommandEnd } from "../platform/processes/child.ts";
import { Interrupted } from "./terminal/interrupted.ts";

/** To end by these would leave a core file of a process that held secrets. */
const WITH_CORE: ReadonlySet<string> = new Set([
  "SIGQUIT",
  "SIGILL",
  "SIGTRAP",
  "SIGABRT",
  "SIGBUS",
  "SIGFPE",
  "SIGSEGV",
  "SIGXCPU",
  "SIGXFSZ",
  "SIGSYS",
]);

/** Ends this process as the command ended, so that whoever started it sees no difference. */
export function endLike(end: CommandEnd): void {
  process.exitCode = "code" in end ? end.code : 128 + system.signals[end.signal];
  if ("code" in end || WITH_CORE.has(end.signal)) return;
  if (end.signal !== "SIGKILL") stopIgnoring(end.signal);
  process.kill(process.pid, end.signal);
}

/** Node ignores SIGPIPE from its start on, and nohup SIGHUP. Once nobody listens to a signal any more, the system's way is back. */
function stopIgnoring(signal: NodeJS.Signals): void {
  const listener = (): void => undefined;
  process.on(signal, listener).off(signal, listener);
}

/** As a shell says it: no such program, and one that can't be started. */
const NOT_FOUND = 127;
const NOT_STARTED = 126;

/**
 * Ends this process as a command ends that it starts, also if it can't be started.
 *
 * @param complain says what failed
 */
export async function endAs(run: () => Promise<CommandEnd>, complain: (failure: Failure) => void): Promise<void> {
  try {
    endLike(await run());
  } catch (error) {
    if (!(error instanceof Failure) || (error.code !== "not-found" && error.code !== "denied")) throw error;
    complain(error);
    process.exitCode = error.code === "not-found" ? NOT_FOUND : NOT_STARTED;
  }
}

/**
 * Ends this process as of an error: by the signal that interrupted it, so that a shell sees 130 for Ctrl-C and stops its
 * script; else with the exit code of the failure.
 *
 * @param complain says what failed
 */
function endBecauseOf(error: unknown, complain: (failure: Failure) => void): void {
  if (error instanceof Interrupted) return endLike(error);
  const failure = error instanceof Failure ? error : ourMistake(error);
  complain(failure);
  process.exitCode = exitCode(failure.code);
}

/**
 * Waits for the work of a program; of an error it ends as `endBecauseOf`. Node ends, and with 0, once nothing is left that it could wait
 * for: if the work is not done then, that is a mistake of ours, and told.
 *
 * @param complain says what failed, at once
 */
export function endAfter(work: Promise<unknown>, complain: (failure: Failure) => void): void {
  let isDone = false;
  const end = (error: unknown): void => endBecauseOf(error, complain);
  process.once("exit", (code) => isDone || code !== 0 || end(new Error("it ended before its work was done")));
  void work.catch(end).finally(() => (isDone = true));
}

/** Whoever reads our output may stop reading (`toolkey list | head`), and a terminal may be gone: that is no mistake of ours. */
export function surviveClosedOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error) => {
      const code = systemErrorCode(error);
      if (code !== "EPIPE" && code !== "EIO") throw error;
    });
  }
}
