/** Files as they are shown in a sandbox: without the secrets that `toolkey import` knows. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { asFarAsSeen, isAnythingAt } from "../../platform/files/inode.ts";
import type { Environment } from "../../platform/paths.ts";
import { readExactFile } from "../../platform/files/text-file.ts";
import { withoutPieces } from "../../protocols/plaintext/removal.ts";
import type { PlaintextSecret } from "../../protocols/plaintext/plaintext-secret.ts";
import { allSecretFiles, homePlaces, placeByEnd, SKIPPED, type SecretFile } from "./places.ts";

/** How many directories of a project are looked at, those nearest to its top first: a command waits for it. */
const MAX_DIRECTORIES = 100;

/**
 * The texts of the files of a home and a project that hold secrets, without these, by their paths without links. A file that can't
 * be read as what it is has no text, unless `mayHold` sees that it has no secret.
 */
export async function blankedTexts(environment: Environment, project: string, directory: string): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  const places = [...(await homePlaces(environment)), ...(await nearPlaces(project, directory))];
  for (const place of places.filter(({ path }) => isAnythingAt(path))) {
    const [path, text] = (await blanked(place)) ?? [];
    if (path !== undefined && text !== undefined) texts.set(path, text);
  }
  return texts;
}

/** Undefined if it holds no secret. */
async function blanked({ path, format, of }: SecretFile): Promise<readonly [path: string, text: string] | undefined> {
  const file = await readExactFile(path).catch(unlessFailure);
  if (file === undefined || of.mayHold?.(file.text) === false) return undefined;
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

/** The files of a project's upper directories, and of those that lead to the current one. */
async function nearPlaces(project: string, directory: string): Promise<SecretFile[]> {
  const placeAt = placeByEnd(await allSecretFiles());
  const found: SecretFile[] = [];
  const waiting = [project, ...(directory === project ? [] : [directory])];
  for (let looked = 0; looked < MAX_DIRECTORIES && waiting.length > 0; looked += 1) {
    const next = waiting.shift() ?? project;
    for (const entry of asFarAsSeen(() => readdirSync(next, { withFileTypes: true })) ?? []) {
      if (!entry.isDirectory()) found.push(...[placeAt(next, entry.name) ?? []].flat());
      // No more of them are looked at.
      else if (waiting.length < MAX_DIRECTORIES && !SKIPPED.has(entry.name)) waiting.push(join(next, entry.name));
    }
  }
  return found;
}

function unlessFailure(error: unknown): undefined {
  if (!(error instanceof Failure)) throw error;
  return undefined;
}
