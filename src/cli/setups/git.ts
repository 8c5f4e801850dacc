import { effectiveHelpers, helperValues, isOurHelper } from "../../protocols/git/setup.ts";
import type { Context } from "../context.ts";
import { gitSettings, helperPath, planGitSetup } from "../git-configuration.ts";
import type { ToolSetup } from "../tool-setup.ts";

/** git's own setting: `credential.helper` in the user's configuration file. */
export const git: ToolSetup = {
  effect: "git asks toolkey",

  async setUp(context) {
    const before = await otherHelpers(context);
    return {
      edits: [await planGitSetup(context.environment, false)],
      async afterwards() {
        for (const helper of before) {
          context.output.note(`git no longer asks its helper '${helper}', nor hands it what it gets from toolkey`);
        }
        await warnIfOverridden(context);
      },
    };
  },

  async undo({ environment }) {
    return { edits: [await planGitSetup(environment, true)] };
  },
};

/** The helpers that git asks for every host, other than toolkey. */
async function otherHelpers({ environment }: Context): Promise<string[]> {
  const values = (await gitSettings("^credential\\.helper$", environment)).map(({ value }) => value);
  return effectiveHelpers(values).filter((value) => !isOurHelper(value));
}

async function warnIfOverridden(context: Context): Promise<void> {
  const values = (await gitSettings("^credential\\.helper$", context.environment)).map(({ value }) => value);
  const effective = effectiveHelpers(values);
  const own = helperValues(await helperPath(context.environment));
  if (own.every((value) => effective.includes(value))) return;
  context.output.note("git reads another setting of credential.helper after this one, which beats it");
  context.output.hint("find it: git config --show-origin --get-all credential.helper");
}
