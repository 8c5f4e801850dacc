/** Files that root alone has a say over: what is in them is root's word. */
import { lstatSync, readFileSync, readlinkSync, type Stats } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { systemErrorCode } from "../../core/failure.ts";

/** As many as Linux follows. */
const MAX_LINKS = 40;

/**
 * Who else has a say over a file, by itself, a directory above it or a link on the way, for people; undefined if nobody has, also over
 * one that isn't there.
 *
 * @param path absolute
 */
export function othersSayOver(path: string): string | undefined {
  const left = path.split("/").filter((part) => part !== "");
  let at = "/";
  for (let links = 0; ; ) {
    const found = lstatOf(at);
    if (typeof found === "string") return found === "ENOENT" ? undefined : `${at} can't be looked at: ${found}`;
    if (found.uid !== 0) return `${at} belongs to another user than root (uid ${found.uid})`;
    if (found.isSymbolicLink()) {
      links += 1;
      if (links > MAX_LINKS) return `${path} leads nowhere`;
      const target = resolve(dirname(at), readlinkSync(at));
      left.unshift(...target.split("/").filter((part) => part !== ""));
      at = "/";
      continue;
    }
    if ((found.mode & 0o022) !== 0) return `others than root can write to ${at}`;
    const next = left.shift();
    if (next === undefined) return undefined;
    at = join(at, next);
  }
}

/**
 * Whether root is somebody else than us, and nobody of us: not in a user namespace, where who made it says whose files are root's, and
 * not where we are root. user_namespaces(7).
 */
export function isRootSomebodyElse(): boolean {
  if (process.getuid === undefined || process.getuid() === 0) return false;
  if (process.platform === "darwin") return true;
  try {
    return /^\s*0\s+0\s+4294967295\s*$/.test(readFileSync("/proc/self/uid_map", "latin1"));
  } catch {
    return false;
  }
}

function lstatOf(path: string): Stats | string {
  try {
    return lstatSync(path);
  } catch (error) {
    return systemErrorCode(error) ?? "unknown error";
  }
}
