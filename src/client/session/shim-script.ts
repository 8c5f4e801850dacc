/**
 * What a shim of a session is to do, found by what the kernel says of its process. A file of its own in dist: it has the tools behind it.
 */
import { mkdirSync, readFileSync, readlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import type { ProcessIdentity } from "../../core/caller.ts";
import { Failure, systemErrorCode } from "../../core/failure.ts";
import type { Plan } from "../../core/plan.ts";
import type { SessionFacts } from "../../core/session-file.ts";
import { commandLineOf, identify, isRunning } from "../../platform/processes/process-tree.ts";
import { findProgram } from "../../platform/processes/programs.ts";
import { isAnythingAt } from "../../platform/files/inode.ts";
import type { Environment } from "../../platform/paths.ts";
import { askGateway } from "./ask-gateway.ts";
import { LED_VARIABLE, programsOf, SESSION_VARIABLE, withoutShims } from "./directory.ts";
import { planOfCommand } from "./inner-plan.ts";
import { planScript } from "./plan-script.ts";

/** Below the session's directory: what tools read of their plans. */
const FILES = "files";

export interface OfSession {
  readonly directory: string;
  readonly facts: SessionFacts;
  /** Of the session, for a shim whose own were taken away. */
  readonly variables: Readonly<Record<string, string>>;
}

/** What a tool has, as long as it runs. */
interface Given {
  readonly tool: ProcessIdentity;
  readonly phantoms: readonly string[];
  readonly files: readonly string[];
}

/** How often it is seen which have ended, in milliseconds. */
const LOOK_MS = 1000;

let given: readonly Given[] = [];
let looking: NodeJS.Timeout | undefined;

/**
 * The script for the shim that is the process `pid`; undefined if that is none of this session, or can't be seen well enough from here.
 * Nothing is read for it that its own process could not read: both are of one user, and no sandbox is between them.
 *
 * @throws Failure as `planOfCommand`, and what the file system throws
 */
export async function scriptFor(pid: number, { directory, facts, variables }: OfSession): Promise<string | undefined> {
  const tool = identify(pid);
  const [, shim = "", ...words] = commandLineOf(pid);
  if (tool === undefined || dirname(shim) !== programsOf(directory)) return undefined;
  const own = environmentOf(pid);
  const environment = own[SESSION_VARIABLE] === directory ? own : { ...own, ...variables };
  const path = withoutShims(environment["PATH"], programsOf(directory));
  const workingDirectory = readlinkSync(`/proc/${pid}/cwd`);
  const program = findProgram(basename(shim), { PATH: path });
  // Of what is named by its place there, or is not there, the shim sees more.
  if (program === undefined || !isAbsolute(workingDirectory) || path.split(":").some((each) => !isAbsolute(each))) return undefined;
  const plan = await planOfCommand(facts, [basename(shim), ...words], { environment, directory: workingDirectory });
  if (plan.stdin !== undefined) return undefined;
  const files = filesOf(plan, join(directory, FILES), pid);
  given = [...given, { tool, phantoms: plan.phantoms, files: Object.values(files) }];
  looking ??= setInterval(() => void takeBack(facts), LOOK_MS).unref();
  return planScript(plan, program, { [LED_VARIABLE]: String(pid) }, (name) => files[name] ?? "");
}

/** The process as it was started. */
function environmentOf(pid: number): Environment {
  const entries = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
  return Object.fromEntries(
    entries.filter((entry) => entry.includes("=")).map((entry): [string, string] => {
      const end = entry.indexOf("=");
      return [entry.slice(0, end), entry.slice(end + 1)];
    }),
  );
}

function filesOf({ descriptors }: Plan, directory: string, pid: number): Record<string, string> {
  const texts = Object.entries(descriptors);
  // Not above it: the session may be over by now.
  if (texts.length > 0 && !isAnythingAt(directory)) mkdirSync(directory, { mode: 0o700 });
  return Object.fromEntries(
    texts.map(([name, text], at) => {
      const path = join(directory, `${pid}-${at}`);
      writeFileSync(path, text.reveal(), { mode: 0o600, flag: "wx" });
      return [name, path];
    }),
  );
}

/** From tools that have ended. The session's end takes all. */
async function takeBack(facts: SessionFacts): Promise<void> {
  const ended = given.filter(({ tool }) => !isRunning(tool));
  given = given.filter((each) => !ended.includes(each));
  for (const file of ended.flatMap(({ files }) => files)) unlinkIfThere(file);
  for (const id of ended.flatMap(({ phantoms }) => phantoms)) {
    await askGateway(facts, "end", { id }).catch((error: unknown) => {
      if (!(error instanceof Failure)) throw error;
    });
  }
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (systemErrorCode(error) !== "ENOENT") throw error;
  }
}
