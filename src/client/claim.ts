/**
 * Which of several clients does what only one should: a file that names its process. Unlike a lock it
 * only saves work: if two claims are ever held at once, the daemon still sees to it that there is one.
 */
import { open, readFile, stat, unlink } from "node:fs/promises";
import { systemClock } from "../core/clock.ts";
import { Failure, systemErrorCode } from "../core/failure.ts";
import { isAlive } from "../platform/process.ts";

/** How long a claim may be without the name of its process, in milliseconds. */
const UNNAMED_MS = 10_000;

/**
 * Claims the file. Returns how to give it back, or undefined if another living process has it.
 *
 * @throws Failure `unavailable` if the directory can't be written to.
 */
export async function claim(file: string): Promise<(() => Promise<void>) | undefined> {
  try {
    const claimed = await open(file, "wx", 0o600);
    try {
      await claimed.writeFile(String(process.pid));
    } catch (error) {
      // Without a name it would keep everybody waiting.
      await unlink(file).catch(() => undefined);
      throw error;
    } finally {
      await claimed.close();
    }
    return () => unlink(file).catch(() => undefined);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code !== "EEXIST") {
      throw new Failure("unavailable", `cannot write to the runtime directory: ${code ?? "unknown error"}`, {
        hint: `check the owner, the mode and the free space of the directory of ${file}`,
        cause: error,
      });
    }
  }
  if (await isAbandoned(file)) await unlink(file).catch(() => undefined);
  return undefined;
}

async function isAbandoned(file: string): Promise<boolean> {
  try {
    const pid = Number(await readFile(file, "utf8"));
    return pid > 0 ? !isAlive(pid) : systemClock.now() - (await stat(file)).mtimeMs > UNNAMED_MS;
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return false;
    throw error;
  }
}
