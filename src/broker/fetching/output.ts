/** What programs print that fetch a token, in the forms that are about. Pure. */
import * as z from "zod/mini";
import { milliseconds } from "../../core/clock.ts";
import { Secret } from "../../core/secret.ts";
import { readJwt } from "../../issuers/token-text.ts";

export interface PrintedToken {
  readonly secret: Secret;
  readonly username?: string | undefined;
  /** Milliseconds since the epoch; undefined if it doesn't say. */
  readonly endsAt?: number | undefined;
}

/** The year 5138: what is more is in milliseconds. */
const MOST_SECONDS = 1e11;

const text = z.string().check(z.minLength(1));
const moment = z.optional(z.pipe(z.unknown(), z.transform(readMoment)));
const seconds = z.optional(z.pipe(z.unknown(), z.transform(readSeconds)));

/** By the fields that they have; the first that fits. Others are let pass: these programs say more. */
const FORMS = [
  // Kubernetes, client.authentication.k8s.io: ExecCredential.
  form({ kind: z.literal("ExecCredential"), status: z.object({ token: text, expirationTimestamp: moment }) }, ({ status }) => ({
    secret: status.token,
    endsAt: status.expirationTimestamp,
  })),
  // aws codeartifact get-authorization-token.
  form({ authorizationToken: text, expiration: moment }, ({ authorizationToken, expiration }) => ({
    secret: authorizationToken,
    endsAt: expiration,
  })),
  // az account get-access-token. Its `expiresOn` is a local time without a zone, which nobody can read.
  form({ accessToken: text, expires_on: moment }, (said) => ({ secret: said.accessToken, endsAt: said.expires_on })),
  // gcloud config config-helper --format=json.
  form({ credential: z.object({ access_token: text, token_expiry: moment }) }, ({ credential }) => ({
    secret: credential.access_token,
    endsAt: credential.token_expiry,
  })),
  // gcloud, and the answers of OAuth servers (RFC 6749, 5.1).
  form({ access_token: text, token_expiry: moment, expires_in: seconds }, (said) => ({
    secret: said.access_token,
    endsAt: said.token_expiry,
    endsIn: said.expires_in,
  })),
  // Our own.
  form({ token: text, username: z.optional(text), expires_at: moment, expires_in: seconds }, (said) => ({
    secret: said.token,
    username: said.username,
    endsAt: said.expires_at,
    endsIn: said.expires_in,
  })),
  // docker-credential-… get.
  form({ Username: z.string(), Secret: text }, ({ Username: username, Secret: secret }) => ({
    secret,
    // A token that stands for itself.
    username: username === "" || username === "<token>" ? undefined : username,
  })),
] as const;

interface Said {
  readonly secret: string;
  readonly username?: string | undefined;
  readonly endsAt?: number | undefined;
  /** In seconds, from now. */
  readonly endsIn?: number | undefined;
}

/**
 * The token in what a program printed; undefined if it is in none of the forms. Of what it says of time, what can't be read is no time.
 *
 * @param now milliseconds since the epoch
 */
export function readOutput(output: string, now: number): PrintedToken | undefined {
  const trimmed = output.trim();
  const said = trimmed.startsWith("{") ? ofJson(trimmed) : (ofLines(trimmed) ?? ofLine(trimmed));
  if (said === undefined) return undefined;
  const endsAt = said.endsAt ?? (said.endsIn === undefined ? undefined : now + said.endsIn * 1000) ?? endOfJwt(said.secret);
  return { secret: new Secret(said.secret), username: said.username, endsAt: Number.isFinite(endsAt) ? endsAt : undefined };
}

function ofJson(printed: string): Said | undefined {
  let value: unknown;
  try {
    value = JSON.parse(printed);
  } catch {
    return undefined;
  }
  for (const read of FORMS) {
    const said = read(value);
    if (said !== undefined) return said;
  }
  return undefined;
}

/** As git's helpers answer (git-credential(1), INPUT/OUTPUT FORMAT). */
function ofLines(printed: string): Said | undefined {
  const named = new Map(
    printed.split(/\r?\n/).map((line): [string, string] => {
      const end = line.indexOf("=");
      return [line.slice(0, end), line.slice(end + 1)];
    }),
  );
  const secret = named.get("password") ?? named.get("credential");
  if (secret === undefined || secret === "") return undefined;
  const end = named.get("password_expiry_utc");
  return { secret, username: named.get("username"), endsAt: end === undefined ? undefined : readMoment(end) };
}

/** A line of its own. */
function ofLine(printed: string): Said | undefined {
  // No token begins as a document does.
  return /^$|^[[{"<]|\s/.test(printed) ? undefined : { secret: printed };
}

function form<Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
  said: (value: z.infer<z.ZodMiniObject<Shape, z.core.$strip>>) => Said,
): (value: unknown) => Said | undefined {
  const schema = z.object(shape);
  return (value) => {
    const parsed = schema.safeParse(value);
    return parsed.success ? said(parsed.data) : undefined;
  };
}

/** Seconds since the epoch, perhaps with a fraction, or an ISO 8601 time; undefined for all else. */
function readMoment(given: unknown): number | undefined {
  const number = numberIn(given);
  if (number !== undefined) return number < MOST_SECONDS ? number * 1000 : number;
  if (typeof given !== "string") return undefined;
  // Without a zone it is some place's local time.
  if (!/(Z|[+-]\d{2}:?\d{2})$/i.test(given)) return undefined;
  const at = Date.parse(given);
  return Number.isNaN(at) ? undefined : at;
}

/** More than none; undefined for all else. */
function readSeconds(given: unknown): number | undefined {
  const number = numberIn(given);
  return number === undefined || number <= 0 ? undefined : number;
}

function numberIn(given: unknown): number | undefined {
  if (typeof given === "number") return given;
  return typeof given === "string" && /^\d+(\.\d+)?$/.test(given) ? Number(given) : undefined;
}

function endOfJwt(secret: string): number | undefined {
  const end = readJwt(secret)?.facts.expiresAt;
  return end === undefined ? undefined : milliseconds(end);
}
