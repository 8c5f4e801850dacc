/** Where tools keep secrets in plain text, in a home and in a project. */
import { opendir, realpath, stat } from "node:fs/promises";
import { basename, join, relative, sep } from "node:path";
import { Failure, systemErrorCode } from "../../core/failure.ts";
import type { Environment } from "../../platform/paths.ts";
import { CLI_TOOLS } from "../tools/tools.ts";
import { homeFiles, type SecretFiles } from "./secret-files.ts";
import { UNSERVED } from "./unserved.ts";

/** A file that may hold secrets. */
export interface SecretFile {
  readonly path: string;
  readonly format: string;
  /** Of the tool that reads it. */
  readonly of: SecretFiles;
  /** Found in a project, and none of the person's own: undefined for the latter. */
  readonly inProject?: true;
}

/** More is no project of a person, but a disk. */
const MAX_ENTRIES = 500_000;

/** What `toolkey setup` leaves beside a file that it changes. */
const BACKUP = ".toolkey-backup";

/** Directories that hold what others wrote. */
export const SKIPPED: ReadonlySet<string> = new Set([".git", "node_modules"]);

/** Of all tools, those that toolkey serves first. */
export async function allSecretFiles(): Promise<readonly SecretFiles[]> {
  const served = await Promise.all([...CLI_TOOLS.values()].flatMap(({ secrets }) => secrets?.() ?? []));
  return [...served, UNSERVED];
}

/** The files of a person, by the rules of each tool; most are not there. */
export async function homePlaces(environment: Environment): Promise<SecretFile[]> {
  const home = homeFiles(environment);
  const all = (await allSecretFiles()).flatMap((of) => of.home(home).map(([path, format]) => ({ path, format, of })));
  return all.flatMap((place) => [place, { ...place, path: `${place.path}${BACKUP}` }]);
}

/**
 * The files of a project that may hold secrets, and those that may say what they are for. Symbolic links are followed to files, if
 * they stay in the tree.
 *
 * @throws Failure `usage` if there is no such directory, or it is too large
 */
export async function projectPlaces(
  directory: string,
  environment: Environment,
): Promise<{ readonly places: SecretFile[]; readonly beside: string[] }> {
  const places: SecretFile[] = [];
  const beside: string[] = [];
  const all = await allSecretFiles();
  const placeAt = placeByEnd(all);
  const root = await rootOf(directory);
  const own = new Set((await homePlaces(environment)).map(({ path }) => path));
  const waiting = [root];
  let entries = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const { name, isDirectory, isLink } of await entriesOf(next)) {
      entries += 1;
      if (entries > MAX_ENTRIES)
        throw new Failure("usage", `${directory} holds more than ${MAX_ENTRIES} files`, { hint: "name the directory of one project" });
      const path = join(next, name);
      if (isDirectory) {
        if (!SKIPPED.has(name)) waiting.push(path);
        continue;
      }
      const place = placeAt(next, name);
      if (place === undefined && all.every((of) => of.beside !== name)) continue;
      if (isLink && !(await leadsInto(path, root))) continue;
      if (place === undefined) beside.push(path);
      else places.push(own.has(path) ? place : { ...place, inProject: true });
    }
  }
  return { places: places.toSorted((a, b) => a.path.localeCompare(b.path)), beside: beside.toSorted() };
}

/** A look-up: a file of a directory → as the first tool has it that knows how its path ends; undefined if none does. */
export function placeByEnd(all: readonly SecretFiles[]): (directory: string, name: string) => SecretFile | undefined {
  const ends = all.flatMap((of) => of.project.map(([end, format]) => ({ end, format, of })));
  // Most files of a project have none of these names.
  const names = new Set(ends.map(({ end }) => basename(end)));
  return (directory, name) => {
    const plain = name.endsWith(BACKUP) ? name.slice(0, -BACKUP.length) : name;
    if (!names.has(plain)) return undefined;
    const found = ends.find(({ end }) => join(directory, plain).endsWith(`${sep}${end}`));
    return found && { path: join(directory, name), format: found.format, of: found.of };
  };
}

async function rootOf(directory: string): Promise<string> {
  try {
    const root = await realpath(directory);
    if ((await stat(root)).isDirectory()) return root;
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
  }
  throw new Failure("usage", `there is no directory ${directory}`);
}

async function entriesOf(directory: string): Promise<{ name: string; isDirectory: boolean; isLink: boolean }[]> {
  const entries = [];
  try {
    for await (const entry of await opendir(directory)) {
      entries.push({ name: entry.name, isDirectory: entry.isDirectory(), isLink: entry.isSymbolicLink() });
    }
  } catch (error) {
    // What we may not read, the tools that run as us may not read either.
    if (systemErrorCode(error) === undefined) throw error;
  }
  return entries;
}

async function leadsInto(link: string, root: string): Promise<boolean> {
  try {
    const way = relative(root, await realpath(link));
    return way !== ".." && !way.startsWith(`..${sep}`);
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return false;
  }
}
