/** Looks after the daemon while a command holds a phantom: without it, the command's requests would fail until somebody starts it. */
import { setTimeout as wait } from "node:timers/promises";
import type { Operations } from "../../core/wire/administration.ts";
import type { Instant } from "../../core/clock.ts";
import { Failure } from "../../core/failure.ts";
import { administer, administerIfRunning, tellIfRunning, type DaemonPlace } from "./request.ts";

/** How often a daemon that ends is started again for one command. */
const STARTS = 5;

/** Who ends before, in milliseconds, has nothing to be told, and waits for nobody. */
const BRIEF_MS = 250;

/** What to tell the person. */
export type Tell = (note: string, hint?: string) => void;

/**
 * Attends until the returned function is called, which also ends the phantoms.
 *
 * @param phantoms of one command: they are valid, and end, together
 * @param tell is called if the daemon ended, if the phantom did, and before the vault closes
 */
export function attendPhantoms(
  place: DaemonPlace,
  phantoms: readonly [string, ...string[]],
  tell: Tell,
): () => Promise<void> {
  const leaving = new AbortController();
  const attending = wait(BRIEF_MS, undefined, { signal: leaving.signal }).then(
    () => attend({ ...place, signal: leaving.signal, patienceMs: 0 }, phantoms[0], tell),
    () => undefined,
  );
  return async () => {
    leaving.abort();
    await attending;
    // A daemon that is gone has no phantoms, and one that doesn't hear of it sees by itself that who holds them has ended.
    for (const phantom of phantoms) {
      await tellIfRunning(place, "endPhantom", { phantom }).catch((error: unknown) => {
        if (!(error instanceof Failure)) throw error;
      });
    }
  };
}

async function attend(place: DaemonPlace & { readonly signal: AbortSignal }, phantom: string, tell: Tell): Promise<void> {
  try {
    for (let start = 0; start <= STARTS; start += 1) {
      const answer = await untilEnd(place, phantom, tell);
      if (place.signal.aborted) return;
      if (answer?.outcome === "revoked") return tell("the phantom of this command was revoked; what it still asks for is refused");
      if (answer?.outcome === "unknown")
        return tell("the daemon does not know the phantom of this command any more; its further requests are refused", "run it again");
      const { signal: _untilLeaving, patienceMs: _none, ...again } = place;
      const { vault } = await administer(again, "status", {});
      if (place.signal.aborted) return;
      if (vault.state === "locked") tell("the daemon stopped and was started again, and the vault is locked now", "toolkey unlock");
      else tell("the daemon stopped and was started again; a request in between may have failed");
    }
    tell("the daemon stops again and again; requests of the command may fail", "toolkey doctor");
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (!place.signal.aborted) tell(`the daemon has stopped: ${error.message}; further requests of the command fail`, error.hints[0]);
  }
}

/**
 * Waits for the end of the phantom, and tells on the way that the vault will close: the command can still finish, or a person open it
 * again.
 */
async function untilEnd(
  place: DaemonPlace & { readonly signal: AbortSignal },
  phantom: string,
  tell: Tell,
): Promise<Operations["attend"]["answer"] | undefined> {
  let told: Instant | undefined;
  for (;;) {
    const answer = await administerIfRunning(place, "attend", { phantom, told });
    if (answer?.outcome !== "vault-closes" || place.signal.aborted) return answer;
    told = answer.closesAt;
    if (told === undefined) continue;
    tell(
      `the vault closes at ${told}, however much it is used; what the command asks for after that is refused`,
      "to keep it open for longer, in another terminal: toolkey lock && toolkey unlock",
    );
  }
}
