/**
 * What a shim of a session is to do, found by what the kernel says of its process. A file of its own in dist: it has the tools behind it.
 */
import { createHash, randomBytes } from "node:crypto";
import { readFileSync, readlinkSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute } from "node:path";
import type { ProcessIdentity } from "../../core/caller.ts";
import { Failure } from "../../core/failure.ts";
import type { SessionFacts } from "../../core/wire/session-file.ts";
import { ProjectFiles } from "../../platform/files/project-file.ts";
import type { Environment } from "../../platform/paths.ts";
import { identify, isRunning } from "../../platform/processes/process-tree.ts";
import { findProgram } from "../../platform/processes/programs.ts";
import { pathOfFile, unnamedFile, wipe } from "../unnamed-file.ts";
import { askGateway } from "./ask-gateway.ts";
import { LED_VARIABLE, programsOf, SESSION_VARIABLE, withoutShims } from "./directory.ts";
import { planOfCommand } from "./inner-plan.ts";
import { planScript, proofScript } from "./plan-script.ts";

/** How often it is seen which tools have ended, in milliseconds. */
const LOOK_MS = 1000;

export interface OfSession {
  readonly directory: string;
  readonly facts: SessionFacts;
  /** Of the session, for a shim whose own were taken away. */
  readonly variables: Readonly<Record<string, string>>;
}

/** What a shim says: its process, and the digest that it was asked for. */
export interface Asked {
  readonly pid: number;
  readonly digest?: string | undefined;
}

/** What a tool has, as long as it runs. */
interface Given {
  readonly tool: ProcessIdentity;
  readonly phantoms: readonly string[];
  /** The descriptors of files without a name, which it has from this process. */
  readonly files: number[];
  /** Until it has shown that it can read what its script is made of. */
  waiting?: { readonly digest: string; readonly script: () => string } | undefined;
}

let given: readonly Given[] = [];
let looking: NodeJS.Timeout | undefined;

/**
 * The script for a shim; undefined if the process is none of this session, can't be seen well enough from here, or can't show what it was
 * asked for. In a sandbox of its own (by a namespace, by Landlock) it may not read what this process reads: it gets nothing made of
 * that before it has shown that it can.
 *
 * @throws Failure as `askGateway`, and what the file system throws
 */
export async function scriptFor({ pid, digest }: Asked, session: OfSession): Promise<string | undefined> {
  if (digest !== undefined) {
    const shown = given.find(({ tool, waiting }) => tool.pid === pid && isRunning(tool) && waiting?.digest === digest);
    const script = shown?.waiting?.script;
    if (shown !== undefined) shown.waiting = undefined;
    return script?.();
  }
  const shim = shimOf(pid, session);
  if (shim === undefined) return undefined;
  const { tool, name, words, environment, directory, program } = shim;
  const files = new ProjectFiles();
  const plan = await planOfCommand(session.facts, [name, ...words], { environment, directory, files });
  const made: Given = { tool, phantoms: plan.phantoms, files: [] };
  for (const each of given) if (each.tool.pid === pid) each.waiting = undefined;
  given = [...given, made];
  looking ??= setInterval(() => void takeBack(session.facts).catch(() => undefined), LOOK_MS).unref();
  if (plan.stdin !== undefined) return undefined;
  const script = (): string => {
    const opened = Object.entries(plan.descriptors).map(([name, text]): [string, string] => {
      const file = unnamedFile(text.reveal(), session.directory);
      made.files.push(file);
      return [name, pathOfFile(file)];
    });
    const led = { [LED_VARIABLE]: String(pid) };
    return planScript(plan, { program, led, environment: shim.own, files: Object.fromEntries(opened) });
  };
  const seen = await files.seen();
  if (seen.length === 0) return script();
  const nonce = randomBytes(16).toString("hex");
  made.waiting = { digest: createHash("sha256").update([nonce, ...seen.map(([, text]) => text)].join("")).digest("hex"), script };
  return proofScript(nonce, seen.map(([path]) => path));
}

interface Shim {
  readonly tool: ProcessIdentity;
  readonly name: string;
  readonly words: readonly string[];
  /** With which it was started. */
  readonly own: Environment;
  /** The same with those of the session. */
  readonly environment: Environment;
  readonly directory: string;
  /** What it stands for. */
  readonly program: string;
}

function shimOf(pid: number, { directory: session, variables }: OfSession): Shim | undefined {
  const tool = identify(pid);
  const [, path = "", ...words] = textsAt(`/proc/${pid}/cmdline`) ?? [];
  const entries = textsAt(`/proc/${pid}/environ`);
  if (tool === undefined || entries === undefined || dirname(path) !== programsOf(session) || !seesAsWeDo(pid)) return undefined;
  const own = Object.fromEntries(
    entries.filter((entry) => entry.indexOf("=") > 0).map((entry): [string, string] => {
      const end = entry.indexOf("=");
      return [entry.slice(0, end), entry.slice(end + 1)];
    }),
  );
  const environment = own[SESSION_VARIABLE] === session ? own : { ...own, ...variables };
  const around = withoutShims(environment["PATH"], programsOf(session));
  const program = findProgram(basename(path), { PATH: around });
  const directory = directoryOf(pid);
  // Of what is named by its place there, or is not there, the shim sees more.
  if (program === undefined || directory === undefined || around.split(":").some((each) => !isAbsolute(each))) return undefined;
  return { tool, name: basename(path), words, own, environment, directory, program };
}

/** What the kernel writes as texts that end with NUL; undefined if they are not UTF-8. */
function textsAt(path: string): string[] | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(readFileSync(path)).split("\0").slice(0, -1);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** Whether a path is the same file for a process and for this one. */
function seesAsWeDo(pid: number): boolean {
  const of = (id: number | "self"): string => ["ns/mnt", "ns/user", "root"].map((name) => readlinkSync(`/proc/${id}/${name}`)).join(" ");
  return of(pid) === of("self");
}

/** Where it is, unless that was removed. */
function directoryOf(pid: number): string | undefined {
  const path = readlinkSync(`/proc/${pid}/cwd`);
  const [there, named] = [statSync(`/proc/${pid}/cwd`), statSync(path, { throwIfNoEntry: false })];
  return named?.ino === there.ino && named.dev === there.dev ? path : undefined;
}

/** Where nothing can be said, as when no more files can be opened, it goes on. */
function hasEnded(tool: ProcessIdentity): boolean {
  if (statSync(`/proc/${tool.pid}`, { throwIfNoEntry: false }) === undefined) return true;
  const now = identify(tool.pid);
  return now !== undefined && now.startTime !== tool.startTime;
}

/** From tools that have ended. */
async function takeBack(facts: SessionFacts): Promise<void> {
  const ended = given.filter(({ tool }) => hasEnded(tool));
  given = given.filter((each) => !ended.includes(each));
  for (const file of ended.flatMap(({ files }) => files)) wipe(file);
  for (const id of ended.flatMap(({ phantoms }) => phantoms)) {
    await askGateway(facts, "end", { id }).catch((error: unknown) => {
      if (!(error instanceof Failure)) throw error;
    });
  }
}
