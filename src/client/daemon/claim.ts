/**
 * Which of several clients does what only one should: the holder of the kernel's lock on a file, which is given back
 * however that client ends. It only saves work: if two claims are ever held at once, the daemon still sees to it that
 * there is one.
 */
import { Failure, systemErrorCode } from "../../core/failure.ts";

/**
 * Claims the file. Returns how to give it back, or undefined if another process has it.
 *
 * @throws Failure `unavailable` if the directory can't be written to.
 */
export async function claim(file: string): Promise<(() => void) | undefined> {
  // Loaded only where a daemon is started, which takes many times as long.
  const { tryLockFile } = await import("../../platform/files/file-lock.ts");
  try {
    const lock = tryLockFile(file);
    return lock && (() => lock.release());
  } catch (error) {
    throw new Failure("unavailable", `cannot write to the runtime directory: ${systemErrorCode(error) ?? "unknown error"}`, {
      hint: `check the owner, the mode and the free space of the directory of ${file}`,
      cause: error,
    });
  }
}
