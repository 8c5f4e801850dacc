/** What somebody meant who mistyped a word. */

/** So many letters may be wrong: added, left out, changed, or two of them swapped. */
const MOST_WRONG = 2;

/**
 * The candidate that is nearest to the word; undefined if none is near. In a word of four letters one may be wrong. In a shorter one
 * none, since `svn` is not `mvn`; two may be swapped.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const most = word.length <= 4 ? 1 : MOST_WRONG;
  const near = candidates
    .filter((candidate) => word.length > 3 || sorted(word.toLowerCase()) === sorted(candidate))
    .map((candidate) => ({ candidate, wrong: wrongLetters(word.toLowerCase(), candidate) }))
    .filter(({ wrong }) => wrong <= most);
  return near.sort((a, b) => a.wrong - b.wrong)[0]?.candidate;
}

/** Damerau and Levenshtein's distance, by which neighbours that are swapped count once. */
function wrongLetters(a: string, b: string): number {
  let [before, last]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let row = 1; row <= a.length; row += 1) {
    const line = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const change = a[row - 1] === b[column - 1] ? 0 : 1;
      const isSwapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const steps = [at(last, column) + 1, at(line, column - 1) + 1, at(last, column - 1) + change];
      line.push(Math.min(...steps, ...(isSwapped ? [at(before, column - 2) + 1] : [])));
    }
    [before, last] = [last, line];
  }
  return at(last, b.length);
}

function sorted(word: string): string {
  return word.split("").sort().join("");
}

function at(line: readonly number[], column: number): number {
  return line[column] ?? Infinity;
}
