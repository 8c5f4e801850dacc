/**
 * What happens to the tokens around a request to their service: before one is made, once it is there, and
 * when one is ended. Pure, as changes.ts is.
 */
import { instant } from "../../core/clock.ts";
import { Failure } from "../../core/failure.ts";
import { NO_SECRET } from "../../core/secret.ts";
import type { Token } from "../../core/tokens/token.ts";
import type { TokenMap } from "../../vault/token-map.ts";
import { activate, existing, withSecret, type Change, type ChangeContext, type NewSecret, type NewToken } from "../changes.ts";

/**
 * Writes down that a token was asked for, before it is. Its description is what it will be found by if
 * the answer never arrives.
 */
export function intend(tokens: TokenMap, intended: Omit<NewToken, "secret">, context: ChangeContext): Change {
  const token: Token = {
    ...intended,
    secret: NO_SECRET,
    id: context.newId(intended.tool, tokens),
    state: "intended",
    createdAt: instant(context.now),
    preferred: false,
  };
  return { tokens: tokens.with(token), changed: [token] };
}

/** The token that was intended is there: it becomes active. */
export function fulfil(
  tokens: TokenMap,
  id: string,
  made: NewSecret & { readonly username?: string | undefined },
  context: ChangeContext,
): Change {
  const intended = existing(tokens, id);
  return activate(tokens, withSecret({ ...intended, username: intended.username ?? made.username }, made, context), context);
}

/**
 * The token that was intended in the place of another is there: the other keeps its id and gets the new
 * secret; the old secret is to be revoked at its service, under the id of the intention.
 */
export function fulfilRotation(
  tokens: TokenMap,
  ids: { readonly intended: string; readonly rotated: string },
  made: NewSecret,
  context: ChangeContext,
): Change {
  const token = existing(tokens, ids.rotated);
  // Who uses a refresh token again ends, at many services, what was made of it.
  const old: Token = { ...token, id: ids.intended, refreshToken: undefined, state: "revoking", preferred: false };
  const { tokens: next, changed } = activate(tokens.with(old), withSecret(token, made, context), context);
  return { tokens: next, changed: [...changed, old] };
}

/** The same where toolkey has nothing to end: its service has, or it is left to its own end. */
export function fulfilRenewal(
  tokens: TokenMap,
  ids: { readonly intended: string; readonly rotated: string },
  made: NewSecret,
  context: ChangeContext,
): Change {
  return activate(abandon(tokens, ids.intended), withSecret(existing(tokens, ids.rotated), made, context), context);
}

/** Nothing came of an intention. */
export function abandon(tokens: TokenMap, id: string): TokenMap {
  return tokens.filter((token) => token.id !== id || token.state !== "intended");
}

/**
 * Ends a token here, and notes that its service is still to be told. The secret is kept only where it is
 * needed for that.
 */
export function beginRevoking(tokens: TokenMap, id: string, keepSecret: boolean): Change {
  const token = existing(tokens, id);
  if (token.state === "revoked") throw new Failure("exists", `token ${token.id} was revoked already`);
  const { dropAt: _kept, ...rest } = token;
  const revoking: Token = {
    ...rest,
    ...(keepSecret ? {} : { secret: NO_SECRET, refreshToken: undefined }),
    state: "revoking",
    preferred: false,
  };
  return { tokens: tokens.with(revoking), changed: [revoking] };
}

/** Ends a token here: its secret is wiped, the row is kept for a while. */
export function revokeLocally(tokens: TokenMap, id: string, context: ChangeContext): Change {
  const token = existing(tokens, id);
  if (token.state === "revoked") throw new Failure("exists", `token ${token.id} was revoked already`);
  const revoked: Token = {
    ...token,
    secret: NO_SECRET,
    command: undefined,
    refreshToken: undefined,
    state: "revoked",
    preferred: false,
    dropAt: instant(context.now + context.keepSuspendedMs),
  };
  return { tokens: tokens.with(revoked), changed: [revoked] };
}
