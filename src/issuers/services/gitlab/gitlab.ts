/**
 * GitLab, `https://HOST/api/v4`. With a personal access token as login, project and group access tokens are made for tools; any token
 * renews itself, and ends itself. With a client of the person's own, people sign in at its page. Facts: docs/services/gitlab.md
 */
import * as z from "zod/mini";
import { instant, systemClock } from "../../../core/clock.ts";
import { Secret } from "../../../core/secret.ts";
import type { RemoteToken } from "../../../core/tokens/token.ts";
import type { Http, HttpAnswer } from "../../http.ts";
import type { ServiceAt, ToolPlaces } from "../../declared.ts";
import type { Issuer } from "../../issuer.ts";
import type { Inspection, Listing, Minting, MintOrder, Revocation, ServiceCredential } from "../../outcomes.ts";
import { isAnswered, noAnswer } from "../../no-answer.ts";
import { eachNpmTool, NPM_TOOLS } from "../../npm-tools.ts";
import type { Endpoints } from "../../oauth/endpoints.ts";
import { oauthMembers } from "../../oauth/oauth.ts";
import { grantedIn } from "../../oauth/token-request.ts";
import { asInstant } from "../../token-text.ts";
import { messageOf } from "./answers.ts";
import { ownerOf, remoteIdOf, resourceOf } from "./owners.ts";

const DAY_MS = 86_400_000;
/** Of access tokens; those of OAuth have none. An administrator may have chosen another one. */
const PERSONAL = /^glpat-/;
/** Access levels of a project's or group's bot (docs.gitlab.com, api/project_access_tokens): what a developer may. */
const DEVELOPER = 30;
/** With which a token renews itself. */
const SELF_ROTATE = "self_rotate";
/** Tokens are listed in pages. */
const PAGE_LENGTH = 100;
const MAX_PAGES = 50;

const told = z.object({
  id: z.int(),
  name: z.optional(z.string()),
  scopes: z.optional(z.array(z.string())),
  created_at: z.optional(z.string()),
  expires_at: z.optional(z.nullable(z.string())),
  active: z.optional(z.boolean()),
  revoked: z.optional(z.boolean()),
});
const made = z.object({ ...told.shape, token: z.string().check(z.minLength(1)) });
const page = z.array(told);
const oauthTold = z.object({ scope: z.optional(z.union([z.string(), z.array(z.string())])) });

/** docs.gitlab.com, security/tokens and user/packages. */
const PACKAGES = "read_api";
const SCOPES: Readonly<Record<string, string>> = {
  git: "read_repository write_repository",
  maven: PACKAGES,
  http: PACKAGES,
  ...Object.fromEntries(NPM_TOOLS.map((tool) => [tool, PACKAGES])),
};

const oauth = oauthMembers(({ url }) => Promise.resolve(endpointsOf(url)));

