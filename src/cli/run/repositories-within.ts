/**
 * Repositories within a project that its own git looks into: those that its index names (gitlinks). git runs what the configuration of
 * such a one says, as soon as somebody asks for the project's status.
 */
import { readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { isAnythingAt } from "../../platform/files/inode.ts";
import type { Environment } from "../../platform/paths.ts";
import { runMarked } from "../../platform/processes/mark.ts";

const GITLINK = "160000 ";

/** The same in an index (gitformat-index(5)): a mode has 32 bits, the highest first. */
const GITLINK_MODE = Buffer.from([0, 0, 0xe0, 0]);
/** What makes git look for it elsewhere (git(1)). */
const OTHER_INDEX = ["GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE"];
/** Names of extensions by which an index has entries that are not in its file. */
const ELSEWHERE = ["link", "sdir"];

/** For the names of millions of files, which a text can hold. */
const MOST_BYTES = 2 ** 28;
const PATIENCE_MS = 120_000;

/**
 * The `.git` of each that is there: a directory, or a file that names one. None where there is no git, or what is there is no repository
 * to it.
 *
 * @throws Failure `unavailable` if git can't say
 */
export async function repositoriesWithin(project: string, environment: Environment): Promise<string[]> {
  const found: string[] = [];
  const seen = new Set<string>();
  // Those within one of them, too: git looks there when it looks into that one. A link can lead back.
  const look = async (tree: string, around: Environment): Promise<void> => {
    const real = realpathSync(tree);
    if (seen.has(real)) return;
    seen.add(real);
    for (const dot of await namedIn(tree, around)) {
      found.push(dot);
      await look(dirname(dot), withoutOtherIndex(environment));
    }
  };
  await look(project, environment);
  return found;
}

/** What says where the index of the project is says nothing of another one. */
function withoutOtherIndex(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !OTHER_INDEX.includes(name)));
}

async function namedIn(project: string, environment: Environment): Promise<string[]> {
  if (!isAnythingAt(join(project, ".git")) || hasNone(project, environment)) return [];
  // Also of one that is another user's, as in many containers: it is asked for names alone.
  const asked = ["-c", "core.fsmonitor=false", "-c", "safe.directory=*", "-C", project, "ls-files", "--stage", "-z"];
  const how = { directory: "/", mostBytes: MOST_BYTES, milliseconds: PATIENCE_MS };
  const listed = await runMarked("git", asked, { ...environment, LC_ALL: "C" }, how);
  if (listed === undefined) return [];
  if (listed.exitCode !== 0) {
    // At the start: what follows may be of names that the project has chosen.
    if (listed.stderr.startsWith("fatal: not a git repository")) return [];
    const why = listed.stderr.split("\n").find((line) => line !== "") ?? "it has not ended well";
    throw new Failure("unavailable", `git can't say which repositories are within ${project}: ${why}`, {
      hint: "the sandbox would have to protect them; 'toolkey run --no-sandbox' does without",
    });
  }
  return listed.stdout
    .split("\0")
    .filter((entry) => entry.startsWith(GITLINK))
    .map((entry) => join(project, entry.slice(entry.indexOf("\t") + 1), ".git"))
    .filter(isAnythingAt);
}

/** Whether the bytes of the index tell that it names none, which takes a tenth of the time in which git is started. */
function hasNone(project: string, environment: Environment): boolean {
  if (OTHER_INDEX.some((name) => environment[name] !== undefined)) return false;
  const [directory, index] = [join(project, ".git"), join(project, ".git", "index")];
  try {
    if (!statSync(directory).isDirectory() || !statSync(index).isFile()) return false;
    const bytes = readFileSync(index);
    return !bytes.includes(GITLINK_MODE) && !ELSEWHERE.some((name) => bytes.includes(name));
  } catch {
    return false;
  }
}
