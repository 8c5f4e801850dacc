import type { Argv, ArgumentsCamelCase } from "yargs";
import type { Context } from "./context.ts";

/** One `toolkey COMMAND`: what its help says, what it takes, what it does. */
export interface Command<Options> {
  /** With its positional arguments, in the notation of yargs. */
  readonly command: string;
  readonly describe: string;
  readonly examples: readonly (readonly [command: string, what: string])[];
  options(parser: Argv): Argv<Options>;
  run(options: ArgumentsCamelCase<Options>, context: Context): Promise<void>;
}

/** A command in the form in which those of all kinds of options can be listed together. */
export type AnyCommand = (parser: Argv, context: Context) => Argv;

/** Registers a command with yargs. */
export function command<Options>(definition: Command<Options>): AnyCommand {
  return (parser, context) =>
    parser.command(
      definition.command,
      definition.describe,
      (own) =>
        definition
          .options(own)
          .example(definition.examples.map(([line, what]) => [line, what] as [string, string])),
      (options) => definition.run(options, context),
    );
}

/** The option of every command that prints data. */
export const JSON_OPTION = { type: "boolean", default: false, describe: "print one JSON document" } as const;
