/** JFrog's Access API, `https://HOST/access/api/v1`. */
import * as z from "zod/mini";
import type { Instant } from "../core/clock.ts";
import { Secret } from "../core/secret.ts";
import type { Http, HttpAnswer } from "./http.ts";
import { excerpt } from "./excerpt.ts";
import type { Credential, Inspection, Issuer, Listing, Minting, MintOrder, RemoteToken, Revocation } from "./issuer.ts";
import { noAnswer } from "./no-answer.ts";
import type { Service } from "./service.ts";
import { asInstant, kindOf, mergeFacts, readTokenText, userOf } from "./token-text.ts";

/** What the service does not say how to do otherwise. */
const DEFAULT_SCOPE = "applied-permissions/user";

// Services answer with more fields than are read here, and with seconds as numbers or text.
const seconds = z.union([z.number(), z.string().check(z.regex(/^\d{1,11}$/))]);
const tokenInfo = z.object({
  token_id: z.string(),
  subject: z.optional(z.string()),
  expiry: z.optional(seconds),
  issued_at: z.optional(seconds),
  description: z.optional(z.string()),
});
const tokenList = z.object({ tokens: z.array(tokenInfo) });
const created = z.object({
  token_id: z.optional(z.string()),
  access_token: z.string(),
  refresh_token: z.optional(z.string()),
  reference_token: z.optional(z.string()),
  expires_in: z.optional(seconds),
  scope: z.optional(z.string()),
});

export const jfrog: Issuer & Required<Pick<Issuer, "inspect">> = {
  describes: true,

  async inspect(service, token, http): Promise<Inspection> {
    const answer = await http.send({ method: "GET", url: access(service, "tokens/me"), authorization: bearer(token) });
    if (answer.kind === "json" && answer.status === 200) {
      const parsed = tokenInfo.safeParse(answer.body);
      if (parsed.success) return { outcome: "valid", facts: mergeFacts(readTokenText(token.secret.reveal()).facts, factsOf(parsed.data)) };
    }
    const missing = noAnswer(answer);
    if (missing !== undefined) return missing;
    if (!("status" in answer)) throw new Error("an answer without a status");
    switch (answer.status) {
      case 401:
        return { outcome: "invalid", detail: messageOf(answer) ?? "wrong or expired" };
      case 403:
        return { outcome: "not-permitted" };
      case 404:
        // Also right after the creation of a short-lived token, which is not written down (services.md §2).
        return answer.kind === "json" ? { outcome: "not-permitted" } : { outcome: "wrong-host", detail: "there is no Access API (status 404)" };
      default:
        return { outcome: "wrong-host", detail: `status ${answer.status}` };
    }
  },

  mint: (service, login, order, http) =>
    create(service, login, http, {
      grant_type: "client_credentials",
      ...(order.username === undefined ? {} : { username: order.username }),
      ...(order.projectKey === undefined ? {} : { project_key: order.projectKey }),
      ...parameters({ ...order, scope: order.scope ?? DEFAULT_SCOPE }),
    }),

  refresh: (service, token, order, http) =>
    create(
      service,
      token,
      http,
      { grant_type: "refresh_token", refresh_token: token.refreshToken.reveal(), ...parameters(order) },
      [token.refreshToken],
    ),

  async revoke(service, credential, tokenId, http): Promise<Revocation> {
    const answer = await http.send({
      method: "DELETE",
      url: access(service, `tokens/${tokenId === undefined ? "me" : encodeURIComponent(tokenId)}`),
      authorization: bearer(credential),
    });
    const missing = answer.kind === "html" && answer.status === 404 ? undefined : noAnswer(answer);
    if (missing !== undefined) return missing;
    if (!("status" in answer)) throw new Error("an answer without a status");
    const detail = messageOf(answer) ?? `status ${answer.status}`;
    switch (answer.status) {
      case 200:
        return { outcome: "revoked" };
      case 204:
        return { outcome: "already-revoked" };
      case 400:
        // Also for a token that is too short-lived to be revoked, whoever issued it.
        return { outcome: /not revocable/i.test(detail) ? "not-revocable" : "issued-elsewhere", detail };
      case 401:
      case 403:
        return { outcome: "refused", detail };
      case 404:
        return { outcome: "not-found" };
      default:
        return { outcome: "failing", detail };
    }
  },

  async list(service, credential, description, http): Promise<Listing> {
    const filter = description === undefined ? "" : `?description=${encodeURIComponent(`${description}*`)}`;
    const answer = await http.send({ method: "GET", url: access(service, `tokens${filter}`), authorization: bearer(credential) });
    if (answer.kind === "json" && answer.status === 200) {
      const parsed = tokenList.safeParse(answer.body);
      if (parsed.success) return { outcome: "listed", tokens: parsed.data.tokens.map(factsOf) };
    }
    const missing = noAnswer(answer);
    if (missing !== undefined) return missing;
    return "status" in answer && answer.status < 300
      ? { outcome: "wrong-host", detail: "the answer is no list of tokens" }
      : { outcome: "refused", detail: messageOf(answer) ?? "no permission to list tokens" };
  },
};

