import type { Instant } from "../core/clock.ts";
import { covers, type Target } from "../core/target.ts";
import { isDropped, isExpired, type Token, type TokenUsage } from "../core/token.ts";
import type { TokenMap } from "../vault/token-map.ts";

/** What a tool asks for. `username` is undefined where any will do; `""` is a user name. */
export interface Query {
  readonly tool: string;
  readonly target: Target;
  readonly username?: string | undefined;
}

/** Reads when a token was last used and approved. */
export type UsageOf = (id: string) => TokenUsage | undefined;

/**
 * The token that answers: of this tool, on this origin, active and not expired, with the user name where one
 * is asked for, and accepted. The longest path that covers the request wins; for a request without a path
 * (git leaves it out unless credential.useHttpPath is set) any path will do, but host-wide tokens win. Then
 * the preferred one, then the last approved.
 *
 * @param accept passes over tokens that the client can't present
 */
export function answering(
  tokens: TokenMap,
  query: Query,
  now: Instant,
  usageOf: UsageOf,
  accept: (token: Token) => boolean,
): Token | undefined {
  let best: Token | undefined;
  // Each request goes through all tokens of a host, which may be thousands: nothing is made on the way.
  for (const token of tokens.of(query.tool, query.target)) {
    if (token.state !== "active" || !isMeant(token, query) || isExpired(token, now) || isDropped(token, now)) continue;
    if (best !== undefined && !wins(token, best, query, usageOf)) continue;
    if (accept(token)) best = token;
  }
  return best;
}

/** Why nothing answers: a token that would, were it not suspended or expired. The latest, if several. */
export function nearMiss(tokens: TokenMap, query: Query, now: Instant): Token | undefined {
  return matches(tokens, query)
    .filter((token) => token.state !== "revoked" && (token.state === "suspended" || isExpired(token, now)) && !isDropped(token, now))
    .sort((a, b) => b.createdAt.localeCompare(a.createdAt))
    .at(0);
}

/** Those that would answer, had they not expired; the latest first. */
export function expired(tokens: TokenMap, query: Query, now: Instant): Token[] {
  return matches(tokens, query)
    .filter((token) => token.state === "active" && isExpired(token, now) && !isDropped(token, now))
    .sort((a, b) => b.createdAt.localeCompare(a.createdAt));
}

/** All tokens of the tool that the query could mean, in any state. */
export function matches(tokens: TokenMap, query: Query): Token[] {
  return tokens.of(query.tool, query.target).filter((token) => isMeant(token, query));
}

function isMeant(token: Token, query: Query): boolean {
  return (
    (query.target.path.length === 0 || covers(token.target, query.target)) &&
    (query.username === undefined || token.username === query.username)
  );
}

/** Whether a token answers rather than another one. */
function wins(token: Token, other: Token, query: Query, usageOf: UsageOf): boolean {
  const closer = closeness(token, query) - closeness(other, query);
  if (closer !== 0) return closer > 0;
  if (token.preferred !== other.preferred) return token.preferred;
  return approved(token, usageOf) > approved(other, usageOf);
}

function closeness(token: Token, query: Query): number {
  const length = token.target.path.length;
  if (query.target.path.length > 0) return length;
  return length === 0 ? 1 : 0;
}

function approved(token: Token, usageOf: UsageOf): Instant {
  return usageOf(token.id)?.approvedAt ?? token.createdAt;
}
