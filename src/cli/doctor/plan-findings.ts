import { planCommand } from "../../client/plan.ts";
import { Failure } from "../../core/failure.ts";
import type { Given } from "../../core/plan.ts";
import type { Context } from "../context.ts";
import { bad, doubtful, good, type Finding } from "./findings.ts";

/** A command whose plan is looked at. */
export interface Example {
  readonly tool: string;
  readonly program: string;
  readonly argument: string;
  /** What is said if it needs nothing: `names no registry for which it has a token`. */
  readonly nothing: string;
  /** Whether what asks is a hook of the tool's, and gets the tokens themselves: `toolkey run` goes through the gateway where it can. */
  readonly direct: boolean;
  /** How notes begin that say nothing but how the tool gets its tokens. */
  readonly usual?: readonly string[];
}

/**
 * What a command would be given in this directory, and what is in its way.
 *
 * @param besides what else is found out about what it is given
 */
export async function planFindings(
  context: Context,
  { tool, program, argument, nothing, direct, usual = [] }: Example,
  besides: (given: readonly Given[]) => readonly Finding[] = () => [],
): Promise<Finding[]> {
  const here = `${program} in ${process.cwd()}`;
  try {
    const plan = await planCommand(context, {
      tool,
      arguments: [argument],
      variables: {},
      purpose: program,
      direct,
      publish: false,
      dryRun: true,
    });
    const { given, hints } = plan;
    const notes = plan.notes.filter((note) => !usual.some((each) => note.startsWith(each)));
    const left = notes.map((note, index) => doubtful(
      "plan-note",
      note,
      hints[index] ?? `toolkey run -- ${program} ${argument}, to see it again`,
    ));
    if (given.length + notes.length === 0) return [good("needs-no-token", `${here} ${nothing}`), ...besides(given)];
    return [...given.map(({ token, place }) => good("gets-token", `${here} gets ${token} for ${place}`)), ...left, ...besides(given)];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [bad("plan-fails", `${program} gets no token: ${error.message}`, error.hints.join("; "))];
  }
}
