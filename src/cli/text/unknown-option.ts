import { nearest } from "../../core/text/suggestion.ts";

/**
 * What is said of an option that there isn't.
 *
 * @param names those that there are, without dashes
 */
export function unknownOptionText(option: string, names: readonly string[]): string {
  const meant = nearest(option.replace(/^-+/, "").replace(/=.*$/s, ""), names);
  return `unknown option '${option}'${meant === undefined ? "" : `; did you mean '--${meant}'?`}`;
}
