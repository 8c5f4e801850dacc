/** `.yarnrc` of Yarn 1, in the language of its lock files, read word by word as Yarn does (`lockfile/parse.js` of 1.22.22). Pure. */

/** What is set, in the order of the text. Objects are not told from what is around them: no setting is one. */
export function readYarnrc(text: string): [key: string, value: string][] {
  const found: [key: string, value: string][] = [];
  // Several keys may share a value: `a, b 1`.
  let keys: string[] = [];
  let isNext = true;
  for (const { kind, value } of wordsOf(text)) {
    if (kind === "break") [keys, isNext] = [[], true];
    else if (kind === "comma") isNext = true;
    else if (kind === "colon") isNext = false;
    else if (isNext) {
      keys.push(value);
      isNext = false;
    } else {
      for (const key of keys) found.push([key, value]);
      // A line may say more than one thing.
      [keys, isNext] = [[], true];
    }
  }
  return found;
}

interface Word {
  readonly kind: "text" | "comma" | "colon" | "break";
  readonly value: string;
}

const PLAIN = /(true|false|\d+)|([A-Za-z/.-][^: \r\n,]*)/y;

function* wordsOf(text: string): Generator<Word> {
  for (let at = 0; at < text.length; ) {
    const character = text.charAt(at);
    at += 1;
    if (character === " ") continue;
    if (character === "\n" || character === "\r") yield { kind: "break", value: "" };
    else if (character === ",") yield { kind: "comma", value: "" };
    else if (character === ":") yield { kind: "colon", value: "" };
    else {
      const word = character === '"' ? quotedAt(text, at - 1) : plainAt(text, at - 1);
      // A comment, or what Yarn can't read, such as the marks of a merge, between which it can.
      if (word === undefined) at = lineEnd(text, at);
      else {
        at += word.length - 1;
        yield { kind: "text", value: word.value };
      }
    }
  }
}

function plainAt(text: string, start: number): { value: string; length: number } | undefined {
  PLAIN.lastIndex = start;
  const value = PLAIN.exec(text)?.[0];
  return value === undefined ? undefined : { value, length: value.length };
}

function quotedAt(text: string, start: number): { value: string; length: number } | undefined {
  const end = lineEnd(text, start);
  for (let at = start + 1; at < end; at += 1) {
    if (text[at] !== '"' || (text[at - 1] === "\\" && text[at - 2] !== "\\")) continue;
    try {
      return { value: String(JSON.parse(text.slice(start, at + 1))), length: at + 1 - start };
    } catch {
      return undefined;
    }
  }
  return undefined;
}

function lineEnd(text: string, from: number): number {
  const at = text.indexOf("\n", from);
  return at === -1 ? text.length : at;
}
