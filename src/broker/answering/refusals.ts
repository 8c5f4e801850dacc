/** What a client's word that a service refused is believed. Pure. */
import { isDropped, isToolsOwn, type Token } from "../../core/tokens/token.ts";
import { instant } from "../../core/clock.ts";
import type { Secret } from "../../core/secret.ts";
import type { TokenMap } from "../../vault/token-map.ts";
import { placeMark } from "./place-mark.ts";
import { matches, type Query, type UsageOf } from "./resolve.ts";

/** A refusal. Without a secret and an id it names no token: then a person or a script wants it forgotten. */
export interface Report extends Query {
  readonly secret?: Secret | undefined;
  readonly id?: string | undefined;
}

/**
 * - `suspended`: it worked there before, or nowhere yet, or this is the second refusal in a row
 * - `forgotten`: suspended, since nobody but the tool that wants it forgotten had stored it
 * - `held-back`: it has worked elsewhere; it is not served at this place for a while
 * - `doubted`: it has worked, and nobody knows where it was refused; the next refusal suspends it
 * - `dropped`: what its command printed; the token stays, and another one is fetched for it
 * - `kept`: the report names no token, and this is not the tool's to forget
 */
export type Verdict = "suspended" | "forgotten" | "held-back" | "doubted" | "dropped" | "kept";

export interface Judged {
  readonly token: Token;
  readonly verdict: Verdict;
}

/** What a refusal is judged by. */
export interface Grounds {
  readonly usageOf: UsageOf;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Of one that is fetched: whether that was a moment ago. */
  readonly isNew: (token: Token) => boolean;
}

/** What becomes of the active tokens that a report concerns. */
export function judge(tokens: TokenMap, report: Report, grounds: Grounds): Judged[] {
  const isNamed = report.secret !== undefined || report.id !== undefined;
  // By its secret a token is known wherever it was given for this host; else the report means what would answer there.
  const meant = isNamed
    ? matches(tokens, { ...report, pathUnknown: true }).filter((token) => isNamedBy(token, report))
    : matches(tokens, report);
  return meant
    .filter((token) => token.state === "active" && !isDropped(token, instant(grounds.now)))
    .map((token) => ({ token, verdict: isNamed ? verdictOn(token, report, grounds) : isToolsOwn(token) ? "forgotten" : "kept" }));
}

function isNamedBy(token: Token, { secret, id }: Report): boolean {
  // A token may have another secret by now under the same id.
  return secret === undefined ? token.id === id : token.secret.equals(secret);
}

function verdictOn(token: Token, { target, pathUnknown }: Report, { usageOf, isNew }: Grounds): Verdict {
  // What its command prints is the same for all places: one of them must not take it from the others.
  if (token.command !== undefined) return isNew(token) ? (pathUnknown === true ? "doubted" : "held-back") : "dropped";
  const { approvedAt, workedAt = [], isDoubted = false } = usageOf(token.id) ?? {};
  if (approvedAt === undefined) return "suspended";
  if (pathUnknown !== true) return workedAt.includes(placeMark(token.id, target)) ? "suspended" : "held-back";
  // Of what a tool stored without saying where, it may say so, too: what it is told is all that it ever had.
  return isDoubted || (isToolsOwn(token) && workedAt.length === 0) ? "suspended" : "doubted";
}
