/** Where a project begins, as npm finds it. Reads only through `ReadText`. */
import { dirname, join, relative, resolve } from "node:path";
import type { ReadText } from "../../tool-protocol.ts";
import { nearest, upwards } from "../../project-texts.ts";
import { manifestOf } from "./manifest.ts";
import { matchesGlob, workspacePatterns } from "./workspace-patterns.ts";

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

/** A path of the person's configuration: `~/` is home, what is relative begins where the command does. */
export function personalPath(path: string, { home, directory }: { readonly home: string; readonly directory: string }): string {
  return path.startsWith("~/") ? join(home, path.slice(2)) : resolve(directory, path);
}
