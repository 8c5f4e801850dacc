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

/**
 * Becomes the daemon of this runtime directory, for as long as the process lives.
 *
 * @returns false if there is one that answers.
 * @throws Failure `unavailable` if another process holds the lock and doesn't answer.
 */
export async function becomeOnlyDaemon(paths: Paths): Promise<boolean> {
  const descriptor = openSync(join(paths.runtime, "daemon.lock"), "a", 0o600);
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
