/**
 * Which secrets and user names tools can be given: in their protocols a line break, NUL or other control character ends a value, or is
 * refused.
 */
import type { Secret } from "../secret.ts";

/** What a tool presents of a token. */
export interface Presented {
  readonly secret: Secret;
  readonly username?: string | undefined;
  readonly refreshToken?: Secret | undefined;
}

/** Which part holds a control character, or half a character, which has no UTF-8; undefined if none does. */
export function unpresentable({ secret, username, refreshToken }: Presented): string | undefined {
  const parts = { secret: secret.reveal(), "user name": username ?? "", "refresh token": refreshToken?.reveal() ?? "" };
  return Object.entries(parts).find(([, text]) => /[\p{Cc}\p{Cs}]/u.test(text))?.[0];
}
