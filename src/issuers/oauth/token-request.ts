/** Requests to a token endpoint, and what it answers (RFC 6749 §5, RFC 8628 §3.5). */
import * as z from "zod/mini";
import { Secret } from "../../core/secret.ts";
import { excerpt } from "../excerpt.ts";
import type { Http, HttpAnswer } from "../http.ts";
import type { Minting } from "../outcomes.ts";
import { isAnswered, noAnswer } from "../no-answer.ts";
import type { Polled } from "../sign-in-page.ts";
import { jwtPayload } from "../token-text.ts";

const seconds = z.union([z.number(), z.string().check(z.regex(/^\d{1,11}$/))]);

/** RFC 6749, appendix A.12: what a header can hold. */
const secret = z.string().check(z.regex(/^[\x20-\x7e]+$/), z.maxLength(16_384));

const granted = z.object({
  access_token: secret,
  token_type: z.optional(z.string().check(z.regex(/^bearer$/i))),
  refresh_token: z.optional(z.nullable(z.union([z.literal(""), secret]))),
  expires_in: z.optional(z.nullable(seconds)),
  scope: z.optional(z.nullable(z.string().check(z.maxLength(4096)))),
  id_token: z.optional(z.nullable(z.string())),
});

const failed = z.object({ error: z.string(), error_description: z.optional(z.nullable(z.string())) });

/** What is asked of a token endpoint: `grant_type` and its parameters. */
export interface TokenRequest {
  readonly endpoint: string;
  readonly clientId: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** Those of the parameters that are secret. */
  readonly secrets: readonly Secret[];
  /** What was asked for, where the answer doesn't say what was given. */
  readonly scope?: string | undefined;
}

/** Asks for a token. Whatever the status, a body with `error` is an error: GitHub sends them with 200. */
export async function requestToken(request: TokenRequest, http: Http): Promise<Polled> {
  const { endpoint, clientId, parameters, secrets } = request;
  const form = { ...parameters, client_id: clientId };
  const answer = await http.send({ method: "POST", url: endpoint, form, secrets });
  const error = errorIn(answer);
  if (error !== undefined) return outcomeOf(error, parameters["grant_type"] === "refresh_token");
  const given = grantedIn(answer, request.scope);
  if (given !== undefined) return given;
  if (!isAnswered(answer)) return noAnswer(answer);
  if (answer.status < 300) return { outcome: "failing", detail: "the answer holds no token that can be used" };
  return { outcome: "refused", detail: `status ${answer.status}` };
}

/** The same where nobody is waited for. */
export async function requestTokenAtOnce(request: TokenRequest, http: Http): Promise<Minting> {
  const answered = await requestToken(request, http);
  if (answered.outcome === "not-yet" || answered.outcome === "slower") return { outcome: "failing", detail: "it does not decide" };
  return answered;
}

/** The token that an answer gives; undefined for any other answer. @param asked the scope, where the answer doesn't say it */
export function grantedIn(answer: HttpAnswer, asked?: string): Extract<Minting, { outcome: "minted" }> | undefined {
  const parsed = answer.kind === "json" && answer.status < 300 ? granted.safeParse(answer.body) : undefined;
  if (parsed?.success !== true) return undefined;
  const { access_token: secret, refresh_token: refresh, expires_in: seconds, scope: given, id_token: idToken } = parsed.data;
  const lifetime = Number(seconds ?? 0);
  const scope = isNothing(given) ? asked : given;
  return {
    outcome: "minted",
    secret: new Secret(secret),
    refreshToken: isNothing(refresh) ? undefined : new Secret(refresh),
    lifetime: lifetime > 0 ? lifetime : undefined,
    facts: { scope, kind: scope === undefined ? undefined : "scoped", subject: subjectIn(idToken ?? undefined) },
  };
}

interface OAuthError {
  readonly code: string;
  readonly detail: string;
}

/** The error of an answer in the form of RFC 6749 §5.2; undefined for any other answer. */
export function errorIn(answer: HttpAnswer): OAuthError | undefined {
  if (answer.kind !== "json" || answer.status >= 500 || answer.status === 429) return undefined;
  const parsed = failed.safeParse(answer.body);
  if (!parsed.success) return undefined;
  const { error, error_description: description } = parsed.data;
  const code = excerpt(error) ?? "an error without a name";
  return { code, detail: excerpt(description) ?? code.replaceAll("_", " ") };
}

function outcomeOf({ code, detail }: OAuthError, isRefresh: boolean): Polled {
  switch (code) {
    case "authorization_pending":
      return { outcome: "not-yet" };
    case "slow_down":
      return { outcome: "slower" };
    case "access_denied":
      return { outcome: "refused", detail: "it was declined on the page" };
    case "expired_token":
      return { outcome: "refused", detail: "the code has expired" };
    // GitHub has names of its own for what RFC 6749 calls invalid_grant.
    case "invalid_grant":
    case "bad_refresh_token":
      return isRefresh ? { outcome: "stale" } : { outcome: "refused", detail };
    case "temporarily_unavailable":
    case "server_error":
      return { outcome: "failing", detail };
    default:
      return { outcome: "refused", detail };
  }
}

function isNothing(text: string | null | undefined): text is "" | null | undefined {
  return text === undefined || text === null || text === "";
}

/** Whose it is. Not verified: it came from the server itself (OpenID Connect Core §3.1.3.7, 6). */
function subjectIn(idToken: string | undefined): string | undefined {
  const told = idToken === undefined ? undefined : jwtPayload(idToken);
  const names = [told?.["preferred_username"], told?.["email"], told?.["sub"]];
  return names.map(excerpt).find((name) => name !== undefined);
}