async function create(
  service: Service,
  credential: Credential,
  http: Http,
  body: Record<string, unknown>,
  secrets: readonly Secret[] = [],
): Promise<Minting> {
  const answer = await http.send({ method: "POST", url: access(service, "tokens"), authorization: bearer(credential), json: body, secrets });
  const parsed = answer.kind === "json" && answer.status < 300 ? created.safeParse(answer.body) : undefined;
  if (parsed?.success === true) return minted(parsed.data, body);
  const missing = noAnswer(answer);
  if (missing !== undefined) return missing;
  if (!("status" in answer)) throw new Error("an answer without a status");
  if (answer.status < 300) return { outcome: "failing", detail: "the answer holds no token" };
  if (answer.status === 404 && body["grant_type"] === "refresh_token") return { outcome: "stale" };
  return { outcome: "refused", detail: messageOf(answer) ?? `status ${answer.status}` };
}

function minted(answer: z.infer<typeof created>, body: Record<string, unknown>): Minting {
  const told = readTokenText(answer.access_token).facts;
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
      kind: scope === undefined ? undefined : kindOf(scope),
      description: typeof body["description"] === "string" ? body["description"] : undefined,
    },
  };
}

function parameters(order: MintOrder): Record<string, unknown> {
  return {
    ...(order.scope === undefined ? {} : { scope: order.scope }),
    ...(order.ttl === undefined ? {} : { expires_in: order.ttl }),
    refreshable: order.refreshable ?? false,
    description: order.description,
    // A reference token is shorter than what some clients and headers can take; npm and Maven want the other.
    include_reference_token: false,
    // Else a token of less than six hours can't be ended before its time.
    force_revocable: true,
  };
}

function factsOf(info: z.infer<typeof tokenInfo>): RemoteToken {
  return {
    tokenId: info.token_id,
    subject: userOf(info.subject),
    description: info.description,
    issuedAt: at(info.issued_at),
    expiresAt: at(info.expiry),
  };
}

function at(epochSeconds: number | string | undefined): Instant | undefined {
  const value = Number(epochSeconds ?? 0);
  return value > 0 ? asInstant(value * 1000) : undefined;
}

/** The message out of any of the three shapes in which JFrog's services put it. */
function messageOf(answer: HttpAnswer): string | undefined {
  if (answer.kind !== "json" || typeof answer.body !== "object" || answer.body === null) return undefined;
  const body = answer.body as { errors?: unknown; message?: unknown };
  const [first] = Array.isArray(body.errors) ? (body.errors as unknown[]) : [body];
  return excerpt(typeof first === "object" && first !== null && "message" in first ? first.message : undefined);
}

function access(service: Service, path: string): string {
  return `${service.url.replace(/\/$/, "")}/access/api/v1/${path}`;
}

function bearer(credential: Credential): { scheme: "Bearer"; secret: Secret } {
  return { scheme: "Bearer", secret: credential.secret };
}
