/**
 * Cargo's configuration, as far as it tells of registries and of whom to trust. Source:
 * https://doc.rust-lang.org/cargo/reference/config.html (hierarchical structure, `include`, `--config`)
 */
import { dirname, join, resolve } from "node:path";
import type { TomlTable } from "smol-toml";
import { Failure } from "../../core/failure.ts";
import { findTexts, upwards, type FoundText } from "../project-texts.ts";
import { isTomlTable, readToml, tableAt, tomlAt } from "../text/toml.ts";
import type { ReadText, RunRequest } from "../tool-protocol.ts";

/** A file of it, or what stands on the command line. */
export interface Settings {
  /** For people. */
  readonly source: string;
  /** Whether it came with the project. */
  readonly ofProject: boolean;
  readonly table: TomlTable;
}

/** Files may name others, and those again. */
const MOST_INCLUDED = 30;
/** The same file under two names, of which Cargo takes the first. */
const NAMES = ["config", "config.toml"];

/** All that is in force, the first counts. @throws Failure `unavailable` for a file that can't be read */
export async function configuration(request: RunRequest, read: ReadText): Promise<Settings[]> {
  const { directory, home, environment } = request;
  const own = environment["CARGO_HOME"] || join(home, ".cargo");
  const places = [...upwards(directory).map((above) => join(above, ".cargo")), own];
  const settings: Settings[] = await commandLineSettings(request, read);
  for (const place of new Set(places)) {
    const [file] = await findTexts(NAMES.map((name) => join(place, name)), read);
    if (file !== undefined) settings.push(...(await withIncluded(file, place !== own && place !== join(home, ".cargo"), read)));
  }
  return settings;
}

/** The URLs of indexes by the names of registries. */
export function registries(settings: readonly Settings[], environment: RunRequest["environment"]): Map<string, string> {
  const found = new Map<string, string>();
  for (const [variable, index] of Object.entries(environment)) {
    const name = /^CARGO_REGISTRIES_(.+)_INDEX$/.exec(variable)?.[1];
    if (name !== undefined) found.set(name, index);
  }
  const ofVariable = (name: string): string => name.toUpperCase().replaceAll("-", "_");
  for (const { table } of settings) {
    for (const [name, registry] of Object.entries(tableAt(table, "registries"))) {
      const index = found.get(ofVariable(name)) ?? (isTomlTable(registry) ? registry["index"] : undefined);
      if (typeof index === "string" && !found.has(name)) found.set(name, index);
    }
  }
  return found;
}

/** The names that files have for the source that an index is, which may not have two. */
export function sourceNames(settings: readonly Settings[], index: string): string[] {
  const bare = (url: unknown): string => String(url).replace(/\/$/, "");
  return settings.flatMap(({ table }) =>
    Object.entries(tableAt(table, "source")).flatMap(([name, source]) =>
      isTomlTable(source) && bare(source["registry"]) === bare(index) ? [name] : [],
    ),
  );
}

/** What the first of them says that says something. */
export function settingAt(settings: readonly Settings[], ...path: readonly string[]): unknown {
  return settings.map(({ table }) => tomlAt(table, path)).find((value) => value !== undefined);
}

/** Of `--config`, of which each is a file or a setting, and the last counts. */
async function commandLineSettings({ arguments: given, directory }: RunRequest, read: ReadText): Promise<Settings[]> {
  const end = given.indexOf("--");
  const own = end === -1 ? given : given.slice(0, end);
  const values = own.flatMap((word, index) =>
    word.startsWith("--config=") ? word.slice("--config=".length) : own[index - 1] === "--config" ? word : [],
  );
  const settings: Settings[] = [];
  for (const value of values.toReversed()) {
    const [file] = await findTexts([resolve(directory, value)], read);
    if (file !== undefined) settings.push(...(await withIncluded(file, false, read)));
    else settings.push({ source: "--config", ofProject: false, table: tableOf({ path: "--config", text: value }) });
  }
  return settings;
}

/** A file, and those that it names, which count less; of several the last counts most, with all that it names itself. */
async function withIncluded(file: FoundText, ofProject: boolean, read: ReadText): Promise<Settings[]> {
  const settings: Settings[] = [];
  const waiting = [file];
  const seen = new Set<string>();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (seen.has(next.path)) continue;
    seen.add(next.path);
    if (seen.size > MOST_INCLUDED) throw new Failure("unavailable", `${file.path} includes more than ${MOST_INCLUDED} files`);
    const table = tableOf(next);
    settings.push({ source: next.path, ofProject, table });
    waiting.push(...(await findTexts(includedIn(table).map((path) => resolve(dirname(next.path), path)), read)));
  }
  return settings;
}

function includedIn({ include }: TomlTable): string[] {
  return [include].flat().flatMap((each) => {
    const path = isTomlTable(each) ? each["path"] : each;
    return typeof path === "string" ? [path] : [];
  });
}

function tableOf({ path, text }: FoundText): TomlTable {
  try {
    return readToml(text);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(error.code, `cannot read ${path}: ${error.message}`, { cause: error });
  }
}
