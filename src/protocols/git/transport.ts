/** What the processes of git's that stand behind a request tell of it, by their arguments. Pure. */
import { Failure } from "../../core/failure.ts";
import type { Asker, NamedPlace } from "../credential-protocol.ts";
import { namedPlace, urlParts } from "./credential.ts";

/**
 * What a process is to a request of git's, by its arguments, the program first; undefined if nothing. The transport is git-remote-http
 * or -https (gitremote-helpers(7)), the script's command `git credential`.
 */
export function askerOf(argv: readonly string[]): Asker | undefined {
  const [program = "", ...given] = argv;
  const name = program.slice(program.lastIndexOf("/") + 1);
  if (/^git-remote-https?$/.test(name)) return transport(given);
  if (name !== "git") return undefined;
  if (/^remote-https?$/.test(given[0] ?? "")) return transport(given.slice(1));
  const at = given.indexOf("credential");
  return at !== -1 && /^(fill|approve|reject)$/.test(given[at + 1] ?? "") ? { kind: "script" } : undefined;
}

/** `git remote-https REMOTE [URL]`: the remote is a URL itself where it has no name. */
function transport([remote = "", url = remote]: readonly string[]): Asker {
  return { kind: "transport", url: readUrl(url) };
}

/** Without what it may have before the host. */
function readUrl(text: string): NamedPlace | undefined {
  try {
    return namedPlace(urlParts(text));
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
