import { stripVTControlCharacters } from "node:util";

/**
 * Text from outside as one line that may be shown: names of files and programs, settings, what services and projects say.
 * Without what a terminal obeys, what ends a line, and what shows letters in another order than they have.
 */
export function plain(text: string): string {
  return stripVTControlCharacters(text).replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]+/gu, " ");
}
