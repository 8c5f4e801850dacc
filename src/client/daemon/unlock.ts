import { dirname } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Failure } from "../../core/failure.ts";
import type { Answer } from "../../core/wire/wire.ts";
import { standing } from "../../platform/foreground.ts";
import { administer, request, type DaemonPlace } from "./request.ts";
import { GivenUp } from "../terminal/given-up.ts";
import { Continued, Interrupted } from "../terminal/interrupted.ts";
import { Terminal } from "../terminal/terminal.ts";
import { whoWaits } from "../terminal/who-waits.ts";
import { takeTurn, whoseTurn, type Asker, type Turn } from "./turn.ts";

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
  if (answer.status !== "error" || answer.failure.code !== "locked" || !(await unlockOnTerminal(place, what.tool))) return answer;
  return request(place, what);
}

/**
 * Opens a vault that waits for its passphrase by asking for it on the terminal. Of several clients that
 * need it at once, one asks; the others say for whom they wait, and ask themselves if it ends without.
 *
 * @param program who asks, for people
 * @returns false at once if the vault doesn't wait for a passphrase, there is no terminal to ask on, or nobody is to be asked.
 * @throws Failure `denied` after three wrong ones, or if the person gave up; Interrupted.
 */
export async function unlockOnTerminal(place: DaemonPlace, program: string): Promise<boolean> {
  for (;;) {
    const { vault, socket } = await administer(place, "status", {});
    if (vault.state !== "locked") return true;
    // Also once it has waited, or was stopped: a shell may have put it in the background.
    const terminal = vault.keySource === "passphrase" && place.asks !== false ? Terminal.open() : undefined;
    if (terminal === undefined) return false;
    try {
      const turn = await waitForTurn(place, terminal, { program, directory: dirname(socket) });
      if (turn !== undefined) await askInTurn(place, terminal, turn);
    } finally {
      terminal.close();
    }
  }
}

async function askInTurn(place: DaemonPlace, terminal: Terminal, turn: Turn): Promise<void> {
  try {
    // Another one may have opened it, or a shell have taken the terminal, before it was this one's turn.
    if (!(await isLocked(place)) || !standing().isInForeground) return;
    await unlockWithPassphrase(place, terminal, () => turn.end());
  } catch (error) {
    if (!(error instanceof Continued)) throw error;
  } finally {
    await turn.end();
  }
}

/** Says who asks as long as it is not this one's turn. Undefined once the vault is open without. */
async function waitForTurn(
  place: DaemonPlace,
  terminal: Terminal,
  { program, directory }: { readonly program: string; readonly directory: string },
): Promise<Turn | undefined> {
  const waiting = whoWaits();
  let said = "";
  for (;;) {
    const turn = await takeTurn(directory, program);
    if (turn !== undefined) return turn;
    const text = whatToSay(await whoseTurn(directory));
    if (text !== said && text !== "") terminal.write(text);
    said = text;
    await wait(LOOK_AGAIN_MS);
    if (whoWaits() !== waiting) throw new Interrupted("SIGHUP");
    if (!(await isLocked(place))) return undefined;
  }
}

/** Nothing to somebody who sees the question: it is in his own job. */
function whatToSay(asker: Asker | undefined): string {
  if (asker === undefined || asker.group === standing().group) return "";
  const where = asker.terminal === undefined ? "" : ` on ${asker.terminal}`;
  return `toolkey: waiting: ${asker.program} (pid ${asker.pid}) asks for the passphrase${where}`;
}

async function isLocked(place: DaemonPlace): Promise<boolean> {
  return (await administer(place, "status", {})).vault.state === "locked";
}

async function unlockWithPassphrase(place: DaemonPlace, terminal: Terminal, beforeStop: () => Promise<void>): Promise<void> {
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const passphrase = await terminal.hidden("passphrase of the toolkey vault: ", beforeStop);
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
  throw new GivenUp(`the passphrase was wrong ${TRIES} times`, ["nothing was changed; start the command again for three more"]);
}
