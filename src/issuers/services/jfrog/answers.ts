/** What JFrog's services answer, and what their tokens say of themselves. */
import * as z from "zod/mini";
import { instantFromEpochSeconds } from "../../../core/clock.ts";
import { Secret } from "../../../core/secret.ts";
import type { TokenFacts } from "../../../core/tokens/token.ts";
import { excerpt } from "../../excerpt.ts";
import type { HttpAnswer } from "../../http.ts";
import type { Minting } from "../../outcomes.ts";
import { readJwt, type ReadToken } from "../../token-text.ts";

/** A person's or an administrator's whole rights. */
const IDENTITY_SCOPE = /^\s*applied-permissions\/(user|admin)\s*$/;

// Services answer with more fields than are read here, and with seconds as numbers or text.
export const seconds = z.union([z.number(), z.string().check(z.regex(/^\d{1,11}$/))]);
const created = z.object({
  token_id: z.optional(z.string()),
  access_token: z.string(),
  refresh_token: z.optional(z.string()),
  reference_token: z.optional(z.string()),
  expires_in: z.optional(seconds),
  scope: z.optional(z.string()),
});

/** The token of an answer to a request for one; undefined if it holds none. */
export function mintedIn(answer: HttpAnswer, description?: string): Minting | undefined {
  const parsed = answer.kind === "json" && answer.status < 300 ? created.safeParse(answer.body) : undefined;
  return parsed?.success === true ? minted(parsed.data, description) : undefined;
}

function minted(answer: z.infer<typeof created>, description: string | undefined): Minting {
  const told = factsIn(answer.access_token);
  const scope = answer.scope ?? told.scope;
  const lifetime = Number(answer.expires_in ?? 0);
  return {
    outcome: "minted",
    secret: new Secret(answer.reference_token ?? answer.access_token),
    username: told.subject,
    refreshToken: answer.refresh_token === undefined ? undefined : new Secret(answer.refresh_token),
    lifetime: lifetime > 0 ? lifetime : undefined,
    facts: {
      ...told,
      tokenId: answer.token_id,
      scope,
      kind: scope === undefined ? undefined : IDENTITY_SCOPE.test(scope) ? "identity" : "scoped",
      description,
    },
  };
}

/** A JWT with a subject or a scope as only JFrog writes them, or a reference token: base64 of `reftkn:01:<expiry>:<random>`. */
export function readToken(text: string): ReadToken | undefined {
  const jwt = readJwt(text);
  if (jwt === undefined) return readReferenceToken(text);
  const { subject = "", scope = "", kind } = jwt.facts;
  const [user, isIdentity] = [userOf(subject), IDENTITY_SCOPE.test(scope)];
  if (user === subject && !isIdentity) return undefined;
  return { ...jwt, facts: { ...jwt.facts, subject: subject === "" ? undefined : user, kind: isIdentity ? "identity" : kind } };
}

export function factsIn(text: string): TokenFacts {
  return (readToken(text) ?? readJwt(text))?.facts ?? {};
}

function readReferenceToken(text: string): ReadToken | undefined {
  if (text.length !== 64 || !text.startsWith("cmVmdGtu")) return undefined;
  const match = /^reftkn:\d+:(\d+):/.exec(Buffer.from(text, "base64").toString("latin1"));
  if (match?.[1] === undefined) return undefined;
  // Zero means never.
  return { facts: { kind: "identity", expiresAt: Number(match[1]) === 0 ? undefined : instantFromEpochSeconds(match[1]) } };
}

/** `jfac@01h…/users/alice` → `alice`; names may hold `/`. A bare name stays as it is. */
export function userOf(subject: string): string {
  return subject.replace(/^.*?\/users\//s, "");
}

/** The message out of any of the three shapes in which JFrog's services put it. */
export function messageOf(answer: HttpAnswer): string | undefined {
  if (answer.kind !== "json" || typeof answer.body !== "object" || answer.body === null) return undefined;
  const body = answer.body as { errors?: unknown; message?: unknown };
  const [first] = Array.isArray(body.errors) ? (body.errors as unknown[]) : [body];
  return excerpt(typeof first === "object" && first !== null && "message" in first ? first.message : undefined);
}

