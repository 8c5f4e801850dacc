/** What a client is told of a token that would have answered, were it not suspended or expired. */
import type { Instant } from "../core/clock.ts";
import { formatTarget } from "../core/target.ts";
import { isExpired, type Token } from "../core/token.ts";

/** Why it doesn't answer. */
export function whyNot(token: Token): string {
  const which = `the ${token.tool} token ${token.id} for ${formatTarget(token.target)}`;
  if (token.state === "suspended") return `${which} is suspended`;
  return `${which} expired at ${token.expiresAt ?? "an unknown time"}`;
}

/** What a person can do about it. */
export function mend(token: Token, now: Instant): string[] {
  const hints = [`a new secret for it: toolkey replace ${token.id}`];
  if (token.state === "suspended" && !isExpired(token, now)) hints.push(`to use it again: toolkey restore ${token.id}`);
  return hints;
}
