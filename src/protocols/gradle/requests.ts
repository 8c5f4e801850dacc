/** What Gradle asks of a repository: the files of Maven's layout, and descriptors of Ivy's where that has the same directories. Pure. */
import { mavenEffect } from "../maven/requests.ts";
import type { ToolRequests } from "../tool.ts";
import type { Effect } from "../tool-protocol.ts";

/** @param segments of the path below the repository, decoded */
function gradleEffect(method: string, segments: readonly string[]): Effect | undefined {
  const [file = "", version = "", module = ""] = segments.toReversed();
  const descriptor = `ivy-${version}.xml`;
  if (!file.startsWith(descriptor)) return mavenEffect(method, segments);
  return mavenEffect(method, [...segments.slice(0, -1), `${module}-${version}.xml${file.slice(descriptor.length)}`]);
}

/** No file of that layout is where tokens are made. */
export const GRADLE_REPOSITORY: ToolRequests = { effectOf: gradleEffect, closed: "nothing" };
