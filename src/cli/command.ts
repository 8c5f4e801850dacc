import { resolve } from "node:path";
import { Failure } from "../core/failure.ts";
import type { Argv, ArgumentsCamelCase } from "yargs";
import type { Context } from "./context.ts";
import { readGivenSecret, secretOptions, type SecretOptions } from "./terminal/given-secret.ts";

/** What is said of a command: by its help, its manual page (`manual/`) and its completion (`completion/`). */
export interface Described {
  /** With its positional arguments, in the notation of yargs. */
  readonly command: string;
  readonly describe: string;
  /** More of it, for the manual: paragraphs, with `code` in backticks. */
  readonly about?: readonly string[];
  /** How it ends, where the exit codes of all commands don't say enough. */
  readonly ends?: string;
  readonly examples: readonly (readonly [command: string, what: string])[];
  /** The options and arguments of which there may be several; of any other the last one counts. */
  readonly lists?: readonly string[];
  /** By argument or option: what is offered where it is typed, if anything else is refused later, with better words. */
  readonly offered?: Readonly<Record<string, readonly string[]>>;
  /** Without `--json`: what it prints is not toolkey's to choose. */
  readonly json?: false;
  /** The secret that it asks for, for people: it can be given by a file or a descriptor. What needs none says so (`assertNoneGiven`). */
  readonly secret?: string;
  options(parser: Argv): Argv<unknown>;
}

/** One `toolkey COMMAND`: what its help says, what it takes, what it does. */
export interface Command<Options> extends Described {
  options(parser: Argv): Argv<Options>;
  run(options: ArgumentsCamelCase<Options>, context: Context): Promise<void>;
}

/** A command in the form in which those of all kinds of options can be listed together. */
export interface AnyCommand {
  readonly name: string;
  readonly described: Described;
  /** Registers it with yargs. */
  readonly register: (parser: Argv, context: Context) => Argv;
}

/**
 * What a command line asks for. Thrown, not returned: after a handler returns, yargs renders the command's help, which nobody reads and
 * which takes longer than most commands.
 */
export class ParsedCommand extends Error {
  readonly run: () => Promise<void>;

  constructor(run: () => Promise<void>) {
    super("a command");
    this.run = run;
  }
}

export function command<Options>(definition: Command<Options>): AnyCommand {
  const [name = ""] = definition.command.split(" ");
  const { json, secret } = definition;
  const options = (own: Argv): Argv<Options> => {
    const withSecret = secret === undefined ? own : own.options(secretOptions(secret));
    return definition.options(json === false ? withSecret : withSecret.option("json", JSON_OPTION));
  };
  const register: AnyCommand["register"] = (parser, context) =>
    parser.command(
      definition.command,
      definition.describe,
      (own) =>
        options(own)
          .example(definition.examples.map(([line, what]) => [line, what] as [string, string]))
          .epilogue(`More: man toolkey-${name}`),
      (options) => {
        const own = lastOfEach(options, definition.lists ?? []);
        const caFile = typeof own["cacert"] === "string" ? resolve(own["cacert"]) : undefined;
        throw new ParsedCommand(async () => {
          if ((own["json"] === true) !== context.output.isForPrograms) throw new Failure("usage", "--json takes no value");
          const given = secret === undefined ? undefined : await readGivenSecret(own as SecretOptions);
          if (given?.warning !== undefined) context.output.note(given.warning);
          await definition.run(own, { ...context, caFile, given });
          context.output.done();
        });
      },
    );
  return { name, described: { ...definition, options }, register };
}

// yargs can be told to do so, but then it takes only the last one of `[ids..]`, too.
function lastOfEach<Options extends object>(options: Options, lists: readonly string[]): Options {
  const single = Object.entries(options).map(([name, value]: [string, unknown]) =>
    Array.isArray(value) && name !== "_" && !lists.includes(name) ? [name, value.at(-1) as unknown] : [name, value],
  );
  return Object.fromEntries(single) as Options;
}

const JSON_OPTION = { type: "boolean", default: false, describe: "print one JSON document, and ask nothing" } as const;
