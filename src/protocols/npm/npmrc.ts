/**
 * `.npmrc`: the ini dialect of npm, read as npm's own `ini` reads it (measured with ini 5 of npm 11). Pure.
 */

/** A line of a file that sets something. */
export interface NpmrcEntry {
  /** Without `[]`, by which npm marks lists. */
  readonly key: string;
  /** `true` for a key alone. */
  readonly value: string;
}

const LINE = /^([^=]+)(?:=(.*))?$/;
const SECTION = /^\[([^\]]*)\]\s*$/;
/** `${NAME}`, and `${NAME?}`, which is nothing if there is no such variable. */
const VARIABLE = /(?<!\\)(\\*)\$\{([^${}?]+)(\?)?\}/g;

/** In the order of the file: of equal keys the last one counts. What stands below a `[section]` is no setting. */
export function readNpmrc(text: string): NpmrcEntry[] {
  const entries: NpmrcEntry[] = [];
  for (const line of text.split(/[\r\n]+/)) {
    if (SECTION.test(line)) break;
    const entry = readNpmrcLine(line);
    if (entry !== undefined) entries.push(entry);
  }
  return entries;
}

/** A single line; undefined for one that sets nothing. */
export function readNpmrcLine(line: string): NpmrcEntry | undefined {
  if (/^\s*([;#]|$)/.test(line)) return undefined;
  const match = LINE.exec(line);
  if (match === null) return undefined;
  const key = unquoted(match[1] ?? "");
  return { key: key.length > 2 && key.endsWith("[]") ? key.slice(0, -2) : key, value: match[2] === undefined ? "true" : unquoted(match[2]) };
}

/** A text with the variables of `environment` put in; what is not there stays as it is. */
export function expandVariables(text: string, environment: Readonly<Record<string, string>>): string {
  return text.replace(VARIABLE, (whole, escapes: string, name: string, optional: string | undefined) => {
    if (escapes.length % 2 === 1) return whole.slice((escapes.length + 1) / 2);
    return escapes.slice(escapes.length / 2) + (environment[name] ?? (optional === undefined ? `\${${name}}` : ""));
  });
}

function unquoted(raw: string): string {
  const text = raw.trim();
  const quote = text[0];
  if ((quote === '"' || quote === "'") && text.endsWith(quote)) return parsed(quote === "'" ? text.slice(1, -1) : text);
  let plain = "";
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === ";" || character === "#") break;
    const next = text.charAt(at + 1);
    if (character === "\\" && next !== "") {
      plain += "\\;#".includes(next) ? next : `\\${next}`;
      at++;
    } else plain += character;
  }
  return plain.trim();
}

function parsed(json: string): string {
  try {
    return String(JSON.parse(json));
  } catch {
    return json;
  }
}
