import { plain } from "../../core/text/plain-text.ts";
import { shellWord } from "./shell-word.ts";

/** A program and its arguments as a person would type them. */
export function commandText(argv: readonly string[]): string {
  return argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : shellWord(plain(word)))).join(" ");
}
