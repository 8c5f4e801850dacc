/** Files of the user that toolkey edits: dotfiles, often symbolic links into a repository of theirs. */
import { chmod, mkdir, readFile, realpath, rename, stat, unlink, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { Failure, systemErrorCode } from "../core/failure.ts";

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
 * @throws Failure `unavailable`; the file is what it was then.
 */
export async function writeTextFile(path: string, text: string | undefined): Promise<void> {
  try {
    const file = await target(path);
    if (text === undefined) {
      await unlink(file);
      return;
    }
    const mode = await stat(file).then(
      (found) => found.mode & 0o777,
      () => 0o644,
    );
    await mkdir(dirname(file), { recursive: true });
    const temporary = `${file}.toolkey-${process.pid}`;
    await writeFile(temporary, text, { flag: "wx", mode });
    await chmod(temporary, mode);
    await rename(temporary, file);
  } catch (error) {
    throw new Failure("unavailable", `cannot write ${path}: ${systemErrorCode(error) ?? "unknown error"}`, {
      hint: "it was left as it is",
      cause: error,
    });
  }
}

async function target(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return path;
    throw error;
  }
}
