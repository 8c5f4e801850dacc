/** How wide a text is on a terminal, and where its lines break. */

/** Two columns wide: emoji, and the scripts of East Asia with their full-width forms. No columns: marks on the letter before. */
const WIDE =
  /\p{Emoji_Presentation}|\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|[\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u;
const MARK = /\p{Mark}|\p{Default_Ignorable_Code_Point}/u;
const PLAIN = /^[\x20-\x7e]*$/;

/** In columns. */
export function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += columnsOf(character);
  return width;
}

/** Lines of at most so many columns, broken between words, and within a word that is wider: behind a segment of a path if it can be. */
export function wrap(text: string, width: number): string[] {
  if (widthOf(text) <= width) return [text];
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && widthOf(line) + 1 + widthOf(word) <= width) {
      line += ` ${word}`;
      continue;
    }
    if (line !== "") lines.push(line);
    line = word;
    while (widthOf(line) > width) {
      const first = firstPart(line, width);
      lines.push(first);
      line = line.slice(first.length);
    }
  }
  return [...lines, line];
}

/** Where a word may be broken, the better ones first: behind a segment of a URL's path, behind a part of a host or a name. */
const JOINTS = [/(?<!\/)\/(?!\/)/g, /[.@,=&?_-]|:(?!\/)/g] as const;

/** As much of a word as fits, and at least one character of it. */
function firstPart(word: string, width: number): string {
  let fitting = "";
  for (const character of word) {
    if (fitting !== "" && widthOf(fitting) + columnsOf(character) > width) break;
    fitting += character;
  }
  for (const joint of JOINTS) {
    const end = [...word.matchAll(joint)].map(({ index }) => index + 1).findLast((index) => index <= fitting.length);
    if (end !== undefined) return word.slice(0, end);
  }
  return fitting;
}

/** The text with spaces up to so many columns. */
export function padded(text: string, width: number): string {
  return text + " ".repeat(Math.max(width - widthOf(text), 0));
}

function columnsOf(character: string): number {
  if (PLAIN.test(character)) return 1;
  if (MARK.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}
