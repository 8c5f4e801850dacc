/**
 * One question on the terminal, from the prompt to the line that is typed. However it ends, the terminal is as it was before:
 * at the answer, at a signal, when it is suspended, when the shell has the terminal back because who asked is gone.
 */
import { openSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";
import { ReadStream } from "node:tty";
import { systemErrorCode } from "../../core/failure.ts";
import { standing } from "../../platform/foreground.ts";
import { ignoreStops, modesOf, setModes, unseen, type Modes } from "../../platform/libc-terminal.ts";
import { GivenUp } from "./given-up.ts";
import { say, TERMINAL } from "./device.ts";
import { Continued, Interrupted } from "./interrupted.ts";
import { TypedLine } from "./typed-line.ts";
import { whoWaits } from "./who-waits.ts";

const ENDING = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/**
 * How often it is looked whether who asked is still there, in milliseconds: no event tells of their end, or of a shell that takes its
 * terminal back.
 */
const LOOK_AGAIN_MS = 250;

export interface Asking {
  /** Nothing of the answer is shown. */
  readonly isHidden: boolean;
  /** Called before the process stops for a Ctrl-Z. When it is continued, the question is not asked again, but ends as `Continued`. */
  readonly beforeStop?: (() => Promise<void>) | undefined;
}

/**
 * Asks.
 *
 * @param terminal a descriptor of the terminal
 * @throws Failure `denied` if the person gave up (Ctrl-D), or sent the process to the background; Interrupted; Continued
 */
export async function ask(terminal: number, prompt: string, asking: Asking): Promise<string> {
  try {
    return await untilAnswered(terminal, prompt, asking);
  } catch (error) {
    if (error instanceof Interrupted && error.signal === "SIGINT" && standing().isInForeground) {
      say(terminal, `${asking.isHidden ? "" : "\n"}toolkey: given up; nothing more was changed\n`);
    }
    throw error;
  }
}

async function untilAnswered(terminal: number, prompt: string, { isHidden, beforeStop }: Asking): Promise<string> {
  const typed = new TypedLine();
  const decoder = new StringDecoder("utf8");
  const waiting = whoWaits();
  const undo: (() => void)[] = [];
  const on = (signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): (() => void) => {
    process.on(signal, listener);
    return () => process.off(signal, listener);
  };
  try {
    undo.push(ignoreStops());
    const input = openInput();
    undo.push(() => input.destroy());
    return await new Promise<string>((resolve, reject) => {
      let show: () => void = () => undefined;
      const begin = (): void => {
        typed.clear();
        // The prompt comes once nothing typed is shown any more: a fast typist, or a program, waits for it.
        if (isHidden) show = hide(terminal);
        say(terminal, prompt);
      };
      const goOn = (): void => {
        show();
        if (standing().isInForeground) begin();
        else reject(new GivenUp("given up in the background; nothing more was changed"));
      };
      let release = on("SIGCONT", goOn);
      const suspend = async (): Promise<void> => {
        show();
        release();
        stopSuspending();
        await beforeStop?.();
        process.kill(process.pid, "SIGTSTP");
        // Continued; or never stopped, where nobody could continue it.
        release = on("SIGCONT", goOn);
        stopSuspending = on("SIGTSTP", () => void suspend().catch(reject));
        if (beforeStop !== undefined && standing().isInForeground) reject(new Continued());
        else goOn();
      };
      let stopSuspending = on("SIGTSTP", () => void suspend().catch(reject));
      undo.push(() => show(), () => release(), () => stopSuspending());
      for (const signal of ENDING) undo.push(on(signal, () => reject(new Interrupted(signal))));
      let looksInBackground = 0;
      const watch = setInterval(() => {
        // Once may be a Ctrl-Z that has not come through yet.
        looksInBackground = standing().isInForeground ? 0 : looksInBackground + 1;
        if (whoWaits() !== waiting || looksInBackground > 1) reject(new Interrupted("SIGHUP"));
      }, LOOK_AGAIN_MS);
      undo.push(() => clearInterval(watch));
      input.on("data", (chunk: Buffer) => {
        const answer = typed.type(decoder.write(chunk));
        if (answer === "end") reject(gaveUp());
        else if (answer !== undefined) resolve(answer.line);
      });
      // By lines, that is how a terminal says Ctrl-D; by characters, that it is gone.
      input.once("end", () => reject(isHidden ? new Interrupted("SIGHUP") : gaveUp()));
      // EIO: the shell has the terminal back, or there is none any more.
      input.once("error", () => reject(new Interrupted("SIGHUP")));
      begin();
    });
  } finally {
    for (const step of undo.toReversed()) step();
  }
}

function gaveUp(): GivenUp {
  return new GivenUp("given up; nothing more was changed");
}

/** Hides what is typed. @returns how to show it again; modes that somebody else has set since are his */
function hide(terminal: number): () => void {
  const before = modesOf(terminal);
  if (before === undefined) return () => undefined;
  setModes(terminal, unseen(before), true);
  const ours: Modes | undefined = modesOf(terminal);
  return () => {
    const now = modesOf(terminal);
    if (now === undefined || ours === undefined || !now.equals(ours)) return;
    const { isInForeground } = standing();
    // The rest of what was pasted must not become a shell's next command; but a shell that has the terminal already has its own.
    setModes(terminal, before, isInForeground);
    if (isInForeground) say(terminal, "\n");
  };
}

function openInput(): ReadStream {
  try {
    return new ReadStream(openSync(TERMINAL, "r"));
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    throw new Interrupted("SIGHUP");
  }
}
