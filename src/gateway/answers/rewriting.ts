/** How the text of an answer is changed, so that the URLs in it lead through the gateway, too. */
import { changeBatch } from "../../protocols/git/lfs-batch.ts";
import { rewriteTarballs } from "../../protocols/npm/tarballs/tarballs.ts";
import type { LinkRewriting } from "../../protocols/tool.ts";
import type { Passage } from "../requests/routing.ts";

export interface Rewriting {
  /** Of the answers that are changed. */
  readonly contentType: RegExp;
  change(text: string): string;
}

/**
 * @param links how the tool has links in its pages; undefined for one that has none
 * @param through the same place through the gateway; undefined where the phantom does not lead there
 */
export function rewriting(
  { rewritten, publishes, origin, path }: Passage,
  links: LinkRewriting | undefined,
  through: (url: URL) => string | undefined,
): Rewriting | undefined {
  switch (rewritten) {
    case "tarballs":
      return { contentType: /json/i, change: (text) => rewriteTarballs(text, through) };
    case "links":
      return links && { contentType: links.contentType, change: (text) => links.change(text, new URL(path, origin), through) };
    case "lfs-batch":
      return { contentType: /json/i, change: (text) => changeBatch(text, { through, publishes }) };
    case undefined:
      return undefined;
    default:
      return rewritten satisfies never;
  }
}
