/** Files as they are shown in a sandbox: without the secrets that `toolkey import` knows. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { isAnythingAt } from "../../platform/files/inode.ts";
import type { Environment } from "../../platform/paths.ts";
import { readExactFile, type ExactFile } from "../../platform/files/text-file.ts";
import { withoutPieces } from "../../protocols/plaintext/removal.ts";
import type { PlaintextSecret } from "../../protocols/plaintext/plaintext-secret.ts";
import { allSecretFiles, homePlaces, placeByEnd, SKIPPED, type SecretFile } from "./places.ts";

/** How many directories of a project are looked at, those nearest to its top first: a command waits for it. */
const MAX_DIRECTORIES = 100;

/**
 * The texts of the files of a home and a project that hold secrets, without these, by their paths without links. A file that can't
 * be read as what it is has no text.
 */
export async function blankedTexts(environment: Environment, project: string, directory: string): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  const places = [...(await homePlaces(environment)), ...(await nearPlaces(project, directory))];
  for (const place of places.filter(({ path }) => isAnythingAt(path))) {
    const [path, text] = blanked(place) ?? [];
    if (path !== undefined && text !== undefined) texts.set(path, text);
  }
  return texts;
}

/** Undefined if it holds no secret. */
function blanked(place: SecretFile): readonly [path: string, text: string] | undefined {
  const file = readable(place.path);
  const { format, of } = place;
  if (file === undefined || of.mayHold?.[format]?.(file.text) === false) return undefined;
  try {
    const find = (text: string): PlaintextSecret[] => of.formats[format]?.(text) ?? [];
    const found = find(file.text);
    if (found.length === 0) return undefined;
    const cut = withoutPieces(file.text, found.flatMap(({ pieces }) => pieces));
    // What import only reports has no pieces.
    const text = find(cut).reduce((left, { secret }) => left.replaceAll(secret.reveal(), ""), cut);
    return [file.realPath, find(text).length === 0 ? text : ""];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [file.realPath, ""];
  }
}

function readable(path: string): ExactFile | undefined {
  try {
    return readExactFile(path);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return undefined;
  }
}

/** The files of a project's upper directories, and of those that lead to the current one. */
async function nearPlaces(project: string, directory: string): Promise<SecretFile[]> {
  const placeAt = placeByEnd(await allSecretFiles());
  const found: SecretFile[] = [];
  const waiting = [project, ...(directory === project ? [] : [directory])];
  for (let looked = 0; looked < MAX_DIRECTORIES && waiting.length > 0; looked += 1) {
    const next = waiting.shift() ?? project;
    for (const entry of entriesOf(next)) {
      const place = entry.isDirectory() ? undefined : placeAt(next, entry.name);
      if (place !== undefined) found.push(place);
      else if (entry.isDirectory() && waiting.length < MAX_DIRECTORIES && !SKIPPED.has(entry.name)) waiting.push(join(next, entry.name));
    }
  }
  return found;
}

function entriesOf(directory: string): { readonly name: string; isDirectory(): boolean }[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    // What we may not read, the command may not read either.
    return [];
  }
}
