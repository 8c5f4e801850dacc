import { constants } from "node:fs";
import { access, link, lstat, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { Failure, systemErrorCode } from "../../core/failure.ts";
import { discard, moveIntoPlace, syncDirectory, writeBeside } from "./durable-file.ts";

/** Whether a file can be made. @throws Failure `exists` for anything of that name, `not-found` without its directory, `unavailable` */
export async function assertNew(path: string): Promise<void> {
  await lstat(path).then(
    () => {
      throw isThere(path);
    },
    (error: unknown) => {
      if (systemErrorCode(error) !== "ENOENT") throw asFailure(path, error);
    },
  );
  await access(dirname(path), constants.W_OK).catch((error: unknown) => {
    throw asFailure(path, error);
  });
}

/**
 * Makes a file (0600), whole or not at all.
 *
 * @param replaces whether it may take the place of one
 * @throws Failure as `assertNew`; nothing is left behind then
 */
export async function makeFile(path: string, bytes: Uint8Array, replaces: boolean): Promise<void> {
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
    await assertNew(path);
    await rename(written, path);
  }
}

function isThere(path: string): Failure {
  return new Failure("exists", `${path} is there already`, { hint: "it was left as it is; name another file, or --force" });
}

function asFailure(path: string, error: unknown): unknown {
  const code = systemErrorCode(error);
  if (code === undefined) return error;
  if (code === "EEXIST") return isThere(path);
  const options = { hint: "nothing was written", cause: error };
  if (code === "ENOENT") return new Failure("not-found", `there is no directory ${dirname(path)}`, options);
  return new Failure("unavailable", `cannot write ${path}: ${code}`, options);
}
