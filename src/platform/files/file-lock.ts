/**
 * A lock that is free again once its holder has ended: the kernel's on a file, which stays when the lock is given back. Who removed
 * it would take the lock from somebody who has just opened it.
 */
import { closeSync, constants, fstatSync, openSync, statSync } from "node:fs";
import { systemErrorCode } from "../../core/failure.ts";
import { tryLock } from "../libc.ts";

export interface FileLock {
  /** Whether the lock is still that of the path: somebody may have removed the file, and others then lock another. */
  isOfPath(): boolean;
  release(): void;
}

/** Of an open file, which has the lock: who inherits its descriptor has that, too. */
export interface OpenedLock extends FileLock {
  readonly descriptor: number;
}

/**
 * Takes the lock of a file, which is made if it isn't there (0600). Two holders within one process exclude each other, too.
 *
 * @returns undefined if somebody else holds it
 * @throws what the file system throws
 */
export function tryLockFile(path: string): OpenedLock | undefined {
  return lockOpened(path, openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o600));
}

/** The same for a directory, which not every file system can lock. */
export function tryLockDirectory(path: string): FileLock | undefined {
  return lockOpened(path, openSync(path, constants.O_RDONLY | constants.O_DIRECTORY));
}

function lockOpened(path: string, descriptor: number): OpenedLock | undefined {
  const lock: OpenedLock = {
    descriptor,
    isOfPath: () => isSame(path, descriptor),
    release: () => closeSync(descriptor),
  };
  try {
    if (tryLock(descriptor) && lock.isOfPath()) return lock;
  } catch (error) {
    lock.release();
    throw error;
  }
  lock.release();
  return undefined;
}

function isSame(path: string, descriptor: number): boolean {
  try {
    const [opened, there] = [fstatSync(descriptor), statSync(path)];
    return opened.ino === there.ino && opened.dev === there.dev;
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return false;
    throw error;
  }
}
