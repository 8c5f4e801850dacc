/** What a sandbox shows, from what there is and what the person wants. Pure, over what there is. */
import { dirname, join } from "node:path";
import type { SandboxSettings } from "../../core/sandbox.ts";
import { realParent, type Files } from "./files.ts";
import { gitPlaces, hooksPath } from "./git-places.ts";
import {
  HIDDEN,
  KERNEL_READ_ONLY,
  LAYERED,
  READ_ONLY,
  SHOWN_BY_LINK,
  SHOWN_OF_RUN,
  START_UP_FILES,
  SYSTEM_PRIVATE,
  SYSTEM_READ_ONLY,
} from "./lists.ts";
import { Mounts, type Mount } from "./mounts.ts";

/** What a sandbox is for. Paths are absolute, and may be links. */
export interface Situation {
  readonly home: string;
  readonly directory: string;
  /** Directories in which programs are looked for. */
  readonly programs: readonly string[];
  /** What the command line and variables name: files among it that are temporary are shown. */
  readonly named: readonly string[];
  /** Of the session: sockets, and files with secrets. */
  readonly sockets: readonly string[];
  readonly secrets: readonly string[];
  /** Where temporary files, and those that are kept as long as a session, are. */
  readonly temporary: readonly string[];
  /** Files of which another text is shown, by their paths without links. */
  readonly texts: ReadonlyMap<string, string>;
  /** toolkey's own: shown, and read-only. */
  readonly visible: readonly string[];
  /** toolkey's own: not there. */
  readonly own: readonly string[];
  readonly settings: Pick<SandboxSettings, "hide" | "readonly" | "show">;
}

export interface Layout {
  readonly mounts: Mounts;
  readonly project: string;
  /** Directories that are to be made before, empty, since something is put there. */
  readonly made: readonly string[];
  /** Paths that nothing is at, and nothing may be left at by the command. */
  readonly absent: readonly string[];
  /** Whether the home is the project, so that files can be added to it. */
  readonly isHomeOpen: boolean;
}

const READONLY: Mount = { kind: "readonly" };
const WRITABLE: Mount = { kind: "writable" };
const PRIVATE: Mount = { kind: "private" };

export function layOut(files: Files, situation: Situation): Layout {
  const mounts = new Mounts();
  const home = files.real(situation.home);
  const directory = files.real(situation.directory) ?? situation.directory;
  const project = projectOf(files, directory, home);
  const isHomeOpen = project === home;
  const absent: string[] = [];
  const made: string[] = [];
  const show = (path: string, mount: Mount): void => {
    const real = files.real(path);
    if (real !== undefined && real !== "/") mounts.put(real, mount);
  };
  const mayCover = (real: string): boolean => real !== "/" && real !== home && !isIn(project, real);
  const hide = (path: string): void => {
    const real = files.real(path);
    if (real === undefined) return void absent.push(path);
    if (mayCover(real)) mounts.put(real, files.kind(real) === "directory" ? PRIVATE : { kind: "masked" });
  };
  const protect = (path: string): void => {
    if (files.real(path) !== undefined) return show(path, READONLY);
    absent.push(path);
    if (files.kind(path) !== "link") return;
    // A link to nothing, which could be made: then nothing is added where it leads to.
    const parent = realParent(files, path);
    if (mayCover(parent)) mounts.put(parent, READONLY);
  };

  const temporary = situation.temporary.map((path) => files.real(path) ?? path);

  system(files, mounts);
  for (const path of situation.temporary) show(path, path === "/tmp" ? { kind: "private", mode: "1777" } : PRIVATE);
  for (const path of situation.named) {
    const real = files.real(path);
    if (real === undefined || files.kind(real) !== "file" || (home !== undefined && isIn(real, home))) continue;
    if (temporary.some((each) => isIn(real, each))) mounts.put(real, READONLY);
  }
  if (home !== undefined && home !== "/") {
    if (isHomeOpen) mounts.put(home, WRITABLE);
    else layer(files, mounts, home, READONLY);
    for (const name of LAYERED) {
      const path = files.real(join(home, name));
      if (path !== undefined && files.kind(path) === "directory") layer(files, mounts, path, WRITABLE);
    }
  }
  if (project !== "/") mounts.put(project, WRITABLE);
  const repositories = [project, ...(home === undefined || isHomeOpen ? [] : [home])].map((tree) => gitPlaces(files, tree));
  for (const { writable } of repositories) for (const path of writable) mounts.put(path, WRITABLE);
  for (const path of situation.programs) if (!isIn(files.real(path) ?? path, project)) show(path, READONLY);
  if (home !== undefined) {
    for (const name of READ_ONLY) protect(join(home, name));
    for (const name of startUpFiles(files, home, isHomeOpen)) protect(join(home, name));
    for (const name of HIDDEN) hide(join(home, name));
    const hooks = hooksPath(files.text(join(home, ".gitconfig")) ?? "", home, home);
    if (hooks !== undefined && !isIn(hooks, project)) protect(hooks);
  }
  for (const places of repositories) {
    for (const path of places.readonly) show(path, READONLY);
    for (const path of places.made) {
      made.push(path);
      mounts.put(path, READONLY);
    }
    absent.push(...places.absent);
  }
  // Not over what is hidden, to which a link of the project's may lead.
  for (const [path, text] of situation.texts)
    if (!/^(private|masked)$/.test(mounts.around(path).kind)) mounts.put(path, { kind: "text", text });
  for (const path of situation.secrets) hide(path);
  for (const path of situation.sockets) if (files.kind(files.real(path) ?? path) === "socket") hide(path);
  for (const path of situation.settings.readonly) protect(path);
  for (const path of situation.settings.hide) hide(path);
  for (const path of situation.settings.show) show(path, path.startsWith("/dev/") ? { kind: "device" } : WRITABLE);
  for (const path of situation.own) show(path, PRIVATE);
  for (const path of situation.visible) show(path, READONLY);
  return { mounts, project, made, absent: lasting(files, mounts, absent), isHomeOpen };
}

