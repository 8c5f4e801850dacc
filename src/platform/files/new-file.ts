import { constants } from "node:fs";
import { access, link, lstat, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { Failure, systemErrorCode } from "../../core/failure.ts";
import { discard, moveIntoPlace, syncDirectory, writeBeside } from "./durable-file.ts";

/**
 * Whether a file can be made.
 *
 * @param replaces whether it may take the place of one: of a file alone, since a link or a device is there for others
 * @throws Failure `exists`, `not-found` without its directory, `unavailable`
 */
export async function assertPlace(path: string, replaces: boolean): Promise<void> {
  try {
    const found = await lstat(path).catch((error: unknown) => {
      if (systemErrorCode(error) === "ENOENT") return undefined;
      throw error;
    });
    if (found !== undefined && replaces && !found.isFile()) {
      throw new Failure("exists", `${path} is there already, and is no file`, { hint: "it was left as it is; name another file" });
    }
    if (found !== undefined && !replaces) throw isThere(path);
    await access(dirname(path), constants.W_OK);
  } catch (error) {
    throw asFailure(path, error);
  }
}

/**
 * Makes a file (0600), whole or not at all.
 *
 * @throws Failure as `assertPlace`; nothing is left behind then
 */
export async function makeFile(path: string, bytes: Uint8Array, replaces: boolean): Promise<void> {
  await assertPlace(path, replaces);
  try {
    const written = await writeBeside(path, [bytes]);
    try {
      if (replaces) return await moveIntoPlace(written, path);
      await placeOnce(written.path, path);
      await syncDirectory(dirname(path));
    } finally {
      await discard(written.path);
    }
  } catch (error) {
    throw asFailure(path, error);
  }
}

/** Unlike a rename, a link does not replace what somebody has made meanwhile. */
async function placeOnce(written: string, path: string): Promise<void> {
  try {
    await link(written, path);
  } catch (error) {
    // Some file systems have no links.
    if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"].includes(systemErrorCode(error) ?? "")) throw error;
    await assertPlace(path, false);
    await rename(written, path);
  }
}

function isThere(path: string): Failure {
  return new Failure("exists", `${path} is there already`, { hint: "it was left as it is; name another file, or --force" });
}

function asFailure(path: string, error: unknown): unknown {
  const code = systemErrorCode(error);
  if (code === undefined || error instanceof Failure) return error;
  if (code === "EEXIST") return isThere(path);
  const options = { hint: "nothing was written", cause: error };
  if (code === "ENOENT") return new Failure("not-found", `there is no directory ${dirname(path)}`, options);
  return new Failure("unavailable", `cannot write ${path}: ${code}`, options);
}
