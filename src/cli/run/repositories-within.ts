/**
 * Repositories within a project that its own git looks into: those that its index names (gitlinks). git runs what the configuration of
 * such a one says, as soon as somebody asks for the project's status.
 */
import { join } from "node:path";
import { isAnythingAt } from "../../platform/files/inode.ts";
import type { Environment } from "../../platform/paths.ts";
import { runMarked } from "../../platform/processes/mark.ts";

const GITLINK = "160000 ";

/** The `.git` of each that is there: a directory, or a file that names one. None where there is no git. */
export async function repositoriesWithin(project: string, environment: Environment): Promise<string[]> {
  if (!isAnythingAt(join(project, ".git"))) return [];
  const asked = ["-c", "core.fsmonitor=false", "-C", project, "ls-files", "--stage", "-z"];
  const listed = await runMarked("git", asked, environment, { directory: "/" });
  return (listed?.exitCode === 0 ? listed.stdout : "")
    .split("\0")
    .filter((entry) => entry.startsWith(GITLINK))
    .map((entry) => join(project, entry.slice(entry.indexOf("\t") + 1), ".git"))
    .filter(isAnythingAt);
}