/**
 * The directory that a command works in: the working tree of the repository around it, but not one that a home is in, or
 * else the current directory.
 */
export function projectOf(files: Files, directory: string, home: string | undefined): string {
  for (let at = directory; ; at = dirname(at)) {
    if (home !== undefined && isIn(home, at)) return directory;
    if (files.kind(join(at, ".git")) !== undefined) return at;
    if (at === "/") return directory;
  }
}

/** Whether a path is another one, or below it. */
function isIn(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory === "/" ? "/" : `${directory}/`);
}

function system(files: Files, mounts: Mounts): void {
  for (const path of SYSTEM_READ_ONLY) if (files.kind(path) === "directory") mounts.put(path, READONLY);
  for (const [path, mode] of SYSTEM_PRIVATE) if (files.kind(path) === "directory") mounts.put(path, { kind: "private", mode });
  mounts.put("/dev", { kind: "devices" });
  mounts.put("/proc", { kind: "processes" });
  for (const path of KERNEL_READ_ONLY) if (files.kind(path) !== undefined) mounts.put(path, READONLY);
  for (const path of [...SHOWN_OF_RUN, ...SHOWN_BY_LINK]) {
    const real = files.real(path);
    if (real === undefined) continue;
    const isGone = (at: string): boolean => mounts.around(at).kind === "private";
    if (isGone(real)) mounts.put(real, READONLY);
    if (files.kind(path) === "link" && isGone(path)) mounts.put(path, { kind: "link", target: files.target(path) ?? real });
  }
}

/** A directory of the sandbox's own with what is in it now. Sockets and devices are left out. */
function layer(files: Files, mounts: Mounts, directory: string, ofFiles: Mount): void {
  mounts.put(directory, PRIVATE);
  for (const { name, kind } of files.list(directory)) {
    const path = join(directory, name);
    if (kind === "directory") mounts.put(path, WRITABLE);
    else if (kind === "file") mounts.put(path, ofFiles);
    else if (kind === "link") mounts.put(path, { kind: "link", target: files.target(path) ?? "" });
  }
}

/** Files directly in a home: those that shells and sessions look for; and all that begin with a dot, unless the home is the project. */
function startUpFiles(files: Files, home: string, isHomeOpen: boolean): string[] {
  if (isHomeOpen) return [...START_UP_FILES];
  const there = files.list(home).filter(({ name, kind }) => kind !== "directory" && name.startsWith(".") && name !== ".git");
  return [...new Set([...START_UP_FILES, ...there.map(({ name }) => name)])];
}

/** The paths at which what is put stays when the sandbox has ended. Many share a directory. */
function lasting(files: Files, mounts: Mounts, paths: readonly string[]): string[] {
  const known = new Map<string, string | undefined>();
  return paths.filter((path) => {
    const directory = dirname(path);
    if (!known.has(directory)) known.set(directory, files.real(directory));
    return mounts.around(known.get(directory) ?? realParent(files, path)).kind === "writable";
  });
}
