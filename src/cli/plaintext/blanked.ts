/** Files as they are shown in a sandbox: without the secrets that `toolkey import` knows. */
import { isUtf8 } from "node:buffer";
import { lstatSync, readdirSync, realpathSync, statSync, type Dirent } from "node:fs";
import { dirname, join } from "node:path";
import { Failure, systemErrorCode } from "../../core/failure.ts";
import { asFarAsSeen } from "../../platform/files/inode.ts";
import type { Environment } from "../../platform/paths.ts";
import { bytesAtOnce } from "../../platform/files/regular-file.ts";
import { MAX_FILE_BYTES } from "../../platform/files/text-file.ts";
import { withoutPieces } from "../../protocols/plaintext/removal.ts";
import type { PlaintextSecret } from "../../protocols/plaintext/plaintext-secret.ts";
import { allSecretFiles, homePlaces, placeByEnd, SKIPPED, type SecretFile } from "./places.ts";

/** How many directories of a project are looked at, those nearest to its top first: a command waits for it. */
const MAX_DIRECTORIES = 100;

/**
 * The texts of the files of a home and a project that hold secrets, without these, by their paths without links. A file that can't
 * be read as what it is has no text; what is not ASCII of one that is not UTF-8 is.
 *
 * @throws Failure `unavailable` for a directory that can't be looked into, but could be by who changes its mode
 */
export async function blankedTexts(environment: Environment, project: string, directory: string): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  const places = [...(await homePlaces(environment)), ...(await nearPlaces(project, directory))];
  for (const place of places.filter(({ path }) => isThere(path))) {
    const [path, text] = blanked(place) ?? [];
    if (path !== undefined && text !== undefined) texts.set(path, text);
  }
  return texts;
}

/** Undefined if it holds no secret. */
function blanked({ path, format, of }: SecretFile): readonly [path: string, text: string] | undefined {
  const realPath = asFarAsSeen(() => realpathSync.native(path));
  // In a sandbox there is another /proc.
  if (realPath === undefined || realPath.startsWith("/proc/")) return undefined;
  const bytes = beginningOf(realPath);
  if (bytes === undefined) return undefined;
  // Nothing is left of what can't be read now (the command may change its mode), is too long, or is in an encoding in which nobody here
  // would find a secret.
  if (bytes === "unreadable" || bytes.length > MAX_FILE_BYTES || bytes.includes(0)) return [realPath, ""];
  // What is no UTF-8 may be text to its tool, in an encoding that has ASCII in it.
  const whole = bytes.toString(isUtf8(bytes) ? "utf8" : "latin1");
  try {
    const find = (text: string): PlaintextSecret[] => of.formats[format]?.(text) ?? [];
    const found = find(whole);
    if (found.length === 0) return undefined;
    const cut = withoutPieces(whole, found.flatMap(({ pieces }) => pieces));
    // What import only reports has no pieces.
    const text = find(cut).reduce((left, { secret }) => left.replaceAll(secret.reveal(), ""), cut);
    return [realPath, find(text).length === 0 ? text : ""];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [realPath, ""];
  }
}

/** Undefined for what is no file. */
function beginningOf(realPath: string): Buffer | "unreadable" | undefined {
  try {
    return bytesAtOnce(realPath, MAX_FILE_BYTES + 1);
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return asFarAsSeen(() => statSync(realPath).isFile()) === true ? "unreadable" : undefined;
  }
}

/** The files of a project's upper directories, and of those that lead to the current one. */
async function nearPlaces(project: string, directory: string): Promise<SecretFile[]> {
  const placeAt = placeByEnd(await allSecretFiles());
  const found: SecretFile[] = [];
  const near = new Set([project, ...leadingTo(directory, project)]);
  let looked = 0;
  for (const next of near) {
    looked += 1;
    if (looked > MAX_DIRECTORIES) break;
    for (const entry of entriesOf(next)) {
      if (!entry.isDirectory()) found.push(...[placeAt(next, entry.name) ?? []].flat());
      // No more of them are looked at.
      else if (near.size < MAX_DIRECTORIES && !SKIPPED.has(entry.name)) near.add(join(next, entry.name));
    }
  }
  return found;
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    if (systemErrorCode(error) === "EACCES") assertNotOurs(closedOn(path));
    return false;
  }
}

function entriesOf(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if (systemErrorCode(error) === "EACCES") assertNotOurs(directory);
    return [];
  }
}

/** The directory on the way to a path that can't be entered. */
function closedOn(path: string): string {
  const above = dirname(path);
  return asFarAsSeen(() => lstatSync(above)) === undefined ? closedOn(above) : above;
}

/** @throws Failure `unavailable` */
function assertNotOurs(directory: string): void {
  if (asFarAsSeen(() => statSync(directory).uid) !== process.getuid?.()) return;
  const hint = `chmod u+rwx ${directory}`;
  throw new Failure("unavailable", `${directory} can't be looked into, and the command could open it`, { hint });
}

/** The directories from below the project on to one in it. */
function leadingTo(directory: string, project: string): string[] {
  if (directory === project || directory === dirname(directory)) return [];
  return [...leadingTo(dirname(directory), project), directory];
}
