import { asksForJson } from "./json-asked.ts";
import "./surroundings.ts";
import yargs, { type Argv } from "yargs";
import { BUILD } from "../core/build.ts";
import { systemClock } from "../core/clock.ts";
import { endAfter, surviveClosedOutput } from "../client/ending.ts";
import { Failure } from "../core/failure.ts";
import { renewKeptTree } from "../platform/installation/keeping.ts";
import { formOf, OWN_TREE } from "../platform/installation/tree.ts";
import { paths as findPaths } from "../platform/paths.ts";
import { ParsedCommand } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { isCommand, noSuchCommand, withoutHelpWord } from "./command-names.ts";
import { COMMON_OPTIONS, EXIT_CODES } from "./common-options.ts";
import type { Context } from "./context.ts";
import { Output } from "./terminal/output.ts";

/** Runs `toolkey` with the arguments after its name. */
async function main(argv: readonly string[], output: Output): Promise<void> {
  const context: Context = {
    paths: findPaths(process.env),
    environment: process.env,
    program: `toolkey ${argv[0] ?? ""}`.trim(),
    stdin: process.stdin,
    output,
    asks: !output.isForPrograms,
    now: () => systemClock.now(),
    heard: tellOnce(output),
  };
  await runCommand(withoutHelpWord(argv), context);
}

/** Some commands ask the daemon several times, and it says the same each time. */
function tellOnce(output: Output): NonNullable<Context["heard"]> {
  const told = new Set<string>();
  const isNew = (text: string): boolean => !told.has(text) && told.add(text).has(text);
  return (notes, hints) => {
    for (const note of notes.filter(isNew)) output.note(note);
    for (const hint of hints.filter(isNew)) output.hint(hint);
  };
}

async function runCommand(argv: readonly string[], context: Context): Promise<void> {
  await tryToRenew(context);
  try {
    await build(argv, context).parseAsync();
  } catch (error) {
    if (!(error instanceof ParsedCommand)) throw error;
    await error.run();
  }
}

/** What settings name is to be this build, too; a failure stops nothing. */
async function tryToRenew({ paths, output }: Context): Promise<void> {
  try {
    await renewKeptTree(paths);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    output.note(`${error.message}; what settings name stays the build that it is`);
  }
}

function build(argv: readonly string[], context: Context): Argv {
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
      throw new Failure("usage", sentence(message ?? "wrong usage"), { hint: [...behind, ...order, help] });
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
function sentence(text: string): string {
  const line = text.split("\n").map((part) => part.trim()).filter((part) => part !== "").join(" ");
  if (line.startsWith("Not enough non-option arguments")) return "an argument is missing";
  return line.charAt(0).toLowerCase() + line.slice(1).replace(/\.$/, "");
}

const argv = process.argv.slice(2);
const output = new Output(process.stdout, process.stderr, process.env, asksForJson(argv));
surviveClosedOutput();
endAfter(main(argv, output), (failure) => output.end(failure));
