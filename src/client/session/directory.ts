/**
 * The directory of a session: shims, and what they need to know. It has phantoms, which work inside of the session alone, and is there
 * as long as its `toolkey run` is.
 */
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { parseSessionFacts, SESSION_FILE, type SessionFacts } from "../../core/wire/session-file.ts";
import { Failure, systemErrorCode } from "../../core/failure.ts";
import { identify, isRunning } from "../../platform/processes/process-tree.ts";
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

/** Makes one below `parent`, for this process. @throws Failure `unavailable` if it can't be made */
export function makeSessionDirectory(parent: string, content: SessionContent): string {
  return orUnavailable("make a directory for the session in", parent, () => {
    mkdirSync(parent, { recursive: true, mode: 0o700 });
    if (!lstatSync(parent).isDirectory()) throw new Failure("unavailable", `${parent} is no directory`, { hint: `remove it: ${parent}` });
    sweep(parent);
    const made = mkdtempSync(join(parent, `${process.pid}-${identify(process.pid)?.startTime ?? "0"}-${namespaceHere()}-`));
    try {
      return fill(made, content);
    } catch (error) {
      removeSessionDirectory(made);
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

/**
 * What still runs and knows it by its name finds it no more. What can't be removed is left to the next one's sweep. Not name by name: the
 * command may have put links in its place, and in that of what is in it, and what these lead to is not ours.
 */
export function removeSessionDirectory(directory: string): void {
  const over = directory.replace(/\w{6}$/, OVER);
  try {
    renameSync(directory, over);
    rmSync(over, { recursive: true, force: true });
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
  }
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

/** Removes those whose `toolkey run` was killed. Of processes that can't be seen from here, as in another container, nothing is known. */
function sweep(parent: string): void {
  const here = namespaceHere();
  for (const name of readdirSync(parent)) {
    const [, pid, startTime, namespace] = NAME.exec(name) ?? [];
    if (startTime === undefined || namespace !== here) continue;
    if (!isRunning({ pid: Number(pid), startTime })) removeSessionDirectory(join(parent, name));
  }
}

/** The end of the name of one that is being removed. */
const OVER = "ending";

/** Of a directory: the process, when it began, and the namespace in which that is its id. */
const NAME = /^(\d+)-(\d+)-(\d+)-\w{6}$/;

function namespaceHere(): string {
  try {
    return /\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0] ?? "0";
  } catch {
    return "0";
  }
}
