/** What /proc tells of processes: proc(5). Nothing where there is none. `ProcessTable` says what each function tells. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { ProcessIdentity } from "../../core/caller.ts";
import { systemErrorCode } from "../../core/failure.ts";
import type { SeenLineage } from "../processes/process-table.ts";
import { readAtOnce } from "./read-at-once.ts";

export function identify(pid: number): ProcessIdentity | undefined {
  const { 0: state, 19: startTime } = stat(pid) ?? [];
  // A zombie holds nothing any more.
  return startTime === undefined || state === "Z" ? undefined : { pid, startTime };
}

export function programOf(pid: number): string | undefined {
  return linkOf(`/proc/${pid}/exe`);
}

export function lineageOf(ofPid: number): SeenLineage | undefined {
  let { 0: state, 1: parent, 19: startTime } = stat(ofPid) ?? [];
  if (startTime === undefined || state === "Z") return undefined;
  const process = { pid: ofPid, startTime };
  const ancestors: ProcessIdentity[] = [];
  const seen = new Set([ofPid]);
  while (parent !== "0") {
    const pid = Number(parent);
    const { 1: above, 19: aboveSince } = stat(pid) ?? [];
    // Parents are older: a younger one has the id of one that ended meanwhile. By such a one the walk could also come back.
    if (aboveSince === undefined || Number(aboveSince) > Number(startTime) || seen.has(pid)) return { process, ancestors, complete: false };
    seen.add(pid);
    ancestors.push({ pid, startTime: aboveSince });
    [parent, startTime] = [above, aboveSince];
  }
  return { process, ancestors, complete: true };
}

export function childrenOf(pid: number): number[] {
  return threadsOf(pid).flatMap((thread) =>
    (read(`/proc/${pid}/task/${thread}/children`) ?? "")
      .split(" ")
      .filter((child) => child !== "")
      .map(Number),
  );
}

export function commandLineOf(pid: number): string[] {
  return (readAtOnce(`/proc/${pid}/cmdline`) ?? "").split("\0").slice(0, -1);
}

export function environmentOf(pid: number): Record<string, string> {
  const entries = (read(`/proc/${pid}/environ`) ?? "").split("\0").flatMap((entry) => {
    const [name, value] = entry.split(/=(.*)/s, 2);
    return name === undefined || value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(entries);
}

export function directoryOf(pid: number): string | undefined {
  return linkOf(`/proc/${pid}/cwd`);
}

/** By its own link, which leads into other mount namespaces, too. */
export function pathFor(pid: number, path: string): string {
  return path.startsWith("/") ? path : join(`/proc/${pid}/cwd`, path);
}

export function librariesOf(pid: number): string[] {
  return (read(`/proc/${pid}/maps`) ?? "").split("\n").flatMap((line) => /\s(\/.*)$/.exec(line)?.[1] ?? []);
}

export function allProcesses(): number[] {
  return list("/proc").filter((name) => /^\d+$/.test(name)).map(Number);
}

/** @throws what the file system throws, but where there is none */
export function startOfSystem(): string | undefined {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return undefined;
  }
}

/** Up to the start time: nobody looks at what follows. */
const FIELDS = 20;

/**
 * The fields of proc_pid_stat(5) from the state on; the name before it may hold anything. Also of a zombie: it may be the first thread of
 * a process that goes on without it.
 */
function stat(pid: number): string[] | undefined {
  const text = readAtOnce(`/proc/${pid}/stat`);
  return text?.slice(text.lastIndexOf(")") + 2).split(" ", FIELDS);
}

function threadsOf(pid: number): string[] {
  return list(`/proc/${pid}/task`);
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
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
