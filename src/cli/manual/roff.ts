/**
 * Pages in man(7), as groff_man(7) and mandoc's man(7) have it in common. Texts have `code` in backticks, which is shown in bold, and
 * <places> that stand for something, shown in italics.
 */
import { TOOL_NAMES } from "../../protocols/tool-facts.ts";

export interface Page {
  /** `toolkey-add`. */
  readonly name: string;
  /** One line, for `apropos`. */
  readonly purpose: string;
  readonly sections: readonly Section[];
}

export interface Section {
  readonly title: string;
  readonly blocks: readonly Block[];
}

export type Block =
  /** A paragraph. */
  | string
  /** Lines as they are. */
  | { readonly lines: readonly string[] }
  /** A term with what it is, indented. */
  | { readonly term: string; readonly text: string };

/** The source of a page. It has no date, so that the same version is always the same bytes. */
export function render({ name, purpose, sections }: Page, version: string): string {
  const head = [".TH", quoted(name.toUpperCase()), '"1"', '""', quoted(`toolkey ${version}`), '"Manual of toolkey"'].join(" ");
  const all = [{ title: "NAME", blocks: [] }, ...sections.filter(({ blocks }) => blocks.length > 0)];
  const lines = all.flatMap(({ title, blocks }, index) => [
    `.SH ${title}`,
    ...(index === 0 ? [`${prose(name, true)} \\- ${prose(purpose)}`] : blocks.flatMap((block, at) => blockLines(block, at === 0))),
  ]);
  // Words are not parted, nor spread over the line: many of them are to be typed.
  return [head, ".nh", ".ad l", ...lines, ""].join("\n");
}

/** As a sentence of its own: what stands in a list has no capital; nor have names of programs, anywhere. */
export function begun(text: string): string {
  const [word = ""] = text.split(/[^a-z]/, 1);
  return PROGRAMS.has(word) ? text : `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

const PROGRAMS: ReadonlySet<string> = new Set(["toolkey", ...TOOL_NAMES]);

/** Names of pages in section 1, as pages refer to each other. */
export function pageNames(names: readonly string[]): string {
  return names.map((name) => `\`${name}\`(1)`).join(", ");
}

function blockLines(block: Block, isFirst: boolean): string[] {
  if (typeof block === "string") return [...(isFirst ? [] : [".PP"]), ...folded(prose(block))];
  if ("lines" in block) return [...(isFirst ? [] : [".PP"]), ".RS 4", ".nf", ...block.lines.map(literalLine), ".fi", ".RE"];
  return [".TP", protectedLine(prose(block.term)), ...folded(prose(block.text))];
}

/** As lines of at most 80 bytes, where it has blanks. */
function folded(text: string): string[] {
  return text.replace(/(?=.{80})(.{1,78}) /g, "$1\n").split("\n").map(protectedLine);
}

/** Running text. @param isLiteral whether each hyphen is a minus, as in what people type */
function prose(text: string, isLiteral = false): string {
  return text
    .split(/(`[^`]+`|<[^<>\s]+>)/)
    .map((part) => {
      if (/^`.+`$/.test(part)) return `\\fB${escaped(part.slice(1, -1), true)}\\fR`;
      if (/^<.+>$/.test(part)) return `\\fI${escaped(part.slice(1, -1), false)}\\fR`;
      return escaped(part, isLiteral);
    })
    .join("");
}

function literalLine(text: string): string {
  return text === "" ? "" : protectedLine(escaped(text, true));
}

/** A line that begins with a dot or an apostrophe would be a request. */
function protectedLine(line: string): string {
  return /^[.']/.test(line) ? `\\&${line}` : line;
}

const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\e", "^": "\\(ha", "~": "\\(ti", "`": "\\(ga", "'": "\\(aq", "…": "..." };

function escaped(text: string, isLiteral: boolean): string {
  return text
    .replace(/[\\^~`'…]/g, (character) => ESCAPES[character] ?? character)
    .replace(/-/g, (hyphen, at: number) => (isLiteral || /^-|[\s(]-/.test(text.slice(Math.max(at - 1, 0), at + 1)) ? "\\-" : hyphen))
    .replace(/[^\n -~]/gu, (character) => `\\[u${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}]`);
}

/** An argument of a request. */
function quoted(text: string): string {
  return `"${escaped(text, true).replaceAll('"', "\\(dq")}"`;
}
