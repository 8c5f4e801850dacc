/** The sandbox of a command, a file of its own in dist: few commands need it, and it has the tools' formats behind it. */
import { randomBytes } from "node:crypto";
import { renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { makeSandbox, projectHere, type Sandbox } from "../../client/sandbox/sandbox.ts";
import { tell } from "../../client/tell.ts";
import { systemClock } from "../../core/clock.ts";
import { Failure, systemErrorCode } from "../../core/failure.ts";
import type { Plan } from "../../core/plan.ts";
import type { SandboxSettings } from "../../core/sandbox.ts";
import { identityOf, isAnythingAt } from "../../platform/files/inode.ts";
import type { Environment, Paths } from "../../platform/paths.ts";
import { besideTree } from "../../platform/installation/keeping.ts";
import { OWN_TREE } from "../../platform/installation/tree.ts";
import { repositoriesWithin } from "./repositories-within.ts";
import { runMarked } from "../../platform/processes/mark.ts";
import { blankedTexts } from "../plaintext/blanked.ts";

/** By which a git directory says what git starts. */
const DECIDING = ["config", "config.worktree", "hooks", "commondir"];

/** What is put beside a path that nothing was at. */
const PUT_ASIDE = ".from-sandbox";

export interface SandboxOfCommand {
  readonly paths: Paths;
  readonly environment: Environment;
  readonly settings: SandboxSettings;
  readonly plan: Plan;
  readonly command: readonly string[];
  /** More directories that it shows, read-only. */
  readonly visible: readonly string[];
  /** What was read in advance, if anything. */
  readonly blanked: Promise<Blanked> | undefined;
}

/** The texts that are shown of files with secrets, as `blankedTexts`. */
export interface Blanked {
  readonly texts: ReadonlyMap<string, string>;
  /** When they were read, in milliseconds since the epoch. */
  readonly at: number;
}

/** What is older, in milliseconds, is read anew: a secret may have been written since. */
const FRESH_MS = 100;

/** Reads them, in advance or when the sandbox is made. */
export async function readBlanked(environment: Environment): Promise<Blanked> {
  const at = systemClock.now();
  return { at, texts: await blankedTexts(environment, projectHere(environment), process.cwd()) };
}

/** With the repositories within the project that were there before. */
export type CommandSandbox = Sandbox & { readonly within: readonly string[] };

/**
 * @param say whether a line tells what it hides
 * @throws Failure `unavailable` where no sandbox can be made, or there is no telling what it has to protect
 */
export async function sandboxOf(of: SandboxOfCommand, say: boolean): Promise<CommandSandbox> {
  const { plan, environment, visible, blanked, ...rest } = of;
  const project = projectHere(environment);
  // All of it, also what isn't there yet: unless the project is in it, as where toolkey itself is built.
  const isOurs = `${project}/`.startsWith(`${OWN_TREE}/`);
  const parts = isOurs ? ["bin", "dist", "node_modules", "share"].map((name) => join(OWN_TREE, name)) : [OWN_TREE];
  // They would be run, where there are none.
  const run = isOurs ? ["node", "compiled"].map((name) => join(OWN_TREE, name)) : [];
  const beside = besideTree(OWN_TREE, rest.paths);
  const [links, within, inAdvance] = await Promise.all([gitLinks(plan, environment), repositoriesWithin(project, environment), blanked]);
  const isFresh = inAdvance !== undefined && isNear(inAdvance.at, systemClock.now());
  const { texts } = isFresh ? inAdvance : await readBlanked(environment);
  // Of one whose directory is elsewhere that one is protected with the project's.
  const decides = within.flatMap((dot) => (isDirectory(dot) ? DECIDING.map((name) => join(dot, name)) : [dot]));
  const settings = { ...rest.settings, readonly: [...rest.settings.readonly, ...run, ...decides] };
  const shown = [...parts, ...beside, process.execPath, ...links, ...visible];
  const sandbox = await makeSandbox({ ...rest, settings, environment, texts, visible: shown });
  if (say) tell([told(texts.size, sandbox)]);
  return { ...sandbox, within };
}

/**
 * What the command has made where nothing may be, once it has ended: it would be started or read later, outside. What it may have changed
 * where somebody else has taken the protection away meanwhile, is told.
 */
export async function putAside({ absent, guarded, within }: CommandSandbox, environment: Environment): Promise<void> {
  for (const [path, identity] of guarded) {
    if (identityOf(path) === identity) continue;
    tell([`${path} was replaced from outside while the command ran, which could read and change it from then on`], [`look at it: ${path}`]);
  }
  const made = (await repositoriesLeft(environment)).filter((dot) => !within.includes(dot));
  for (const path of [...absent.filter(isAnythingAt), ...made]) {
    const aside = isAnythingAt(`${path}${PUT_ASIDE}`) ? `${path}${PUT_ASIDE}-${randomBytes(6).toString("hex")}` : `${path}${PUT_ASIDE}`;
    try {
      renameSync(path, aside);
      tell([`the command has made ${path}, which other programs would read: it is ${aside} now`]);
    } catch (error) {
      const code = systemErrorCode(error) ?? "unknown error";
      tell([`the command has made ${path}, which other programs would read, and it can't be renamed: ${code}`]);
    }
  }
}

/** The command may have left an index that git can't read. */
async function repositoriesLeft(environment: Environment): Promise<readonly string[]> {
  try {
    return await repositoriesWithin(projectHere(environment), environment);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    tell([error.message], error.hints);
    return [];
  }
}

/** Not if the clock was set back, either. */
function isNear(at: number, now: number): boolean {
  return Math.abs(now - at) < FRESH_MS;
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function told(blanked: number, { withoutVariables, isHomeOpen }: Sandbox): string {
  const parts = [
    "in a sandbox: no keys, logins, agents, D-Bus, docker, display",
    ...(blanked === 0 ? [] : [`${blanked} ${blanked === 1 ? "file" : "files"} without secrets`]),
    ...(withoutVariables.length === 0 ? [] : [`no ${withoutVariables.join(", ")}`]),
    "start-up files and git's hooks read-only",
    ...(isHomeOpen ? [] : ["new files directly in ~ are not kept"]),
  ];
  return parts.join("; ");
}

/** toolkey's links to git's programs, which can't be made inside: made now, by git's first start. A session has them already. */
async function gitLinks(
  { programs, environment: { TOOLKEY_GIT_PROGRAMS: links, GIT_EXEC_PATH: made } }: Plan,
  environment: Environment,
): Promise<string[]> {
  if (programs === undefined || typeof links !== "string") return [];
  if (made !== undefined) return [links];
  const path = [programs, environment["PATH"] ?? ""].join(":");
  await runMarked(join(programs, "git"), ["--version"], { ...environment, PATH: path, TOOLKEY_GIT_PROGRAMS: links });
  return [links];
}
