/** Files that anybody may have put where they are: a pipe must not make us wait, nor a huge one fill us. */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { open } from "node:fs/promises";
import { Failure } from "../../core/failure.ts";

/** Neither does it wait for who writes to a pipe, nor becomes a terminal ours. */
const HOW = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/** More than it says is read of a file, so that its end is seen. */
const PIECE_BYTES = 4096;

/**
 * What is in a regular file; of one that grows meanwhile, as much as it had. Undefined for what is no file.
 *
 * @param maxBytes as many it may have, or what tells by its size
 * @throws Failure `unavailable` if it is larger; what the system throws, and what `maxBytes` throws
 */
export async function regularFile(path: string, maxBytes: number | ((size: number) => void)): Promise<Buffer | undefined> {
  const file = await open(path, HOW);
  try {
    const found = await file.stat();
    if (!found.isFile()) return undefined;
    if (typeof maxBytes !== "number") maxBytes(found.size);
    else assertSmall(path, found.size, maxBytes);
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
  if (bytes === undefined) throw noFile(path);
  return bytes.toString("utf8");
}

/** The same at once, for a file of ours that others may have changed, and who serves nobody meanwhile. @throws as `textOfFile` */
export function textOfOwnFile(path: string, maxBytes: number): string {
  const bytes = bytesAtOnce(path, maxBytes + 1);
  if (bytes === undefined) throw noFile(path);
  assertSmall(path, bytes.length, maxBytes);
  return bytes.toString("utf8");
}

/**
 * The first bytes of a regular file, at once, whatever size it says that it has: what anybody may have put there can grow meanwhile, say
 * none, and have no end, as some files of /proc. Undefined for what is no file. @throws what the system throws
 */
export function bytesAtOnce(path: string, most: number): Buffer | undefined {
  const file = openSync(path, HOW);
  try {
    const found = fstatSync(file);
    if (!found.isFile()) return undefined;
    let bytes = Buffer.allocUnsafe(Math.min(most, found.size + PIECE_BYTES));
    let length = 0;
    for (;;) {
      const read = readSync(file, bytes, length, bytes.length - length, null);
      length += read;
      if (read === 0 || length === most) return bytes.subarray(0, length);
      if (length === bytes.length) bytes = Buffer.concat([bytes], Math.min(most, 2 * length));
    }
  } finally {
    closeSync(file);
  }
}

function assertSmall(path: string, size: number, maxBytes: number): void {
  if (size > maxBytes) throw new Failure("unavailable", `cannot read ${path}: it is larger than ${maxBytes / 1024} KiB`);
}

function noFile(path: string): Failure {
  return new Failure("unavailable", `cannot read ${path}: it is not a file`);
}
