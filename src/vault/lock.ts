/**
 * The lock that keeps two daemons from writing one vault at once: proper-lockfile, whose two traps are
 * closed here. It throws from a timer when it loses a lock, so `onCompromised` is ours. And its
 * takeover of a stale lock is not atomic, so that two processes may both believe to hold it: who loses
 * the lock directory is told so before the vault is moved into place.
 */
import { lstat } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import lockfile from "proper-lockfile";
import { Failure, systemErrorCode } from "../core/failure.ts";

/** A lock whose holder has not touched it for so long may be taken over, in milliseconds. */
const STALE_MS = 10_000;
const TOUCH_MS = 2_000;
/** Another holder is waited for about a minute: several times as long as it takes for its lock to be stale. */
const TRIES = 700;
const FIRST_WAIT_MS = 5;
const LONGEST_WAIT_MS = 60;
/** How often a lock directory may vanish right after it was made, which the takeover of a stale one can cause. */
const VANISHINGS = 5;

export interface HeldLock {
  /**
   * @throws LockLost if the lock is not ours any more.
   */
  assertHeld(): Promise<void>;
  release(): Promise<void>;
}

/** Another process took the lock over while we held it. Nothing was moved into place yet. */
export class LockLost extends Error {
  constructor() {
    super("the lock of the vault was taken over by another process");
    this.name = "LockLost";
  }
}

/**
 * Waits for the lock of a file, which needn't exist.
 *
 * @throws Failure `unavailable` if it is not to be had.
 */
export async function acquireLock(file: string): Promise<HeldLock> {
  let compromised = false;
  const release = await whenFree(file, () => {
    compromised = true;
  });
  const directory = `${file}.lock`;
  const ours = await identity(directory);
  return {
    async assertHeld() {
      if (compromised || ours === undefined || (await identity(directory)) !== ours) throw new LockLost();
    },
    async release() {
      // A lock that was taken over is not ours to remove.
      if (!compromised && (await identity(directory)) === ours) await release().catch(ignoreReleased);
    },
  };
}

// The library's own retries are for every error, so that a full disk would be waited for like another holder.
async function whenFree(file: string, onCompromised: () => void): Promise<() => Promise<void>> {
  for (let attempt = 1, vanished = 0; ; attempt += 1) {
    try {
      return await lockfile.lock(file, { realpath: false, stale: STALE_MS, update: TOUCH_MS, onCompromised });
    } catch (error) {
      const code = systemErrorCode(error);
      if (code === "ENOENT") vanished += 1;
      const mayPass = code === "ELOCKED" ? attempt < TRIES : code === "ENOENT" && vanished <= VANISHINGS;
      if (!mayPass) throw lockFailure(file, error);
    }
    await wait(Math.min(FIRST_WAIT_MS * 1.2 ** attempt, LONGEST_WAIT_MS) * (1 + Math.random()));
  }
}

/** Tells a lock directory from another that took its place: inodes are used again, birth times aren't. */
async function identity(directory: string): Promise<string | undefined> {
  try {
    const { ino, birthtimeNs } = await lstat(directory, { bigint: true });
    return `${ino}.${birthtimeNs}`;
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

function ignoreReleased(error: unknown): void {
  const code = systemErrorCode(error);
  if (code !== "ERELEASED" && code !== "ENOTACQUIRED" && code !== "ENOENT") throw error;
}

function lockFailure(file: string, error: unknown): Failure {
  const code = systemErrorCode(error);
  if (code === "ELOCKED") {
    return new Failure("unavailable", `another process keeps ${file} locked`, {
      hint: `if none does, remove the directory ${file}.lock`,
      cause: error,
    });
  }
  return new Failure("unavailable", `cannot lock ${file}: ${code ?? "unknown error"}`, {
    hint: "nothing was changed; check the owner, the mode and the free space of its directory",
    cause: error,
  });
}
