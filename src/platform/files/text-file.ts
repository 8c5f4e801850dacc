/** Text files of the user that toolkey reads and changes: dotfiles, often symbolic links into a repository of theirs. */
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { mkdir, open, realpath, stat, unlink, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { Failure, systemErrorCode } from "../../core/failure.ts";
import { assertNotAnothers } from "./private-directory.ts";
import { replaceByDraft } from "./text-draft.ts";

/** A file that is larger is none that a person or a tool keeps settings in; and a request has to hold it. */
export const MAX_FILE_BYTES = 512 * 1024;

/** A file as it was read. */
export interface ExactFile {
  readonly text: string;
  /** Its path without symbolic links: two paths with the same one are one file. */
  readonly realPath: string;
  readonly isReadOnly: boolean;
  /** Whether the same bytes have another name as well (hard links), which keeps them. */
  readonly hasOtherName: boolean;
}

/** @throws Failure `denied`: whoever may write to the directory could replace it all the same, but its owner said no */
export function assertNotReadOnly(path: string, file: ExactFile | undefined): void {
  if (file?.isReadOnly !== true) return;
  throw new Failure("denied", `${path} is read-only`, { hint: `it was left as it is; chmod u+w ${path}, then try again` });
}

/** Reads a text file; undefined if it isn't there. @throws Failure `unavailable` for what is no text file */
export async function readExactFile(path: string): Promise<ExactFile | undefined> {
  try {
    const realPath = await realpath(path);
    // A pipe of that name must not make us wait.
    const file = await open(realPath, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const found = await file.stat();
      if (!found.isFile()) throw unreadable(path, "it is not a file");
      if (found.size > MAX_FILE_BYTES) throw tooLarge(path);
      const bytes = await beginningOf(file, MAX_FILE_BYTES + 1);
      if (bytes.length > MAX_FILE_BYTES) throw tooLarge(path);
      const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
      return { text, realPath, isReadOnly: (found.mode & 0o200) === 0, hasOtherName: found.nlink > 1 };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof Failure) throw error;
    const code = systemErrorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw unreadable(path, error instanceof TypeError ? "it is not UTF-8 text" : (code ?? "unknown error"), error);
  }
}

/**
 * Replaces the text of a file in one step and for good, through symbolic links and with its mode kept; or
 * makes the file.
 *
 * @param before what the file must hold still; undefined: whatever it holds
 * @param newMode of a file that was not there
 * @throws Failure `unavailable`, or `denied` if it is read-only; the file is what it was then
 */
export async function replaceExactFile(path: string, before: string | undefined, after: string, newMode = 0o600): Promise<void> {
  const found = await readExactFile(path);
  if (before !== undefined && found?.text !== before) {
    throw new Failure("unavailable", `${path} was changed in the meantime`, { hint: "it was left as it is; try again" });
  }
  assertNotReadOnly(path, found);
  const destination = found?.realPath ?? path;
  await assertNotAnothers(destination);
  try {
    await mkdir(dirname(destination), { recursive: true });
    await replaceByDraft(destination, Buffer.from(after), found === undefined ? newMode : (await stat(destination)).mode & 0o7777);
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

/** The text of a file; undefined if it isn't there. @throws Failure as `readExactFile` */
export async function readTextFile(path: string): Promise<string | undefined> {
  return (await readExactFile(path))?.text;
}

/** Replaces the text of a file, or makes it, or with undefined removes it. @throws Failure as `replaceExactFile` */
export async function writeTextFile(path: string, text: string | undefined, newMode: number): Promise<void> {
  if (text !== undefined) return replaceExactFile(path, undefined, text, newMode);
  const found = await readExactFile(path);
  if (found === undefined) return;
  assertNotReadOnly(path, found);
  await assertNotAnothers(found.realPath);
  try {
    await unlink(found.realPath);
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

/** What tells whether a text is still the same. */
export function sumOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** At most so many bytes, whatever size it has: files of /proc say none, and some of these have no end, to which a project can lead. */
async function beginningOf(file: FileHandle, most: number): Promise<Buffer> {
  const bytes = Buffer.alloc(most);
  let length = 0;
  for (let read = 1; read > 0 && length < most; length += read)
    ({ bytesRead: read } = await file.read(bytes, length, most - length, length));
  return bytes.subarray(0, length);
}

function tooLarge(path: string): Failure {
  return unreadable(path, `it is larger than ${MAX_FILE_BYTES / 1024} KiB`);
}

function unreadable(path: string, reason: string, cause?: unknown): Failure {
  return new Failure("unavailable", `cannot read ${path}: ${reason}`, { hint: "it was left as it is", cause });
}

function cannotWrite(path: string, error: unknown): Failure {
  const code = systemErrorCode(error) ?? "unknown error";
  const isHome = ["EACCES", "EROFS", "ENOENT"].includes(code);
  const elsewhere = "if your home can't be written to: set HOME to one that can, for the tools, too; 'toolkey run' needs no settings";
  return new Failure("unavailable", `cannot write ${path}: ${code}`, {
    hint: ["it was left as it is", ...(isHome ? [elsewhere] : [])],
    cause: error,
  });
}
