/** The manual page of a command, from what it tells of itself. */
import { COMMAND_FACTS, COMMON } from "./all-commands.ts";
import { COMMAND_LINE, type CommandFacts, type OptionFacts, type WordFacts } from "./command-facts.ts";
import { EXIT_BLOCKS } from "./outcomes.ts";
import { begun, pageNames, type Block, type Page } from "./roff.ts";

export function commandPage(facts: CommandFacts): Page {
  const { name, describe, about, ends, words, options, examples } = facts;
  return {
    name: `toolkey-${name}`,
    purpose: describe,
    sections: [
      { title: "SYNOPSIS", blocks: [synopsis(facts)] },
      { title: "DESCRIPTION", blocks: [sentence(describe), ...about] },
      { title: "OPTIONS", blocks: [...words.map(wordBlock), ...options.map(optionBlock), ...COMMON.map(optionBlock)] },
      { title: "EXAMPLES", blocks: examples.flatMap(([line, what]): Block[] => [colon(what), { lines: [line] }]) },
      { title: "EXIT STATUS", blocks: [...EXIT_BLOCKS, ...(ends === undefined ? [] : [ends])] },
      {
        title: "ENVIRONMENT",
        blocks: ["`TOOLKEY_HOME` names the directory below which everything of toolkey's is kept; the others are in `toolkey`(1)."],
      },
      { title: "FILES", blocks: ["Where toolkey keeps what: `toolkey`(1)."] },
      { title: "SEE ALSO", blocks: [seeAlso(facts)] },
    ],
  };
}

/** How an option is written: `--tool <TOOL>`. */
export function optionTerm({ name, short, takes, isNegatable, choices, placeholder }: OptionFacts): string {
  const value = choices.length > 0 ? choices.map((choice) => `\`${choice}\``).join("|") : `<${placeholder}>`;
  const place = { nothing: "", "a value": ` ${value}`, "a value or nothing": ` [${value}]` }[takes];
  const letter = short === undefined ? [] : [`\`-${short}\``];
  return [...letter, `\`--${name}\`${place}`, ...(isNegatable ? [`\`--no-${name}\``] : [])].join(", ");
}

function optionBlock(option: OptionFacts): Block {
  const preset = option.preset === undefined ? "" : `; ${option.preset} if it isn't given`;
  const several = option.isList && !option.describe.includes("several") ? " It may be given several times." : "";
  return { term: optionTerm(option), text: `${sentence(option.describe + preset)}${several}` };
}

function wordBlock({ name, describe, choices }: WordFacts): Block {
  const among = choices.every((choice) => describe.includes(choice)) ? "" : `: ${choices.join(", ")}`;
  return { term: wordTerm(name), text: sentence(describe + among) };
}

function wordTerm(name: string): string {
  return name === COMMAND_LINE ? "`--` <program> [<argument> ...]" : `<${name}>`;
}

function synopsis({ name, words, options }: CommandFacts): string {
  const shown = words.map(({ name: word, isRequired, isList }, index) => {
    const text = `${wordTerm(word)}${isList && word !== COMMAND_LINE ? " ..." : ""}`;
    return isRequired || (word === COMMAND_LINE && index === 0) ? text : `[${text}]`;
  });
  return [`\`toolkey ${name}\``, ...(options.length === 0 ? [] : ["[<options>]"]), ...shown].join(" ");
}

/** The page of toolkey, and of the commands that are named. */
function seeAlso({ name, describe, about, words, options, examples }: CommandFacts): string {
  const text = [describe, ...about, ...[...words, ...options].map((each) => each.describe), ...examples.flat()].join("\n");
  const named = COMMAND_FACTS.filter((other) => other.name !== name && new RegExp(`toolkey ${other.name}\\b(?!-)`).test(text));
  return pageNames(["toolkey", ...named.map((other) => `toolkey-${other.name}`)]);
}

/** As a sentence with its full stop. */
export function sentence(text: string): string {
  return `${begun(text)}.`;
}

/** What stands before an example. */
function colon(text: string): string {
  return `${begun(text)}${text.includes(":") ? "." : ":"}`;
}
