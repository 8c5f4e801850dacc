import { styleText } from "node:util";
import { complain, tell } from "../../client/tell.ts";
import type { Failure } from "../../core/failure.ts";
import type { Told } from "../../core/plan.ts";
import { plain } from "../../core/text/plain-text.ts";
import type { Environment } from "../../platform/paths.ts";
import { errorView } from "../json-asked.ts";

type Style = "bold" | "dim" | "red" | "yellow" | "green";

/**
 * The terminal manners of toolkey: results go to standard output; everything else to standard error
 * with `toolkey:` before it, in lower case and without a full stop, the error first, then a `hint:` line
 * for what to do next. Whatever is printed is made plain here, since any of it may come from outside.
 *
 * A result is given twice, as lines for people (`print`) and as a document for programs (`json`): the one that was asked for is written.
 */
export class Output {
  readonly #stdout: NodeJS.WriteStream;
  readonly #stderr: NodeJS.WriteStream;
  readonly #environment: Environment;
  readonly #colors: boolean;
  /** What `style` made: the only escapes that are printed. */
  readonly #styled = new Set<string>();
  /** Whether documents are asked for, and no lines. */
  readonly isForPrograms: boolean;
  #documents: "none" | "begun" | "complete" = "none";
  #listener: { readonly notes: string[]; readonly hints: string[] } | undefined;

  constructor(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream, environment: Environment, isForPrograms = false) {
    this.isForPrograms = isForPrograms;
    this.#environment = environment;
    this.#stdout = stdout;
    this.#stderr = stderr;
    // hasColors() knows NO_COLOR, FORCE_COLOR and TERM=dumb.
    this.#colors = stdout.isTTY && stdout.hasColors();
  }

  /**
   * As `COLUMNS` says, else the columns of the terminal, 80 for one that doesn't know its size; what goes elsewhere is as wide as it
   * likes.
   */
  get width(): number {
    const columns = this.#environment["COLUMNS"] ?? "";
    if (/^[1-9]\d{0,4}$/.test(columns)) return Number(columns);
    return this.#stdout.isTTY ? this.#stdout.columns || 80 : Infinity;
  }

  /** Whether a person reads the result. */
  get isTerminal(): boolean {
    return this.#stdout.isTTY;
  }

  /** Of running text, which is hard to read where its lines are long. */
  get textWidth(): number {
    return this.width === Infinity ? 80 : Math.min(this.width, 100);
  }

  /** Lines of the result, for people. */
  print(...lines: readonly string[]): void {
    if (this.isForPrograms) return;
    this.#stdout.write(lines.map((line) => `${this.#shown(line)}\n`).join(""));
  }

  /** The result as it is, for another program. */
  bytes(result: Uint8Array): void {
    this.#stdout.write(result);
  }

  /** The result as one JSON document, for programs. What a terminal would obey is escaped, which is the same JSON. */
  json(value: unknown): void {
    this.#writeJson(value, this.#documents === "begun" ? undefined : 2);
    this.#documents = "complete";
  }

  /** What is to be known before the result: then each document has a line of its own. */
  jsonLine(value: unknown): void {
    this.#writeJson(value, undefined);
    this.#documents = "begun";
  }

  /** To be called when a command has done its work. @throws Error if programs were told nothing */
  done(): void {
    if (this.isForPrograms && this.#documents !== "complete") throw new Error("a command has no document");
  }

  /** Why a command ends without having done its work; for programs in the place of a result, unless there is one. */
  end(failure: Failure): void {
    this.fail(failure);
    if (this.#documents !== "complete") this.json({ error: errorView(failure) });
  }

  #writeJson(value: unknown, indent: number | undefined): void {
    if (!this.isForPrograms) return;
    const text = JSON.stringify(value, null, indent).replace(
      /[^\n\P{Cc}]|\p{Bidi_Control}/gu,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
    this.#stdout.write(`${text}\n`);
  }

  /** What happened, or is about to. */
  note(text: string): void {
    this.#listener?.notes.push(text);
    tell([text], [], this.#stderr);
  }

  hint(text: string): void {
    this.#listener?.hints.push(text);
    tell([], [text], this.#stderr);
  }

  /** Does something, and returns besides what was said meanwhile. */
  async listen<Result>(action: () => Promise<Result>): Promise<[result: Result, said: Told]> {
    const said = { notes: [], hints: [] };
    this.#listener = said;
    try {
      return [await action(), said];
    } finally {
      this.#listener = undefined;
    }
  }

  fail(failure: Failure): void {
    complain(failure, this.#stderr);
  }

  style(style: Style, text: string): string {
    if (!this.#colors) return text;
    const styled = styleText(style, plain(text), { validateStream: false });
    this.#styled.add(styled);
    return styled;
  }

  #shown(line: string): string {
    const styled = [...this.#styled].find((each) => line.includes(each));
    // Tabs are those of files of which a difference is shown.
    if (styled === undefined) return line.split("\t").map(plain).join("\t");
    return line.split(styled).map((part) => this.#shown(part)).join(styled);
  }
}
