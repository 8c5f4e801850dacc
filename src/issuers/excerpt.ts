import { plain } from "../core/text/plain-text.ts";
import type { HttpAnswer } from "./http.ts";

const MAX_LENGTH = 200;

/** A service's own words, as they may be shown within ours: one line, not too long; undefined if it is no text. */
export function excerpt(words: unknown): string | undefined {
  if (typeof words !== "string") return undefined;
  const line = plain(words).trim();
  return line === "" ? undefined : line.slice(0, MAX_LENGTH);
}

/** The words of an answer of the form `{"message": "…"}`, in which many services say what is wrong. */
export function messageIn(answer: HttpAnswer): string | undefined {
  if (answer.kind !== "json" || typeof answer.body !== "object" || answer.body === null || !("message" in answer.body)) return undefined;
  return excerpt(answer.body.message);
}
