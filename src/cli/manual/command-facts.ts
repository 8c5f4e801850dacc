/** What a command takes, as plain data, from what it tells yargs: for its manual page and its completion. */
import type { Argv, Options, PositionalOptions } from "yargs";
import type { AnyCommand, Described } from "../command.ts";
import { COMMON_OPTIONS } from "../common-options.ts";
import { offeredForArgument, valueOfOption, type Offered } from "./values.ts";

export interface CommandFacts {
  readonly name: string;
  readonly describe: string;
  readonly about: readonly string[];
  readonly ends: string | undefined;
  /** Its arguments, in their order. */
  readonly words: readonly WordFacts[];
  readonly options: readonly OptionFacts[];
  readonly examples: readonly (readonly [command: string, what: string])[];
}

export interface WordFacts {
  readonly name: string;
  readonly describe: string;
  readonly isRequired: boolean;
  /** Whether there may be several. */
  readonly isList: boolean;
  /** What may stand there; empty for anything. */
  readonly choices: readonly string[];
  /** What completes it where there are no choices. */
  readonly offered: Offered | undefined;
}

/** The argument that is a program with its own arguments, where `--` stands before it. */
export const COMMAND_LINE = "words";

export interface OptionFacts {
  /** Without the dashes. */
  readonly name: string;
  /** Its letter. */
  readonly short: string | undefined;
  readonly describe: string;
  readonly takes: "nothing" | "a value" | "a value or nothing";
  /** What stands for its value. */
  readonly placeholder: string;
  /** What completes that where there are no choices. */
  readonly offered: Offered | undefined;
  /** Whether `--no-NAME` says something, which its description then tells. */
  readonly isNegatable: boolean;
  readonly isList: boolean;
  readonly choices: readonly string[];
  /** What holds without it, if that is worth a word. */
  readonly preset: string | undefined;
}

/** In the order in which the command defines them. */
export function commandFacts({ name, described }: AnyCommand): CommandFacts {
  const words: WordFacts[] = [];
  const options: OptionFacts[] = [];
  const recorder = {
    positional(word: string, given: PositionalOptions) {
      words.push(wordFacts(word, given, described));
      return recorder;
    },
    option(option: string, given: Options) {
      options.push(optionFacts(option, given, described));
      return recorder;
    },
    options(several: Readonly<Record<string, Options>>) {
      for (const [option, given] of Object.entries(several)) recorder.option(option, given);
      return recorder;
    },
  };
  described.options(recorder as unknown as Argv);
  const examples = described.examples.map(([line, what]) => [line.replaceAll("$0", "toolkey"), what] as const);
  const { describe, about = [], ends } = described;
  return { name, describe, about, ends, words, options, examples };
}

/** The options of all commands. */
export function commonOptions(): OptionFacts[] {
  return Object.entries(COMMON_OPTIONS).map(([name, given]) => optionFacts(name, given, {}));
}

type Named = Partial<Pick<Described, "command" | "lists" | "offered">>;

function wordFacts(name: string, { describe, choices }: PositionalOptions, { command = "", lists, offered }: Named): WordFacts {
  return {
    name,
    describe: describe ?? "",
    isRequired: command.includes(`<${name}`),
    isList: lists?.includes(name) ?? false,
    choices: texts(choices ?? offered?.[name]),
    offered: offeredForArgument(name),
  };
}

function optionFacts(name: string, given: Options, { lists, offered }: Named): OptionFacts {
  const { alias, array, describe = "", type, choices, requiresArg, default: preset } = given;
  const value = valueOfOption(name);
  return {
    name,
    short: typeof alias === "string" && alias.length === 1 ? alias : undefined,
    describe,
    takes: type === "boolean" ? "nothing" : requiresArg === true ? "a value" : "a value or nothing",
    placeholder: type === "number" ? "N" : value.placeholder,
    offered: value.offered,
    isNegatable: describe.includes(`--no-${name}`),
    isList: array === true || lists?.includes(name) === true,
    choices: texts(choices ?? offered?.[name]),
    preset: typeof preset === "string" || typeof preset === "number" ? String(preset) : undefined,
  };
}

function texts(choices: Options["choices"] = []): readonly string[] {
  return [choices].flat().map(String);
}
