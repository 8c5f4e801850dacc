/** What `toolkey` takes: all commands, with what holds for each of them, and what is said of a line that is none. */
import yargs, { type Argv } from "yargs";
import { BUILD } from "../core/build.ts";
import { Failure } from "../core/failure.ts";
import { formOf, OWN_TREE } from "../platform/installation/tree.ts";
import { COMMANDS } from "./commands.ts";
import { isCommand, noSuchCommand } from "./command-names.ts";
import { COMMON_OPTIONS, EXIT_CODES } from "./common-options.ts";
import type { Context } from "./context.ts";
import { missingArgument, unknownOption } from "./wrong-words.ts";

/**
 * A parser that throws the `ParsedCommand` that a line asks for, or the Failure `usage`.
 *
 * @param argv what stands after the name of the program
 */
export function commandLine(argv: readonly string[], context: Context): Argv {
  const parser = yargs(argv)
    .scriptName("toolkey")
    .usage("$0 COMMAND\n\nOne vault, and every build tool gets its own key.")
    .version(`${BUILD} (${formOf(OWN_TREE)})`)
    .alias({ help: COMMON_OPTIONS.help.alias })
    .wrap(context.output.textWidth)
    .parserConfiguration({ "strip-aliased": true, "strip-dashed": true, "camel-case-expansion": true, "parse-positional-numbers": false })
    .strict()
    .option("cacert", COMMON_OPTIONS.cacert)
    .demandCommand(1, "no command was named")
    .exitProcess(false)
    .showHelpOnFail(false)
    .fail((message: string | null, error: Error | undefined) => {
      if (error !== undefined && error.name !== "YError") throw error;
      const [word] = argv;
      if (word !== undefined && /^Unknown (argument|command)/.test(message ?? "") && !isCommand(word) && !word.startsWith("-"))
        throw noSuchCommand(word);
      const isAmong = argv.includes("--command") && !argv.includes("--");
      const behind = isAmong ? ["what --command runs stands behind --: --command -- PROGRAM …"] : [];
      const help = word !== undefined && isCommand(word) ? `toolkey ${word} --help` : "toolkey --help, or toolkey COMMAND --help";
      const command = word?.startsWith("-") === true ? argv.find(isCommand) : undefined;
      const order = command === undefined ? [] : [`options stand behind the command: toolkey ${command} ${word}`];
      const [, unknown] = /^Unknown arguments?: (.*)$/s.exec(message ?? "") ?? [];
      const option = unknown === undefined ? undefined : unknownOption(argv, unknown.split(", "));
      const hint = [...(option?.hints ?? []), ...behind, ...order, help];
      throw new Failure("usage", option?.message ?? sentence(message ?? "wrong usage", word), { hint });
    })
    // All else that toolkey says is English.
    .detectLocale(false)
    .updateStrings(WORDING)
    .epilogue(`Exit codes: ${EXIT_CODES.map((each) => each.join(" ")).join(", ")}.\nMore: man toolkey`);
  const named = COMMANDS.filter(({ name }) => name === argv[0]);
  for (const { register } of named.length === 0 ? COMMANDS : named) register(parser, context);
  return parser;
}

/** What yargs says, in words of ours. */
const WORDING: Readonly<Record<string, string>> = {
  "Show help": COMMON_OPTIONS.help.describe,
  "Show version number": COMMON_OPTIONS.version.describe,
  "Invalid values:": "this is not one of the choices:",
  "Argument: %s, Given: %s, Choices: %s": "%s is %s, but must be one of %s",
  "Not enough arguments following: %s": "--%s needs a value",
};

// yargs writes sentences; toolkey's messages have one line, no capital and no full stop.
function sentence(text: string, command: string | undefined): string {
  const line = text.split("\n").map((part) => part.trim()).filter((part) => part !== "").join(" ");
  if (line.startsWith("Not enough non-option arguments")) return missingArgument(command);
  return line.charAt(0).toLowerCase() + line.slice(1).replace(/\.$/, "");
}
