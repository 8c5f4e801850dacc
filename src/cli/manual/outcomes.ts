/** How commands end, for the manual. */
import { EXIT_CODES } from "../common-options.ts";
import type { Block } from "./roff.ts";

export const EXIT_BLOCKS: readonly Block[] = EXIT_CODES.map(([code, text]) => ({
  term: `\`${code}\``,
  text: `${text.charAt(0).toUpperCase()}${text.slice(1)}.`,
}));
