/**
 * Directories of commands that run, below the daemon's own: what a session has, and what a command is given by name. Each is named
 * by the process that made it, and is there as long as that runs. What is left of it the daemon removes: nobody waits for that.
 */
import { constants, lstatSync, mkdirSync, mkdtempSync, readlinkSync, renameSync, rmSync } from "node:fs";
import { lstat, open, readdir, rmdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { Failure, systemErrorCode } from "../../core/failure.ts";
import { identify, isRunning } from "../processes/process-tree.ts";

/** What they are for. */
export type Purpose = "sessions" | "given";
const PURPOSES: readonly Purpose[] = ["sessions", "given"];

/** Of a directory: the process, when it began, and the namespace in which that is its id. */
const NAME = /^(\d+)-(\d+)-(\d+)-\w{6}$/;
/** The end of the name of one whose command is over. */
const OVER = "ending";
/** In ours nothing is deeper than two; each level is a descriptor that is open. */
const DEEPEST = 50;

/**
 * Makes one for this process.
 *
 * @param runtime the daemon's directory
 * @throws Failure `unavailable` if the place is taken; what the file system throws
 */
export function makeCommandDirectory(runtime: string, purpose: Purpose): string {
  const parent = join(runtime, purpose);
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  if (!lstatSync(parent).isDirectory()) throw new Failure("unavailable", `${parent} is no directory`, { hint: `remove it: ${parent}` });
  return mkdtempSync(join(parent, `${process.pid}-${identify(process.pid)?.startTime ?? "0"}-${namespaceHere()}-`));
}

/** Its command is over. What still runs and knows it by its name finds it no more. @returns the name that it has now */
export function leaveCommandDirectory(directory: string): string {
  const over = directory.replace(/\w{6}$/, OVER);
  ifAllowed(() => renameSync(directory, over));
  return over;
}

/** The same, and it is removed at once: there may be no daemon that would. */
export function removeCommandDirectory(directory: string): void {
  const over = leaveCommandDirectory(directory);
  ifAllowed(() => rmSync(over, { recursive: true, force: true }));
}

/**
 * Removes those that were left, or whose process was killed. Of processes that can't be seen from here, as in another container, nothing is
 * known. What can't be removed is left to the next time.
 *
 * @param runtime as of `makeCommandDirectory`
 */
export async function clearCommandDirectories(runtime: string): Promise<void> {
  const here = namespaceHere();
  const isOver = (name: string): boolean => {
    const [, pid, startTime, namespace] = NAME.exec(name) ?? [];
    if (startTime === undefined) return false;
    return name.endsWith(`-${OVER}`) || (namespace === here && !isRunning({ pid: Number(pid), startTime }));
  };
  for (const purpose of PURPOSES) await removeWithin(join(runtime, purpose), isOver, DEEPEST);
}

/**
 * Removes what is in a directory, one after the other: a command may have left a hundred thousand files, and who asks the daemon meanwhile
 * doesn't wait for them. It may go on changing them, and put links in the place of directories: each is open before it is looked into, and
 * what is in it is found by that (proc_pid_fd(5)). On macOS it is found by names.
 */
async function removeWithin(path: string, which: (name: string) => boolean, depth: number): Promise<void> {
  const opened = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW).catch(() => undefined);
  if (opened === undefined) return;
  try {
    const base = process.platform === "linux" ? `/proc/self/fd/${opened.fd}` : path;
    for (const name of (await readdir(base)).filter(which)) await remove(join(base, name), depth);
  } finally {
    await opened.close();
  }
}

/** What can't be removed keeps nothing beside it. */
async function remove(path: string, depth: number): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isDirectory() === true && depth > 0) await removeWithin(path, () => true, depth - 1);
  await (found?.isDirectory() === true ? rmdir(path) : unlink(path)).catch(() => undefined);
}

/** What the system refuses is left to the daemon. */
function ifAllowed(change: () => void): void {
  try {
    change();
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
  }
}

function namespaceHere(): string {
  try {
    return /\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0] ?? "0";
  } catch {
    return "0";
  }
}
