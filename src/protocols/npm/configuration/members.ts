/** The members of a workspace: what they say of their publication is theirs alone. Reads only through what it is given. */
import { join, relative } from "node:path";
import type { ListDirectories, ReadText } from "../../tool-protocol.ts";
import { manifestOf } from "./manifest.ts";
import { findTexts, type FoundText } from "../../project-texts.ts";
import { matchesGlob, withoutBraces } from "./workspace-patterns.ts";

/** No honest workspace has more directories, or deeper ones. */
const MAX_DIRECTORIES = 2000;
const MAX_DEPTH = 6;

/** @param patterns as `workspaces` of npm and `packages` of pnpm have them: `packages/*`, `!packages/old` */
export async function membersOf(root: string, patterns: readonly string[], read: ReadText, list: ListDirectories): Promise<FoundText[]> {
  const wanted = patterns
    .filter((pattern) => !pattern.startsWith("!"))
    .flatMap(withoutBraces)
    .map((pattern) => pattern.replace(/^\.\//, ""));
  const unwanted = patterns.filter((pattern) => pattern.startsWith("!")).map((pattern) => pattern.slice(1));
  const found = new Set<string>();
  let looked = 0;
  const look = async (directory: string, depth: number): Promise<void> => {
    const path = relative(root, directory);
    if (path !== "" && wanted.some((pattern) => matchesGlob(pattern, path)) && !unwanted.some((pattern) => matchesGlob(pattern, path)))
      found.add(directory);
    if (depth === MAX_DEPTH || !wanted.some((pattern) => leadsBelow(pattern, path))) return;
    for (const name of await list(directory)) {
      if (name === "node_modules" || (looked += 1) > MAX_DIRECTORIES) continue;
      await look(join(directory, name), depth + 1);
    }
  };
  if (wanted.length > 0) await look(root, 0);
  return findTexts([...found].map((directory) => join(directory, "package.json")), read);
}

/** Those that are named by `-w` or `--filter`, by name or place; all if that names none. */
export function namedMembers(root: string, members: readonly FoundText[], names: readonly string[]): readonly FoundText[] {
  const named = members.filter(({ path, text }) =>
    names.some((name) => manifestOf(text)["name"] === name || path.startsWith(`${join(root, name)}/`)),
  );
  return named.length === 0 ? members : named;
}

/** Whether a pattern may fit something below a path. */
function leadsBelow(pattern: string, path: string): boolean {
  if (path === "") return true;
  const segments = pattern.split("/").filter((segment) => segment !== "");
  const names = path.split("/");
  const across = segments.indexOf("**");
  const depth = across !== -1 && across < names.length ? across : names.length;
  if (across === -1 && names.length >= segments.length) return false;
  return depth === 0 || matchesGlob(segments.slice(0, depth).join("/"), names.slice(0, depth).join("/"));
}
