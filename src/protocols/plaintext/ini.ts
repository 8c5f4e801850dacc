/** Settings in lines of `key = value` below `[sections]`, by the rules of npm's own `ini`. */
import type { Piece } from "./plaintext-secret.ts";
import { linesOf } from "./text-lines.ts";

/** One setting: what it says, and the piece of the text that says so, without a comment behind it. */
export interface Setting {
  readonly section: string;
  readonly key: string;
  readonly value: string;
  readonly line: number;
  readonly piece: Piece;
}

/** All settings in the order of the text. Of those of one key the last one counts. */
export function settingsOf(text: string): Setting[] {
  const settings: Setting[] = [];
  let section = "";
  for (const line of linesOf(text)) {
    if (/^\s*([;#]|$)/.test(line.text)) continue;
    const heading = /^\[([^\]]*)\]\s*$/.exec(line.text);
    if (heading !== null) {
      section = plainText(heading[1] ?? "").value;
      continue;
    }
    const match = /^(\s*)([^=]+)=(.*)$/.exec(line.text);
    if (match === null) continue;
    const [, indent = "", key = "", rest = ""] = match;
    const { value, length } = plainText(rest);
    const start = line.start + indent.length;
    const piece = { start, end: start + key.length + "=".length + length };
    settings.push({ section, key: plainText(key).value, value, line: line.number, piece });
  }
  return settings;
}

/** The value of the last setting of a key. */
export function lastValue(settings: readonly Setting[], key: string, section = ""): string | undefined {
  return settings.findLast((setting) => setting.key === key && setting.section === section)?.value;
}

/** What a key or value means, and how much of the text it is: the rest is a comment. */
function plainText(text: string): { readonly value: string; readonly length: number } {
  const trimmed = text.trim();
  if (/^(".*"|'.*')$/.test(trimmed)) return { value: unquoted(trimmed), length: text.trimEnd().length };
  let value = "";
  let at = 0;
  while (at < text.length && text[at] !== ";" && text[at] !== "#") {
    const isEscape = text[at] === "\\" && /[\\;#]/.test(text[at + 1] ?? "");
    value += text[isEscape ? at + 1 : at] ?? "";
    at += isEscape ? 2 : 1;
  }
  return { value: value.trim(), length: text.slice(0, at).trimEnd().length };
}

function unquoted(text: string): string {
  const inside = text.startsWith("'") ? text.slice(1, -1) : text;
  try {
    const value: unknown = JSON.parse(inside);
    return typeof value === "string" ? value : inside;
  } catch {
    return inside;
  }
}
