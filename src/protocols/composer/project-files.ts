/** The files of a project that count for Composer. Reads only through `ReadText`. */
import { dirname, resolve } from "node:path";
import { findTexts, type FoundText } from "../project-texts.ts";
import type { ReadText } from "../tool-protocol.ts";
import { asRecord, prefersSources, readJson, sourcesOf, trustSettings, vendorOf, versionedRepositories } from "./project.ts";

/** A file, and what stands in it, in the form of a `composer.json` or a lock file. */
export interface ProjectFile extends FoundText {
  readonly document: Readonly<Record<string, unknown>>;
}

export interface Project {
  readonly files: readonly ProjectFile[];
  /** What they say of trust, and where. */
  readonly distrusted: readonly string[];
  /** URLs that git or the like would be given with a login in it. */
  readonly sources: readonly string[];
}

/** @param file its `composer.json`, absolute. @param vendor the directory of packages, if the person says it */
export async function readProject(
  file: string,
  { given, vendor }: { readonly given: readonly string[]; readonly vendor: string | undefined },
  read: ReadText,
): Promise<Project> {
  const directory = dirname(file);
  const auth = resolve(directory, "auth.json");
  const own = (await findTexts([file, lockOf(file), auth], read)).map(({ path, text }): ProjectFile => {
    // Composer merges it into `config`, with whatever is in it.
    return { path, text, document: path === auth ? { config: readJson(text) } : readJson(text) };
  });
  const documents = own.map(({ document }) => document);
  const named = vendor || vendorOf(own.find(({ path }) => path === file)?.document ?? {});
  const packages = resolve(directory, named ?? "vendor");
  const installed = (await findTexts([resolve(packages, "composer/installed.json")], read)).map(installedFile);
  const files = [...own, ...installed];
  const isByWish = given.some((word) => /^--prefer-(source$|install(=(?!dist$)|$))/.test(word)) || documents.some(prefersSources);
  const sources = files.flatMap(({ document }) => sourcesOf(document));
  // Settings of git in it count, as where it fetches from in place of a URL.
  const cloned = await findTexts(sources.map(({ name }) => resolve(packages, name, ".git/config")), read);
  const isCloned = (name: string): boolean => cloned.some(({ path }) => path === resolve(packages, name, ".git/config"));
  return {
    files,
    distrusted: [
      ...files.flatMap(({ path, document }) => trustSettings(document).map((name) => `${name} in ${path}`)),
      ...(named === undefined ? [`vendor-dir in ${file}`] : []),
    ],
    sources: [
      ...documents.flatMap(versionedRepositories),
      ...sources.filter(({ name, isUsed }) => isByWish || isUsed || isCloned(name)).map(({ url }) => url),
    ],
  };
}

/** That of Composer 1 is a list. */
function installedFile({ path, text }: FoundText): ProjectFile {
  const document = readJson(`{"packages": ${text.replace(/^\uFEFF/, "") || "[]"}}`);
  return { path, text, document: Array.isArray(document["packages"]) ? document : asRecord(document["packages"]) };
}

function lockOf(file: string): string {
  return file.endsWith(".json") ? file.replace(/\.json$/, ".lock") : `${file}.lock`;
}
