import type { Instant } from "../../core/clock.ts";
import { covers, sameTarget, type Target } from "../../core/target.ts";
import { isDropped, isExpired, isFor, type Aim, type Token, type TokenUsage } from "../../core/tokens/token.ts";
import type { NotFetched } from "../fetching/fetching.ts";
import type { TokenMap } from "../../vault/token-map.ts";
import { placeMark } from "./place-mark.ts";

/** What a tool asks for. `username` is undefined where any will do; `""` is a user name. */
export interface Query {
  readonly tool: string;
  readonly target: Target;
  readonly username?: string | undefined;
  /** The client may mean any path of the target's origin, and doesn't say which. */
  readonly pathUnknown?: boolean | undefined;
  /** What it is wanted for. Without it, only a token that is good for both answers. */
  readonly aim?: Aim | undefined;
}

/** Reads how a token was used. */
export type UsageOf = (id: string) => TokenUsage | undefined;

/**
 * A token that would have come first.
 *
 * - `suspended`, `expired`
 * - `held-back`: it was refused at this place, and is not served there until `until`
 * - `path-unknown`: it is one of several for parts of this host, and the client doesn't say which part it means
 * - `not-fetched`: its command has given none, for the reason in `fetching`
 * - `other-aim`: it is for reading or publishing only, and that is not what is asked for
 */
export interface PassedOver {
  readonly token: Token;
  readonly why: "suspended" | "expired" | "held-back" | "path-unknown" | "not-fetched" | "other-aim";
  readonly until?: Instant | undefined;
  readonly fetching?: NotFetched | undefined;
}

/** What answers, and what a person is to be told beside it. */
export interface Resolution {
  readonly token: Token | undefined;
  readonly passedOver: readonly PassedOver[];
}

/**
 * The token that answers: of this tool, on this origin, active and not expired, with the user name where one
 * is asked for, not held back there, and accepted. The longest path that covers the request wins; then what is for this aim alone, then
 * the default, then what a tool did not store by itself, then the last approved. Where the path isn't known, the host-wide win, and one
 * with a path answers only if there is no other.
 *
 * A default that can't answer is not replaced by the token of another user.
 *
 * @param accept passes over tokens that the client can't present
 */
export function resolve(
  tokens: TokenMap,
  query: Query,
  now: Instant,
  usageOf: UsageOf,
  accept: (token: Token) => boolean,
): Resolution {
  const world = { tokens, query, now, usageOf, accept };
  const { best, blocked, held } = search(world);
  if (best === undefined)
    return { token: undefined, passedOver: blocked === undefined ? firstOf(held, nearMiss(tokens, query, now)) : [blocked] };
  if (blocked === undefined || blocked.token.username === best.username || !wins(blocked.token, best, query, usageOf)) {
    return chosen(world, best, held);
  }
  const { username } = blocked.token;
  const own = search({ ...world, accept: (token) => token.username === username && accept(token) });
  return own.best === undefined ? { token: undefined, passedOver: [blocked] } : chosen(world, own.best, own.held);
}

/** Those that would answer, had they not expired; the latest first. */
export function expired(tokens: TokenMap, query: Query, now: Instant): Token[] {
  return matches(tokens, query)
    .filter((token) => isFor(token, query.aim) && token.state === "active" && isExpired(token, now) && !isDropped(token, now))
    .sort((a, b) => b.createdAt.localeCompare(a.createdAt));
}

/** All tokens of the tool that the query could mean, in any state and for any aim. */
export function matches(tokens: TokenMap, query: Query): Token[] {
  return tokens.of(query.tool, query.target).filter((token) => isMeant(token, query));
}

interface World {
  readonly tokens: TokenMap;
  readonly query: Query;
  readonly now: Instant;
  readonly usageOf: UsageOf;
  readonly accept: (token: Token) => boolean;
}

/** `blocked`: the default, if it can't answer. `held`: those that are held back and came before the best when it was not known yet. */
interface Found {
  readonly best: Token | undefined;
  readonly blocked: PassedOver | undefined;
  readonly held: readonly PassedOver[];
}

