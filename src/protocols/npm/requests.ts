/** What npm, pnpm and Yarn ask of a registry. Pure. */
import type { ToolRequests } from "../tool.ts";
import type { Effect } from "../tool-protocol.ts";

const NAME = /^[a-z0-9][\w.~!'()*-]*$/i;
const SCOPE = /^@[\w.~-]+$/;
const VERSION = /^(v?\d+\.\d+\.\d+[\w.+-]*|latest)$/;
const ARCHIVE = /\.(tgz|tar\.gz)$/i;

/** Below `-`, by method; `NAME` is that of a package, `*` any segment. What makes, lists or shows tokens and users is not there. */
const SPECIAL: readonly (readonly [methods: string, path: string, effect: Effect])[] = [
  ["GET", "ping", "reads"],
  ["GET", "whoami", "reads"],
  ["GET", "all", "reads"],
  ["GET", "v1/search", "reads"],
  ["GET", "npm/v1/keys", "reads"],
  ["GET", "npm/v1/attestations/*", "reads"],
  ["GET", "npm/v1/attestations/*/*", "reads"],
  ["GET", "_view/starredByUser", "reads"],
  ["GET", "package/NAME/dist-tags", "reads"],
  ["GET", "package/NAME/collaborators", "reads"],
  ["GET", "package/NAME/visibility", "reads"],
  ["POST", "npm/v1/security/advisories/bulk", "reads"],
  ["POST", "npm/v1/security/audits", "reads"],
  ["POST", "npm/v1/security/audits/quick", "reads"],
  ["PUT DELETE", "package/NAME/dist-tags/*", "changes"],
];

/**
 * @param segments of the path below the registry, decoded; `@scope/name` may be one
 * @see https://github.com/npm/registry/blob/main/docs/REGISTRY-API.md, libnpmsearch, libnpmaccess, libnpmpublish, npm-audit-report
 */
export function registryEffect(method: string, segments: readonly string[]): Effect | undefined {
  const reads = method === "GET" || method === "HEAD";
  // The name is one thing, however it is written.
  const parts = segments.join("/").split("/");
  if (parts.some((part) => part.includes(";"))) return undefined;
  if (parts[0] === "-") return special(reads ? "GET" : method, parts.slice(1));
  // GitHub's.
  const isDownload = parts[0] === "download" && SCOPE.test(parts[1] ?? "") && parts.length === 5;
  if (reads && (isDownload || ARCHIVE.test(parts.at(-1) ?? ""))) return "reads";
  const rest = afterName(parts);
  if (rest === undefined) return undefined;
  const [first, second, third, fourth] = rest;
  if (rest.length === 0) return reads ? "reads" : method === "PUT" ? "changes" : undefined;
  if (rest.length === 1) return reads && VERSION.test(first ?? "") ? "reads" : undefined;
  if (first === "-rev" && rest.length === 2) return method === "PUT" || method === "DELETE" ? "changes" : undefined;
  // `thing/-/thing-1.0.0.tgz/-rev/7`, where the name of the file may have the scope before it.
  const [file, mark] = rest.length === 5 && SCOPE.test(second ?? "") ? [third, fourth] : [second, third];
  return method === "DELETE" && first === "-" && ARCHIVE.test(file ?? "") && mark === "-rev" ? "changes" : undefined;
}

function special(method: string, parts: readonly string[]): Effect | undefined {
  return SPECIAL.find(([methods, path]) => methods.split(" ").includes(method) && fits(path.split("/"), parts))?.[2];
}

function fits([word, ...words]: readonly string[], parts: readonly string[]): boolean {
  if (word === undefined) return parts.length === 0;
  if (word === "NAME") {
    const rest = afterName(parts);
    return rest !== undefined && fits(words, rest);
  }
  return parts.length > 0 && (word === "*" ? parts[0] !== "" : word === parts[0]) && fits(words, parts.slice(1));
}

/** What follows the name of a package; undefined if there is none. */
function afterName(parts: readonly string[]): string[] | undefined {
  const [first = "", second = "", ...rest] = parts;
  if (SCOPE.test(first)) return NAME.test(second) ? rest : undefined;
  return NAME.test(first) ? parts.slice(1) : undefined;
}

export const REGISTRY: ToolRequests = { effectOf: registryEffect, closed: "beyond-registry" };
