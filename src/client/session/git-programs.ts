/** The directory in which the git of PATH has its programs with ours among them (bin/sealed/git makes it). */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join, normalize, sep } from "node:path";
import { systemErrorCode } from "../../core/failure.ts";
import type { Environment } from "../../platform/paths.ts";
import { runMarked } from "../../platform/processes/mark.ts";
import { findProgram } from "../../platform/processes/programs.ts";
import type { Installation } from "../../protocols/tool-protocol.ts";

/** Beside the directories: which one was found for which git, so that it needn't be asked each time. */
const FOUND = "found.json";

/** Undefined if there is no git, or none can be made: then git goes to its hosts by itself. */
export async function gitPrograms(installation: Installation, environment: Environment): Promise<string | undefined> {
  const git = await findProgram("git", environment);
  if (git === undefined) return undefined;
  const file = join(installation.gitPrograms, FOUND);
  const key = keyOf(git, installation, environment);
  const found = readFound(file)[key];
  if (found !== undefined && isBelow(found, installation.gitPrograms) && isThere(join(found, ".complete"))) return found;
  const made = await ask(installation, environment);
  if (made !== undefined) keep(file, key, made);
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

function readFound(file: string): Readonly<Record<string, string>> {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Record<string, string>;
  } catch (error) {
    if (systemErrorCode(error) === undefined && !(error instanceof SyntaxError)) throw error;
    return {};
  }
}

/** Only the last: a list would grow with each upgrade. One that is written at the same time is as good, and half of one is none. */
function keep(file: string, key: string, path: string): void {
  try {
    writeFileSync(file, JSON.stringify({ [key]: path }), { mode: 0o600 });
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
  }
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
