import { plain } from "../core/text/plain-text.ts";

const MAX_LENGTH = 200;

/** A service's own words, as they may be shown within ours: one line, not too long; undefined if it is no text. */
export function excerpt(words: unknown): string | undefined {
  if (typeof words !== "string") return undefined;
  const line = plain(words).trim();
  return line === "" ? undefined : line.slice(0, MAX_LENGTH);
}
