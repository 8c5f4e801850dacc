/** How the text of an answer is changed, so that the URLs in it lead through the gateway, too. */
import { changeBatch } from "../../protocols/git/lfs-batch.ts";
import { rewriteTarballs } from "../../protocols/npm/tarballs/tarballs.ts";
import type { LinkRewriting } from "../../protocols/tool.ts";
import { isAtPlace, leadThrough, redirectTo, type Passage, type Way } from "../requests/routing.ts";

/** A tool that has asked for a certain file reads it as that, whatever its host calls it. */
const ANY = /^/;

export interface Rewriting {
  /** Of the answers that are changed. */
  readonly contentType: RegExp;
  change(text: string): string;
}

/**
 * @param links how the tool has links in its pages; undefined for one that has none
 * @param where what the phantom leads to, and the gateway by which
 */
export function rewriting(
  { rewritten, publishes, origin, path, place }: Passage,
  links: LinkRewriting | undefined,
  where: Way,
): Rewriting | undefined {
  const through = (url: URL): string | undefined => leadThrough(url, where);
  if (typeof rewritten === "function") {
    // Nor does a place choose what the token of another one at its host is spent on.
    const from = (url: URL): string => (place !== undefined && isAtPlace(url, place, where) ? new URL(origin).origin : "");
    return { contentType: ANY, change: (text) => rewritten(text, (url) => redirectTo(url, { ...where, from: from(url) })) };
  }
  switch (rewritten) {
    case "tarballs":
      return { contentType: /json/i, change: (text) => rewriteTarballs(text, through) };
    case "links": {
      // As a redirect: no host chooses what the token of another one is spent on.
      const follow = (url: URL): string | undefined => redirectTo(url, { ...where, from: new URL(origin).origin });
      return links && { contentType: links.contentType, change: (text) => links.change(text, new URL(path, origin), follow) };
    }
    case "lfs-batch":
      return { contentType: /json/i, change: (text) => changeBatch(text, { through, publishes }) };
    case undefined:
      return undefined;
    default:
      return rewritten satisfies never;
  }
}
