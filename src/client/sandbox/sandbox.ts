/** A sandbox for a command: `toolkey run --sandbox` (docs/decisions/0031-sandbox.md). */
import { mkdirSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { Failure, systemErrorCode } from "../../core/failure.ts";
import type { SandboxSettings } from "../../core/sandbox.ts";
import { homeOf, temporaryDirectory, type Environment, type Paths } from "../../platform/paths.ts";
import { findProgram } from "../../platform/processes/programs.ts";
import { identityOf } from "../../platform/files/inode.ts";
import { runtimePlaces } from "../../platform/files/runtime-directory.ts";
import { bubblewrapWords, canResetSignals, findBubblewrap } from "./bubblewrap.ts";
import { DISK } from "./files.ts";
import { layOut, projectOf } from "./layout.ts";
import { KEPT_CACHES } from "./lists.ts";
import { terminalFilter } from "./terminal-filter.ts";
import { withoutSession } from "./session-variables.ts";

/** Where files are in a sandbox that are for its command alone. */
const FILES = "/run/toolkey";

export interface Sandbox {
  /** What the command is to see. */
  readonly environment: Environment;
  /** Texts that are handed in by descriptors. */
  readonly texts: readonly string[];
  /** A program that is handed in by one, too, of calls that it refuses; none where this machine's are not known. */
  readonly filter: Buffer | undefined;
  /** Where a file is that is handed in by a descriptor. */
  pathOf(file: number): string;
  /**
   * The words before the command.
   *
   * @param inherited descriptors as bwrap inherits them
   */
  words(inherited: Inherited): readonly string[];
  /** Paths at which nothing was, and nothing may be when it has ended. */
  readonly absent: readonly string[];
  /** Paths that are protected as long as nobody outside puts something else there, and which file or directory each is. */
  readonly guarded: ReadonlyMap<string, string | undefined>;
  /** Variables with secrets that it has not. */
  readonly withoutVariables: readonly string[];
  /** Whether files can be added directly to the home. */
  readonly isHomeOpen: boolean;
}

/** Numbers of descriptors: of texts, of files, of the filter if there is one, and one that bwrap writes to. */
export interface Inherited {
  readonly texts: readonly number[];
  readonly files: readonly number[];
  readonly filter: number | undefined;
  readonly status: number;
}

/** What it is made for. */
export interface Sandboxed {
  readonly environment: Environment;
  readonly paths: Paths;
  readonly settings: SandboxSettings;
  readonly command: readonly string[];
  /** More directories and files that are shown, read-only. */
  readonly visible: readonly string[];
  /** The files that keep secrets, by their paths without links, as they are shown. */
  readonly texts: ReadonlyMap<string, string>;
}

/** @throws Failure `unavailable` where it can't be made */
export async function makeSandbox({ environment, paths, settings, command, visible, texts }: Sandboxed): Promise<Sandbox> {
  const bwrap = findBubblewrap();
  const home = homeOf(environment);
  const inHome = (path: string): string => (path.startsWith("~/") ? join(home, path.slice(2)) : path);
  const session = withoutSession(environment, settings);
  const own = [paths.data, paths.config, paths.log];
  for (const { runtime } of runtimePlaces(paths, environment)) own.push(runtime);
  makeCaches(home, environment);
  const resetsSignals = await canResetSignals(environment);
  const directory = process.cwd();
  const { mounts, made, absent, isHomeOpen } = layOut(DISK, {
    home,
    directory,
    programs: (environment["PATH"] ?? "").split(":").filter(isAbsolute),
    sockets: session.sockets,
    secrets: session.secrets,
    named: [...command, ...Object.values(session.kept)].filter((value) => value !== undefined).filter(isAbsolute),
    temporary: ["/tmp", temporaryDirectory(environment), environment["XDG_RUNTIME_DIR"] ?? ""].filter(isAbsolute),
    texts,
    visible,
    own,
    settings: { hide: settings.hide.map(inHome), readonly: settings.readonly.map(inHome), show: settings.show.map(inHome) },
  });
  for (const path of made) makeDirectory(path);
  const pathOf = (file: number): string => join(FILES, String(file));
  return {
    environment: session.kept,
    texts: mounts.texts(),
    filter: terminalFilter(process.arch),
    pathOf,
    absent,
    guarded: new Map(mounts.detachable().map((path) => [path, identityOf(path)])),
    withoutVariables: session.names,
    isHomeOpen,
    words: (inherited) =>
      bubblewrapWords(
        bwrap,
        [
          ...mounts.words(inherited.texts),
          ...(inherited.files.length === 0 ? [] : ["--perms", "0700", "--dir", FILES]),
          ...(inherited.filter === undefined ? [] : ["--seccomp", String(inherited.filter)]),
          ...inherited.files.flatMap((descriptor, file) => ["--perms", "0600", "--ro-bind-data", String(descriptor), pathOf(file)]),
        ],
        { directory, status: inherited.status, resetsSignals },
      ),
  };
}

/** The directory that a command would work in here. */
export function projectHere(environment: Environment): string {
  return projectOf(DISK, process.cwd(), DISK.real(homeOf(environment)));
}

/** Caches that are to be kept, and are not there yet. */
function makeCaches(home: string, environment: Environment): void {
  for (const [name, program] of KEPT_CACHES) {
    const path = join(home, name);
    if (DISK.real(path) !== undefined || (program !== undefined && findProgram(program, environment) === undefined)) continue;
    makeDirectory(path);
  }
}

/** @throws Failure `unavailable` */
function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw new Failure("unavailable", `cannot make the directory ${path} for the sandbox: ${systemErrorCode(error) ?? "unknown error"}`, {
      cause: error,
    });
  }
}
