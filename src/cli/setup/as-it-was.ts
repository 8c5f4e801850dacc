import { backupOf } from "../../platform/files/file-edit.ts";
import { readTextFile } from "../../platform/files/text-file.ts";

/**
 * What a file becomes when a setup of it is taken back: to the byte what it was, if nobody has changed it since; else what is left
 * without ours. For files in which no line of ours could say that it is one. Undefined: there is no file.
 *
 * @param before the text as it is
 * @param without the same without ours
 * @param again what the setup would make of a text
 */
export async function asItWas(
  path: string,
  before: string,
  without: string,
  again: (text: string | undefined) => string,
): Promise<string | undefined> {
  if (without === before) return before;
  const kept = await readTextFile(backupOf(path));
  return again(kept) === before ? kept : without;
}
