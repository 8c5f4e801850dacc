import type { Instant } from "../clock.ts";
import type { Secret } from "../secret.ts";
import { formatTarget, type Target } from "../target.ts";
import type { TokenCommand } from "./token-command.ts";

/** What a token is, as its service tells: a person's, one with a narrower scope, or unknown. */
export type TokenKind = (typeof TOKEN_KINDS)[number];
export const TOKEN_KINDS = ["identity", "scoped", "opaque"] as const;

/** What a service, or the token's own text, tells of a token. */
export interface TokenFacts {
  /** The service's own id of it. */
  readonly tokenId?: string | undefined;
  readonly subject?: string | undefined;
  readonly scope?: string | undefined;
  readonly kind?: TokenKind | undefined;
  readonly description?: string | undefined;
  readonly issuedAt?: Instant | undefined;
  readonly expiresAt?: Instant | undefined;
}

/** A token as its service lists it. */
export interface RemoteToken extends TokenFacts {
  readonly tokenId: string;
}

/**
 * - `active`: may be served
 * - `suspended`: a service or a person said no; kept until `dropAt`, `toolkey restore` brings it back
 * - `intended`: asked for at its service, which has not answered yet; there is no secret, and if the
 *   daemon ends now, the description finds what was made
 * - `revoking`: revoked here, and still to be revoked at its service, by toolkey or by a person
 * - `revoked`: ended; its secret is gone, the row stays until `dropAt`
 */
export type TokenState = (typeof TOKEN_STATES)[number];
export const TOKEN_STATES = ["active", "suspended", "intended", "revoking", "revoked"] as const;

/** How a service wants to see a token: with a user name, by itself, or by itself without a scheme. */
export type Presentation = "Basic" | "Bearer" | "Bare";

/** What a tool wants a token for: to fetch what is there, or to change it (publish, yank, deploy). */
export type Aim = (typeof AIMS)[number];
export const AIMS = ["reading", "publishing"] as const;

/** A secret and what is known of it, bound to exactly one tool and one target. */
export interface Token {
  /** Short, stable, typed by people: `git-7f3k`. */
  readonly id: string;
  readonly tool: string;
  /** The name of the service, or the host for a token that belongs to no named service. */
  readonly service: string;
  readonly target: Target;
  readonly username?: string | undefined;
  /** Empty for one that is fetched, as long as it is kept. */
  readonly secret: Secret;
  /** By which it is fetched each time, in place of a secret. */
  readonly command?: TokenCommand | undefined;
  readonly facts: TokenFacts;
  readonly refreshToken?: Secret | undefined;
  /** The HTTP authentication scheme that presents it (`Bearer`); without it, it is a password. */
  readonly authtype?: string | undefined;
  /** The only aim for which it is served; undefined for both. */
  readonly onlyFor?: Aim | undefined;
  readonly state: TokenState;
  readonly createdAt: Instant;
  /** The default where several tokens could answer (`toolkey use`). */
  readonly preferred: boolean;
  /** A tool stored it by itself: no person added it, and toolkey did not create it. */
  readonly storedByTool?: true | undefined;
  /** When the record leaves the vault: suspended and revoked ones, and what was stored for a time. */
  readonly dropAt?: Instant | undefined;
  /** Of an intended one: the ids of the tokens that its service knew before, where those have no description. */
  readonly knownBefore?: readonly string[] | undefined;
}

/**
 * How a token was used; kept beside the vault, so that a read never writes the vault. Places are marks (broker/answering/place-mark.ts).
 */
export interface TokenUsage {
  readonly lastUsedAt?: Instant | undefined;
  /** When a client last said that the service accepted it. */
  readonly approvedAt?: Instant | undefined;
  /** Where the service accepted it, the latest first. */
  readonly workedAt?: readonly string[] | undefined;
  /** Until when it is not served at a place, since it was refused there. */
  readonly heldUntil?: Readonly<Record<string, Instant>> | undefined;
  /** It was refused, nobody knows where, and not accepted since. */
  readonly isDoubted?: boolean | undefined;
}

/** Whether nobody has ever said that it works, neither its service nor a client: it may be mistyped. */
export function neverWorked({ facts: { tokenId } }: Token, usage: TokenUsage | undefined): boolean {
  return tokenId === undefined && usage?.approvedAt === undefined && (usage?.workedAt ?? []).length === 0;
}

/** A token as people and programs see it: every field but the secrets. */
export type TokenView = Omit<Token, "secret" | "command" | "refreshToken" | "target" | "facts" | "knownBefore"> &
  TokenFacts & {
    /** The program and its arguments by which it is fetched. */
    readonly command?: readonly string[] | undefined;
    readonly target: string;
    readonly kind: TokenKind;
    readonly lastUsedAt?: Instant | undefined;
  };

/** Leaves out the secrets, adds when the token was last used. */
export function viewToken(token: Token, usage: TokenUsage | undefined): TokenView {
  return {
    id: token.id,
    tool: token.tool,
    service: token.service,
    target: formatTarget(token.target),
    username: token.username,
    ...token.facts,
    kind: token.facts.kind ?? "opaque",
    command: token.command?.argv,
    authtype: token.authtype,
    onlyFor: token.onlyFor,
    state: token.state,
    createdAt: token.createdAt,
    preferred: token.preferred,
    storedByTool: token.storedByTool,
    dropAt: token.dropAt,
    lastUsedAt: usage?.lastUsedAt,
  };
}

/** Whether a token is served for an aim. Who doesn't say what for gets none that is for one only: it may be the other one. */
export function isFor({ onlyFor }: Pick<Token, "onlyFor">, aim: Aim | undefined): boolean {
  return onlyFor === undefined || onlyFor === aim;
}

/** Whether the tool may replace or forget it as it likes: it had stored it, and no person has chosen it. */
export function isToolsOwn(token: Token): boolean {
  return token.storedByTool === true && !token.preferred;
}

/** Whether its service has ended it by now. */
export function isExpired({ facts: { expiresAt } }: Token, now: Instant): boolean {
  return expiresAt !== undefined && expiresAt <= now;
}

/** Whether its time in the vault is over; for one that can be brought back, whether that time has certainly come. */
export function isDropped(token: Token, now: Instant, certain: Instant = now): boolean {
  return token.dropAt !== undefined && token.dropAt <= (token.state === "active" ? now : certain);
}
