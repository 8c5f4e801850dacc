/** What `toolkey setup` does; loaded when it is asked for. */
import { backupOf, editTextFile, takeBackEdit, type FileEdit } from "../../platform/files/file-edit.ts";
import type { Context } from "../context.ts";
import { textDifference } from "../terminal/text-difference.ts";
import type { SetupChoice, ToolSetup } from "./tool-setup.ts";

/** The options of `toolkey setup`. */
export interface SetupOptions extends SetupChoice {
  readonly tool: string;
  readonly undo: boolean;
}

/** Sets a tool up, or takes that back, or shows what would be changed. @throws Failure of the setup, or of an edit */
export async function carryOutSetup(setup: ToolSetup, { tool, undo, ...choice }: SetupOptions, context: Context): Promise<void> {
  const { edits, takenBack = [], beforehand, afterwards } = await (undo ? setup.undo(context) : setup.setUp(context, choice));
  const changes = edits.filter(isChange);
  const obsolete = takenBack.filter(isChange);
  if (changes.length + obsolete.length === 0) {
    const files = edits.map(({ path }) => path).join(", ");
    if (undo)
      context.output.print(`${files === "" ? "no file" : files} has ${files === "" ? "anything" : "nothing"} of toolkey for ${tool} in it`);
    else context.output.print(`${setup.effect} already (${files})`);
    return;
  }
  if (choice.dryRun) {
    for (const edit of [...changes, ...obsolete]) show(edit, context);
    return;
  }
  await beforehand?.();
  for (const edit of changes) await (undo ? takeBack(edit, context) : make(edit, setup.effect, context));
  for (const edit of obsolete) await takeBack(edit, context);
  await afterwards?.();
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
  const backup = edit.before === undefined || edit.isRenewal === true ? "" : `; as it was: ${backupOf(edit.path)}`;
  output.print(`${effect} now: changed ${edit.path}${backup}`);
}

async function takeBack(edit: FileEdit, { output }: Context): Promise<void> {
  const { changedSince } = await takeBackEdit(edit);
  if (edit.isProgram) return output.print(`removed ${edit.path}`);
  output.print(`${edit.path} is as it was without toolkey${changedSince ? "; what was changed in it since is kept" : ""}`);
}
