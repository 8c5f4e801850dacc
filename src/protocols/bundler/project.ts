/** What a project says: its Gemfile and lock file, and the settings that it brings along. */
import { dirname, join, resolve } from "node:path";
import { Failure } from "../../core/failure.ts";
import { parseTarget, type Target } from "../../core/target.ts";
import type { ReadText, RunRequest } from "../tool-protocol.ts";
import { mirrorOf, settingsIn, settingsOf, withSlash, type Settings } from "./settings.ts";
import { othersOf, sourcesOf } from "./sources.ts";

/** Settings of whom to trust, or of where the settings are that count; in whatever way the file is read. */
const OF_TRUST = /BUNDLE_(SSL_\w*|GEMFILE)/gi;

/** A source, and where Bundler fetches it by the person's settings. */
export interface Place {
  readonly source: string;
  readonly target: Target;
}

interface Config {
  readonly path: string;
  readonly text: string;
  readonly settings: Settings;
}

export interface Project {
  readonly places: readonly Place[];
  /** Its own settings, which come before variables. */
  readonly config: Config;
  /** URLs from which gems may be fetched, as they are written. */
  readonly fetched: readonly string[];
  /** Those that it names otherwise. */
  readonly others: readonly string[];
  /** Its settings of whom to trust, for people. */
  readonly distrusted: readonly string[];
}

export async function projectOf(request: RunRequest, read: ReadText): Promise<Project> {
  const { arguments: given, directory, home, environment } = request;
  const userConfig =
    environment["BUNDLE_CONFIG"] ||
    environment["BUNDLE_USER_CONFIG"] ||
    join(environment["BUNDLE_USER_HOME"] || join(home, ".bundle"), "config");
  const ofPerson: Settings = new Map([
    ...settingsIn((await read(resolve(directory, userConfig))) ?? ""),
    ...settingsOf(Object.entries(environment)),
  ]);
  const typed = typedGemfile(given);
  const first = await findGemfile(directory, typed || environment["BUNDLE_GEMFILE"], read);
  const found = await configOf(request, first, read);
  // Bundler looks there once, and then has the settings beside that Gemfile.
  const moved = typed ? undefined : (found.settings.get("gemfile") ?? ofPerson.get("gemfile"));
  const gemfile = moved ? await findGemfile(directory, moved, read) : first;
  const config = moved ? await configOf(request, gemfile, read) : found;
  const lock = (gemfile === undefined ? undefined : await read(lockOf(gemfile.path))) ?? "";
  const sources = sourcesOf(gemfile?.text ?? "", lock, given);
  const places = sources.flatMap((url): Place[] => {
    const source = withSlash(url);
    const target = targetOf(url) && targetOf(mirrorOf(ofPerson, source) ?? url);
    return target === undefined ? [] : [{ source, target }];
  });
  const mirrors = [ofPerson, config.settings].flatMap((settings) => [...settings].filter(([name]) => name.startsWith("mirror.")));
  return {
    places, config,
    fetched: [...sources, ...mirrors.map(([, url]) => url)],
    others: othersOf(gemfile?.text ?? "", lock),
    distrusted: [...new Set([found, config].flatMap(({ path, text }) =>
      [...text.matchAll(OF_TRUST)].map(([, name = ""]) => `${name.toLowerCase()} in ${path}`)))],
  };
}

async function configOf({ directory, environment }: RunRequest, gemfile: { path: string } | undefined, read: ReadText): Promise<Config> {
  const root = gemfile === undefined ? directory : dirname(gemfile.path);
  const path = join(resolve(root, environment["BUNDLE_APP_CONFIG"] || ".bundle"), "config");
  const text = (await read(path)) ?? "";
  return { path, text, settings: settingsIn(text) };
}

async function findGemfile(
  directory: string,
  named: string | undefined,
  read: ReadText,
): Promise<{ path: string; text: string } | undefined> {
  const paths = named ? [resolve(directory, named)] : above(directory).flatMap((each) => [join(each, "Gemfile"), join(each, "gems.rb")]);
  for (const path of paths) {
    const text = await read(path);
    if (text !== undefined) return { path, text };
  }
  // Where a named one would be, its settings are read all the same.
  return named ? { path: resolve(directory, named), text: "" } : undefined;
}

function typedGemfile(given: readonly string[]): string | undefined {
  const at = given.findIndex((word) => /^--gemfile(=|$)/.test(word));
  return at === -1 ? undefined : (/^--gemfile=(.*)$/.exec(given[at] ?? "")?.[1] ?? given[at + 1]);
}

function above(directory: string): string[] {
  const parent = dirname(directory);
  return parent === directory ? [directory] : [directory, ...above(parent)];
}

function lockOf(gemfile: string): string {
  return gemfile.endsWith("gems.rb") ? gemfile.replace(/gems\.rb$/, "gems.locked") : `${gemfile}.lock`;
}

export function targetOf(url: string): Target | undefined {
  try {
    return parseTarget(url);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
