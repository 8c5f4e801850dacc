/** One daemon for each runtime directory: the holder of a lock that the kernel gives back with its process. */
import { closeSync, openSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Failure } from "../core/failure.ts";
import { tryLock } from "../platform/libc.ts";
import type { Paths } from "../platform/paths.ts";

/** How long a daemon that is ending may take to give the lock back, in milliseconds. */
const PATIENCE_MS = 10_000;
const LOOK_AGAIN_MS = 20;
const LOOK_AGAIN_SELDOM_MS = 250;

/**
 * Becomes the daemon of this runtime directory, for as long as the process lives.
 *
 * @returns false if there is one that answers.
 * @throws Failure `unavailable` if another process holds the lock and doesn't answer.
 */
export async function becomeOnlyDaemon(paths: Paths): Promise<boolean> {
  const descriptor = openLock(paths);
  for (let waited = 0; waited < PATIENCE_MS; waited += LOOK_AGAIN_MS) {
    if (tryLock(descriptor)) return true;
    if (await answers(paths.socket)) {
      closeSync(descriptor);
      return false;
    }
    await wait(LOOK_AGAIN_MS);
  }
  throw new Failure("unavailable", "another daemon is there but does not answer", {
    hint: "end the process toolkey-daemon that has this runtime directory",
  });
}

/** The same, however long the others live. */
export async function waitToBecomeOnlyDaemon(paths: Paths): Promise<void> {
  const descriptor = openLock(paths);
  while (!tryLock(descriptor)) await wait(LOOK_AGAIN_SELDOM_MS);
}

function openLock({ runtime }: Paths): number {
  return openSync(join(runtime, "daemon.lock"), "a", 0o600);
}

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket);
    connection.once("connect", () => {
      connection.destroy();
      resolve(true);
    });
    connection.once("error", () => resolve(false));
  });
}
