/** What pip and its kin ask of a package index: pages of packages, their files, and uploads. Pure. */
import type { ToolRequests } from "../tool.ts";
import { rewriteLinks } from "./pages/links.ts";
import type { Effect } from "../tool-protocol.ts";

/** What a package is called, as PEP 508 has it. */
const NAME = /^[a-z0-9][\w.-]*$/i;
/** A distribution, and what may lie beside one: its metadata (PEP 658), a signature, an attestation. */
const FILE = /\.(whl|tar\.(gz|bz2|xz|Z)|tgz|zip|egg)(\.metadata|\.asc|\.sig|\.provenance)?$/i;
/** Below which an index has its pages; devpi's has a plus before it. */
const PAGES = /^\+?simple$/;

/**
 * @param segments of the path below the place of the token, decoded
 * @see PEP 503, 691; https://docs.pypi.org/api/upload/
 */
export function indexEffect(method: string, segments: readonly string[]): Effect | undefined {
  if (segments.some((segment) => segment.includes("/") || segment.includes(";"))) return undefined;
  const parts = segments.at(-1) === "" ? segments.slice(0, -1) : segments;
  // Uploads go to the index itself: `legacy`, `simple`, or whatever its URL is.
  if (method === "POST") return parts.length <= 1 ? "changes" : undefined;
  if (method !== "GET" && method !== "HEAD") return undefined;
  if (FILE.test(parts.at(-1) ?? "")) return "reads";
  const pages = parts.findLastIndex((part) => PAGES.test(part));
  const below = parts.slice(pages + 1);
  return below.length === 0 || (below.length === 1 && NAME.test(below[0] ?? "")) ? "reads" : undefined;
}

/** An index has packages of any name: what makes tokens is known by where it is. */
export const INDEX: ToolRequests = {
  effectOf: indexEffect,
  closed: "beyond-registry",
  links: { contentType: /json|html/i, ofAnyStatus: true, change: rewriteLinks },
};
