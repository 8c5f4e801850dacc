/**
 * Directories of commands that run, below the daemon's own: what a session has, and what a command is given by name. Each is named
 * by the process that made it, and is there as long as that runs. What is left of it the daemon removes: nobody waits for that.
 */
import { lstatSync, mkdirSync, mkdtempSync, readlinkSync, renameSync, rmSync } from "node:fs";
import { lstat, opendir, readdir, rmdir, unlink } from "node:fs/promises";
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
 * known. What can't be removed is left to the next time. Not name by name: the command may have put links in the place of a directory,
 * and in that of what is in it, and what these lead to is not ours.
 *
 * @param runtime as of `makeCommandDirectory`
 */
export async function clearCommandDirectories(runtime: string): Promise<void> {
  const here = namespaceHere();
  for (const purpose of PURPOSES) {
    const parent = join(runtime, purpose);
    // A command may have put a link in its place.
    const isOurs = lstatSync(parent, { throwIfNoEntry: false })?.isDirectory() === true;
    for (const name of isOurs ? await readdir(parent).catch(() => []) : []) {
      const [, pid, startTime, namespace] = NAME.exec(name) ?? [];
      if (startTime === undefined) continue;
      const isOver = name.endsWith(`-${OVER}`) || (namespace === here && !isRunning({ pid: Number(pid), startTime }));
      if (isOver) await removeTree(join(parent, name)).catch(() => undefined);
    }
  }
}

/** One after the other: a command may have left a hundred thousand files, and who asks the daemon meanwhile doesn't wait for them. */
async function removeTree(path: string): Promise<void> {
  if (!(await lstat(path)).isDirectory()) return unlink(path);
  for await (const { name } of await opendir(path)) await removeTree(join(path, name));
  await rmdir(path);
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
