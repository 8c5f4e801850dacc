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

interface Option {
  readonly long: string;
  /** From how many characters on it is known: optparse takes any beginning that is of no other option. */
  readonly shortest: number;
  readonly short?: string;
  readonly what: "index" | "extra" | "requirements";
}

const OPTIONS: readonly Option[] = [
  { long: "--index-url", shortest: 5, short: "-i", what: "index" },
  { long: "--pypi-url", shortest: 4, what: "index" },
  { long: "--extra-index-url", shortest: 5, what: "extra" },
  { long: "--requirement", shortest: 9, short: "-r", what: "requirements" },
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
      ({ long, shortest, short }) =>
        (long.startsWith(name) && name.length >= shortest) || (short !== undefined && word.startsWith(short) && !word.startsWith("--")),
    );
    if (known === undefined) {
      if (word.startsWith("-")) options.add(name);
      else if (COMMANDS.test(word)) command ??= word;
      continue;
    }
    const attached = word.startsWith("--") ? value : word.length > 2 ? word.slice(2) : undefined;
    found[known.what].push(attached ?? words[(at += 1)] ?? "");
  }
  const { index, extra, requirements } = found;
  return { command, index: index.at(-1), extra, requirements, options, endsOptions: at < words.length };
}
