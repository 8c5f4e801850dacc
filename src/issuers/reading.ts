import { ISSUERS } from "./issuers.ts";
import { readJwt, type ReadToken } from "./token-text.ts";

/** Reads the text of a token of any issuer. Nothing of it is verified (token-text.ts). Never throws. */
export function readTokenText(text: string): ReadToken {
  for (const { readToken } of ISSUERS) {
    const told = readToken?.(text);
    if (told !== undefined) return told;
  }
  return readJwt(text) ?? { facts: {} };
}
