/** Texts that lie in a project, here and in the directories above. Read only through `ReadText`. */
import { dirname, join } from "node:path";
import type { ReadText } from "./tool-protocol.ts";

/** A text with the path at which it was found. */
export interface FoundText {
  readonly path: string;
  readonly text: string;
}

/** A directory, and those above it, up to the root. */
export function upwards(directory: string): string[] {
  const above = dirname(directory);
  return above === directory ? [directory] : [directory, ...upwards(above)];
}

/** Those of these files that are there, each once. */
export async function findTexts(paths: readonly string[], read: ReadText): Promise<FoundText[]> {
  const found: FoundText[] = [];
  for (const path of new Set(paths)) {
    const text = await read(path);
    if (text !== undefined) found.push({ path, text });
  }
  return found;
}

/** Files of these names here and in all directories above, but for the person's own at home. */
export async function findAbove(directory: string, names: readonly string[], home: string, read: ReadText): Promise<FoundText[]> {
  const places = upwards(directory).filter((place) => place !== home);
  return findTexts(places.flatMap((place) => names.map((name) => join(place, name))), read);
}

/** The first directory from here upwards that holds one of these files. */
export async function nearest(directory: string, names: readonly string[], read: ReadText): Promise<string | undefined> {
  for (const candidate of upwards(directory)) {
    for (const name of names) if ((await read(join(candidate, name))) !== undefined) return candidate;
  }
  return undefined;
}
