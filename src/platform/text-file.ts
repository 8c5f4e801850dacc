/** Files of the user that toolkey edits: dotfiles, often symbolic links into a repository of theirs. */
import { chmod, mkdir, readFile, realpath, rename, stat, unlink, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { Failure, systemErrorCode } from "../core/failure.ts";

/** Every edit of toolkey says in the file how it is taken back. */
const OURS = /'toolkey setup [a-z]+ --undo'/;

/** A change of one file. Undefined text: there is no file. */
export interface FileEdit {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
  /** A program of toolkey's own: it is made executable, and no backup of it is kept. */
  readonly isProgram?: boolean;
}

const PROGRAM_MODE = 0o755;
const TEXT_MODE = 0o644;

/** The text of a file; undefined if it isn't there. @throws Failure `unavailable` */
export async function readTextFile(path: string): Promise<string | undefined> {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await readFile(path));
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return undefined;
    const reason = error instanceof TypeError ? "it is not UTF-8 text" : systemErrorCode(error);
    throw new Failure("unavailable", `cannot read ${path}: ${reason ?? "unknown error"}`, { hint: "it was left as it is", cause: error });
  }
}

/**
 * Replaces the text of a file in one step, through symbolic links and with its mode kept; undefined
 * removes it.
 *
 * @param newMode of a file that is not there yet
 *
 * @throws Failure `unavailable`, or `denied` for a file that is read-only; it is what it was then.
 */
export async function writeTextFile(path: string, text: string | undefined, newMode = TEXT_MODE): Promise<void> {
  try {
    const file = await target(path);
    const mode = await stat(file).then(
      (found) => found.mode & 0o777,
      () => newMode,
    );
    // Whoever may write to the directory could replace it all the same, but its owner said no.
    if ((mode & 0o200) === 0) {
      throw new Failure("denied", `${path} is read-only`, { hint: `it was left as it is; chmod u+w ${path}, then try again` });
    }
    if (text === undefined) {
      await unlink(file);
      return;
    }
    await mkdir(dirname(file), { recursive: true });
    const temporary = `${file}.toolkey-${process.pid}`;
    await writeFile(temporary, text, { flag: "wx", mode });
    await chmod(temporary, mode);
    await rename(temporary, file);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw cannotWrite(path, error);
  }
}

/** Where the backup of a file is: beside it. */
export function backupOf(path: string): string {
  return `${path}.toolkey-backup`;
}

/**
 * Makes an edit of a file, and keeps the file as it was before beside it, with its mode; a backup of an
 * earlier edit stays instead.
 *
 * @throws Failure as `writeTextFile`; then there is no new backup either.
 */
export async function editTextFile({ path, before, after, isProgram = false }: FileEdit): Promise<void> {
  const isNew = before !== undefined && !isProgram && (await backUp(path, before));
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
 * @throws Failure as `writeTextFile`
 */
export async function takeBackEdit({ path, after }: FileEdit): Promise<{ changedSince: boolean }> {
  await writeTextFile(path, after);
  const backup = backupOf(path);
  const kept = await readTextFile(backup);
  if (kept === undefined || (after !== undefined && OURS.test(after))) return { changedSince: false };
  try {
    await unlink(backup);
  } catch (error) {
    throw cannotWrite(backup, error);
  }
  return { changedSince: kept !== after };
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
  return new Failure("unavailable", `cannot write ${path}: ${systemErrorCode(error) ?? "unknown error"}`, {
    hint: "it was left as it is",
    cause: error,
  });
}

async function target(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return path;
    throw error;
  }
}
