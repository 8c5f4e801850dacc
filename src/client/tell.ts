/** What a person is told on standard error, by every program of toolkey in the same form. */
import type { Failure } from "../core/failure.ts";
import type { Told } from "../core/plan.ts";
import { plain } from "../core/text/plain-text.ts";

/** What happened or is about to, and what to do about it. */
export function tell(notes: readonly string[], hints: readonly string[] = [], stderr: NodeJS.WritableStream = process.stderr): void {
  stderr.write(toldText({ notes, hints }));
}

/** The same as lines. Made plain here, since any of it may come from outside. */
export function toldText({ notes, hints }: Told): string {
  return [...notes.map((note) => `toolkey: ${plain(note)}\n`), ...hints.map((hint) => `hint: ${plain(hint)}\n`)].join("");
}

/** What went wrong, and what to do next. */
export function complain({ message, hints }: Failure, stderr?: NodeJS.WritableStream): void {
  tell([message], hints, stderr);
}
