/** Who started whom, as /proc says. Nothing is known where there is no /proc. */
import { readdirSync, readFileSync } from "node:fs";

/** A process for good: its id may be used again, but not with the same start. */
export interface ProcessIdentity {
  readonly pid: number;
  /** In clock ticks since the system started. */
  readonly startTime: string;
}

/** More parents has no process; a circle in what is read while it changes must end. */
const MAX_DEPTH = 256;

/** Undefined if there is no such process. */
export function identify(pid: number): ProcessIdentity | undefined {
  const startTime = stat(pid)?.startTime;
  return startTime === undefined ? undefined : { pid, startTime };
}

export function isRunning({ pid, startTime }: ProcessIdentity): boolean {
  return stat(pid)?.startTime === startTime;
}

/** The parent, its parent, and so on. */
export function ancestorsOf(pid: number): number[] {
  const found: number[] = [];
  for (let parent = stat(pid)?.parent; parent !== undefined && parent > 0 && found.length < MAX_DEPTH; parent = stat(parent)?.parent) found.push(parent);
  return found;
}

/** The processes that this one has started and that run. */
export function childrenOf(pid: number): number[] {
  return threadsOf(pid).flatMap((thread) => (read(`/proc/${pid}/task/${thread}/children`) ?? "").split(" ").filter((child) => child !== "").map(Number));
}

/** These, those that they have started, and so on. */
export function withDescendants(pids: readonly number[]): number[] {
  return pids.flatMap((pid) => [pid, ...withDescendants(childrenOf(pid))]);
}

/** The arguments with which a process was started, the program first; none if that can't be told. */
export function commandLineOf(pid: number): string[] {
  return (read(`/proc/${pid}/cmdline`) ?? "").split("\0").slice(0, -1);
}

/** All processes. */
export function allProcesses(): number[] {
  return list("/proc").filter((name) => /^\d+$/.test(name)).map(Number);
}

/** As proc_pid_stat(5) has it; the name in it may hold anything. */
function stat(pid: number): { readonly parent: number; readonly startTime: string } | undefined {
  const text = read(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, parent, startTime] = [fields[0], fields[1], fields[19]];
  // A zombie holds nothing any more.
  return parent === undefined || startTime === undefined || state === "Z" ? undefined : { parent: Number(parent), startTime };
}

function threadsOf(pid: number): string[] {
  return list(`/proc/${pid}/task`);
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return undefined;
  }
}
