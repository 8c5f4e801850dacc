/** Files of the user and of projects, which may be anybody's: a FIFO must not stop the daemon, nor a huge file fill it. */
import { constants, open } from "node:fs/promises";
import { Failure, systemErrorCode } from "../core/failure.ts";

/** The largest file that is read, in bytes: configuration is small, lock files may be some megabytes. */
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * The text of a regular file; undefined if there is none.
 *
 * @throws Failure `unavailable` if it is too large, not UTF-8, or can't be read
 */
export async function readProjectFile(path: string): Promise<string | undefined> {
  const fail = (reason: string, cause?: unknown): Failure => new Failure("unavailable", `cannot read ${path}: ${reason}`, { cause });
  let file;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (error) {
    const code = systemErrorCode(error) ?? "unknown error";
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw fail(code, error);
  }
  try {
    const found = await file.stat();
    if (!found.isFile()) return undefined;
    if (found.size > MAX_BYTES) throw fail(`it is larger than ${MAX_BYTES} bytes`);
    const bytes = Buffer.alloc(found.size);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, bytesRead));
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw fail(error instanceof TypeError ? "it is not UTF-8 text" : (systemErrorCode(error) ?? "unknown error"), error);
  } finally {
    await file.close();
  }
}
