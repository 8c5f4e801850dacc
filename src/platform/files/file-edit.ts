/** Edits of the user's files, and a backup beside each file that was edited. */
import { stat, unlink, writeFile } from "node:fs/promises";
import { Failure, systemErrorCode } from "../../core/failure.ts";
import { readTextFile, writeTextFile } from "./text-file.ts";

/** Every edit of toolkey says in the file how it is taken back. */
const OURS = /'toolkey setup [a-z]+ --undo'/;

/** A change of one file. Undefined text: there is no file. */
export interface FileEdit {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
  /** A program of toolkey's own: it is made executable, and no backup of it is kept. */
  readonly isProgram?: boolean;
  /** What is there is of toolkey already, in part: a backup would not be what the person had. */
  readonly isRenewal?: boolean;
}

const PROGRAM_MODE = 0o755;
const TEXT_MODE = 0o644;

/** Whether a text has anything of toolkey in it that says how it is taken back. */
export function hasEdits(text: string): boolean {
  return OURS.test(text);
}

/** Where the backup of a file is: beside it. */
export function backupOf(path: string): string {
  return `${path}.toolkey-backup`;
}

/**
 * Makes an edit of a file, and keeps the file as it was before beside it, with its mode; a backup of an
 * earlier edit stays instead.
 *
 * @throws Failure as `writeTextFile`, and if the file is not what it was; then there is no new backup either.
 */
export async function editTextFile({ path, before, after, isProgram = false, isRenewal = false }: FileEdit): Promise<void> {
  await assertStill(path, before);
  const isNew = before !== undefined && !isProgram && !isRenewal && (await backUp(path, before));
  try {
    await writeTextFile(path, after, isProgram ? PROGRAM_MODE : TEXT_MODE);
  } catch (error) {
    if (isNew) await unlink(backupOf(path));
    throw error;
  }
}

/**
 * Takes an edit back, and with the last one of toolkey's edits its backup.
 *
 * @returns whether others have changed the file since it was backed up
 * @throws Failure as `editTextFile`
 */
export async function takeBackEdit({ path, before, after }: FileEdit): Promise<{ changedSince: boolean }> {
  await assertStill(path, before);
  await writeTextFile(path, after, TEXT_MODE);
  const backup = backupOf(path);
  const kept = await readTextFile(backup);
  if (kept === undefined || (after !== undefined && hasEdits(after))) return { changedSince: false };
  try {
    await unlink(backup);
  } catch (error) {
    throw cannotWrite(backup, error);
  }
  return { changedSince: kept !== after };
}

/** Between reading and writing somebody may have been asked for a passphrase, and the file been saved in an editor. */
async function assertStill(path: string, before: string | undefined): Promise<void> {
  if ((await readTextFile(path)) === before) return;
  throw new Failure("unavailable", `${path} was changed in the meantime`, { hint: "it was left as it is; try again" });
}

/** True if there was no backup before. */
async function backUp(path: string, text: string): Promise<boolean> {
  try {
    const { mode } = await stat(path);
    await writeFile(backupOf(path), text, { flag: "wx", mode: mode & 0o777 });
    return true;
  } catch (error) {
    if (systemErrorCode(error) === "EEXIST") return false;
    throw cannotWrite(backupOf(path), error);
  }
}

function cannotWrite(path: string, error: unknown): Failure {
  return new Failure("unavailable", `cannot write ${path}: ${systemErrorCode(error) ?? "unknown error"}`, { cause: error });
}
