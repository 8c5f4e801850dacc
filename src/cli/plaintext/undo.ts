/** What `toolkey import --undo` and `--drop-backups` do. */
import type { Operations } from "../../core/wire/administration.ts";
import { Failure } from "../../core/failure.ts";
import { ask, type Context } from "../context.ts";
import { errorView } from "../json-asked.ts";
import { confirm } from "../terminal/secret-input.ts";
import { shortPath } from "./report.ts";

/** Writes files back as they were, the latest change first. @throws Failure if one was changed since, or can't be written */
export async function undoImport(force: boolean, context: Context): Promise<void> {
  const { output, environment } = context;
  const { backups } = await ask(context, "backups", {});
  if (backups.length === 0) {
    output.json({ files: [] });
    output.print("the vault holds no files to be written back");
    return;
  }
  const left = new Set<string>();
  const files: { file: string; outcome: PutBack; error?: ReturnType<typeof errorView> }[] = [];
  for (const { path } of backups.toReversed()) {
    // What is below a backup that can't be put back would not fit either.
    if (left.has(path)) continue;
    const { outcome, failure } = await putBack(path, force, context);
    files.push({ file: path, outcome, ...(failure === undefined ? {} : { error: errorView(failure) }) });
    if (outcome === "changed-since" || outcome === "failed") left.add(path);
    else output.print(`${shortPath(path, environment)} is as it was before${outcome === "there-already" ? " already" : ""}`);
  }
  output.json({ files });
  if (left.size < backups.length) output.note("the tokens stay in the vault; 'toolkey list' shows them");
  if (left.size > 0)
    throw new Failure("unavailable", `${left.size} of ${new Set(backups.map(({ path }) => path)).size} files were not written back`);
}

/** Takes the files out of the vault. */
export async function dropBackups(yes: boolean, context: Context): Promise<void> {
  const { backups } = await ask(context, "backups", {});
  for (const { path, takenAt } of backups) context.output.note(`${shortPath(path, context.environment)} as it was at ${takenAt}`);
  if (backups.length > 0 && !yes) await confirm(context, "drop these from the vault, so that --undo can't write them back?");
  const { dropped } = await ask(context, "dropBackups", {});
  context.output.json({ dropped });
  context.output.print(`dropped from the vault: ${dropped}`);
}

type PutBack = Operations["putBack"]["answer"]["outcome"] | "failed";

async function putBack(path: string, force: boolean, context: Context): Promise<{ outcome: PutBack; failure?: Failure }> {
  const { output, environment } = context;
  try {
    const { outcome } = await ask(context, "putBack", { path, force });
    if (outcome !== "changed-since") return { outcome };
    output.note(`${shortPath(path, environment)} was changed since; it was left as it is`);
    output.hint("toolkey import --undo --force writes it back all the same; what was changed since is lost then");
    return { outcome };
  } catch (error) {
    if (!(error instanceof Failure) || error.code === "locked") throw error;
    output.fail(error);
    return { outcome: "failed", failure: error };
  }
}
