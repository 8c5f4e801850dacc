/**
 * What each request does to the tokens. Pure: a map in, a map out. At most one token of a tool is
 * active for one target, user name and aim, and beside it what the tool stored by itself; whatever takes the place of
 * one suspends it.
 */
import { instant, type Instant } from "../core/clock.ts";
import { Failure } from "../core/failure.ts";
import { covers, sameTarget } from "../core/target.ts";
import { isDropped, isFor, isToolsOwn, type Token } from "../core/tokens/token.ts";
import type { TokenMap } from "../vault/token-map.ts";

/** What a change needs to know of the world. */
export interface ChangeContext {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** How long suspended and revoked tokens are kept, in milliseconds. */
  readonly keepSuspendedMs: number;
  /** A new id for a token of the tool, unlike all in `taken`. */
  newId(tool: string, taken: TokenMap): string;
}

/** A token to be kept, before it has an id; with `dropAt` only until then, and without suspending what is kept for good. */
export type NewToken = Omit<Token, "id" | "state" | "createdAt" | "preferred">;

/** The map after the change, and the tokens that it added or changed, the one it is about first. */
export interface Change {
  readonly tokens: TokenMap;
  readonly changed: readonly [Token, ...Token[]];
}

/**
 * A client says that the service accepted this secret. One that is there already writes nothing
 * (undefined, and the id of the token that was approved); a suspended one with the same secret comes
 * back; a new one is added, and takes the place of what the tool had stored before. A target without a path
 * may mean any of its origin.
 */
export function approve(
  tokens: TokenMap,
  accepted: NewToken,
  context: ChangeContext,
): { readonly change: Change | undefined; readonly id: string } {
  const known = tokens.of(accepted.tool, accepted.target).filter(
    (token) =>
      (accepted.target.path.length === 0 || covers(token.target, accepted.target)) &&
      token.username === accepted.username &&
      token.authtype === accepted.authtype &&
      token.secret.equals(accepted.secret) &&
      !isDropped(token, instant(context.now)),
  );
  const active = known.find((token) => token.state === "active");
  if (active !== undefined) {
    const renewed = renew(active, accepted);
    if (active.dropAt !== undefined && accepted.dropAt === undefined) {
      const { dropAt: _, ...keptForGood } = renewed ?? active;
      return { change: activateByTool(tokens, keptForGood, context), id: active.id };
    }
    return { change: renewed && { tokens: tokens.with(renewed), changed: [renewed] }, id: active.id };
  }
  const suspended = known.find((token) => token.state === "suspended");
  if (suspended !== undefined) {
    return { change: activateByTool(tokens, renew(suspended, accepted) ?? suspended, context), id: suspended.id };
  }
  const change = activate(tokens, newToken(tokens, { ...accepted, storedByTool: true }, context), context, "tool");
  return { change, id: change.changed[0].id };
}

/** What a person has put in the place of a token stays there: beside it that token is only what the tool has stored. */
function activateByTool(tokens: TokenMap, token: Token, context: ChangeContext): Change {
  const isReplaced = tokens
    .of(token.tool, token.target)
    .some(
      (other) =>
        other.id !== token.id &&
        other.state === "active" &&
        other.dropAt === undefined &&
        other.storedByTool === undefined &&
        isInSamePlace(other, token),
    );
  return activate(tokens, isReplaced ? { ...token, storedByTool: true } : token, context, "tool");
}

/** Adds a token of a person's; what is active for the same tool, target and user name is suspended. */
export function add(tokens: TokenMap, added: NewToken, context: ChangeContext): Change {
  return activate(tokens, newToken(tokens, added, context), context);
}

/** Suspends those of these tokens that still are what they were and active. Undefined if there is none. */
export function suspend(tokens: TokenMap, which: readonly Token[], context: ChangeContext): Change | undefined {
  const found = which.flatMap(({ id, secret }) => {
    const token = tokens.get(id);
    return token?.state === "active" && token.secret.equals(secret) ? [suspended(token, context)] : [];
  });
  const [first, ...others] = found;
  return first && { tokens: tokens.with(first, ...others), changed: [first, ...others] };
}

/** Brings a suspended token back, and suspends what took its place. */
export function restore(tokens: TokenMap, id: string, context: ChangeContext): Change {
  const token = existing(tokens, id);
  if (token.state === "active") throw new Failure("exists", `token ${id} is active already`);
  if (token.state !== "suspended") {
    throw new Failure("denied", `token ${token.id} is ${token.state}, not suspended`, {
      hint: "add a new one with 'toolkey add'",
    });
  }
  return activate(tokens, token, context);
}

/** What is known of a token's new secret. */
export type NewSecret = Pick<Token, "secret" | "refreshToken" | "facts">;

/** Gives a token a new secret. The old one stays as a suspended token under an id of its own. */
export function replaceSecret(tokens: TokenMap, id: string, fresh: NewSecret, context: ChangeContext): Change {
  const token = existing(tokens, id);
  if (token.state === "revoked" || token.state === "revoking") {
    throw new Failure("denied", `token ${id} was revoked`, { hint: "add a new one with 'toolkey add'" });
  }
  if (token.command !== undefined) {
    throw new Failure("denied", `token ${token.id} is fetched by a command, and has no secret to be replaced`, {
      hint: `another one in its place: toolkey revoke ${token.id}, then toolkey add`,
    });
  }
  if (token.secret.equals(fresh.secret)) throw new Failure("exists", `token ${id} has this secret already`);
  const old: Token = { ...suspended(token, context), id: context.newId(token.tool, tokens), preferred: false };
  const { tokens: next, changed } = activate(tokens.with(old), withSecret(token, fresh, context), context);
  return { tokens: next, changed: [...changed, old] };
}

