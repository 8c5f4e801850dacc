/** What Maven asks of a repository: the files of its layout, and no others. Pure. */
import type { ToolRequests } from "../tool.ts";
import type { Effect } from "../tool-protocol.ts";

/** `maven-metadata.xml`, and of it what follows a file: a checksum, a signature. */
const METADATA = /^maven-metadata(-[\w.-]+)?\.xml(\.\w+)*$/;
/** Beside the artifacts: a catalogue, the filter of resolver 2, the index that IDEs read. */
const AT_THE_ROOT = /^(archetype-catalog\.xml|\.meta\/prefixes[\w.-]*\.txt|\.index\/nexus-maven-repository-index[\w.-]*)(\.\w+)*$/;

/**
 * @param segments of the path below the repository, decoded
 * @see https://maven.apache.org/repositories/layout.html
 */
export function mavenEffect(method: string, segments: readonly string[]): Effect | undefined {
  if (!isOfLayout(segments)) return undefined;
  if (method === "GET" || method === "HEAD") return "reads";
  return method === "PUT" ? "changes" : undefined;
}

function isOfLayout(segments: readonly string[]): boolean {
  const [file = "", version = "", artifact = "", group] = segments.toReversed();
  if (METADATA.test(file) || AT_THE_ROOT.test(segments.join("/"))) return true;
  // `acme/thing/1.0-SNAPSHOT/thing-1.0-20261128.101500-1.jar`: nothing is there that is not named after where it is.
  const prefix = `${artifact}-${version.replace(/-SNAPSHOT$/, "")}`;
  return (
    group !== undefined && artifact !== "" && version !== "" && file.startsWith(prefix) && /^[-.][^;]+$/.test(file.slice(prefix.length))
  );
}

/** No file of that layout is where tokens are made. */
export const REPOSITORY: ToolRequests = { effectOf: mavenEffect, closed: "nothing" };
