/** What is said once git has a new token. */
import type { Told } from "../../../core/plan.ts";
import { isOurHelper } from "../../../protocols/git/setup.ts";
import type { Context } from "../../context.ts";
import { GitHelpers, helpersInWords } from "./git-helpers.ts";
import { sayWithoutPaths } from "./without-paths.ts";

/** @param target for which it is */
export async function sayOfNewToken(context: Context, target: string): Promise<Told> {
  const told = await sayWithoutPaths(context, target);
  const helpers = await GitHelpers.read(context.environment);
  const asked = await helpers.at(target);
  if (asked.some(isOurHelper)) return told;
  // Where another one answers for the host, that was somebody's wish.
  const command = asked.length === 0 ? "toolkey setup git" : "toolkey setup git --every-host";
  const note = `git does not get it yet: for ${target} it asks ${helpersInWords(asked)}`;
  return { notes: [...told.notes, note], hints: [...told.hints, command] };
}
