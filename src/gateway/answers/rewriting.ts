/** How the text of an answer is changed, so that the URLs in it lead through the gateway, too. */
import { changeBatch } from "../../protocols/git/lfs-batch.ts";
import { rewriteTarballs } from "../../protocols/npm/tarballs/tarballs.ts";
import type { Passage } from "../requests/routing.ts";

/** @param through the same place through the gateway; undefined where the phantom does not lead there */
export function rewriting(
  { rewritten, publishes }: Passage,
  through: (url: URL) => string | undefined,
): ((text: string) => string) | undefined {
  if (rewritten === undefined) return undefined;
  if (typeof rewritten === "function") return (text) => rewritten(text, through);
  return (text) => (rewritten === "tarballs" ? rewriteTarballs(text, through) : changeBatch(text, { through, publishes }));
}
