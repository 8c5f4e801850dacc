/** What a command of pip's says of indexes. Pure. */

/** What was typed. */
export interface TypedIndexes {
  /** The command: `install`. Undefined for one that asks no index. */
  readonly command: string | undefined;
  readonly index: string | undefined;
  readonly extra: readonly string[];
  /** Files of requirements. */
  readonly requirements: readonly string[];
  /** Long options without values, and those with one that are of no concern here, by name: `--no-index`. */
  readonly options: ReadonlySet<string>;
  /** Whether what follows is no option any more. */
  readonly endsOptions: boolean;
}

const COMMANDS = /^(install|download|wheel|index|lock)$/;

/** By which Python's optparse knows them: any beginning that is of no other one. */
const OPTIONS: readonly (readonly [long: string, shortest: number, short: string | undefined, what: "index" | "extra" | "requirements"])[] = [
  ["--index-url", 5, "-i", "index"],
  ["--pypi-url", 4, undefined, "index"],
  ["--extra-index-url", 5, undefined, "extra"],
  ["--requirement", 9, "-r", "requirements"],
];

export function typedIndexes(words: readonly string[]): TypedIndexes {
  const found = { index: [] as string[], extra: [] as string[], requirements: [] as string[] };
  const options = new Set<string>();
  let command: string | undefined;
  let at = 0;
  for (; at < words.length && words[at] !== "--"; at += 1) {
    const word = words[at] ?? "";
    const [name = "", value] = word.split(/=(.*)/s, 2);
    const known = OPTIONS.find(
      ([long, shortest, short]) =>
        (long.startsWith(name) && name.length >= shortest) || (short !== undefined && word.startsWith(short) && !word.startsWith("--")),
    );
    if (known === undefined) {
      if (word.startsWith("-")) options.add(name);
      else if (COMMANDS.test(word)) command ??= word;
      continue;
    }
    const attached = word.startsWith("--") ? value : word.length > 2 ? word.slice(2) : undefined;
    found[known[3]].push(attached ?? words[(at += 1)] ?? "");
  }
  return { command, index: found.index.at(-1), extra: found.extra, requirements: found.requirements, options, endsOptions: at < words.length };
}
