/** The lines of a text, with where they are in it. */

/** A line: its number from one, its text without the line break, and the offsets of that text. */
export interface Line {
  readonly number: number;
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Behind the line break. */
  readonly next: number;
}

const BOM = "\uFEFF";

/** The lines of a text. A byte order mark belongs to none of them. */
export function* linesOf(text: string): Generator<Line> {
  let start = text.startsWith(BOM) ? BOM.length : 0;
  for (let number = 1; start < text.length; number += 1) {
    const lineBreak = text.indexOf("\n", start);
    const next = lineBreak === -1 ? text.length : lineBreak + 1;
    const content = text.slice(start, lineBreak === -1 ? text.length : lineBreak).replace(/\r$/, "");
    yield { number, text: content, start, end: start + content.length, next };
    start = next;
  }
}

/** Where an offset is, for people: `line 2, column 7`, both from one. */
export function placeAt(text: string, offset: number): string {
  return `line ${lineAt(text, offset)}, column ${offset - (offset === 0 ? 0 : text.lastIndexOf("\n", offset - 1) + 1) + 1}`;
}

/** The number of the line at an offset, from one. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at !== -1 && at < offset; at = text.indexOf("\n", at + 1)) line += 1;
  return line;
}
