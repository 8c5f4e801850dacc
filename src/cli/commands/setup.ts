import { Failure } from "../../core/failure.ts";
import { backupOf, editTextFile, takeBackEdit, type FileEdit } from "../../platform/file-edit.ts";
import { command } from "../command.ts";
import type { Context } from "../context.ts";
import { SETUPS, WITHOUT_SETUP } from "../setups.ts";
import { textDifference } from "../text-difference.ts";
import type { ToolSetup } from "../tool-setup.ts";

type Tool = keyof typeof SETUPS | keyof typeof WITHOUT_SETUP;

const TOOLS = [...Object.keys(SETUPS), ...Object.keys(WITHOUT_SETUP)] as Tool[];

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
      .positional("tool", { choices: TOOLS, demandOption: true, describe: "the tool" })
      .option("undo", { type: "boolean", default: false, describe: "take the setup back" })
      .option("native", { type: "boolean", default: false, describe: "maven: also for IDEs and mvnd, with Maven 4" })
      .option("dry-run", { type: "boolean", default: false, describe: "show the change, and make none" }),
  async run({ tool, undo, native, dryRun }, context) {
    if (needsNoSetup(tool)) throw new Failure("usage", `there is nothing to set up for ${tool}`, { hint: WITHOUT_SETUP[tool] });
    if (native && tool !== "maven") throw new Failure("usage", `there is no --native for ${tool}`, { hint: "toolkey setup --help" });
    const { effect, ...setups }: ToolSetup = await SETUPS[tool]();
    const { edits, takenBack = [], beforehand, afterwards } = await (undo ? setups.undo(context) : setups.setUp(context, { native }));
    const changes = edits.filter(isChange);
    const obsolete = takenBack.filter(isChange);
    if (changes.length + obsolete.length === 0) {
      const files = edits.map(({ path }) => path).join(", ");
      if (undo) context.output.print(`${files === "" ? "no file" : files} has ${files === "" ? "anything" : "nothing"} of toolkey for ${tool} in it`);
      else context.output.print(`${effect} already (${files})`);
      return;
    }
    if (dryRun) {
      for (const edit of [...changes, ...obsolete]) show(edit, context);
      return;
    }
    await beforehand?.();
    for (const edit of changes) await (undo ? takeBack(edit, context) : make(edit, effect, context));
    for (const edit of obsolete) await takeBack(edit, context);
    await afterwards?.();
  },
});

function needsNoSetup(tool: Tool): tool is keyof typeof WITHOUT_SETUP {
  return tool in WITHOUT_SETUP;
}

function isChange({ before, after }: FileEdit): boolean {
  return before !== after;
}

function show({ path, before, after }: FileEdit, { output }: Context): void {
  output.print(`would change ${path}:`);
  for (const line of textDifference(before ?? "", after ?? "")) output.print(line);
}

async function make(edit: FileEdit, effect: string, { output }: Context): Promise<void> {
  await editTextFile(edit);
  if (edit.isProgram) return output.print(`made ${edit.path}`);
  const backup = edit.before === undefined ? "" : `; as it was: ${backupOf(edit.path)}`;
  output.print(`${effect} now: changed ${edit.path}${backup}`);
}

async function takeBack(edit: FileEdit, { output }: Context): Promise<void> {
  const { changedSince } = await takeBackEdit(edit);
  if (edit.isProgram) return output.print(`removed ${edit.path}`);
  output.print(`${edit.path} is as it was without toolkey${changedSince ? "; what was changed in it since is kept" : ""}`);
}
