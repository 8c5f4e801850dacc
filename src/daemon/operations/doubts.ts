/** What the processes above who asks read of a project, and what that means for a token. */
import type { Caller } from "../../core/caller.ts";
import type { Target } from "../../core/target.ts";
import { ProjectFiles } from "../../platform/files/project-file.ts";
import { commandLineOf, directoryOf, environmentOf } from "../../platform/processes/process-tree.ts";
import type { CredentialProtocol } from "../../protocols/credential-protocol.ts";
import type { NothingGiven } from "../../protocols/tool-protocol.ts";

/** Why nothing is given for a place; undefined if nothing speaks against it. */
export async function doubtOf({ doubt }: CredentialProtocol, target: Target, { lineage }: Caller): Promise<NothingGiven | undefined> {
  if (doubt === undefined) return undefined;
  const files = new ProjectFiles();
  for (const { pid } of lineage.ancestors) {
    const process = {
      commandLine: commandLineOf(pid).map(inUnicode),
      directory: directoryOf(pid),
      environment: () => Object.fromEntries(Object.entries(environmentOf(pid)).map(([name, value]) => [name, inUnicode(value)])),
      read: (path: string) => files.read(path),
    };
    const found = await doubt(target, process);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The kernel has bytes, of which files have their names. */
function inUnicode(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString("utf8");
}