/** Makes a token the default of its tool on its origin, among those for the same aim. */
export function prefer(tokens: TokenMap, id: string): Change {
  const token = existing(tokens, id);
  if (token.state !== "active") {
    throw new Failure("denied", `token ${id} is ${token.state}`, {
      hint: token.state === "suspended" ? `bring it back first: toolkey restore ${id}` : "choose an active one",
    });
  }
  const others = tokens
    .of(token.tool, token.target)
    .filter((other) => other.preferred && other.id !== token.id && other.onlyFor === token.onlyFor)
    .map((other): Token => ({ ...other, preferred: false }));
  const preferred: Token = { ...token, preferred: true };
  return { tokens: tokens.with(preferred, ...others), changed: [preferred, ...others] };
}

/**
 * Without the tokens whose time in the vault is over; the same map if there are none. What was stored for a time only
 * ends with that by the clock; what can be brought back ends once that time has certainly come (core/seen-time.ts).
 */
export function dropOutdated(tokens: TokenMap, now: number, certain: Instant): TokenMap {
  const at = instant(now);
  const first = tokens.firstDrop();
  // Asked for with each request: nearly always there is nothing to drop, and it is not worth a look at each token.
  return first === undefined || first > at ? tokens : tokens.filter((token) => !isDropped(token, at, certain));
}

/** The active tokens that would answer wherever this one does now: what a person may fall back on. */
export function standIns(tokens: TokenMap, token: Token): Token[] {
  return tokens
    .of(token.tool, token.target)
    .filter((other) => other.id !== token.id && other.state === "active")
    .filter((other) => covers(other.target, token.target) && isFor(other, token.onlyFor));
}

/**
 * A token by its id, or by the beginning of one where only one token's id begins so.
 *
 * @throws Failure `not-found`
 */
export function existing(tokens: TokenMap, id: string): Token {
  const exact = tokens.get(id);
  if (exact !== undefined) return exact;
  const begun = id === "" ? [] : tokens.all().filter((token) => token.id.startsWith(id));
  const [only, ...more] = begun;
  if (only !== undefined && more.length === 0) return only;
  const message = only === undefined ? `there is no token '${id}'` : `the ids of several tokens begin with '${id}'`;
  throw new Failure("not-found", message, { hint: "'toolkey list' shows the ids" });
}

/**
 * A token becomes active, and what was so in its place is suspended: by a tool only what is its own.
 *
 * @param by who brings it
 */
export function activate(tokens: TokenMap, token: Token, context: ChangeContext, by: "person" | "tool" = "person"): Change {
  const { dropAt, ...kept } = token;
  // A token that is kept for a time only keeps its end; for a suspended one it ends with the suspension.
  const active: Token =
    token.state === "active" && dropAt !== undefined ? token : { ...kept, state: "active" };
  const before = tokens
    .of(active.tool, active.target)
    .filter((other) => other.id !== active.id && isInSamePlace(other, active));
  const superseded = before
    .filter(
      (other) =>
        other.state === "active" &&
        (by === "person" || isToolsOwn(other)) &&
        (active.dropAt === undefined || other.dropAt !== undefined),
    )
    .map((other) => suspended(other, context));
  // The default hands that on to the token in its place, also if it was suspended before that came.
  const heirless = active.dropAt === undefined ? before.filter((other) => other.preferred && other.state === "suspended") : [];
  const left = [...superseded, ...heirless];
  const settled: Token = { ...active, preferred: active.preferred || left.some((other) => other.preferred) };
  const others = left.map((other): Token => ({ ...other, preferred: false }));
  return { tokens: tokens.with(settled, ...others), changed: [settled, ...others] };
}

/** Whether only one of two tokens of a tool is active. */
export function isInSamePlace(token: Token, other: Token): boolean {
  return token.username === other.username && token.onlyFor === other.onlyFor && sameTarget(token.target, other.target);
}

/** A token with another secret, and what is known of that. */
export function withSecret(token: Token, fresh: NewSecret, context: ChangeContext): Token {
  const { dropAt: _over, knownBefore: _settled, storedByTool: _replaced, ...kept } = token;
  return {
    ...kept,
    secret: fresh.secret,
    refreshToken: fresh.refreshToken,
    facts: { ...fresh.facts, description: fresh.facts.description ?? token.facts.description },
    state: "active",
    createdAt: instant(context.now),
  };
}

function newToken(tokens: TokenMap, added: NewToken, context: ChangeContext): Token {
  return { ...added, id: context.newId(added.tool, tokens), state: "active", createdAt: instant(context.now), preferred: false };
}

/** A token as it is once it is suspended. */
export function suspended(token: Token, context: ChangeContext): Token {
  const end = instant(context.now + context.keepSuspendedMs);
  // What was to be kept for a time only is not kept longer for having been refused.
  const endsSooner = token.state === "active" && token.dropAt !== undefined && token.dropAt < end;
  return { ...token, state: "suspended", dropAt: endsSooner ? token.dropAt : end };
}

// The expiry and the refresh token are the only things that a client may learn anew about a secret.
function renew(token: Token, accepted: NewToken): Token | undefined {
  const expiresAt = accepted.facts.expiresAt ?? token.facts.expiresAt;
  const refreshToken = accepted.refreshToken ?? token.refreshToken;
  const sameRefresh = refreshToken === undefined || token.refreshToken?.equals(refreshToken) === true;
  if (expiresAt === token.facts.expiresAt && sameRefresh) return undefined;
  return { ...token, facts: { ...token.facts, expiresAt }, refreshToken };
}
