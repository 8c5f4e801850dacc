/**
 * What the text of a token tells of it. Nothing here is verified: it is shown as what the token says, and decides
 * only what the token itself may do anyway. Never throws, whatever the text.
 */
import { instant, instantFromEpochSeconds, type Instant } from "../core/clock.ts";
import type { TokenFacts } from "./issuer.ts";

/** The year 10000, which is no instant. */
const END_OF_TIME_MS = 253_402_300_800_000;

/** What kind of text a token is. */
export type TokenForm = "jwt" | "reference" | "api-key" | "opaque";

/** A token's form, and what it says of itself. */
export interface ReadToken {
  readonly form: TokenForm;
  readonly facts: Omit<TokenFacts, "tokenId">;
  /** The id that it gives itself. Anybody can write another token's there: only the token itself may ask with it. */
  readonly claimedId?: string | undefined;
}

/** Reads a JWT, a JFrog reference token (base64 of `reftkn:01:<expiry>:<random>`) or a legacy API key. */
export function readTokenText(text: string): ReadToken {
  const jwt = readJwt(text);
  if (jwt !== undefined) return jwt;
  const reference = readReferenceToken(text);
  if (reference !== undefined) return { form: "reference", facts: reference };
  return { form: /^AKCp[0-9A-Za-z]{60,}$/.test(text) ? "api-key" : "opaque", facts: {} };
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

function readJwt(text: string): ReadToken | undefined {
  const parts = text.split(".");
  const [header, payload] = parts.slice(0, 2).map(readJsonObject);
  if (parts.length !== 3 || header === undefined || payload === undefined) return undefined;
  const scope = string(payload["scp"]) ?? string(payload["scope"]);
  return {
    form: "jwt",
    facts: {
      subject: userOf(string(payload["sub"])),
      scope,
      kind: scope === undefined ? undefined : kindOf(scope),
      issuedAt: epoch(payload["iat"]),
      expiresAt: epoch(payload["exp"]),
    },
    claimedId: string(payload["jti"]) ?? keyIn(payload["token"]),
  };
}

function readReferenceToken(text: string): ReadToken["facts"] | undefined {
  if (text.length !== 64 || !text.startsWith("cmVmdGtu")) return undefined;
  const match = /^reftkn:\d+:(\d+):/.exec(Buffer.from(text, "base64").toString("latin1"));
  if (match?.[1] === undefined) return undefined;
  // Zero means never.
  return { expiresAt: Number(match[1]) === 0 ? undefined : instantFromEpochSeconds(match[1]) };
}

/** `jfac@01h…/users/alice` → `alice`; names may hold `/`. A bare name stays as it is. */
export function userOf(subject: string | undefined): string | undefined {
  if (subject === undefined) return undefined;
  const at = subject.indexOf("/users/");
  return at === -1 ? subject : subject.slice(at + "/users/".length);
}

/** A scope that is a person's or an administrator's whole rights makes an identity token. */
export function kindOf(scope: string): "identity" | "scoped" {
  return /^applied-permissions\/(user|admin)$/.test(scope.trim()) ? "identity" : "scoped";
}

function readJsonObject(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

// Where Verdaccio puts the key by which it knows a token.
function keyIn(claim: unknown): string | undefined {
  return typeof claim === "object" && claim !== null && "key" in claim ? string(claim.key) : undefined;
}

function string(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function epoch(value: unknown): Instant | undefined {
  return typeof value === "number" && value > 0 ? asInstant(value * 1000) : undefined;
}
