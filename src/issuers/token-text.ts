/**
 * What the text of a token tells of it. Nothing here is verified: it is shown as what the token says, and decides
 * only what the token itself may do anyway. Never throws, whatever the text.
 */
import { instant, type Instant } from "../core/clock.ts";
import type { TokenFacts } from "../core/tokens/token.ts";

/** The year 10000, which is no instant. */
const END_OF_TIME_MS = 253_402_300_800_000;

/** What a token says of itself. */
export interface ReadToken {
  readonly facts: Omit<TokenFacts, "tokenId">;
  /** The id that it gives itself. Anybody can write another token's there: only the token itself may ask with it. */
  readonly claimedId?: string | undefined;
}

/** Milliseconds since the epoch as an instant; undefined for what is no time, or beyond the year 9999. */
export function asInstant(at: number): Instant | undefined {
  return at >= 0 && at < END_OF_TIME_MS ? instant(at) : undefined;
}

/** Both together; what `better` doesn't tell is taken from `facts`. */
export function mergeFacts(facts: TokenFacts, better: TokenFacts): TokenFacts {
  const told = Object.entries(better).filter(([, value]) => value !== undefined);
  return { ...facts, ...Object.fromEntries(told) };
}

/** Reads a JWT; undefined for any other text. */
export function readJwt(text: string): ReadToken | undefined {
  const payload = jwtPayload(text);
  if (payload === undefined) return undefined;
  const scope = string(payload["scp"]) ?? string(payload["scope"]);
  return {
    facts: {
      subject: string(payload["sub"]),
      scope,
      kind: scope === undefined ? undefined : "scoped",
      issuedAt: epoch(payload["iat"]),
      expiresAt: epoch(payload["exp"]),
    },
    claimedId: string(payload["jti"]),
  };
}

/** What is in a JWT; undefined for any other text. */
export function jwtPayload(text: string): Readonly<Record<string, unknown>> | undefined {
  const parts = text.split(".");
  const [header, payload] = parts.slice(0, 2).map(readJsonObject);
  return parts.length === 3 && header !== undefined ? payload : undefined;
}

function readJsonObject(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function string(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function epoch(value: unknown): Instant | undefined {
  return typeof value === "number" && value > 0 ? asInstant(value * 1000) : undefined;
}
