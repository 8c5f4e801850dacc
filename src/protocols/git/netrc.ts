/**
 * `.netrc`, as curl reads it, and so git: words in any arrangement of lines, `#` begins a comment where a
 * word could begin, a word may be quoted, a macro lasts until an empty line.
 */
import { Secret } from "../../core/secret.ts";
import { isSecretName, reported, type Piece, type PlaintextSecret } from "../plaintext/plaintext-secret.ts";
import { linesOf, type Line } from "../plaintext/text-lines.ts";

interface Word extends Piece {
  readonly text: string;
  readonly line: number;
}

interface Entry {
  readonly host: string | undefined;
  readonly words: Word[];
  readonly values: Map<string, Word>;
  hasMacro: boolean;
}

const VALUES: ReadonlySet<string> = new Set(["login", "password", "account"]);

/** The passwords in a `.netrc`. They are git's: of the tools that toolkey serves it is the one that reads the file. */
export function findInNetrc(text: string): PlaintextSecret[] {
  return entriesOf(text).flatMap((entry) => {
    const password = entry.values.get("password");
    if (password === undefined || password.text === "") return [];
    const username = entry.values.get("login")?.text;
    const base = {
      tool: "git",
      name: entry.host ?? "default",
      url: entry.host === undefined ? undefined : `https://${entry.host}`,
      secret: new Secret(password.text),
      line: password.line,
    };
    const stays = reasonToStay(entry, username);
    if (stays !== undefined) return [reported({ ...base, username: undefined, stays })];
    return [{ ...base, username, stays: undefined, pieces: runsOf(entry.words, text) }];
  });
}

function reasonToStay({ host, hasMacro }: Entry, username: string | undefined): string | undefined {
  if (host === undefined) return "it is for every host";
  if (hasMacro) return "it has a macro";
  if (username === undefined || username === "") return "it has no user name";
  return isSecretName(username) ? "its user name is the secret" : undefined;
}

function entriesOf(text: string): Entry[] {
  const entries: Entry[] = [];
  let expected: { readonly what: string; readonly keyword: Word } | undefined;
  let inMacro = false;
  for (const line of linesOf(text)) {
    if (inMacro) {
      inMacro = line.text !== "";
      continue;
    }
    for (const word of wordsOf(line)) {
      const entry = entries.at(-1);
      const keyword = word.text.toLowerCase();
      if (expected?.what === "machine") {
        entries.push({ host: word.text, words: [expected.keyword, word], values: new Map(), hasMacro: false });
        expected = undefined;
      } else if (expected !== undefined) {
        entry?.words.push(expected.keyword, word);
        entry?.values.set(expected.what, word);
        expected = undefined;
      } else if (keyword === "machine" || VALUES.has(keyword)) {
        expected = { what: keyword, keyword: word };
      } else if (keyword === "default") {
        entries.push({ host: undefined, words: [word], values: new Map(), hasMacro: false });
      } else if (keyword === "macdef") {
        if (entry !== undefined) entry.hasMacro = true;
        inMacro = true;
        break;
      }
    }
  }
  return entries;
}

function* wordsOf(line: Line): Generator<Word> {
  const pattern = /[ \t]*(?:(#)|("(?:[^"\\]|\\.)*"?)|([^ \t]+))/y;
  for (let match = pattern.exec(line.text); match !== null && match[1] === undefined; match = pattern.exec(line.text)) {
    const raw = match[2] ?? match[3] ?? "";
    const end = line.start + pattern.lastIndex;
    yield { text: match[2] === undefined ? raw : unquoted(raw), line: line.number, start: end - raw.length, end };
  }
}

function unquoted(raw: string): string {
  const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };
  return raw.replace(/^"|(?<!\\)"$/g, "").replace(/\\(.)/g, (_, character: string) => escapes[character] ?? character);
}

/** The words of an entry as pieces, those beside each other in one, with the white space behind if more follows. */
function runsOf(words: readonly Word[], text: string): Piece[] {
  const runs: { start: number; end: number; line: number }[] = [];
  for (const word of words) {
    const last = runs.at(-1);
    if (last !== undefined && last.line === word.line && text.slice(last.end, word.start).trim() === "") last.end = word.end;
    else runs.push({ start: word.start, end: word.end, line: word.line });
  }
  return runs.map(({ start, end }) => ({ start, end: end + (/^[ \t]*(?=[^ \t\r\n])/.exec(text.slice(end))?.[0].length ?? 0) }));
}