function search({ tokens, query, now, usageOf, accept }: World): Found {
  let best: Token | undefined;
  let blocked: PassedOver | undefined;
  const held: PassedOver[] = [];
  // Each request goes through all tokens of a host, which may be thousands: nothing is made on the way.
  for (const token of tokens.of(query.tool, query.target)) {
    if (!isUsable(token, now)) {
      if (token.preferred && answers(token, query)) blocked = nearMissOf(token, now) ?? blocked;
      continue;
    }
    if (!answers(token, query) || (best !== undefined && !wins(token, best, query, usageOf))) continue;
    const until = heldUntil(token, query, usageOf);
    if (until !== undefined && until > now) {
      held.push({ token, why: "held-back", until });
      if (token.preferred) blocked = held.at(-1);
    } else if (accept(token)) best = token;
  }
  return { best, blocked, held };
}

function chosen({ tokens, query, now, usageOf, accept }: World, best: Token, held: readonly PassedOver[]): Resolution {
  if (query.pathUnknown === true && best.target.path.length > 0) {
    const isOther = (token: Token): boolean => token.username !== best.username || !sameTarget(token.target, best.target);
    const isOneOfSeveral = matches(tokens, query).some(
      (token) => isUsable(token, now) && isFor(token, query.aim) && isOther(token) && accept(token),
    );
    if (isOneOfSeveral) return { token: undefined, passedOver: [{ token: best, why: "path-unknown" }] };
  }
  return { token: best, passedOver: held.length === 0 ? held : held.filter(({ token }) => wins(token, best, query, usageOf)) };
}

/** Why nothing answers: a token that would, were it not suspended or expired, or for something else. The latest, if several. */
function nearMiss(tokens: TokenMap, query: Query, now: Instant): PassedOver | undefined {
  const all = matches(tokens, query);
  const found = all
    .filter((token) => isFor(token, query.aim))
    .toSorted((a, b) => b.createdAt.localeCompare(a.createdAt))
    .map((token) => nearMissOf(token, now))
    .find((near) => near !== undefined);
  if (found !== undefined) return found;
  const other = all.find((token) => isUsable(token, now) && !isFor(token, query.aim));
  return other && { token: other, why: "other-aim" };
}

function nearMissOf(token: Token, now: Instant): PassedOver | undefined {
  if (token.state === "revoked" || isDropped(token, now)) return undefined;
  if (token.state === "suspended") return { token, why: "suspended" };
  return isExpired(token, now) ? { token, why: "expired" } : undefined;
}

function firstOf(held: readonly PassedOver[], nearest: PassedOver | undefined): readonly PassedOver[] {
  if (held.length > 0) return held;
  return nearest === undefined ? [] : [nearest];
}

function isUsable(token: Token, now: Instant): boolean {
  return token.state === "active" && !isExpired(token, now) && !isDropped(token, now);
}

function isMeant(token: Token, query: Query): boolean {
  return (
    (query.pathUnknown === true || covers(token.target, query.target)) &&
    (query.username === undefined || token.username === query.username)
  );
}

function answers(token: Token, query: Query): boolean {
  return isMeant(token, query) && isFor(token, query.aim);
}

function heldUntil({ id }: Token, { target, pathUnknown }: Query, usageOf: UsageOf): Instant | undefined {
  const places = usageOf(id)?.heldUntil;
  return places === undefined || pathUnknown === true ? undefined : places[placeMark(id, target)];
}

/** Whether a token answers rather than another one. */
function wins(token: Token, other: Token, query: Query, usageOf: UsageOf): boolean {
  const closer = closeness(token, query) - closeness(other, query);
  if (closer !== 0) return closer > 0;
  if (token.onlyFor !== other.onlyFor) return token.onlyFor !== undefined;
  if (token.preferred !== other.preferred) return token.preferred;
  if (token.storedByTool !== other.storedByTool) return token.storedByTool === undefined;
  return approved(token, usageOf) > approved(other, usageOf);
}

function closeness(token: Token, { pathUnknown }: Query): number {
  const { length } = token.target.path;
  if (pathUnknown !== true) return length;
  return length === 0 ? 1 : 0;
}

function approved(token: Token, usageOf: UsageOf): Instant {
  return usageOf(token.id)?.approvedAt ?? token.createdAt;
}
