import { stripVTControlCharacters, styleText } from "node:util";
import { Failure } from "../core/failure.ts";

type Style = "bold" | "dim" | "red" | "yellow" | "green";

/**
 * The terminal manners of toolkey: results go to standard output; everything else to standard error
 * with `toolkey:` before it, in lower case and without a full stop, the error first, then a `hint:` line
 * for what to do next.
 */
export class Output {
  readonly #stdout: NodeJS.WriteStream;
  readonly #stderr: NodeJS.WriteStream;
  readonly #colors: boolean;

  constructor(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    // hasColors() knows NO_COLOR, FORCE_COLOR and TERM=dumb.
    this.#colors = stdout.isTTY && stdout.hasColors();
  }

  /** Columns of the terminal; 80 where there is none, or one that doesn't know its size. */
  get width(): number {
    return (this.#stdout.isTTY && this.#stdout.columns) || 80;
  }

  /** A line of the result. Text from outside is to be made `plain` first. */
  print(text: string): void {
    this.#stdout.write(`${text}\n`);
  }

  /** One JSON document as the whole result. */
  json(value: unknown): void {
    this.#stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  }

  /** What happened, or is about to. */
  note(text: string): void {
    this.#stderr.write(`toolkey: ${plain(text)}\n`);
  }

  hint(text: string): void {
    this.#stderr.write(`hint: ${plain(text)}\n`);
  }

  fail(failure: Failure): void {
    this.note(failure.message);
    for (const hint of failure.hints) this.hint(hint);
  }

  style(style: Style, text: string): string {
    return this.#colors ? styleText(style, text) : text;
  }
}

/** Text that came from outside, without what could move the cursor or hide other text. */
export function plain(text: string): string {
  return stripVTControlCharacters(text).replace(/\p{Cc}|\p{Bidi_Control}/gu, " ");
}
