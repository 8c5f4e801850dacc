/** JFrog platforms, by their Access API, `https://HOST/access/api/v1`. Facts: docs/services/jfrog.md */
import * as z from "zod/mini";
import type { Instant } from "../../../core/clock.ts";
import type { Secret } from "../../../core/secret.ts";
import type { RemoteToken } from "../../../core/tokens/token.ts";
import type { Http } from "../../http.ts";
import type { ServiceAt } from "../../declared.ts";
import type { Issuer } from "../../issuer.ts";
import type { ServiceCredential, Inspection, Listing, Minting, MintOrder, Revocation } from "../../outcomes.ts";
import { isAnswered, noAnswer } from "../../no-answer.ts";
import { eachNpmTool, NPM_TOOLS } from "../../npm-tools.ts";
import { asInstant, mergeFacts } from "../../token-text.ts";
import { factsIn, messageOf, mintedIn, readToken, seconds, userOf } from "./answers.ts";
import { exchange } from "./exchange.ts";
import { beginSignIn } from "./sign-in.ts";

/** What the service does not say how to do otherwise. */
const DEFAULT_SCOPE = "applied-permissions/user";

const tokenInfo = z.object({
  token_id: z.string(),
  subject: z.optional(z.string()),
  expiry: z.optional(seconds),
  issued_at: z.optional(seconds),
  description: z.optional(z.string()),
});
const tokenList = z.object({ tokens: z.array(tokenInfo) });
export const jfrog: Issuer & Required<Pick<Issuer, "inspect">> = {
  name: "jfrog",
  anyHost: {
    title: "JFrog platform",
    tools: (url) => ({
      git: { url: `${url}/artifactory/api/lfs` },
      maven: { url: `${url}/artifactory` },
      ...eachNpmTool({ url: `${url}/artifactory/api/npm` }),
      cargo: { url: `${url}/artifactory/api/cargo` },
      http: { url },
    }),
    isAt: ({ scheme, host, path }) => scheme === "https" && (host.endsWith(".jfrog.io") || path[0] === "artifactory"),
  },
  page: "/ui/user_profile",
  signIn: "token",
  signInPage: { begin: beginSignIn, isOnlyForLogin: true },
  bearer: [...NPM_TOOLS, "cargo", "http"],
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
  exchange,

  async inspect(service, token, http): Promise<Inspection> {
    const answer = await http.send({ method: "GET", url: access(service, "tokens/me"), authorization: bearer(token) });
    if (answer.kind === "json" && answer.status === 200) {
      const parsed = tokenInfo.safeParse(answer.body);
      if (parsed.success) return { outcome: "valid", facts: mergeFacts(factsIn(token.secret.reveal()), factsOf(parsed.data)) };
    }
    if (!isAnswered(answer)) return noAnswer(answer);
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

  async refresh(service, token, order, http) {
    const { refreshToken } = token;
    if (refreshToken === undefined) return { outcome: "stale" };
    const body = { grant_type: "refresh_token", refresh_token: refreshToken.reveal(), ...parameters(order) };
    return create(service, token, http, body, [refreshToken]);
  },

  async revoke(service, credential, tokenId, http): Promise<Revocation> {
    const answer = await http.send({
      method: "DELETE",
      url: access(service, `tokens/${tokenId === undefined ? "me" : encodeURIComponent(tokenId)}`),
      authorization: bearer(credential),
    });
    const isUnknown = answer.kind === "html" && answer.status === 404;
    if (!isUnknown && !isAnswered(answer)) return noAnswer(answer);
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
  const description = typeof body["description"] === "string" ? body["description"] : undefined;
  const minted = mintedIn(answer, description);
  if (minted !== undefined) return minted;
  if (!isAnswered(answer)) return noAnswer(answer);
  if (answer.status < 300) return { outcome: "failing", detail: "the answer holds no token" };
  if (answer.status === 404 && body["grant_type"] === "refresh_token") return { outcome: "stale" };
  return { outcome: "refused", detail: messageOf(answer) ?? `status ${answer.status}` };
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

function at(epochSeconds: number | string | undefined): Instant | undefined {
  const value = Number(epochSeconds ?? 0);
  return value > 0 ? asInstant(value * 1000) : undefined;
}

function access(service: ServiceAt, path: string): string {
  return `${service.url}/access/api/v1/${path}`;
}

function bearer(credential: ServiceCredential): { scheme: "Bearer"; secret: Secret } {
  return { scheme: "Bearer", secret: credential.secret };
}
