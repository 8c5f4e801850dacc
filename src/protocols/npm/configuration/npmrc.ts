/**
 * `.npmrc`: the ini dialect of npm, read as npm's own `ini` reads it (measured with ini 5 of npm 11). Pure.
 */

/** What a line sets. */
interface NpmrcEntry {
  /** Without `[]`, by which npm marks lists. */
  readonly key: string;
  /** `true` for a key alone. */
  readonly value: string;
}

/** The same, with where it stands. */
export interface PlacedEntry extends NpmrcEntry {
  /** What stands between the brackets above it; undefined before the first ones. */
  readonly section: string | undefined;
  readonly isKeyAlone: boolean;
  /** Offsets in UTF-16 units, from the key to the value's end: without a comment behind it. */
  readonly start: number;
  readonly end: number;
}

const SECTION = /^\[([^\]]*)\]\s*$/;
/** `${NAME}`, and `${NAME?}`, which is nothing if there is no such variable. */
const VARIABLE = /(?<!\\)(\\*)\$\{([^${}?]+)(\?)?\}/g;

/** The settings, in the order of the file: of equal keys the last one counts. What stands below a `[section]` is none. */
export function readNpmrc(text: string): NpmrcEntry[] {
  return readIni(text).flatMap(({ section, key, value }) => (section === undefined ? [{ key, value }] : []));
}

/** All that is set, in the order of the file, also below sections. */
export function readIni(text: string): PlacedEntry[] {
  const entries: PlacedEntry[] = [];
  let section: string | undefined;
  for (const { 0: line, index } of text.matchAll(/[^\r\n]+/g)) {
    const heading = SECTION.exec(line)?.[1];
    if (heading !== undefined) {
      section = unquoted(heading).value;
      continue;
    }
    const entry = readLine(line);
    if (entry !== undefined) entries.push({ ...entry, section, start: index + entry.start, end: index + entry.end });
  }
  return entries;
}

/** The value of the last entry of a key. */
export function lastValue(entries: readonly PlacedEntry[], key: string, section?: string): string | undefined {
  return entries.findLast((entry) => entry.key === key && entry.section === section)?.value;
}

/** The key that a single line sets; undefined for one that sets nothing. */
export function npmrcKey(line: string): string | undefined {
  return readLine(line)?.key;
}

function readLine(line: string): Omit<PlacedEntry, "section"> | undefined {
  if (/^\s*([;#]|$)/.test(line)) return undefined;
  const equals = line.indexOf("=");
  const right = equals === -1 ? undefined : line.slice(equals + 1);
  // What is a line break for patterns of JavaScript, npm does not read over.
  if (equals === 0 || /[\u2028\u2029]/.test(right ?? "")) return undefined;
  const whole = equals === -1 ? line : line.slice(0, equals);
  const left = whole.trimStart();
  const start = whole.length - left.length;
  const { value: key } = unquoted(left);
  const { value, length } = unquoted(right ?? left);
  return {
    key: key.length > 2 && key.endsWith("[]") ? key.slice(0, -2) : key,
    value: right === undefined ? "true" : value,
    isKeyAlone: right === undefined,
    start,
    end: start + (right === undefined ? 0 : left.length + "=".length) + length,
  };
}

/** A text with the variables of `environment` put in; what is not there stays as it is. */
export function expandVariables(text: string, environment: Readonly<Record<string, string>>): string {
  return text.replace(VARIABLE, (whole, escapes: string, name: string, optional: string | undefined) => {
    if (escapes.length % 2 === 1) return whole.slice((escapes.length + 1) / 2);
    return escapes.slice(escapes.length / 2) + (environment[name] ?? (optional === undefined ? `\${${name}}` : ""));
  });
}

/** What a key or value means, and how much of the text it is: the rest is a comment, or white space. */
function unquoted(raw: string): { readonly value: string; readonly length: number } {
  const text = raw.trim();
  const quote = text[0];
  if ((quote === '"' || quote === "'") && text.endsWith(quote)) {
    return { value: parsed(quote === "'" ? text.slice(1, -1) : text), length: raw.trimEnd().length };
  }
  let value = "";
  let at = 0;
  for (; at < raw.length; at += 1) {
    const character = raw.charAt(at);
    if (character === ";" || character === "#") break;
    const next = raw.charAt(at + 1);
    if (character === "\\" && next !== "") {
      value += "\\;#".includes(next) ? next : `\\${next}`;
      at += 1;
    } else value += character;
  }
  return { value: value.trim(), length: raw.slice(0, at).trimEnd().length };
}

function parsed(json: string): string {
  try {
    return String(JSON.parse(json));
  } catch {
    return json;
  }
}
