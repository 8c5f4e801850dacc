/** What is the same at all OAuth servers: signing in, renewing, ending and checking a token, for a client without a secret. */
import * as z from "zod/mini";
import type { Secret } from "../../core/secret.ts";
import { excerpt } from "../excerpt.ts";
import type { Http } from "../http.ts";
import type { ServiceAt } from "../declared.ts";
import type { Issuer } from "../issuer.ts";
import type { Inspection, Minting, NoAnswer, Revocation, ServiceCredential } from "../outcomes.ts";
import { isAnswered, noAnswer } from "../no-answer.ts";
import { asInstant } from "../token-text.ts";
import type { Endpoints } from "./endpoints.ts";
import { beginSignIn } from "./sign-in.ts";
import { errorIn, requestTokenAtOnce } from "./token-request.ts";

/** Where the endpoints of a service are: as the service says, or as everybody knows. */
export type FindEndpoints = (service: ServiceAt, http: Http) => Promise<Endpoints | NoAnswer>;

const introspected = z.object({
  active: z.boolean(),
  username: z.optional(z.string()),
  sub: z.optional(z.string()),
  scope: z.optional(z.string()),
  exp: z.optional(z.number()),
  iat: z.optional(z.number()),
});

/** The members of an issuer whose tokens are those of an OAuth server. */
export function oauthMembers(find: FindEndpoints): Required<Pick<Issuer, "signInPage" | "inspect" | "refresh" | "revoke">> {
  return {
    signInPage: {
      async begin(service, wish, http) {
        const endpoints = await find(service, http);
        if ("outcome" in endpoints) return endpoints;
        const clientId = clientOf(service);
        if (clientId === undefined) return { outcome: "refused", detail: "there is no client_id for it in config.toml" };
        return beginSignIn(endpoints, { clientId, scope: wish.scope ?? service.client?.scopes }, wish, http);
      },
    },
    async refresh(service, token, order, http): Promise<Minting> {
      const endpoints = await find(service, http);
      if ("outcome" in endpoints) return endpoints;
      const clientId = clientOf(service);
      if (clientId === undefined) return { outcome: "refused", detail: "there is no client_id for it in config.toml" };
      const { refreshToken } = token;
      if (refreshToken === undefined) return { outcome: "stale" };
      const parameters = { grant_type: "refresh_token", refresh_token: refreshToken.reveal() };
      const asked = { endpoint: endpoints.token, clientId, parameters, secrets: [refreshToken], scope: order.scope };
      const renewed = await requestTokenAtOnce(asked, http);
      // RFC 6749 §6: without a new one the old one stays good.
      return renewed.outcome === "minted" ? { ...renewed, refreshToken: renewed.refreshToken ?? refreshToken } : renewed;
    },
    async revoke(service, credential, _tokenId, http): Promise<Revocation> {
      const endpoints = await find(service, http);
      if ("outcome" in endpoints) return endpoints;
      if (endpoints.revoke === undefined) return { outcome: "not-revocable", detail: "it has no endpoint for that (RFC 7009)" };
      const clientId = clientOf(service) ?? "";
      const { refreshToken, secret } = credential;
      // With the refresh token goes what was made of it (RFC 7009 §2.1), at most servers.
      let last: Revocation = { outcome: "id-unknown" };
      for (const [hint, value] of [["refresh_token", refreshToken], ["access_token", secret]] as const) {
        if (value === undefined || value.isEmpty) continue;
        last = await endOne(endpoints.revoke, { token: value.reveal(), token_type_hint: hint, client_id: clientId }, value, http);
        if (last.outcome !== "revoked") return last;
      }
      return last;
    },
    async inspect(service, token, http): Promise<Inspection> {
      if (service.client?.check !== undefined) return askAt(service.client.check, token, http);
      const endpoints = await find(service, http);
      if ("outcome" in endpoints) return endpoints;
      if (endpoints.introspect === undefined) return { outcome: "unknown" };
      const form = { token: token.secret.reveal(), token_type_hint: "access_token", client_id: clientOf(service) ?? "" };
      const answer = await http.send({ method: "POST", url: endpoints.introspect, form, secrets: [token.secret] });
      const parsed = answer.kind === "json" && answer.status === 200 ? introspected.safeParse(answer.body) : undefined;
      if (parsed?.success === true) return inspectionOf(parsed.data);
      const missing = noAnswer(answer);
      if (missing !== undefined && missing.outcome !== "wrong-host") return missing;
      // Many servers want a client with a secret for it: that says nothing of the token.
      return { outcome: "unknown" };
    },
  };
}

function clientOf({ client }: ServiceAt): string | undefined {
  return client?.clientId;
}

async function endOne(endpoint: string, form: Readonly<Record<string, string>>, secret: Secret, http: Http): Promise<Revocation> {
  const answer = await http.send({ method: "POST", url: endpoint, form, secrets: [secret] });
  // An unknown token is as good as revoked (RFC 7009 §2.2).
  if ("status" in answer && answer.status === 200 && errorIn(answer) === undefined) return { outcome: "revoked" };
  const missing = noAnswer(answer);
  if (missing !== undefined) return missing;
  const error = errorIn(answer);
  if (error?.code === "unsupported_token_type") return { outcome: "not-revocable", detail: error.detail };
  return { outcome: "refused", detail: error?.detail ?? ("status" in answer ? `status ${answer.status}` : answer.detail) };
}

/** A place of the person's choice that takes valid tokens only. */
async function askAt(url: string, token: ServiceCredential, http: Http): Promise<Inspection> {
  const answer = await http.send({ method: "GET", url, authorization: { scheme: "Bearer", secret: token.secret } });
  if (!isAnswered(answer)) return noAnswer(answer);
  if (answer.status < 300) return { outcome: "valid", facts: { subject: subjectIn(answer.kind === "json" ? answer.body : undefined) } };
  if (answer.status === 401) return { outcome: "invalid", detail: "wrong, expired or revoked" };
  if (answer.status === 403) return { outcome: "not-permitted" };
  return { outcome: "wrong-host", detail: `status ${answer.status}` };
}

/** As the user interfaces of OpenID Connect, GitHub, GitLab and Gitea have it. */
function subjectIn(body: unknown): string | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  const told = body as Readonly<Record<string, unknown>>;
  return [told["preferred_username"], told["login"], told["username"], told["sub"]].map(excerpt).find((name) => name !== undefined);
}

function inspectionOf({ active, username, sub, scope, exp, iat }: z.infer<typeof introspected>): Inspection {
  if (!active) return { outcome: "invalid", detail: "expired or revoked" };
  const at = (seconds: number | undefined): ReturnType<typeof asInstant> => (seconds === undefined ? undefined : asInstant(seconds * 1000));
  return { outcome: "valid", facts: { subject: username ?? sub, scope, expiresAt: at(exp), issuedAt: at(iat) } };
}
