/** What `toolkey setup --all` does: each tool that is installed here is set up, whatever becomes of the others. */
import { GivenUp } from "../../client/terminal/given-up.ts";
import { Interrupted } from "../../client/terminal/interrupted.ts";
import { Failure, ourMistake } from "../../core/failure.ts";
import { findProgram } from "../../platform/processes/programs.ts";
import { PROGRAMS } from "../../protocols/tool-facts.ts";
import type { Context } from "../context.ts";
import { errorView } from "../json-asked.ts";
import type { Output } from "../terminal/output.ts";
import { confirm } from "../terminal/secret-input.ts";
import type { CliTool } from "../tools/cli-tool.ts";
import { CLI_TOOLS } from "../tools/tools.ts";
import { carryOutSetup, planSetup, type SetupOptions, type SetupResult } from "./setup-run.ts";
import { LeftAlone } from "./tool-setup.ts";

/** What is asked for of all tools; of the options each has those that are its own. */
export interface SetupAllOptions extends Omit<SetupOptions, "tool"> {
  readonly yes: boolean;
}

/** @throws Failure `unavailable` in the end if it went wrong for one; as `confirm` */
export async function setUpAll(options: SetupAllOptions, context: Context): Promise<void> {
  const { output } = context;
  const tools = [...CLI_TOOLS].filter(([tool]) => options.undo || isInstalled(tool, context));
  if (!options.yes && !options.dryRun) await consent(tools, options, context);
  const results: SetupResult[] = [];
  // One after the other: several write into one file.
  let asking = context;
  for (const [tool, known] of tools) {
    const result = ofTool(tool, known, options, asking).catch((error: unknown) => {
      // Who gave up a question isn't asked it again for the next one.
      if (error instanceof GivenUp) asking = { ...asking, asks: false };
      return failedOf(tool, error, output);
    });
    results.push(await result);
  }
  const absent = [...CLI_TOOLS.keys()].filter((tool) => tools.every(([name]) => name !== tool));
  const reason = "it is not installed here: none of its programs is on PATH";
  const leftOut = absent.map((tool): SetupResult => ({ tool, outcome: "left-alone", reason }));
  output.json({ tools: [...results, ...leftOut] });
  if (options.undo && results.every(({ outcome }) => outcome === "already")) output.print("no file has anything of toolkey in it");
  if (absent.length > 0) output.print(`not installed here, and left alone: ${absent.join(", ")}`);
  const failed = results.filter(({ outcome }) => outcome === "failed").map(({ tool }) => tool);
  if (failed.length === 0) return;
  const what = options.undo ? "could not be taken back" : "could not be set up";
  const which = `${failed.length} of ${results.length} tools ${what}: ${failed.join(", ")}`;
  if (options.dryRun) throw new Failure("unavailable", which, { hint: "nothing was changed" });
  throw new Failure("unavailable", which, { hint: "the others are done; once that is mended, the same command does what is left" });
}

function isInstalled(tool: string, { environment }: Context): boolean {
  return PROGRAMS.some(([program, of]) => of === tool && findProgram(program, environment) !== undefined);
}

async function ofTool(tool: string, known: CliTool, options: SetupAllOptions, context: Context): Promise<SetupResult> {
  const setup = await known.setup();
  const own = ownOptions(tool, known, options);
  if (options.undo && (await planSetup(setup, own, context)).changes.length === 0)
    return { tool, effect: setup.effect, outcome: "already", files: [], notes: [], hints: [] };
  try {
    return await carryOutSetup(setup, own, context);
  } catch (error) {
    if (!(error instanceof LeftAlone)) throw error;
    const { message, hints } = error;
    context.output.print(`${tool} is left alone: ${message}`);
    return { tool, outcome: "left-alone", reason: message, notes: [], hints };
  }
}

/** Also by a mistake of ours: the others are set up all the same. @throws what ended the command by a signal */
function failedOf(tool: string, error: unknown, output: Output): SetupResult {
  if (error instanceof Interrupted) throw error;
  const failure = error instanceof Failure ? error : ourMistake(error);
  output.fail(new Failure(failure.code, `${tool}: ${failure.message}`, { hint: failure.hints }));
  return { tool, outcome: "failed", error: errorView(failure) };
}

function ownOptions(tool: string, { options: own = {} }: CliTool, { undo, dryRun, options }: SetupAllOptions): SetupOptions {
  return { tool, undo, dryRun, options: new Set([...options].filter((name) => Object.hasOwn(own, name))) };
}

/** Says what would be changed, and asks; nothing where there is nothing to be done. */
async function consent(tools: readonly (readonly [string, CliTool])[], options: SetupAllOptions, context: Context): Promise<void> {
  const toChange: string[] = [];
  for (const [tool, known] of tools) {
    const paths = await pathsToChange(tool, known, options, context);
    if (paths.length === 0) continue;
    toChange.push(tool);
    context.output.note(`${tool}: ${paths.join(", ")} ${options.undo ? "would be as without toolkey" : "would be changed"}`);
  }
  if (toChange.length === 0) return;
  await confirm(context, options.undo ? `take back the setup of ${toChange.join(", ")}?` : `set up ${toChange.join(", ")}?`);
}

async function pathsToChange(tool: string, known: CliTool, options: SetupAllOptions, context: Context): Promise<string[]> {
  try {
    // As a trial.
    const { changes } = await planSetup(await known.setup(), { ...ownOptions(tool, known, options), dryRun: true }, context);
    return changes.map(({ path }) => path);
  } catch (error) {
    // It is told when it is that tool's turn.
    if (error instanceof Failure && !(error instanceof GivenUp)) return [];
    throw error;
  }
}
