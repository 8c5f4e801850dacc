import { administerIfRunning } from "../../../client/daemon/request.ts";
import { Failure } from "../../../core/failure.ts";
import type { TokenView } from "../../../core/tokens/token.ts";
import { effectiveHelpers, helperValues, isOurHelper } from "../../../protocols/git/setup.ts";
import type { Context } from "../../context.ts";
import { gitSettings, helperPath, planGitSetup, planGitUndo } from "./configuration.ts";
import { GitHelpers, helpersInWords, isInForce, quoted } from "./git-helpers.ts";
import type { ToolSetup } from "../../setup/tool-setup.ts";

/** git's own setting: `credential.helper` in the user's configuration file. */
export const git: ToolSetup = {
  effect: "git asks toolkey",

  async setUp(context, { options }) {
    const before = await otherHelpers(context);
    // Of the person and the system, whatever repository this is.
    const inForce = (await (await GitHelpers.read(context.environment, "/")).ofPlaces()).filter(isInForce);
    const kept = options.has("every-host") ? [] : inForce.filter(({ asked }) => !asked.some(isOurHelper));
    return {
      edits: [await planGitSetup(context.environment, kept.map(({ place, helpers }) => [place, helpers]))],
      async afterwards() {
        const { output } = context;
        for (const helper of before) output.note(`git no longer asks its helper '${helper}', nor hands it what it gets from toolkey`);
        for (const each of inForce) {
          if (!kept.includes(each)) output.note(`for ${each.place} git asks toolkey now, and no longer ${quoted(each.helpers)}`);
        }
        await warnIfOverridden(context);
        for (const { place, helpers } of kept) output.note(`for ${place} git still asks ${helpersInWords(helpers)}`);
        for (const { id, target } of await unasked(context)) output.note(`so it does not get ${id}, which is for ${target}`);
        if (kept.length > 0) output.hint("to have toolkey asked there, too: toolkey setup git --every-host");
      },
    };
  },

  async undo({ environment }) {
    return { edits: [await planGitUndo(environment)] };
  },
};

/** The helpers that git asks for every host, other than toolkey. */
async function otherHelpers({ environment }: Context): Promise<string[]> {
  const values = (await gitSettings("^credential\\.helper$", environment)).map(({ value }) => value);
  return effectiveHelpers(values).filter((value) => !isOurHelper(value));
}

/** The tokens for which git does not ask, as far as the daemon can tell them without asking anybody. */
async function unasked(context: Context): Promise<TokenView[]> {
  const helpers = await GitHelpers.read(context.environment, "/");
  const unasked: TokenView[] = [];
  for (const token of await gitTokens(context)) {
    if (!(await helpers.at(token.target)).some(isOurHelper)) unasked.push(token);
  }
  return unasked;
}

async function gitTokens(context: Context): Promise<readonly TokenView[]> {
  try {
    const listed = await administerIfRunning({ ...context, heard: undefined }, "list", { tool: "git" });
    return (listed?.tokens ?? []).filter(({ state }) => state === "active");
  } catch (error) {
    if (error instanceof Failure) return [];
    throw error;
  }
}

async function warnIfOverridden(context: Context): Promise<void> {
  const values = (await gitSettings("^credential\\.helper$", context.environment)).map(({ value }) => value);
  const effective = effectiveHelpers(values);
  const own = helperValues(await helperPath(context.environment));
  if (own.every((value) => effective.includes(value))) return;
  context.output.note("git reads another setting of credential.helper after this one, which beats it");
  context.output.hint("find it: git config --show-origin --get-all credential.helper");
}
