/**
 * Lines of ours in a file of the user's, between two marker lines: whatever is outside stays as it is to
 * the byte, and taking the block away restores what was there before. For files in which `#` begins a comment.
 */
import { literalPattern } from "./literal-pattern.ts";

const END = "# toolkey: end";
/** The beginning of a line, also behind a byte order mark. */
const AT_BEGIN = String.raw`(?<=^\uFEFF?|\n)`;
const JOINED = " and the line break before it";
const NEW = " and the file, if nothing else is in it";
/** The first line of the block of another tool. */
const NEXT_BLOCK = /^# toolkey: begin; 'toolkey setup [a-z]+ --undo' takes this block away again(?=\n)/;

export class MarkedBlock {
  readonly #begin: string;
  readonly #joined: string;
  readonly #new: string;
  readonly #pattern: RegExp;

  /** @param tool the tool that `toolkey setup` sets up with it */
  constructor(tool: string) {
    this.#begin = `# toolkey: begin; 'toolkey setup ${tool} --undo' takes this block away again`;
    // A file that did not end with a line break gets one, and loses it again.
    this.#joined = this.#begin + JOINED;
    // A file that was not there goes away again, unlike one that was empty.
    this.#new = this.#begin + NEW;
    this.#pattern = new RegExp(
      `(?:\\n${literalPattern(this.#joined)}|${AT_BEGIN}(?:${literalPattern(this.#begin)}|(?<isNew>${literalPattern(this.#new)})))\\n` +
        `(?<inside>(?:[^\\n]*\\n)*?)${literalPattern(END)}(?:\\n|$)`,
    );
  }

  /**
   * The text with our lines at its end, in place of those that are there already; the same text if it is
   * so. Undefined: there is no file.
   *
   * @param keep as for `remove`
   */
  add(text: string | undefined, lines: readonly string[], keep?: Keep): string {
    const rest = text === undefined ? undefined : this.remove(text, keep);
    const before = rest ?? "";
    const joined = before !== "" && !before.endsWith("\n");
    const begin = joined ? this.#joined : rest === undefined ? this.#new : this.#begin;
    return `${before}${joined ? "\n" : ""}${[begin, ...lines, END].join("\n")}\n`;
  }

  /**
   * The text with our lines at an offset, which is the beginning of a line, or the end of the text. There is no block of ours in it.
   *
   * @param instead the offset up to which they take the place of what stands there
   */
  insert(text: string, at: number, lines: readonly string[], instead = at): string {
    if (at >= text.length) return this.add(text, lines);
    return `${text.slice(0, at)}${[this.#begin, ...lines, END].join("\n")}\n${text.slice(instead)}`;
  }

  /** As `add`, but the text stays as it is if these very lines are in our block, wherever it stands. */
  ensure(text: string | undefined, lines: readonly string[]): string {
    const found = text === undefined ? undefined : this.find(text);
    const isThere = found !== undefined && found.length === lines.length && found.every((line, index) => line === lines[index]);
    return isThere && text !== undefined ? text : this.add(text, lines);
  }

  /**
   * The text as it would be without our block; undefined if there would be no file.
   *
   * @param keep out of the lines in the block those that others wrote, which stay
   */
  remove(text: string, keep: Keep = () => []): string | undefined {
    const match = this.#pattern.exec(text);
    if (match === null) return text;
    const kept = keep(linesOf(match)).map((line) => `${line}\n`).join("");
    const isJoined = match[0].startsWith("\n");
    const isNew = match.groups?.["isNew"] !== undefined;
    const behind = text.slice(match.index + match[0].length);
    // The next block was joined to ours, and now to what is before ours: so that both can be taken away in any order.
    if (kept === "" && (isJoined || (isNew && match.index === 0)) && NEXT_BLOCK.test(behind)) {
      return text.slice(0, match.index) + (isJoined ? "\n" : "") + behind.replace(NEXT_BLOCK, (begin) => begin + (isJoined ? JOINED : NEW));
    }
    const after = kept + behind;
    // What was written behind our block must not end up in the line that had no line break.
    const glue = after !== "" && isJoined ? "\n" : "";
    const rest = text.slice(0, match.index) + glue + after;
    return rest === "" && isNew ? undefined : rest;
  }

  /** The lines in our block; undefined if the text has none. */
  find(text: string): readonly string[] | undefined {
    const match = this.#pattern.exec(text);
    return match === null ? undefined : linesOf(match);
  }
}

/** Chooses among the lines of a block. */
type Keep = (lines: readonly string[]) => readonly string[];

function linesOf(match: RegExpExecArray): string[] {
  return (match.groups?.["inside"] ?? "").split("\n").slice(0, -1);
}
