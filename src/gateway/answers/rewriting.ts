/** How the text of an answer is changed, so that the URLs in it lead through the gateway, too. */
import { Failure } from "../../core/failure.ts";
import { changeBatch } from "../../protocols/git/lfs-batch.ts";
import { rewriteTarballs } from "../../protocols/npm/tarballs/tarballs.ts";
import type { LinkRewriting } from "../../protocols/tool.ts";
import type { Headers } from "../headers.ts";
import type { Passage } from "../requests/routing.ts";
import { isAtPlace, leadThrough, redirectTo, type Way } from "./leading.ts";
import type { Refusal } from "./refusal.ts";

/** A tool that has asked for a certain file reads it as that, whatever its host calls it. */
const ANY = /^/;

export interface Rewriting {
  /** Of the answers that are changed. */
  readonly contentType: RegExp;
  readonly ofAnyStatus?: boolean;
  /** @throws Failure for what the client could read otherwise, and is not to have */
  change(text: string, contentType: string): string;
}

/** Whether an answer is changed. @param headers as the client gets them */
export function isChanged({ contentType, ofAnyStatus = false }: Rewriting, status: number, headers: Headers): boolean {
  if (!contentType.test(String(headers["content-type"]))) return false;
  // A redirect that leads nowhere is a page as well.
  const leadsOn = headers["location"] !== undefined && /^30[12378]$/.test(String(status));
  return status === 200 || (ofAnyStatus && status < 400 && status !== 204 && status !== 304 && !leadsOn);
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
      const url = new URL(path, origin);
      return links && { ...links, change: (text, contentType) => links.change(text, { url, contentType }, follow) };
    }
    case "lfs-batch":
      return { contentType: /json/i, change: (text) => changeBatch(text, { through, publishes }) };
    case undefined:
      return undefined;
    default:
      return rewritten satisfies never;
  }
}

/** What the client has in place of an answer, or why it has none. */
export function changed(rewriting: Rewriting, text: string, contentType: string): { readonly body: Buffer } | Refusal {
  try {
    return { body: Buffer.from(rewriting.change(text, contentType)) };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { status: 502, why: error.message };
  }
}
