/** Files that anybody may have put where they are: a pipe must not make us wait, nor a huge one fill us. */
import { constants, open } from "node:fs/promises";
import { Failure } from "../../core/failure.ts";

/**
 * What is in a regular file; of one that grows meanwhile, as much as it had. Undefined for what is no file.
 *
 * @param maxBytes as many it may have, or what tells by its size
 * @throws Failure `unavailable` if it is larger; what the system throws, and what `maxBytes` throws
 */
export async function regularFile(path: string, maxBytes: number | ((size: number) => void)): Promise<Buffer | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const found = await file.stat();
    if (!found.isFile()) return undefined;
    if (typeof maxBytes !== "number") maxBytes(found.size);
    else if (found.size > maxBytes) throw new Failure("unavailable", `cannot read ${path}: it is larger than ${maxBytes / 1024} KiB`);
    const bytes = Buffer.alloc(found.size);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    return bytes.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Its text. @throws as `regularFile`, and Failure `unavailable` for what is no file */
export async function textOfFile(path: string, maxBytes: number): Promise<string> {
  const bytes = await regularFile(path, maxBytes);
  if (bytes === undefined) throw new Failure("unavailable", `cannot read ${path}: it is not a file`);
  return bytes.toString("utf8");
}
