import { stripVTControlCharacters, styleText } from "node:util";
import { Failure } from "../core/failure.ts";
import type { Environment } from "../platform/paths.ts";

type Style = "bold" | "dim" | "red" | "yellow" | "green";

/**
 * The terminal manners of toolkey: results go to standard output; everything else to standard error
 * with `toolkey:` before it, in lower case and without a full stop, the error first, then a `hint:` line
 * for what to do next.
 */
export class Output {
  readonly #stdout: NodeJS.WriteStream;
  readonly #stderr: NodeJS.WriteStream;
  readonly #environment: Environment;
  readonly #colors: boolean;

  constructor(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream, environment: Environment) {
    this.#environment = environment;
    this.#stdout = stdout;
    this.#stderr = stderr;
    // hasColors() knows NO_COLOR, FORCE_COLOR and TERM=dumb.
    this.#colors = stdout.isTTY && stdout.hasColors();
  }

  /** As `COLUMNS` says, else the columns of the terminal, 80 for one that doesn't know its size; what goes elsewhere is as wide as it likes. */
  get width(): number {
    const columns = this.#environment["COLUMNS"] ?? "";
    if (/^[1-9]\d{0,4}$/.test(columns)) return Number(columns);
    return this.#stdout.isTTY ? this.#stdout.columns || 80 : Infinity;
  }

  /** Of running text, which is hard to read where its lines are long. */
  get textWidth(): number {
    return this.width === Infinity ? 80 : Math.min(this.width, 100);
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
