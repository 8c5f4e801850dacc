/** The directory in which the git of PATH has its programs with ours among them (bin/sealed/git makes it). */
import { statSync } from "node:fs";
import { join, normalize, sep } from "node:path";
import { Failure, systemErrorCode } from "../../core/failure.ts";
import { replaceFile } from "../../platform/files/durable-file.ts";
import { textOfOwnFile } from "../../platform/files/regular-file.ts";
import type { Environment } from "../../platform/paths.ts";
import { runMarked } from "../../platform/processes/mark.ts";
import { findProgram } from "../../platform/processes/programs.ts";
import type { Installation } from "../../protocols/tool-protocol.ts";

/** Beside the directories: which one was found for which git, so that it needn't be asked each time. */
const FOUND = "found.json";
const MAX_BYTES = 64 * 1024;

/** Undefined if there is no git, or none can be made: then git goes to its hosts by itself. */
export async function gitPrograms(installation: Installation, environment: Environment): Promise<string | undefined> {
  const git = findProgram("git", environment);
  if (git === undefined) return undefined;
  const file = join(installation.gitPrograms, FOUND);
  const key = keyOf(git, installation, environment);
  const found = readFound(file)[key];
  if (found !== undefined && isBelow(found, installation.gitPrograms) && isThere(join(found, ".complete"))) return found;
  const made = await ask(installation, environment);
  if (made !== undefined) await keep(file, key, made);
  return made;
}

/** Another version of git, or of ours, is another one. */
function keyOf(git: string, { sealedPrograms }: Installation, { GIT_EXEC_PATH: own = "" }: Environment): string {
  const { mtimeMs, size, ino } = statSync(git);
  return [git, mtimeMs, size, ino, own, sealedPrograms].join(" ");
}

async function ask({ sealedPrograms, gitPrograms: programs }: Installation, environment: Environment): Promise<string | undefined> {
  const asked = await runMarked(join(sealedPrograms, "git"), ["--exec-path"], { ...environment, TOOLKEY_GIT_PROGRAMS: programs });
  const path = asked?.stdout.trimEnd() ?? "";
  return isBelow(path, programs) ? path : undefined;
}

function isBelow(path: string, directory: string): boolean {
  return normalize(path).startsWith(`${directory}${sep}`);
}

/** A session may have put anything in its place. */
function readFound(file: string): Readonly<Record<string, string>> {
  try {
    return JSON.parse(textOfOwnFile(file, MAX_BYTES)) as Record<string, string>;
  } catch (error) {
    if (systemErrorCode(error) === undefined && !(error instanceof SyntaxError) && !(error instanceof Failure)) throw error;
    return {};
  }
}

/** Only the last: a list would grow with each upgrade. */
async function keep(file: string, key: string, path: string): Promise<void> {
  try {
    await replaceFile(file, Buffer.from(JSON.stringify({ [key]: path })));
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
  }
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
