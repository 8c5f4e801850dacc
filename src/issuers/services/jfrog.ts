/** JFrog platforms, by their Access API, `https://HOST/access/api/v1`. Facts: docs/services/jfrog.md */
import * as z from "zod/mini";
import { instantFromEpochSeconds, type Instant } from "../../core/clock.ts";
import { Secret } from "../../core/secret.ts";
import type { RemoteToken, TokenFacts } from "../../core/tokens/token.ts";
import type { Http, HttpAnswer } from "../http.ts";
import { excerpt } from "../excerpt.ts";
import type { ServiceCredential, Inspection, Issuer, Listing, Minting, MintOrder, Revocation, ServiceAt } from "../issuer.ts";
import { noAnswer } from "../no-answer.ts";
import { eachNpmTool, NPM_TOOLS } from "../npm-tools.ts";
import { asInstant, mergeFacts, readJwt, type ReadToken } from "../token-text.ts";

/** What the service does not say how to do otherwise. */
const DEFAULT_SCOPE = "applied-permissions/user";

/** A person's or an administrator's whole rights. */
const IDENTITY_SCOPE = /^\s*applied-permissions\/(user|admin)\s*$/;

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
  name: "jfrog",
  anyHost: {
    title: "JFrog platform",
    tools: (url) => ({
      git: { url: `${url}/artifactory/api/lfs` },
      maven: { url: `${url}/artifactory` },
      ...eachNpmTool({ url: `${url}/artifactory/api/npm` }),
      http: { url },
    }),
    isAt: ({ scheme, host, path }) => scheme === "https" && (host.endsWith(".jfrog.io") || path[0] === "artifactory"),
  },
  page: "/ui/user_profile",
  signIn: "token",
  bearer: [...NPM_TOOLS, "http"],
  readToken,
  forms: [{ pattern: "AKCp[0-9A-Za-z]{60,}", title: "an API key of JFrog's Artifactory" }],
  // The REST API of Artifactory ("npm registry", "Security", "Access tokens"), and what its registries of Docker, Conan and gems have
  // for log-in. `api/npm/REPOSITORY/auth` without what follows is the package of this name.
  tokenEndpoints: [
    "api/npm/auth",
    "api/npm/*/auth/*",
    "api/security",
    "access/api",
    "api/v1/tokens",
    "api/system/security",
    "api/system/configuration",
    "api/oauth2",
    "ui/api",
    "artifactory/ui",
    "v2/token",
    "users/authenticate",
    "users/check_credentials",
    "api/v1/api_key",
    "v1/auth/token",
  ],
  noRegistry: ["artifactory/api/!npm"],
  describes: true,
  mintsForOthers: true,

  async inspect(service, token, http): Promise<Inspection> {
    const answer = await http.send({ method: "GET", url: access(service, "tokens/me"), authorization: bearer(token) });
    if (answer.kind === "json" && answer.status === 200) {
      const parsed = tokenInfo.safeParse(answer.body);
      if (parsed.success) return { outcome: "valid", facts: mergeFacts(factsIn(token.secret.reveal()), factsOf(parsed.data)) };
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
        return answer.kind === "json"
          ? { outcome: "not-permitted" }
          : { outcome: "wrong-host", detail: "there is no Access API (status 404)" };
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
    create(service, token, http, { grant_type: "refresh_token", refresh_token: token.refreshToken.reveal(), ...parameters(order) }, [
      token.refreshToken,
    ]),

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
  service: ServiceAt,
  credential: ServiceCredential,
  http: Http,
  body: Record<string, unknown>,
  secrets: readonly Secret[] = [],
): Promise<Minting> {
  const answer = await http.send({
    method: "POST",
    url: access(service, "tokens"),
    authorization: bearer(credential),
    json: body,
    secrets,
  });
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
    // A reference token is shorter than what some clients and headers can take; builds want the other.
    include_reference_token: false,
    // Else a token of less than six hours can't be ended before its time.
    force_revocable: true,
  };
}

function factsOf(info: z.infer<typeof tokenInfo>): RemoteToken {
  return {
    tokenId: info.token_id,
    subject: info.subject === undefined ? undefined : userOf(info.subject),
    description: info.description,
    issuedAt: at(info.issued_at),
    expiresAt: at(info.expiry),
  };
}

/** A JWT with a subject or a scope as only JFrog writes them, or a reference token: base64 of `reftkn:01:<expiry>:<random>`. */
function readToken(text: string): ReadToken | undefined {
  const jwt = readJwt(text);
  if (jwt === undefined) return readReferenceToken(text);
  const { subject = "", scope = "", kind } = jwt.facts;
  const [user, isIdentity] = [userOf(subject), IDENTITY_SCOPE.test(scope)];
  if (user === subject && !isIdentity) return undefined;
  return { ...jwt, facts: { ...jwt.facts, subject: subject === "" ? undefined : user, kind: isIdentity ? "identity" : kind } };
}

function factsIn(text: string): TokenFacts {
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
function userOf(subject: string): string {
  return subject.replace(/^.*?\/users\//s, "");
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

function access(service: ServiceAt, path: string): string {
  return `${service.url.replace(/\/$/, "")}/access/api/v1/${path}`;
}

function bearer(credential: ServiceCredential): { scheme: "Bearer"; secret: Secret } {
  return { scheme: "Bearer", secret: credential.secret };
}
