/**
 * Files of `java.util.Properties`, with the places of what is in them, and lines for them. Pure.
 *
 * @see https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/util/Properties.html#load(java.io.Reader)
 */
import type { Piece } from "./plaintext-secret.ts";
import { linesOf } from "./text-lines.ts";

interface Property {
  readonly key: string;
  readonly value: string;
  /** Of its first line, counted from one. */
  readonly line: number;
  /** All of its lines, but for the last line break. */
  readonly piece: Piece;
}

const ESCAPES: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r", f: "\f" };

/** In the order of the file; a line that ends with a backslash goes on in the next, if there is one. */
export function readProperties(text: string): Property[] {
  const found: Property[] = [];
  let open: { readonly text: string; readonly line: number; readonly piece: Piece } | undefined;
  for (const { text: content, number, start, end } of linesOf(text)) {
    const own = content.replace(/^[ \t\f]+/, "");
    if (open === undefined && /^([#!]|$)/.test(own)) continue;
    const goesOn = endsWithEscape(own);
    const whole = {
      text: (open?.text ?? "") + (goesOn ? own.slice(0, -1) : own),
      line: open?.line ?? number,
      piece: { start: open?.piece.start ?? start, end },
    };
    if (!goesOn) found.push(propertyOf(whole));
    open = goesOn ? whole : undefined;
  }
  return open === undefined ? found : [...found, propertyOf(open)];
}

/** A line, in ASCII, so that it is the same in every encoding. */
export function propertyLine(key: string, value: string): string {
  const escaped = value.replace(/\\/g, "\\\\").replace(/^ /, "\\ ").replace(/[^\x20-\x7e]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
  return `${key}=${escaped}\n`;
}

/** Whether an odd number of backslashes is at the end. */
function endsWithEscape(text: string): boolean {
  let start = text.length;
  while (text[start - 1] === "\\") start -= 1;
  return (text.length - start) % 2 === 1;
}

function propertyOf({ text, line, piece }: { readonly text: string; readonly line: number; readonly piece: Piece }): Property {
  const [, key = "", value = ""] = /^((?:\\.|[^\\=: \t\f])*)[ \t\f]*[=:]?[ \t\f]*(.*)$/s.exec(text) ?? [];
  return { key: unescaped(key), value: unescaped(value), line, piece };
}

function unescaped(text: string): string {
  return text.replace(/\\(?:u([\da-fA-F]{4})|(.))/gs, (_all, code: string | undefined, other = "") => {
    return code === undefined ? (ESCAPES[other as string] ?? (other as string)) : String.fromCharCode(Number.parseInt(code, 16));
  });
}
