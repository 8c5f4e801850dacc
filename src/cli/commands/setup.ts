import { writeTextFile } from "../../platform/text-file.ts";
import { effectiveHelpers } from "../../protocols/git/setup.ts";
import { command } from "../command.ts";
import type { Context } from "../context.ts";
import { gitSettings, helperPath, planGitSetup } from "../git-configuration.ts";
import { textDifference } from "../text-difference.ts";

export const setup = command({
  command: "setup <tool>",
  describe: "make a tool ask toolkey for its tokens",
  examples: [
    ["$0 setup git", "write the credential helper into your git configuration"],
    ["$0 setup git --dry-run", "show what it would write"],
    ["$0 setup git --undo", "take it back"],
  ],
  options: (parser) =>
    parser
      .positional("tool", { choices: ["git"] as const, demandOption: true, describe: "the tool" })
      .option("undo", { type: "boolean", default: false, describe: "take the setup back" })
      .option("dry-run", { type: "boolean", default: false, describe: "show the change, and make none" }),
  async run({ undo, dryRun }, context) {
    const { environment, output } = context;
    const before = undo ? [] : await otherHelpers(context);
    const edit = await planGitSetup(environment, undo);
    if (edit.before === edit.after) {
      output.print(undo ? `${edit.path} has nothing of toolkey in it` : `git asks toolkey already (${edit.path})`);
      return;
    }
    if (dryRun) {
      output.print(`would change ${edit.path}:`);
      for (const line of textDifference(edit.before ?? "", edit.after ?? "")) output.print(line);
      return;
    }
    await writeTextFile(edit.path, edit.after);
    output.print(undo ? `${edit.path} is as it was without toolkey` : `git asks toolkey now: changed ${edit.path}`);
    if (undo) return;
    for (const helper of before) output.note(`git no longer asks its helper '${helper}', nor hands it what it gets from toolkey`);
    await warnIfOverridden(context);
  },
});

/** The helpers that git asks for every host, other than toolkey. */
async function otherHelpers({ environment }: Context): Promise<string[]> {
  const values = (await gitSettings("^credential\\.helper$", environment)).map(({ value }) => value);
  return effectiveHelpers(values).filter((value) => !value.includes("git-credential-toolkey"));
}

async function warnIfOverridden(context: Context): Promise<void> {
  const values = (await gitSettings("^credential\\.helper$", context.environment)).map(({ value }) => value);
  const effective = effectiveHelpers(values);
  const own = await helperPath(context.environment);
  if (effective.some((value) => value.replaceAll("\\", "") === own)) return;
  context.output.note("git reads another setting of credential.helper after this one, which beats it");
  context.output.hint("find it: git config --show-origin --get-all credential.helper");
}
