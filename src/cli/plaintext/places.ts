/** Where tools keep secrets in plain text, in a home and in a project. */
import { opendir, realpath, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { Failure, systemErrorCode } from "../../core/failure.ts";
import { configHome, homeOf, type Environment } from "../../platform/paths.ts";
import type { Format } from "../../protocols/plaintext/formats.ts";

/** A file that may hold secrets. */
export interface Place {
  readonly path: string;
  readonly format: Format;
}

/** More is no project of a person, but a disk. */
const MAX_ENTRIES = 500_000;

/** What `toolkey setup` leaves beside a file that it changes. */
const BACKUP = ".toolkey-backup";

const PROJECT_FILES: readonly (readonly [end: string, Format])[] = [
  [".git-credentials", "git-credentials"],
  [".netrc", "netrc"],
  ["_netrc", "netrc"],
  ["settings.xml", "maven-settings"],
  [".npmrc", "npmrc"],
  [".yarnrc.yml", "yarnrc"],
  [".yarnrc", "yarnrc-classic"],
  [".docker/config.json", "docker-config"],
  [".cargo/credentials.toml", "cargo-credentials"],
  [".cargo/credentials", "cargo-credentials"],
  [".pypirc", "pypirc"],
];

/** Directories that hold what others wrote. */
const SKIPPED: ReadonlySet<string> = new Set([".git", "node_modules"]);

/** The files of a person, by the rules of each tool; most are not there. */
export function homePlaces(environment: Environment): Place[] {
  const home = homeOf(environment);
  const set = (name: string): string | undefined => (environment[name] === "" ? undefined : environment[name]);
  const config = configHome(environment);
  const cargo = set("CARGO_HOME") ?? join(home, ".cargo");
  const places: [string, Format][] = [
    [join(home, ".git-credentials"), "git-credentials"],
    [join(config, "git", "credentials"), "git-credentials"],
    [set("NETRC") ?? join(home, ".netrc"), "netrc"],
    [join(home, ".m2", "settings.xml"), "maven-settings"],
    [set("NPM_CONFIG_USERCONFIG") ?? set("npm_config_userconfig") ?? join(home, ".npmrc"), "npmrc"],
    [join(home, ".yarnrc.yml"), "yarnrc"],
    [join(home, ".yarnrc"), "yarnrc-classic"],
    [join(config, "pnpm", "rc"), "pnpm-rc"],
    [join(config, "pnpm", "auth.ini"), "pnpm-rc"],
    [join(home, "Library", "Preferences", "pnpm", "rc"), "pnpm-rc"],
    [join(home, "Library", "Preferences", "pnpm", "auth.ini"), "pnpm-rc"],
    [join(set("DOCKER_CONFIG") ?? join(home, ".docker"), "config.json"), "docker-config"],
    [join(set("GH_CONFIG_DIR") ?? join(config, "gh"), "hosts.yml"), "gh-hosts"],
    [join(cargo, "credentials.toml"), "cargo-credentials"],
    [join(cargo, "credentials"), "cargo-credentials"],
    [join(home, ".pypirc"), "pypirc"],
  ];
  return places.flatMap(([path, format]) => [{ path, format }, { path: `${path}${BACKUP}`, format }]);
}

/**
 * The files of a project that may hold secrets, and its `pom.xml`s. Symbolic links are followed to files, if
 * they stay in the tree.
 *
 * @throws Failure `usage` if there is no such directory, or it is too large
 */
export async function projectPlaces(directory: string): Promise<{ readonly places: Place[]; readonly poms: string[] }> {
  const places: Place[] = [];
  const poms: string[] = [];
  const root = await rootOf(directory);
  const waiting = [root];
  let entries = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const { name, isDirectory, isLink } of await entriesOf(next)) {
      entries += 1;
      if (entries > MAX_ENTRIES) throw new Failure("usage", `${directory} holds more than ${MAX_ENTRIES} files`, { hint: "name the directory of one project" });
      const path = join(next, name);
      if (isDirectory) {
        if (!SKIPPED.has(name)) waiting.push(path);
        continue;
      }
      const format = formatOf(path);
      if (format === undefined && name !== "pom.xml") continue;
      if (isLink && !(await leadsInto(path, root))) continue;
      if (format === undefined) poms.push(path);
      else places.push({ path, format });
    }
  }
  return { places: places.toSorted((a, b) => a.path.localeCompare(b.path)), poms: poms.toSorted() };
}

function formatOf(path: string): Format | undefined {
  const plain = path.endsWith(BACKUP) ? path.slice(0, -BACKUP.length) : path;
  return PROJECT_FILES.find(([end]) => plain.endsWith(`${sep}${end}`))?.[1];
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
