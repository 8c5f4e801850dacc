/**
 * GitHub, https://github.com, and its Enterprise Servers. People make tokens on its page, which is opened filled in; whoever has one can
 * end it; an app of the person's own makes those of its installations (app.ts). Facts: docs/services/github.md
 */
import * as z from "zod/mini";
import type { Instant } from "../../../core/clock.ts";
import type { TokenForm } from "../../../core/tokens/token-form.ts";
import { messageIn } from "../../excerpt.ts";
import type { Http } from "../../http.ts";
import type { ServiceAt, ToolPlaces } from "../../declared.ts";
import type { Issuer } from "../../issuer.ts";
import type { Inspection, Revocation, ServiceCredential } from "../../outcomes.ts";
import { eachNpmTool, NPM_TOOLS } from "../../npm-tools.ts";
import { oauthMembers } from "../../oauth/oauth.ts";
import type { Answered } from "../../no-answer.ts";
import { asInstant, type ReadToken } from "../../token-text.ts";
import {
  ask,
  ENTERPRISE,
  inspectInstallation,
  isInstallation,
  isOnline,
  otherThan,
  read,
  revokeInstallation,
  USERNAME,
} from "./api.ts";
import { withApp } from "./app.ts";

/** "GitHub's token formats" (docs.github.com); of installations there are long ones with dots since 2026. */
const FORMS = {
  classic: { pattern: String.raw`ghp_\w{36,}`, title: "a classic personal access token of GitHub" },
  fineGrained: { pattern: String.raw`github_pat_\w{36,}`, title: "a fine-grained personal access token of GitHub" },
  oauth: { pattern: String.raw`gho_\w{36,}`, title: "an OAuth access token of GitHub" },
  user: { pattern: String.raw`ghu_\w{36,}`, title: "a user's token of a GitHub App" },
  installation: { pattern: String.raw`ghs_[\w.-]{36,}`, title: "an installation's token of a GitHub App" },
  refresh: { pattern: String.raw`ghr_\w{36,}`, title: "a refresh token of a GitHub App" },
} as const satisfies Readonly<Record<string, TokenForm>>;

/** Those that are limited to what they were made for. */
const SCOPED: readonly TokenForm[] = [FORMS.fineGrained, FORMS.user, FORMS.installation];

/** What an Enterprise Server ends by value. */
const PERSONAL: readonly TokenForm[] = [FORMS.classic, FORMS.fineGrained];
const OF_A_PERSON: readonly TokenForm[] = [...PERSONAL, FORMS.oauth, FORMS.user, FORMS.refresh];

/** What the page of fine-grained tokens has ticked, by tool; of the others it is the page of classic ones, which packages need. */
const PERMISSIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = { git: { contents: "write" }, http: { contents: "read" } };
const PACKAGES = "read:packages";
const DAYS = 90;
/** What the page takes for a name. */
const MAX_NAME = 40;

const user = z.object({ login: z.string() });

/** "Device flow" of OAuth apps and of GitHub Apps (docs.github.com); there is no metadata. */
const oauth = oauthMembers(({ url }) =>
  Promise.resolve({ token: `${url}/login/oauth/access_token`, device: `${url}/login/device/code` }),
);

const ONLINE = toolsAt(
  "https://github.com",
  "https://npm.pkg.github.com",
  "https://maven.pkg.github.com",
  "https://api.github.com",
);

export const github: Issuer = {
  name: "github",
  services: [
    {
      name: "github",
      title: "GitHub",
      url: "https://github.com",
      tools: ONLINE,
    },
  ],
  anyHost: {
    title: "GitHub Enterprise",
    tools(url) {
      const { host } = new URL(url);
      if (host === "github.com") return ONLINE;
      return toolsAt(url, `https://npm.${host}`, `https://maven.${host}`, isOnline({ url }) ? `https://api.${host}` : `${url}/api/v3`);
    },
    isAt: ({ scheme, host }) => scheme === "https" && ENTERPRISE.test(host),
  },
  page: "/settings/personal-access-tokens",
  newTokenPage,
  // A browser that comes back would need the secret of the client, which none has that people can read.
  signInPage: oauth.signInPage,
  client: "possible",
  refresh: oauth.refresh,
  renewed: "gone",
  username: USERNAME,
  bearer: [...NPM_TOOLS, "http"],
  readToken,
  forms: Object.values(FORMS),
  // "OAuth authorizations", "Apps", "Credential revocation", "Personal access tokens" of the REST API, and the pages for people.
  tokenEndpoints: [
    "app/installations/*/access_tokens", "app-manifests/*/conversions", "applications/*/token", "applications/*/grant",
    "api/v3/authorizations", "credentials/revoke", "installation/token", "login/oauth", "login/device",
    "settings/personal-access-tokens", "orgs/*/personal-access-tokens", "settings/tokens", "settings/apps", "settings/developers",
    "runners/registration-token", "runners/remove-token", "runners/generate-jitconfig", "user/keys", "repos/*/*/keys",
  ],
  describes: false,

  async inspect(service, token, http): Promise<Inspection> {
    if (isInstallation(token.secret)) return inspectInstallation(service, token.secret, http);
    const answer = read(await ask(service, { method: "GET", path: "user", token: token.secret }, http));
    if ("outcome" in answer) return answer;
    if (answer.status === 401) return { outcome: "invalid", detail: messageIn(answer) ?? "wrong, revoked, or expired" };
    // An organization's single sign-on, or its addresses.
    if (answer.status === 403) return { outcome: "not-permitted" };
    const parsed = answer.kind === "json" && answer.status === 200 ? user.safeParse(answer.body) : undefined;
    if (parsed?.success !== true) return otherThan(answer);
    return { outcome: "valid", facts: { subject: parsed.data.login, scope: scopesIn(answer), expiresAt: endIn(answer) } };
  },

  async revoke(service, { secret }, _tokenId, http): Promise<Revocation> {
    if (isInstallation(secret)) return revokeInstallation(service, secret, http);
    return { outcome: "on-its-page", detail: "by program it ends only those that begin with ghp_, github_pat_, gho_, ghu_ or ghr_" };
  },

  revokeByValue: {
    takes: (text) => isOneOf(OF_A_PERSON, text),
    warning: "GitHub ends it at once for everybody who has it, writes its owner a mail, and can't bring it back",
    revoke: revokeByValue,
  },

  withApp: (appId) => withApp(github, appId),
};

