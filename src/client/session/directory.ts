/**
 * The directory of a session: shims, and what they need to know. It has phantoms, which work inside of the session alone, and is there
 * as long as its `toolkey run` is.
 */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseSessionFacts, SESSION_FILE, type SessionFacts } from "../../core/wire/session-file.ts";
import { Failure, systemErrorCode } from "../../core/failure.ts";
import { makeCommandDirectory, removeCommandDirectory, type Purpose } from "../../platform/files/command-directory.ts";
import { textOfOwnFile } from "../../platform/files/regular-file.ts";
import type { Environment } from "../../platform/paths.ts";
import { shellWord } from "../../protocols/text/shell-word.ts";

/** What names a session to what runs in it. */
export const SESSION_VARIABLE = "TOOLKEY_SESSION";

/** Of what is led already: the process that leads it. */
export const LED_VARIABLE = "TOOLKEY_LED";

const PROGRAMS = "bin";
/** More than all services declare. */
const MAX_FACTS_BYTES = 4 * 1024 * 1024;

/** What is put into it. */
export interface SessionContent {
  /** By the name of the program: the script that is started in its place. */
  readonly shims: Readonly<Record<string, string>>;
  /** The programs that the shims start, by the names that they have for them. */
  readonly programs: Readonly<Record<string, string>>;
}

/** Makes one below the daemon's directory, for this process. @throws Failure `unavailable` if it can't be made */
export function makeSessionDirectory(runtime: string, purpose: Purpose, content: SessionContent): string {
  return orUnavailable("make a directory for the command in", join(runtime, purpose), () => {
    const made = makeCommandDirectory(runtime, purpose);
    try {
      return fill(made, content);
    } catch (error) {
      removeCommandDirectory(made);
      throw error;
    }
  });
}

function fill(directory: string, { shims, programs }: SessionContent): string {
  for (const [name, program] of Object.entries(programs)) symlinkSync(program, join(directory, name));
  mkdirSync(programsOf(directory));
  for (const [name, script] of Object.entries(shims)) symlinkSync(script, join(programsOf(directory), name));
  return directory;
}

/** Adds files, by their names. @throws Failure `unavailable` if they can't be made */
export function putFiles(directory: string, files: Readonly<Record<string, string>>): void {
  orUnavailable("put files into", directory, () => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text, { mode: 0o600, flag: "wx" });
  });
}

function orUnavailable<T>(what: string, directory: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    const code = systemErrorCode(error);
    if (error instanceof Failure || code === undefined) throw error;
    throw new Failure("unavailable", `cannot ${what} ${directory}: ${code}`, { cause: error });
  }
}

/** Where its shims are. */
export function programsOf(directory: string): string {
  return join(directory, PROGRAMS);
}

/** A PATH as it is around the session. */
export function withoutShims(path = "", shims: string): string {
  return path.split(":").filter((directory) => directory !== shims).join(":");
}

/** The variables, as a script that shims source when theirs were taken away. */
export function variablesScript(variables: Readonly<Record<string, string>>, appended: Readonly<Record<string, string>>): string {
  const lines = [
    ...Object.entries(variables).map(([name, value]) => `export ${name}=${shellWord(value)}`),
    ...Object.entries(appended).map(([name, value]) => `export ${name}="\${${name}-}\${${name}:+ }"${shellWord(value)}`),
  ];
  return `${lines.join("\n")}\n`;
}

/** The session that this process runs in, by its variable; undefined outside of one, or if it is over. */
export function sessionAround(environment: Environment): SessionFacts | undefined {
  const directory = environment[SESSION_VARIABLE];
  if (directory === undefined || directory === "") return undefined;
  try {
    return parseSessionFacts(textOfOwnFile(join(directory, SESSION_FILE), MAX_FACTS_BYTES));
  } catch (error) {
    if (systemErrorCode(error) === undefined && !(error instanceof SyntaxError) && !(error instanceof Failure)) throw error;
    return undefined;
  }
}
