/** What a sandbox is made from: what there is on this machine. */
import { lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync, type Dirent, type Stats } from "node:fs";
import { dirname, resolve } from "node:path";
import { asFarAsSeen } from "../../platform/files/inode.ts";

export type FileKind = "directory" | "file" | "link" | "socket" | "other";

export interface FileEntry {
  readonly name: string;
  readonly kind: FileKind;
}

/** Looks, and changes nothing. What can't be seen is not there. */
export interface Files {
  /** Of the path itself, not of what a link leads to. */
  kind(path: string): FileKind | undefined;
  /** The path without symbolic links; undefined if nothing is there. */
  real(path: string): string | undefined;
  /** None of what is no directory. */
  list(directory: string): readonly FileEntry[];
  text(file: string): string | undefined;
  /** Where a link leads to, as it says; undefined of what is none. */
  target(link: string): string | undefined;
}

/** Larger is no configuration of git's. */
const MAX_BYTES = 256 * 1024;

export const DISK: Files = {
  kind: (path) =>
    asFarAsSeen(() => {
      const found = lstatSync(path, { throwIfNoEntry: false });
      return found === undefined ? undefined : kindOf(found);
    }),
  // An error takes longer than a look, and most of what is asked for is not there.
  real: (path) => asFarAsSeen(() => (lstatSync(path, { throwIfNoEntry: false }) === undefined ? undefined : realpathSync.native(path))),
  list: (directory) =>
    asFarAsSeen(() => readdirSync(directory, { withFileTypes: true }).map((entry) => ({ name: entry.name, kind: kindOf(entry) }))) ?? [],
  text: (file) =>
    asFarAsSeen(() => {
      const found = lstatSync(realpathSync(file));
      return found.isFile() && found.size <= MAX_BYTES ? readFileSync(file, "utf8") : undefined;
    }),
  target: (link) => asFarAsSeen(() => readlinkSync(link)),
};

/** The deepest directory that is there on the way to a path that is not, without links. */
export function realParent(files: Files, path: string): string {
  const target = files.target(path);
  const parent = target === undefined ? dirname(path) : resolve(dirname(path), target);
  return files.real(parent) ?? realParent(files, parent);
}

function kindOf(entry: Dirent | Stats): FileKind {
  if (entry.isDirectory()) return "directory";
  if (entry.isFile()) return "file";
  if (entry.isSymbolicLink()) return "link";
  return entry.isSocket() ? "socket" : "other";
}
