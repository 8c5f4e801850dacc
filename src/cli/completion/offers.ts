/** What may stand at the cursor of a command line that begins with `toolkey`. Pure: what only the daemon knows is named, not asked. */
import { TOOL_NAMES } from "../../protocols/tool-facts.ts";
import { COMMAND_FACTS, COMMON } from "../manual/all-commands.ts";
import { COMMAND_LINE, type CommandFacts, type OptionFacts, type WordFacts } from "../manual/command-facts.ts";

/** A word, and what it is; empty if it speaks for itself. */
export type Word = readonly [word: string, what: string];

export type Offer =
  /** `before` stands before each of them: `--tool=`. */
  | { readonly kind: "words"; readonly words: readonly Word[]; readonly before: string }
  | { readonly kind: "tokens" | "services" | "used services"; readonly before: string }
  | { readonly kind: "files" }
  | { readonly kind: "directories" }
  /** The command line of another program begins with the word of this index. */
  | { readonly kind: "command"; readonly at: number };

const NOTHING: Offer = { kind: "words", words: [], before: "" };

/** Where a command line has been read to. */
interface Read {
  command?: CommandFacts | undefined;
  /** How many of its arguments are there. */
  arguments: number;
  /** The option whose value comes next, or may. */
  open?: OptionFacts | undefined;
  /** Whether `--` is there. */
  isBehind: boolean;
}

/** @param words after `toolkey`, up to the cursor: the last one is being typed, and may be empty */
export function offersAt(words: readonly string[]): Offer {
  const read: Read = { arguments: 0, isBehind: false };
  const typed = words.at(-1) ?? "";
  for (const [index, word] of words.slice(0, -1).entries()) {
    if (isProgram(read, word)) return { kind: "command", at: index };
    if (!advance(read, word)) return NOTHING;
  }
  if (takesNext(read.open, typed)) return valueOf(read.open, "");
  if (isProgram(read, typed)) return { kind: "command", at: words.length - 1 };
  if (typed.startsWith("-") && !read.isBehind) return optionOffer(read, typed, words);
  if (read.command === undefined) return wordsOf(commands());
  const place = wordAt(read.command, read.arguments);
  return place === undefined || place.name === COMMAND_LINE ? NOTHING : valueOf(place, "");
}

/** Whether the command line of another program begins here. */
function isProgram({ command, open, isBehind, arguments: count }: Read, word: string): boolean {
  if (command === undefined || takesNext(open, word)) return false;
  const isNext = command.words[0]?.name === COMMAND_LINE && count === 0 && !word.startsWith("-");
  return isNext || (isBehind && wordAt(command, count)?.name === COMMAND_LINE);
}

/** Reads a word more. @returns false for what is no command */
function advance(read: Read, word: string): boolean {
  const isValue = takesNext(read.open, word);
  read.open = undefined;
  if (isValue) return true;
  if (read.isBehind) read.arguments += 1;
  else if (word === "--") read.isBehind = true;
  else if (word.startsWith("-") && word !== "-") {
    const option = optionNamed(read, word);
    if (option?.takes !== "nothing") read.open = option;
  } else if (read.command === undefined) {
    read.command = COMMAND_FACTS.find(({ name }) => name === word);
    return read.command !== undefined;
  } else read.arguments += 1;
  return true;
}

/** Whether a word is the value of the option before it. */
function takesNext(option: OptionFacts | undefined, word: string): option is OptionFacts {
  return option !== undefined && (option.takes === "a value" || !word.startsWith("-"));
}

function optionsOf({ command }: Read): readonly OptionFacts[] {
  return [...(command?.options ?? []), ...COMMON];
}

/** @param word `--name` or `-n`; with a value in the same word it has all that it takes */
function optionNamed(read: Read, word: string): OptionFacts | undefined {
  return optionsOf(read).find(({ name, short }) => word === `--${name}` || (short !== undefined && word === `-${short}`));
}

function wordAt({ words }: CommandFacts, index: number): WordFacts | undefined {
  const last = words.at(-1);
  return words[index] ?? (last?.isList === true ? last : undefined);
}

/** Options that are not there yet, or the value of the one that is typed as `--name=`. */
function optionOffer(read: Read, typed: string, words: readonly string[]): Offer {
  const [, named] = /^(--[^=]+)=/.exec(typed) ?? [];
  if (named !== undefined) {
    const option = optionNamed(read, named);
    return option === undefined || option.takes === "nothing" ? NOTHING : valueOf(option, `${named}=`);
  }
  const isNew = ({ name, short, isList }: OptionFacts): boolean =>
    isList || !words.slice(0, -1).some((word) => word === `-${short}` || new RegExp(`^--(no-)?${name}(=|$)`).test(word));
  const offered = optionsOf(read).filter(isNew);
  return wordsOf(
    offered.flatMap(({ name, short, describe, isNegatable }): Word[] => [
      [`--${name}`, describe],
      ...(isNegatable ? [[`--no-${name}`, describe] as const] : []),
      ...(short === undefined || typed !== "-" ? [] : [[`-${short}`, describe] as const]),
    ]),
  );
}

function valueOf({ choices, offered }: OptionFacts | WordFacts, before: string): Offer {
  if (choices.length > 0) return wordsOf(choices.map((choice) => [choice, ""]), before);
  switch (offered) {
    case undefined:
      return NOTHING;
    case "commands":
      return wordsOf(commands(), before);
    case "tools":
      return wordsOf(TOOL_NAMES.map((tool) => [tool, ""]), before);
    case "directories":
    case "files":
      return { kind: offered };
    default:
      return { kind: offered, before };
  }
}

function commands(): Word[] {
  return COMMAND_FACTS.map(({ name, describe }) => [name, describe]);
}

function wordsOf(words: readonly Word[], before = ""): Offer {
  return { kind: "words", words, before };
}
