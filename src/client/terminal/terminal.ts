/** Asks a person on the terminal, also where standard input and output are taken, as git's helpers' are. */
import { closeSync, constants, openSync } from "node:fs";
import { systemErrorCode } from "../../core/failure.ts";
import { plain } from "../../core/text/plain-text.ts";
import { Secret } from "../../core/secret.ts";
import { standing } from "../../platform/foreground.ts";
import { say, TERMINAL } from "./device.ts";
import type { Asking } from "./question.ts";

/** The terminal of this process, whatever its standard streams are. */
export class Terminal {
  readonly #descriptor: number;

  private constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** Undefined if there is no terminal, or it isn't for this process to use: in the background, it would be stopped for it. */
  static open(): Terminal | undefined {
    let descriptor: number;
    try {
      descriptor = openSync(TERMINAL, constants.O_RDWR | constants.O_NOCTTY);
    } catch (error) {
      if (systemErrorCode(error) === undefined) throw error;
      return undefined;
    }
    if (standing().isInForeground) return new Terminal(descriptor);
    closeSync(descriptor);
    return undefined;
  }

  /** A line without its end. @throws as `ask` of question.ts */
  async line(prompt: string): Promise<string> {
    return this.#ask(prompt, { isHidden: false });
  }

  /** A line that is not shown while it is typed. @throws as `ask`, whose `beforeStop` this is */
  async hidden(prompt: string, beforeStop?: () => Promise<void>): Promise<Secret> {
    return new Secret(await this.#ask(prompt, { isHidden: true, beforeStop }));
  }

  /** Yes or no; anything but y or yes is no. @throws as `ask` of question.ts */
  async confirm(question: string): Promise<boolean> {
    return /^y(es)?$/i.test((await this.line(`${question} [y/N] `)).trim());
  }

  /** Writes a line for the person. */
  write(text: string): void {
    say(this.#descriptor, `${plain(text)}\n`);
  }

  /** Shows what is going on until the returned function is called, then takes it away again. */
  busy(what: string): () => void {
    say(this.#descriptor, what);
    return () => say(this.#descriptor, "\r\u001B[K");
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  // Not before somebody is asked: it loads a library.
  async #ask(prompt: string, asking: Asking): Promise<string> {
    const { ask } = await import("./question.ts");
    return ask(this.#descriptor, plain(prompt), asking);
  }
}
