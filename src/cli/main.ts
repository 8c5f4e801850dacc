import { asksForJson } from "./json-asked.ts";
import "./surroundings.ts";
import { systemClock } from "../core/clock.ts";
import { endAfter, surviveClosedOutput } from "../client/ending.ts";
import { Failure } from "../core/failure.ts";
import { renewKeptTree } from "../platform/installation/keeping.ts";
import { paths as findPaths } from "../platform/paths.ts";
import { ParsedCommand } from "./command.ts";
import { commandLine } from "./command-line.ts";
import { withoutHelpWord } from "./command-names.ts";
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
    await commandLine(argv, context).parseAsync();
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

const argv = process.argv.slice(2);
const output = new Output(process.stdout, process.stderr, process.env, asksForJson(argv));
surviveClosedOutput();
endAfter(main(argv, output), (failure) => output.end(failure));
