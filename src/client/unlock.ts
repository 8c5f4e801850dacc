import { dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Failure } from "../core/failure.ts";
import type { Answer } from "../core/wire.ts";
import { Terminal } from "./ask.ts";
import { claim } from "./claim.ts";
import { administer, request, type DaemonPlace } from "./request.ts";

const TRIES = 3;
const LOOK_AGAIN_MS = 200;

/**
 * Asks the daemon; a vault that waits for its passphrase is opened on the terminal first. The answer may be
 * a failure, also that the vault is locked.
 *
 * @throws Failure as `request` and `unlockOnTerminal`
 */
export async function requestUnlocked(place: DaemonPlace, what: Parameters<typeof request>[1]): Promise<Answer> {
  const answer = await request(place, what);
  if (answer.status !== "error" || answer.failure.code !== "locked" || !(await unlockOnTerminal(place))) return answer;
  return request(place, what);
}

/**
 * Opens a vault that waits for its passphrase by asking for it on the terminal. Of several clients that
 * need it at once, one asks and the others wait.
 *
 * @returns false if the vault doesn't wait for a passphrase, or there is no terminal to ask on.
 * @throws Failure `denied` after three wrong ones, or if the person gave up.
 */
export async function unlockOnTerminal(place: DaemonPlace): Promise<boolean> {
  for (;;) {
    const { vault, socket } = await administer(place, "status", {});
    if (vault.state !== "locked") return true;
    if (vault.keySource !== "passphrase") return false;
    const giveBack = await claim(join(dirname(socket), "asking"));
    if (giveBack !== undefined) return askOnTerminal(place).finally(giveBack);
    await wait(LOOK_AGAIN_MS);
  }
}

async function askOnTerminal(place: DaemonPlace): Promise<boolean> {
  const terminal = Terminal.open();
  if (terminal === undefined) return false;
  try {
    await unlockWithPassphrase(place, terminal);
    return true;
  } finally {
    terminal.close();
  }
}

async function unlockWithPassphrase(place: DaemonPlace, terminal: Terminal): Promise<void> {
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const passphrase = await terminal.hidden("passphrase of the toolkey vault: ");
    const done = terminal.busy("opening the vault…");
    try {
      await administer(place, "unlock", { passphrase: passphrase.reveal() });
      return;
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== "denied") throw error;
    } finally {
      done();
    }
    if (attempt < TRIES) terminal.write("toolkey: the passphrase is wrong");
  }
  throw new Failure("denied", `the passphrase was wrong ${TRIES} times`, {
    hint: "nothing was changed; try again with 'toolkey unlock'",
  });
}
