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
 * The tokens that may answer, best first: of this tool, on this origin, active and not expired, with
 * the user name where one is asked for. The longest path that covers the request comes first; a
 * request without a path (git leaves it out unless credential.useHttpPath is set) matches any path,
 * host-wide tokens first. Then the preferred one, then the last approved.
 */
export function candidates(tokens: TokenMap, query: Query, now: Instant, usageOf: UsageOf): Token[] {
  return matches(tokens, query)
    .filter((token) => token.state === "active" && !isExpired(token, now) && !isDropped(token, now))
    .sort((a, b) => closeness(b, query) - closeness(a, query) || byPreference(a, b, usageOf));
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
  return tokens
    .of(query.tool, query.target)
    .filter(
      (token) =>
        (query.target.path.length === 0 || covers(token.target, query.target)) &&
        (query.username === undefined || token.username === query.username),
    );
}

function closeness(token: Token, query: Query): number {
  const length = token.target.path.length;
  if (query.target.path.length > 0) return length;
  return length === 0 ? 1 : 0;
}

function byPreference(a: Token, b: Token, usageOf: UsageOf): number {
  if (a.preferred !== b.preferred) return a.preferred ? -1 : 1;
  const [first, second] = [approved(a, usageOf), approved(b, usageOf)];
  return first === second ? 0 : first > second ? -1 : 1;
}

function approved(token: Token, usageOf: UsageOf): Instant {
  return usageOf(token.id)?.approvedAt ?? token.createdAt;
}
