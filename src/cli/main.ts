import yargs, { type Argv } from "yargs";
import { BUILD } from "../core/build.ts";
import { systemClock } from "../core/clock.ts";
import { exitCode, Failure, systemErrorCode } from "../core/failure.ts";
import { paths as findPaths } from "../platform/paths.ts";
import { COMMANDS } from "./commands.ts";
import { completion, completionShell } from "./completion.ts";
import type { Context } from "./context.ts";
import { Output } from "./output.ts";

/** Runs `toolkey` with the arguments after its name. Resolves to the exit code. */
async function main(argv: readonly string[], output: Output): Promise<number> {
  try {
    const context: Context = {
      paths: findPaths(process.env),
      environment: process.env,
      stdin: process.stdin,
      output,
      now: () => systemClock.now(),
    };
    await build(argv, context).parseAsync();
    return 0;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    output.fail(error);
    return exitCode(error.code);
  }
}

function build(argv: readonly string[], context: Context): Argv {
  const parser = yargs(argv)
    .scriptName("toolkey")
    .usage("$0 COMMAND\n\nOne vault, and every build tool gets its own key.")
    .version(BUILD)
    .alias({ help: "h" })
    .wrap(Math.min(context.output.width, 100))
    .parserConfiguration({ "strip-aliased": true, "strip-dashed": true, "camel-case-expansion": true })
    .strict()
    .demandCommand(1, "no command was named")
    .recommendCommands()
    .exitProcess(false)
    .showHelpOnFail(false)
    .fail((message: string | null, error: Error | undefined) => {
      throw error ?? new Failure("usage", sentence(message ?? "wrong usage"), { hint: "toolkey --help, or toolkey COMMAND --help" });
    })
    .epilogue("Exit codes: 0 done, 1 failed, 2 wrong usage, 3 locked or denied.");
  for (const register of COMMANDS) register(parser, context);
  return completion(parser, context);
}

// yargs writes sentences; toolkey's messages have no capital and no full stop.
function sentence(text: string): string {
  const [first = ""] = text.split("\n");
  return first.charAt(0).toLowerCase() + first.slice(1).replace(/\.$/, "");
}

Object.assign(process.env, completionShell(process.argv.slice(2)));
const output = new Output(process.stdout, process.stderr);
// Whoever reads our output may stop reading: `toolkey list | head`.
process.stdout.on("error", (error) => {
  if (systemErrorCode(error) !== "EPIPE") throw error;
});
process.exitCode = await main(process.argv.slice(2), output);
