/**
 * The new text of a file, beside it until it takes its place. Who writes one keeps it locked, by which it is told from what
 * a killed process left: the number of that process may be another one's by now, or one of another machine's.
 */
import { chmod, readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Failure, systemErrorCode } from "../../core/failure.ts";
import { discard, LEFTOVER, moveIntoPlace, temporaryNameOf, writeBeside } from "./durable-file.ts";
import type { FileLock } from "./file-lock.ts";

/** Undefined if somebody else has it locked, or it can't be locked. */
type Lock = (path: string) => FileLock | undefined;

/**
 * Replaces a file in one step and for good, and removes what killed processes have left of that before.
 *
 * @throws what the file system throws; the file is what it was then
 */
export async function replaceByDraft(destination: string, bytes: Uint8Array, mode: number): Promise<void> {
  const lock = await locking();
  await discardLeftovers(destination, lock);
  const path = temporaryNameOf(destination);
  const held = lock(path);
  try {
    const written = await writeBeside(destination, [bytes], path);
    await chmod(path, mode);
    await moveIntoPlace(written, destination);
  } finally {
    await discard(path);
    held?.release();
  }
}

/** What was left of this file, and of no other. */
async function discardLeftovers(destination: string, lock: Lock): Promise<void> {
  const name = basename(destination);
  for (const other of await readdir(dirname(destination))) {
    if (!other.startsWith(name) || LEFTOVER.exec(other)?.index !== name.length) continue;
    const path = join(dirname(destination), other);
    const left = lock(path);
    if (left === undefined) continue;
    await discard(path);
    left.release();
  }
}

async function locking(): Promise<Lock> {
  // Only where something is written: the library that it calls the kernel with takes long to load.
  const { tryLockFile } = await import("./file-lock.ts");
  return (path) => {
    try {
      return tryLockFile(path);
    } catch (error) {
      if (systemErrorCode(error) === undefined && !(error instanceof Failure)) throw error;
      return undefined;
    }
  };
}
