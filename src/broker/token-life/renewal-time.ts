import { milliseconds } from "../../core/clock.ts";
import type { Token } from "../../core/tokens/token.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** A token is renewed when a tenth of its life is left, but neither later nor sooner than this. */
const RENEW_AT_LEAST_MS = 30 * MINUTE_MS;
const RENEW_AT_MOST_MS = 7 * DAY_MS;

/**
 * Whether it is time to renew a token: a tenth of its life is left, clamped. But never
 * before half of its lifetime is over: what is valid for less than half an hour would be renewed with each request.
 */
export function isDue(token: Token, now: number): boolean {
  const { expiresAt, issuedAt = token.createdAt } = token.facts;
  if (expiresAt === undefined || token.state !== "active") return false;
  const end = milliseconds(expiresAt);
  const life = end - milliseconds(issuedAt);
  return end - now < Math.min(Math.max(life / 10, RENEW_AT_LEAST_MS), RENEW_AT_MOST_MS, Math.max(life / 2, 0));
}

/** The lifetime of a token, in seconds. */
export function lifetime({ facts: { issuedAt, expiresAt } }: Token): number | undefined {
  if (expiresAt === undefined || issuedAt === undefined) return undefined;
  return Math.round((milliseconds(expiresAt) - milliseconds(issuedAt)) / 1000);
}

