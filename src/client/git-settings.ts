/** What the person has told git of the way to hosts, for the gateway, which goes it in git's place. */
import type { Environment } from "../platform/paths.ts";
import { runMarked } from "../platform/processes/mark.ts";
import type { GitSetting } from "../protocols/git/http-settings.ts";

const OF_WAYS = /^http\.(.*\.)?(proxy|sslcainfo|sslverify|sslcert|sslkey|extraheader)$/is;

/** Of the person and the system, never of a repository, which is a project's. None where there is no git. */
export async function gitSettings({ GIT_DIR: _repository, GIT_WORK_TREE: _tree, ...environment }: Environment): Promise<GitSetting[]> {
  const listed = await runMarked("git", ["config", "--list", "-z"], environment, { directory: "/" });
  if (listed?.exitCode !== 0) return [];
  return listed.stdout.split("\0").flatMap((entry): GitSetting[] => {
    const end = entry.indexOf("\n");
    const name = end === -1 ? entry : entry.slice(0, end);
    // A name alone is true.
    return OF_WAYS.test(name) ? [[name, end === -1 ? "true" : entry.slice(end + 1)]] : [];
  });
}
