/**
 * Where services make or list tokens and users: closed to every phantom, since what comes back there would be a
 * real token. Pure.
 */

/**
 * Segments that follow each other anywhere in a path, in lower case; `*` is any one but `-`. Registries may be below any path.
 *
 * Sources: the registry API of npm (docs of libnpmaccess, npm-profile), the REST API of Artifactory ("npm registry",
 * "Security", "Access tokens"), of Nexus ("User token REST API"), of Nuxeo ("token authentication").
 */
const CLOSED: readonly (readonly string[])[] = [
  ["-", "npm", "v1", "tokens"],
  ["-", "npm", "v1", "user"],
  ["-", "npm", "v1", "oidc"],
  ["-", "npm", "v1", "hooks"],
  ["-", "user"],
  ["-", "org"],
  ["-", "team"],
  ["-", "v1", "login"],
  ["-", "v1", "done"],
  ["-", "verdaccio"],
  ["api", "npm", "auth"],
  // Without what follows, that is the package of this name.
  ["api", "npm", "*", "auth", "*"],
  ["api", "security"],
  ["access", "api"],
  ["api", "v1", "tokens"],
  ["service", "rest", "*", "security"],
  ["service", "rest", "internal"],
  ["nuxeo", "authentication", "token"],
  ["api", "v1", "token"],
  ["site", "connect", "tokens"],
];

/** @param segments of the path at the upstream, decoded */
export function isClosed(segments: readonly string[]): boolean {
  // Some servers cut off what follows a semicolon.
  const parts = segments.flatMap((segment) => segment.toLowerCase().split("/")).map((part) => part.replace(/;.*$/s, ""));
  return CLOSED.some((sequence) => parts.some((_, at) => sequence.every((part, index) => matches(part, parts[at + index]))));
}

function matches(expected: string, part: string | undefined): boolean {
  return expected === "*" ? part !== undefined && part !== "" && part !== "-" : part === expected;
}
