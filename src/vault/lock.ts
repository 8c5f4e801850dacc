/**
 * The lock that keeps two daemons from writing one vault at once: the kernel's, on a file beside the vault. It is
 * given back however its holder ends, and no clock has a say in it.
 */
import { dirname } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Failure, systemErrorCode } from "../core/failure.ts";
import { tryLockDirectory, tryLockFile, type FileLock } from "../platform/files/file-lock.ts";

/** How often it is tried, which is about a minute: a holder that is slow is waited for, one that is stopped not for ever. */
const TRIES = 2000;
const FIRST_WAIT_MS = 2;
const LONGEST_WAIT_MS = 20;

export interface HeldLock {
  /** @throws LockLost if somebody removed the file, so that another process may hold a lock of the same name. */
  assertHeld(): void;
  release(): void;
}

/** The lock is not the vault's any more. Nothing was moved into place yet. */
export class LockLost extends Error {
  constructor() {
    super("the lock of the vault was removed");
    this.name = "LockLost";
  }
}

/** The file that is locked for a file. */
export function lockOf(file: string): string {
  return `${file}.lock`;
}

/**
 * Waits for the lock of a file, which needn't exist.
 *
 * @param tries how often it is tried
 * @throws Failure `unavailable` if it is not to be had.
 */
export async function acquireLock(file: string, tries = TRIES): Promise<HeldLock> {
  const place = lockOf(file);
  // Whoever waits keeps its directory locked, so that it is next, also if the holder wants the lock again at once.
  const turn = await whenFree(file, tries, () => turnOf(file));
  try {
    const lock = await whenFree(file, tries, () => tryLockFile(place));
    return {
      assertHeld() {
        if (!lock.isOfPath()) throw new LockLost();
      },
      release: () => lock.release(),
    };
  } finally {
    turn.release();
  }
}

async function whenFree(file: string, tries: number, attempt: () => FileLock | undefined): Promise<FileLock> {
  for (let tried = 1; ; tried += 1) {
    let lock;
    try {
      lock = attempt();
    } catch (error) {
      throw lockFailure(file, error);
    }
    if (lock !== undefined) return lock;
    if (tried >= tries)
      throw new Failure("unavailable", `another process keeps ${file} locked`, {
        hint: `'fuser -v ${lockOf(file)}' says which; nothing was changed`,
      });
    await wait(Math.min(FIRST_WAIT_MS * 1.2 ** tried, LONGEST_WAIT_MS) * (1 + Math.random()));
  }
}

/** Only for fairness: where directories can't be locked (NFS), the lock itself is enough. */
function turnOf(file: string): FileLock | undefined {
  try {
    return tryLockDirectory(dirname(file));
  } catch (error) {
    if (systemErrorCode(error) === undefined && !(error instanceof Failure)) throw error;
    return { isOfPath: () => true, release: () => undefined };
  }
}

function lockFailure(file: string, error: unknown): unknown {
  const code = systemErrorCode(error);
  if (code === undefined) return error;
  if (code === "EISDIR") {
    return new Failure("unavailable", `an older toolkey keeps ${file} locked, or was killed with it`, {
      hint: `nothing was changed; if none runs: rmdir '${lockOf(file)}'`,
      cause: error,
    });
  }
  return new Failure("unavailable", `cannot lock ${file}: ${code}`, {
    hint: "nothing was changed; check the owner, the mode and the free space of its directory, and whether its file system has locks",
    cause: error,
  });
}
