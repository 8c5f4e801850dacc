/**
 * Where things stand in a TOML text, which its parser doesn't tell: tables and keys, for edits that leave all else as it is.
 */
import { parse } from "smol-toml";
import { readToml } from "./toml.ts";

/** A key with its value. Offsets in UTF-16 units; `end` is behind the value. */
interface TomlEntry {
  /** Its tables, and its own name. */
  readonly path: readonly string[];
  readonly start: number;
  readonly valueStart: number;
  readonly end: number;
  /** What goes away with it: within an inline table, a comma, too. */
  readonly piece: { readonly start: number; readonly end: number };
  /** Whether it is within an inline table. */
  readonly isInline: boolean;
}

/** `[table]` or `[[array]]`: where its line begins, and where the next one does. */
export interface TomlHeader {
  readonly path: readonly string[];
  readonly isArray: boolean;
  readonly start: number;
  readonly end: number;
}

export interface TomlPlaces {
  readonly entries: readonly TomlEntry[];
  readonly headers: readonly TomlHeader[];
}

/** @throws Failure `unavailable` as `readToml`: only what that takes is looked through */
export function tomlPlaces(text: string): TomlPlaces {
  readToml(text);
  return new Places(text).read();
}

/** The path of keys that a dotted key is, by the parser itself. */
function pathOf(key: string): string[] {
  const path: string[] = [];
  let value: unknown = parse(`${key} = 0`);
  while (typeof value === "object" && value !== null) {
    const [name = ""] = Object.keys(value);
    path.push(name);
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return path;
}

class Places {
  readonly #text: string;
  readonly #entries: TomlEntry[] = [];
  readonly #headers: TomlHeader[] = [];
  #at: number;

  constructor(text: string) {
    this.#text = text;
    this.#at = text.startsWith("\uFEFF") ? 1 : 0;
  }

  read(): TomlPlaces {
    let table: readonly string[] = [];
    for (;;) {
      this.#gap();
      if (this.#at >= this.#text.length) return { entries: this.#entries, headers: this.#headers };
      if (this.#text[this.#at] === "[") table = this.#header();
      else this.#entry(table);
    }
  }

  #header(): readonly string[] {
    const start = this.#text.lastIndexOf("\n", this.#at) + 1;
    const isArray = this.#text.startsWith("[[", this.#at);
    this.#at += isArray ? 2 : 1;
    const begin = this.#at;
    this.#key();
    const path = pathOf(this.#text.slice(begin, this.#at));
    const lineBreak = this.#text.indexOf("\n", this.#at);
    this.#at = lineBreak === -1 ? this.#text.length : lineBreak + 1;
    this.#headers.push({ path, isArray, start: Math.min(start, begin), end: this.#at });
    return path;
  }

  #entry(table: readonly string[], isInline = false): TomlEntry {
    const start = this.#at;
    this.#key();
    const path = [...table, ...pathOf(this.#text.slice(start, this.#at))];
    this.#skip(/[ \t]*=[ \t]*/y);
    const valueStart = this.#at;
    const own = this.#entries.length;
    this.#value(path);
    const entry = { path, start, valueStart, end: this.#at, piece: { start, end: this.#at }, isInline };
    this.#entries.splice(own, 0, entry);
    return entry;
  }

  /** Bare words, strings and dots, with white space between. */
  #key(): void {
    this.#skip(/(?:[ \t]*(?:[\w-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'))(?:[ \t]*\.[ \t]*(?:[\w-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'))*/y);
  }

  #value(path: readonly string[]): void {
    const next = this.#text[this.#at];
    if (next === "[") this.#array(path);
    else if (next === "{") this.#inlineTable(path);
    else if (!this.#string()) this.#skip(/[^,\]}#\n\r]*[^,\]}#\n\r \t]/y);
  }

  #string(): boolean {
    return this.#skip(
      /"""(?:[^"\\]|\\[^]|"(?!"")|""(?!"))*"""(?:"{0,2})|'''(?:[^']|'(?!'')|''(?!'))*'''(?:'{0,2})|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'/y,
    );
  }

  #array(path: readonly string[]): void {
    this.#at += 1;
    for (let index = 0; ; index += 1) {
      this.#gap();
      if (this.#at >= this.#text.length || this.#skip(/\]/y)) return;
      this.#value([...path, String(index)]);
      this.#gap();
      this.#skip(/,/y);
    }
  }

  #inlineTable(path: readonly string[]): void {
    this.#at += 1;
    let before: { readonly entry: TomlEntry; readonly at: number } | undefined;
    for (;;) {
      this.#gap();
      if (this.#at >= this.#text.length || this.#skip(/\}/y)) return;
      const at = this.#entries.length;
      const entry = this.#entry(path, true);
      this.#gap();
      const hasMore = this.#skip(/,/y);
      this.#gap();
      // The comma behind goes, too; or for the last one the one before.
      const start = hasMore || before === undefined ? entry.start : before.entry.end;
      this.#entries[at] = { ...entry, piece: { start, end: hasMore && this.#text[this.#at] !== "}" ? this.#at : entry.end } };
      before = { entry, at };
    }
  }

  /** White space, line breaks and comments. */
  #gap(): void {
    this.#skip(/[ \t\r\n]*(?:#[^\n]*\n?[ \t\r\n]*)*/y);
  }

  /** Goes on behind what matches here. */
  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return false;
    this.#at += match[0].length;
    return match[0].length > 0;
  }
}
