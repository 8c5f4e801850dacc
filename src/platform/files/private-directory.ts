import { lstatSync, statSync, type Stats } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { Failure, systemErrorCode } from "../../core/failure.ts";

/**
 * Checks that what is made at a path would not be in another user's directory, where its owner could not enter it: root
 * with somebody's HOME. It is the nearest that is there that counts.
 *
 * @throws Failure `denied`
 */
export async function assertNotAnothers(path: string): Promise<void> {
  const found = statOf(path, statSync);
  if (found === undefined) {
    const above = dirname(path);
    return above === path ? undefined : assertNotAnothers(above);
  }
  if (process.getuid === undefined || found.uid === process.getuid() || found.uid === 0) return;
  throw anothers(path, found.uid);
}

/**
 * The same for a place from which programs are run: root may write anywhere, and a link or a directory of somebody's on the way would
 * lead it, now or later, where he likes.
 *
 * @throws Failure `denied`
 */
export async function assertNobodyLeads(path: string): Promise<void> {
  await assertNotAnothers(path);
  if (process.getuid?.() !== 0) return;
  for (let at = path; dirname(at) !== at; at = dirname(at)) {
    const found = statOf(at, lstatSync);
    if (found !== undefined && found.uid !== 0) throw anothers(at, found.uid);
  }
}

/** Undefined for what is not there, or not to be seen. */
function statOf(path: string, look: (path: string) => Stats): Stats | undefined {
  try {
    return look(path);
  } catch {
    return undefined;
  }
}

function anothers(path: string, uid: number): Failure {
  return new Failure("denied", `${path} belongs to another user (uid ${uid}), and nothing is made there`, {
    hint: ELSEWHERE,
  });
}

/** What to do where a home is somebody else's, can't be written to, or is none. */
const ELSEWHERE = "set HOME to your own home, or TOOLKEY_HOME to a directory of your own";

function isForbidden(error: unknown): boolean {
  return ["EACCES", "EPERM", "EROFS", "ENOENT"].includes(systemErrorCode(error) ?? "");
}

/**
 * Makes sure that a directory is there and that nobody else can look into it. It is created with the
 * right mode, not changed to it afterwards.
 *
 * @throws Failure `unavailable` if it can't be made, `denied` if it is not ours alone.
 */
export async function ensurePrivateDirectory(directory: string): Promise<void> {
  if (await checkPrivateDirectory(directory)) return;
  await assertNotAnothers(directory);
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    if (systemErrorCode(error) === "EEXIST" || systemErrorCode(error) === "ENOTDIR") throw notADirectory(directory, error);
    throw new Failure("unavailable", `cannot make the directory ${directory}: ${systemErrorCode(error) ?? "unknown error"}`, {
      hint: isForbidden(error) ? ELSEWHERE : "check the owner and the free space of the directory above it",
      cause: error,
    });
  }
  await checkPrivateDirectory(directory);
}

/**
 * Checks that a directory belongs to us and to nobody else: its owner, and no rights for others.
 *
 * @returns false if it isn't there.
 * @throws Failure `denied` if it is not ours alone.
 */
export async function checkPrivateDirectory(directory: string): Promise<boolean> {
  let found;
  try {
    found = lstatSync(directory);
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return false;
    if (systemErrorCode(error) === "ENOTDIR") throw notADirectory(dirname(directory), error);
    throw new Failure("unavailable", `cannot look at the directory ${directory}: ${systemErrorCode(error) ?? "unknown error"}`, {
      hint: ELSEWHERE,
      cause: error,
    });
  }
  if (!found.isDirectory()) throw notADirectory(directory, undefined);
  if (process.getuid !== undefined && found.uid !== process.getuid()) {
    throw new Failure("denied", `the directory ${directory} belongs to another user (uid ${found.uid})`, {
      hint: "toolkey won't keep anything there; remove it, or have its owner remove it",
    });
  }
  if ((found.mode & 0o077) !== 0) {
    const mode = (found.mode & 0o777).toString(8).padStart(4, "0");
    throw new Failure("denied", `others have access to the directory ${directory} (mode ${mode})`, {
      hint: `chmod 700 '${directory}'`,
    });
  }
  return true;
}

/**
 * Checks that nobody but us (and root) can change a file or directory, which may be a symbolic link to
 * one. That it isn't there is fine.
 *
 * @throws Failure `denied` if others can.
 */
export async function checkOnlyWeWrite(path: string): Promise<void> {
  let found;
  try {
    found = statSync(path);
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return;
    throw new Failure("unavailable", `cannot look at ${path}: ${systemErrorCode(error) ?? "unknown error"}`, { cause: error });
  }
  if (process.getuid !== undefined && found.uid !== process.getuid() && found.uid !== 0) {
    throw new Failure("denied", `${path} belongs to another user (uid ${found.uid})`, { hint: "make one of your own" });
  }
  if ((found.mode & 0o022) !== 0) {
    throw new Failure("denied", `others can write to ${path}`, { hint: `chmod go-w '${path}'` });
  }
}

function notADirectory(path: string, cause: unknown): Failure {
  return new Failure("denied", `${path} is not a directory`, { hint: "move it out of the way", cause });
}