export const gitlab: Issuer = {
  name: "gitlab",
  services: [{ name: "gitlab", title: "GitLab", url: "https://gitlab.com", tools: toolsAt("https://gitlab.com") }],
  anyHost: { title: "GitLab", tools: toolsAt, isAt: ({ scheme, host }) => scheme === "https" && host.startsWith("gitlab.") },
  page: "/-/user_settings/personal_access_tokens",
  signIn: "token",
  signInPage: oauth.signInPage,
  client: "possible",
  username: "oauth2",
  scopes: SCOPES,
  bearer: [...NPM_TOOLS, "http"],
  tokenEndpoints: [
    "api/v4/personal_access_tokens", "api/v4/user/personal_access_tokens", "api/v4/users/*/personal_access_tokens",
    "api/v4/users/*/impersonation_tokens", "api/v4/*/*/access_tokens", "api/v4/*/*/deploy_tokens", "api/v4/deploy_tokens",
    "api/v4/projects/*/triggers", "api/v4/user/keys", "api/v4/runners", "api/v4/user/runners", "api/v4/applications", "api/v4/session",
    "oauth/token", "oauth/authorize", "oauth/authorize_device", "oauth/device", "oauth/revoke", "oauth/introspect", "oauth/applications",
    "-/user_settings", "-/profile", "-/jwks", "users/sign_in", "jwt/auth",
  ],
  forms: [
    // docs.gitlab.com, security/tokens
    { pattern: String.raw`glpat-[\w.-]{20,}`, title: "a personal, project or group access token of GitLab" },
    { pattern: String.raw`glptt-[\w.-]{20,}`, title: "a trigger token of GitLab's pipelines" },
    { pattern: String.raw`gloas-[\w.-]{20,}`, title: "the secret of an application at GitLab" },
    { pattern: String.raw`gldt-[\w.-]{20,}`, title: "a deploy token of GitLab" },
    { pattern: String.raw`glrt-[\w.-]{20,}`, title: "the token of a runner of GitLab" },
  ],
  wishAt: (tool, path) => (tool === "git" && path.length > 1 ? { repository: path.join("/").replace(/\.git$/, "") } : undefined),
  partFor: (place, tool, { repository }) => (tool === "git" && repository !== undefined ? `${place}/${repository}` : undefined),
  describes: true,
  // What a refresh takes the place of is ended by it.
  renewed: "gone",
  renewsItself: (secret) => PERSONAL.test(secret),

  async inspect(service, token, http): Promise<Inspection> {
    const answer = await send("GET", service, "personal_access_tokens/self", token, http);
    const parsed = answer.kind === "json" && answer.status === 200 ? told.safeParse(answer.body) : undefined;
    if (parsed?.success === true) {
      const isOver = parsed.data.revoked === true || parsed.data.active === false;
      return isOver ? { outcome: "invalid", detail: "revoked or expired" } : { outcome: "valid", facts: factsOf(parsed.data) };
    }
    // A token of OAuth is none of these.
    const isOther = "status" in answer && answer.status < 500 && answer.status !== 429 && !PERSONAL.test(token.secret.reveal());
    return isOther ? inspectOAuth(service, token, http) : notInspected(answer);
  },

  async mint(service, login, order, http): Promise<Minting> {
    const owner = await ownerOf(order, (path) => send("GET", service, path, login, http));
    if ("outcome" in owner) return owner;
    const wished = (order.scope ?? "").split(/[\s,]+/).filter((scope) => scope !== "");
    const ask = (scopes: readonly string[]): Promise<HttpAnswer> =>
      send("POST", service, `${resourceOf(owner)}/access_tokens`, login, http, {
        name: order.description,
        scopes,
        access_level: DEVELOPER,
        expires_at: dayAfter(order.ttl),
      });
    let answer = await ask([...wished, SELF_ROTATE]);
    // Before 17.9 there is no such scope, and nothing was made.
    if ("status" in answer && answer.status === 400) answer = await ask(wished);
    const parsed = answer.kind === "json" && answer.status < 300 ? made.safeParse(answer.body) : undefined;
    if (parsed?.success === true) {
      const facts = { ...factsOf(parsed.data), tokenId: remoteIdOf(owner, parsed.data.id) };
      return { outcome: "minted", secret: new Secret(parsed.data.token), facts };
    }
    return notMade(answer);
  },

  async refresh(service, token, order, http): Promise<Minting> {
    if (token.refreshToken?.isEmpty === false) return oauth.refresh(service, token, order, http);
    const answer = await send("POST", service, "personal_access_tokens/self/rotate", token, http, { expires_at: dayAfter(order.ttl) });
    const parsed = answer.kind === "json" && answer.status < 300 ? made.safeParse(answer.body) : undefined;
    if (parsed?.success === true) return { outcome: "minted", secret: new Secret(parsed.data.token), facts: factsOf(parsed.data) };
    // Of a token that is gone from here nothing tells how it was renewed, but what came for it.
    const given = token.refreshToken === undefined ? undefined : grantedIn(answer);
    if (given !== undefined) return given;
    // Who rotates a token that was rotated before ends all that came of it: it is not tried again.
    return "status" in answer && answer.status === 401 ? { outcome: "stale" } : notMade(answer);
  },

  async revoke(service, credential, tokenId, http): Promise<Revocation> {
    // A login ends others, and itself only without the id of one.
    const other = credential.isLogin === true ? tokenId : undefined;
    const isSignedIn = credential.refreshToken !== undefined && !PERSONAL.test(credential.secret.reveal());
    if (other === undefined && isSignedIn) return oauth.revoke(service, credential, tokenId, http);
    const path = other === undefined ? "personal_access_tokens/self" : pathOfId(other);
    const answer = await send("DELETE", service, path, credential, http);
    if ("status" in answer && answer.status === 204) return { outcome: "revoked" };
    if (!isAnswered(answer)) return noAnswer(answer);
    const detail = messageOf(answer) ?? `status ${answer.status}`;
    // A login that may not look at a token gets 404 for it: then the token itself is asked.
    if (answer.status === 401 || answer.status === 403 || answer.status === 404) return { outcome: "refused", detail };
    return { outcome: "failing", detail };
  },

  async list(service, credential, description = "", http): Promise<Listing> {
    // The name of one that toolkey makes tells whose it is.
    const repository = / for (\S+) (?:on \S+ )?\(toolkey /.exec(description)?.[1];
    const owner = repository === undefined ? undefined : await ownerOf({ repository }, (at) => send("GET", service, at, credential, http));
    if (owner !== undefined && "outcome" in owner) return owner;
    const path = owner === undefined ? "personal_access_tokens?state=active" : `${resourceOf(owner)}/access_tokens?state=active`;
    const tokens = new Map<string, RemoteToken>();
    for (let number = 1; number <= MAX_PAGES; number += 1) {
      const answer = await send("GET", service, `${path}&per_page=${PAGE_LENGTH}&page=${number}`, credential, http);
      const parsed = answer.kind === "json" && answer.status === 200 ? page.safeParse(answer.body) : undefined;
      if (parsed?.success !== true) return notListed(answer);
      for (const each of parsed.data.filter(({ active }) => active !== false)) {
        const tokenId = owner === undefined ? String(each.id) : remoteIdOf(owner, each.id);
        tokens.set(tokenId, { ...factsOf(each), tokenId });
      }
      if (parsed.data.length < PAGE_LENGTH) break;
    }
    return { outcome: "listed", tokens: [...tokens.values()].filter((token) => token.description?.startsWith(description) === true) };
  },
};

function toolsAt(url: string): ToolPlaces {
  const api = { url: `${url}/api/v4` };
  return { git: { url }, maven: api, ...eachNpmTool(api), http: api };
}

/** Device codes from 17.2 on. */
function endpointsOf(url: string): Endpoints {
  const at = (path: string): string => `${url}/oauth/${path}`;
  return { issuer: url, token: at("token"), authorize: at("authorize"), device: at("authorize_device"), revoke: at("revoke") };
}

async function inspectOAuth(service: ServiceAt, token: ServiceCredential, http: Http): Promise<Inspection> {
  const url = `${service.url}/oauth/token/info`;
  const answer = await http.send({ method: "GET", url, authorization: { scheme: "Bearer", secret: token.secret } });
  const parsed = answer.kind === "json" && answer.status === 200 ? oauthTold.safeParse(answer.body) : undefined;
  if (parsed?.success !== true) return notInspected(answer);
  const { scope } = parsed.data;
  return { outcome: "valid", facts: { scope: typeof scope === "string" ? scope : scope?.join(" "), kind: "scoped" } };
}

function notInspected(answer: HttpAnswer): Inspection {
  if (!isAnswered(answer)) return noAnswer(answer);
  if (answer.status === 401) return { outcome: "invalid", detail: messageOf(answer) ?? "wrong, expired or revoked" };
  if (answer.status === 403) return { outcome: "not-permitted" };
  return { outcome: "wrong-host", detail: answer.status < 300 ? "this is no GitLab" : `status ${answer.status}` };
}

function notMade(answer: HttpAnswer): Minting {
  if (!isAnswered(answer)) return noAnswer(answer);
  if (answer.status < 300) return { outcome: "failing", detail: "the answer holds no token" };
  return { outcome: "refused", detail: messageOf(answer) ?? `status ${answer.status}` };
}

function notListed(answer: HttpAnswer): Listing {
  const missing = noAnswer(answer);
  if (missing !== undefined) return missing;
  if ("status" in answer && answer.status < 300) return { outcome: "wrong-host", detail: "the answer is no list of tokens" };
  return { outcome: "refused", detail: messageOf(answer) ?? "no permission to list tokens" };
}

function factsOf({ id, name, scopes, created_at: createdAt, expires_at: expiresAt }: z.infer<typeof told>): RemoteToken {
  return {
    tokenId: String(id),
    description: name,
    scope: scopes?.join(" "),
    kind: scopes === undefined ? undefined : scopes.includes("api") ? "identity" : "scoped",
    issuedAt: createdAt === undefined ? undefined : asInstant(Date.parse(createdAt)),
    // A day, at whose beginning it ends (UTC).
    expiresAt: expiresAt === undefined || expiresAt === null ? undefined : asInstant(Date.parse(expiresAt)),
  };
}

/** Of `projects-12-58`; a number alone is a personal token's. */
function pathOfId(tokenId: string): string {
  const [kind, owner, id] = tokenId.split("-");
  return id === undefined ? `personal_access_tokens/${encodeURIComponent(tokenId)}` : `${kind}/${owner}/access_tokens/${id}`;
}

/** The day on which a token ends that is good for so many seconds: at the earliest tomorrow. */
function dayAfter(ttl: MintOrder["ttl"]): string | undefined {
  return ttl === undefined || ttl === 0 ? undefined : instant(systemClock.now() + Math.max(ttl * 1000, DAY_MS)).slice(0, 10);
}

function send(
  method: "GET" | "POST" | "DELETE",
  service: ServiceAt,
  path: string,
  { secret }: ServiceCredential,
  http: Http,
  json?: unknown,
): Promise<HttpAnswer> {
  const url = `${service.url}/api/v4/${path}`;
  return http.send({ method, url, authorization: { scheme: "Bearer", secret }, ...(json === undefined ? {} : { json }) });
}
