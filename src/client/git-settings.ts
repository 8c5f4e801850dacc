/** What the person has told git of the way to hosts, for the gateway, which goes it in git's place. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { configHome, homeOf, type Environment } from "../platform/paths.ts";
import { runMarked } from "../platform/processes/mark.ts";
import { findProgram } from "../platform/processes/programs.ts";
import type { GitSetting } from "../protocols/git/http-settings.ts";

const OF_WAYS = /^http\.(.*\.)?(proxy|sslcainfo|sslverify|sslcert|sslkey|extraheader)$/is;

/** The git of a Linux system. Where others have the system's settings, only they know. */
const SYSTEM_GIT = "/usr/bin/git";
const SYSTEM_SETTINGS = "/etc/gitconfig";
/** Takes settings away; any other variable of that name brings some (git-config(1), ENVIRONMENT). */
const WITHOUT_SYSTEM = "GIT_CONFIG_NOSYSTEM";
/** How a section begins that such a setting can be in, or that names another file: with nothing in between (git-config(1), Syntax). */
const SECTIONS = /\[(http|include)/i;

/** Of the person and the system, never of a repository, which is a project's. None where there is no git. */
export async function gitSettings({ GIT_DIR: _repository, GIT_WORK_TREE: _tree, ...environment }: Environment): Promise<GitSetting[]> {
  // For most people there are none, and to see that takes a tenth of the time in which git is started.
  if (saysNothing(environment)) return [];
  const listed = await runMarked("git", ["config", "--list", "-z"], environment, { directory: "/" });
  if (listed?.exitCode !== 0) return [];
  return listed.stdout.split("\0").flatMap((entry): GitSetting[] => {
    const end = entry.indexOf("\n");
    const name = end === -1 ? entry : entry.slice(0, end);
    // A name alone is true.
    return OF_WAYS.test(name) ? [[name, end === -1 ? "true" : entry.slice(end + 1)]] : [];
  });
}

/** Whether no file of git's can say anything of a way. False where that can't be told. */
function saysNothing(environment: Environment): boolean {
  if (findProgram("git", environment) !== SYSTEM_GIT || process.platform !== "linux") return false;
  if (Object.keys(environment).some((name) => name.startsWith("GIT_CONFIG") && name !== WITHOUT_SYSTEM)) return false;
  const files = [SYSTEM_SETTINGS, join(homeOf(environment), ".gitconfig"), join(configHome(environment), "git", "config")];
  return files.every((file) => {
    try {
      const stat = statSync(file, { throwIfNoEntry: false });
      return stat === undefined || (stat.isFile() && !SECTIONS.test(readFileSync(file, "latin1")));
    } catch {
      return false;
    }
  });
}
