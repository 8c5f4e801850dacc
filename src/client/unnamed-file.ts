/** Files without a name, by which a command is handed what may be in no file. */
import { accessSync, closeSync, constants, existsSync, ftruncateSync, openSync, readlinkSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { Failure, systemErrorCode } from "../core/failure.ts";

/**
 * Whether what this process starts can open its files. On macOS there is no /proc: a command has to inherit a descriptor, and opens it
 * by /dev/fd, once, since that is the same place in the file for all (dupfdopen of xnu).
 */
export const FILES_ARE_SEEN = process.platform !== "darwin";

/** Kept in memory, where the system has it. */
const MEMORY_FILES = "/dev/shm";

/**
 * A file of mode 0600 that has lost its name before anything is written to it. Returns its descriptor.
 *
 * @param directory where it is made if the system has no memory for it
 * @throws Failure `unavailable`
 */
export function unnamedFile(content: string | Buffer, directory: string): number {
  if (FILES_ARE_SEEN && !existsSync("/proc/self/fd")) {
    throw new Failure("unavailable", "this system has no /proc, by which a command could be handed a secret without a file", {
      hint: "the command was not started; nothing was written",
    });
  }
  // Another's file is never taken for it, whoever guesses the name; Node's secret random numbers take 3 ms to get ready.
  const path = join(isWritable(MEMORY_FILES) ? MEMORY_FILES : directory, `toolkey-${Math.random().toString(36).slice(2)}`);
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_RDWR | constants.O_NOFOLLOW, 0o600);
    unlinkSync(path);
    const bytes = Buffer.from(content);
    // Without moving the descriptor's own place in the file, from which a command would read it. A full system takes a part.
    for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written, bytes.length - written, written);
    return descriptor;
  } catch (error) {
    if (descriptor !== undefined) closeSync(descriptor);
    throw new Failure("unavailable", `cannot make a file for the command: ${systemErrorCode(error) ?? "unknown error"}`, {
      hint: "the command was not started",
      cause: error,
    });
  }
}

/** By which all that this process starts can open it. /proc may have another number for us, of another namespace. */
export function pathOfFile(descriptor: number): string {
  return `/proc/${readlinkSync("/proc/self")}/fd/${descriptor}`;
}

/** By which a command opens a descriptor that it has inherited. */
export function pathOfInherited(descriptor: number): string {
  return `/dev/fd/${descriptor}`;
}

/** Also for a process that outlives the command, and has it open. */
export function wipe(descriptor: number): void {
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
