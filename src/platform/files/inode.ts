import { lstatSync, statSync } from "node:fs";
import { systemErrorCode } from "../../core/failure.ts";

/** What tells whether at a path there is still the same file or socket; undefined if there is none. */
export function inodeOf(path: string): number | undefined {
  try {
    return lstatSync(path).ino;
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT" || systemErrorCode(error) === "ENOTDIR") return undefined;
    throw error;
  }
}

/** Whether there is anything at a path, be it a link to nothing; not if we may not look. */
export function isAnythingAt(path: string): boolean {
  // An error takes longer than a look, and most of what is asked for is not there.
  return asFarAsSeen(() => lstatSync(path, { throwIfNoEntry: false })) !== undefined;
}

/** What a look at the file system finds; undefined if the system refuses it. */
export function asFarAsSeen<Found>(look: () => Found): Found | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

/**
 * Which file or directory a path leads to, whichever path that is: its device and inode.
 * Undefined if there is none, or none that we may see.
 *
 * @throws what else the file system throws
 */
export function identityOf(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}-${ino}`;
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR" || code === "EACCES") return undefined;
    throw error;
  }
}
