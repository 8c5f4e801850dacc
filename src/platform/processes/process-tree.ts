/** Who started whom, as the system says. Nothing is known where it says nothing. */
import type { ProcessIdentity } from "../../core/caller.ts";
import { processTable } from "./of-this-system.ts";

export const {
  identify,
  lineageOf,
  programOf,
  childrenOf,
  commandLineOf,
  environmentOf,
  directoryOf,
  pathFor,
  librariesOf,
  allProcesses,
} = processTable;

/** The file that a process runs; undefined if it has ended, or can't be seen. */
export function executableOf(process: ProcessIdentity): string | undefined {
  const found = programOf(process.pid);
  // Its id may be another's by now.
  return found !== undefined && isRunning(process) ? found : undefined;
}

export function isRunning({ pid, startTime }: ProcessIdentity): boolean {
  return identify(pid)?.startTime === startTime;
}

/** These, those that they have started, and so on. */
export function withDescendants(pids: readonly number[]): number[] {
  const found = new Set(pids);
  // Not by recursion: a script starts as many within each other as it likes.
  for (const pid of found) for (const child of childrenOf(pid)) found.add(child);
  return [...found];
}
