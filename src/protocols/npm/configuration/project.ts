/** Where a project begins, as npm finds it. Reads only through `ReadText`. */
import { dirname, join, relative, resolve } from "node:path";
import type { ReadText } from "../../tool-protocol.ts";

/** No pattern of a person's has more ways through its braces, or is longer, in characters. */
const MAX_WAYS = 100;
const MAX_WITH_BRACES = 1000;

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

/**
 * The directory whose `.npmrc` npm reads: that of the nearest package, or of the workspace that it is a
 * member of.
 */
export async function npmRoot(directory: string, read: ReadText, workspaces = true): Promise<string> {
  const prefix = (await nearest(directory, ["package.json", "node_modules/.package-lock.json"], read)) ?? directory;
  if (!workspaces) return prefix;
  for (const above of upwards(dirname(prefix))) {
    const patterns = workspacePatterns(manifestOf(await read(join(above, "package.json"))));
    if (above !== prefix && patterns.some((pattern) => matchesGlob(pattern, relative(above, prefix)))) return above;
  }
  return prefix;
}

/** An object, of whatever stands in a `package.json`. */
export function manifestOf(text: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const manifest: unknown = JSON.parse(text ?? "");
    return asRecord(manifest);
  } catch {
    return {};
  }
}

/** A value as an object, empty if it is none. */
export function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : {};
}

/** A path of the person's configuration: `~/` is home, what is relative begins where the command does. */
export function personalPath(path: string, { home, directory }: { readonly home: string; readonly directory: string }): string {
  return path.startsWith("~/") ? join(home, path.slice(2)) : resolve(directory, path);
}

/** What `workspaces` of a manifest names. */
export function workspacePatterns(manifest: Readonly<Record<string, unknown>>): string[] {
  const { workspaces } = manifest;
  const patterns = Array.isArray(workspaces) ? workspaces : asRecord(workspaces)["packages"];
  return Array.isArray(patterns) ? patterns.filter((pattern) => typeof pattern === "string") : [];
}

/** A pattern for each way through its braces: `{a,b}/*` is `a/*` and `b/*`. Of more ways than any honest pattern has, none. */
export function withoutBraces(pattern: string): string[] {
  if (!pattern.includes("{")) return [pattern];
  if (pattern.length > MAX_WITH_BRACES) return [];
  let ways = [pattern];
  for (;;) {
    const next = ways.flatMap((way) => {
      // The innermost first.
      const [whole, before = "", choices = "", after = ""] = /^(.*)\{([^{}]*,[^{}]*)\}(.*)$/.exec(way) ?? [];
      return whole === undefined ? [way] : choices.split(",").map((choice) => `${before}${choice}${after}`);
    });
    if (next.length > MAX_WAYS || next.length === ways.length) return next.length > MAX_WAYS ? [] : next;
    ways = next;
  }
}

/** Globs as far as workspaces use them: `*` within a segment, `**` across, braces. In time that no pattern can make long. */
export function matchesGlob(pattern: string, path: string): boolean {
  return withoutBraces(pattern).some((way) => matchesWay(way, path));
}

function matchesWay(pattern: string, path: string): boolean {
  const names = path.split("/");
  // How many of the names the segments so far can stand for.
  let reached = new Set([0]);
  for (const segment of pattern.split("/")) {
    if (segment === "" || segment === ".") continue;
    const next = new Set<number>();
    for (const count of reached) {
      const name = names[count];
      if (segment === "**") for (let more = count; more <= names.length; more += 1) next.add(more);
      else if (name !== undefined && matchesName(segment, name)) next.add(count + 1);
    }
    if (next.size === 0) return false;
    reached = next;
  }
  return reached.has(names.length);
}

/** A `*` takes as little as it can, and only the last one ever more: what an earlier one would take, it can. */
function matchesName(pattern: string, name: string): boolean {
  let [at, star, taken] = [0, -1, 0];
  for (let index = 0; index < name.length; ) {
    if (pattern[at] === "*") {
      star = at;
      taken = index;
      at += 1;
    } else if (pattern[at] === name[index]) {
      at += 1;
      index += 1;
    } else if (star === -1) return false;
    else {
      at = star + 1;
      taken += 1;
      index = taken;
    }
  }
  return /^\**$/.test(pattern.slice(at));
}
