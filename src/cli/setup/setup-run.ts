/** What `toolkey setup` does for one tool; loaded when it is asked for. */
import type { Told } from "../../core/plan.ts";
import { backupOf, editTextFile, takeBackEdit, type FileEdit } from "../../platform/files/file-edit.ts";
import { keepTree } from "../../platform/installation/keeping.ts";
import type { Context } from "../context.ts";
import type { errorView } from "../json-asked.ts";
import { textDifference } from "../terminal/text-difference.ts";
import type { SetupChoice, SetupPlan, ToolSetup } from "./tool-setup.ts";

/** The options of `toolkey setup`. */
export interface SetupOptions extends SetupChoice {
  readonly tool: string;
  readonly undo: boolean;
}

/**
 * What became of the setup of a tool, for programs.
 *
 * - `done`: files were changed
 * - `would-change`: they would be, without `--dry-run`
 * - `already`: nothing had to be
 * - `left-alone`: there is nothing to be done, as `reason` says
 * - `failed`: as `error` says
 */
export interface SetupResult extends Partial<Told> {
  readonly tool: string;
  readonly outcome: "done" | "would-change" | "already" | "left-alone" | "failed";
  /** What the tool does once it is set up. */
  readonly effect?: string;
  /** Those that it is about. */
  readonly files?: readonly ChangedFile[];
  readonly reason?: string;
  readonly error?: ReturnType<typeof errorView>;
}

interface ChangedFile {
  readonly path: string;
  readonly change: "made" | "changed" | "removed" | "none";
  /** The file as it was, where that is kept beside it. */
  readonly backup?: string | undefined;
}

/** What there is to be done for a tool. */
export interface SetupWork {
  readonly plan: SetupPlan;
  /** All edits that change anything. */
  readonly changes: readonly FileEdit[];
}

/** @throws Failure of the setup */
export async function planSetup(setup: ToolSetup, { undo, ...choice }: SetupOptions, context: Context): Promise<SetupWork> {
  const plan = await (undo ? setup.undo(context) : setup.setUp(context, choice));
  return { plan, changes: [...plan.edits, ...(plan.takenBack ?? [])].filter(isChange) };
}

/** Sets a tool up, or takes that back, or shows what would be changed. @throws Failure of the setup, or of an edit */
export async function carryOutSetup(setup: ToolSetup, options: SetupOptions, context: Context): Promise<SetupResult> {
  const [result, said] = await context.output.listen(() => carryOut(setup, options, context));
  return { ...result, ...said };
}

async function carryOut(setup: ToolSetup, options: SetupOptions, context: Context): Promise<SetupResult> {
  const { tool, undo, dryRun } = options;
  // Also where the settings are as they should be: what they name may be gone.
  if (!undo && !dryRun) await keepTree(context.paths);
  const { plan, changes } = await planSetup(setup, options, context);
  const { edits, takenBack = [], beforehand, afterwards } = plan;
  const about = { tool, effect: setup.effect };
  if (changes.length === 0) {
    const files = edits.map(({ path }) => path).join(", ");
    if (undo)
      context.output.print(`${files === "" ? "no file" : files} has ${files === "" ? "anything" : "nothing"} of toolkey for ${tool} in it`);
    else context.output.print(`${setup.effect} already (${files})`);
    return { ...about, outcome: "already", files: edits.map(({ path }) => ({ path, change: "none" })) };
  }
  if (dryRun) {
    for (const edit of changes) show(edit, context);
    return { ...about, outcome: "would-change", files: changes.map((edit) => changed(edit)) };
  }
  await beforehand?.();
  for (const edit of edits.filter(isChange)) await (undo ? takeBack(edit, context) : make(edit, setup.effect, context));
  for (const edit of takenBack.filter(isChange)) await takeBack(edit, context);
  await afterwards?.();
  const isNew = new Set(undo ? [] : edits);
  return { ...about, outcome: "done", files: changes.map((edit) => changed(edit, isNew.has(edit) ? backupFor(edit) : undefined)) };
}

function isChange({ before, after }: FileEdit): boolean {
  return before !== after;
}

function changed({ path, before, after }: FileEdit, backup?: string): ChangedFile {
  return { path, change: before === undefined ? "made" : after === undefined ? "removed" : "changed", backup };
}

function show({ path, before, after }: FileEdit, { output }: Context): void {
  output.print(`would change ${path}:`);
  for (const line of textDifference(before ?? "", after ?? "")) output.print(line);
}

async function make(edit: FileEdit, effect: string, { output }: Context): Promise<void> {
  await editTextFile(edit);
  if (edit.isProgram) return output.print(`made ${edit.path}`);
  const backup = backupFor(edit);
  output.print(`${effect} now: changed ${edit.path}${backup === undefined ? "" : `; as it was: ${backup}`}`);
}

/** Undefined for what need not be kept. */
function backupFor({ path, before, isProgram, isRenewal }: FileEdit): string | undefined {
  return before === undefined || isProgram === true || isRenewal === true ? undefined : backupOf(path);
}

async function takeBack(edit: FileEdit, { output }: Context): Promise<void> {
  const { changedSince } = await takeBackEdit(edit);
  if (edit.isProgram) return output.print(`removed ${edit.path}`);
  output.print(`${edit.path} is as it was without toolkey${changedSince ? "; what was changed in it since is kept" : ""}`);
}
