/** Files of `java.util.Properties`: reading with places, and writing. Pure. */
import type { Piece } from "../plaintext/plaintext-secret.ts";
import { linesOf } from "../plaintext/text-lines.ts";

interface Property {
  readonly key: string;
  readonly value: string;
  /** Counted from one. */
  readonly line: number;
  readonly piece: Piece;
}

const ESCAPES: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r", f: "\f" };

export function readProperties(text: string): Property[] {
  const found: Property[] = [];
  let open: { text: string; line: number; start: number } | undefined;
  for (const { text: content, number, start, end } of linesOf(text)) {
    const line = content.replace(/^[ \t\f]+/, "");
    if (open === undefined && (line === "" || /^[#!]/.test(line))) continue;
    const whole = open === undefined ? { text: line, line: number, start } : { ...open, text: open.text + line };
    // An odd number of backslashes at the end: the line goes on.
    const goesOn = (/\\*$/.exec(whole.text)?.[0].length ?? 0) % 2 === 1;
    open = goesOn ? { ...whole, text: whole.text.slice(0, -1) } : undefined;
    if (!goesOn) found.push({ ...keyAndValue(whole.text), line: whole.line, piece: { start: whole.start, end } });
  }
  return found;
}

export function valueOf(properties: readonly Property[], key: string): string | undefined {
  return properties.findLast((property) => property.key === key)?.value;
}

/** A line, in ASCII, so that it is the same in every encoding. */
export function propertyLine(key: string, value: string): string {
  const escaped = value.replace(/\\/g, "\\\\").replace(/^ /, "\\ ").replace(/[^\x20-\x7e]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
  return `${key}=${escaped}\n`;
}

function keyAndValue(line: string): { key: string; value: string } {
  const [, key = "", value = ""] = /^((?:\\.|[^\\=: \t\f])*)[ \t\f]*[=:]?[ \t\f]*(.*)$/s.exec(line) ?? [];
  return { key: unescaped(key), value: unescaped(value) };
}

function unescaped(text: string): string {
  return text.replace(/\\(?:u([\da-fA-F]{4})|(.))/gs, (_all, code: string | undefined, other = "") => {
    return code === undefined ? (ESCAPES[other as string] ?? (other as string)) : String.fromCharCode(Number.parseInt(code, 16));
  });
}