function toolsAt(git: string, npm: string, maven: string, http: string): ToolPlaces {
  return { git: { url: git }, maven: { url: maven }, ...eachNpmTool({ url: npm }), http: { url: http } };
}

/**
 * "Pre-filling fine-grained personal access token details using URL parameters" (docs.github.com), and for packages the page of classic
 * tokens. An Enterprise Server may leave out what it doesn't know.
 */
function newTokenPage({ url }: ServiceAt, tool: string, name: string): string {
  const permissions = PERMISSIONS[tool];
  const page = permissions === undefined ? "tokens/new" : "personal-access-tokens/new";
  const filled =
    permissions === undefined
      ? { description: name, scopes: PACKAGES }
      : { name: name.slice(0, MAX_NAME), description: `for ${tool}, kept by toolkey`, expires_in: String(DAYS), ...permissions };
  return `${url}/settings/${page}?${new URLSearchParams(filled).toString()}`;
}

function readToken(text: string): ReadToken | undefined {
  if (!isOneOf(Object.values(FORMS), text)) return undefined;
  return { facts: { kind: isOneOf(SCOPED, text) ? "scoped" : undefined } };
}

/**
 * By anybody, if nobody signs in; an Enterprise Server, since 3.19, wants to know who asks. What it has taken it ends a little later.
 * "Revoke a list of credentials" (docs.github.com).
 */
async function revokeByValue(service: ServiceAt, { secret, refreshToken }: ServiceCredential, http: Http): Promise<Revocation> {
  const online = isOnline(service);
  if (!online && !isOneOf(PERSONAL, secret.reveal())) {
    return { outcome: "on-its-page", detail: "an Enterprise Server ends no others than personal access tokens for programs" };
  }
  const secrets = refreshToken === undefined ? [secret] : [secret, refreshToken];
  const credentials = secrets.map((each) => each.reveal());
  const request = { method: "POST", path: "credentials/revoke", json: { credentials }, secrets } as const;
  const answer = read(await ask(service, online ? request : { ...request, token: secret }, http));
  if ("outcome" in answer) return answer;
  if (answer.status === 202) return { outcome: "accepted" };
  if (answer.status === 404 && !online) {
    return { outcome: "on-its-page", detail: "an Enterprise Server does so since 3.19" };
  }
  const detail = messageIn(answer) ?? `status ${answer.status}`;
  return answer.status === 401 || answer.status === 403 ? { outcome: "refused", detail } : { outcome: "failing", detail };
}

function isOneOf(forms: readonly TokenForm[], text: string): boolean {
  return forms.some(({ pattern }) => new RegExp(`^(?:${pattern})$`).test(text));
}

/** Of a classic or OAuth token: `repo, read:packages`. */
function scopesIn({ headers }: Answered): string | undefined {
  const scopes = headers?.["x-oauth-scopes"]?.trim() ?? "";
  return scopes === "" ? undefined : scopes;
}

/** `2026-10-07 19:07:53 UTC`, or with `+0200` in the place of UTC. */
function endIn({ headers }: Answered): Instant | undefined {
  const told = headers?.["github-authentication-token-expiration"] ?? "";
  const [, day, time, zone = "UTC"] = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) (UTC|[+-]\d{4})$/.exec(told) ?? [];
  if (day === undefined || time === undefined) return undefined;
  return asInstant(Date.parse(`${day}T${time}${zone === "UTC" ? "Z" : `${zone.slice(0, 3)}:${zone.slice(3)}`}`));
}
