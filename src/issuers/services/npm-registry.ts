/**
 * npm registries: `/-/whoami` and the token API, `/-/npm/v1/tokens`. Making a token needs the account's
 * password, which is what `toolkey login` keeps for such a service; at npmjs.org a second factor as well, so that there people make them.
 * Facts: docs/services/npm-registry.md
 */
import * as z from "zod/mini";
import { Secret } from "../../core/secret.ts";
import type { RemoteToken } from "../../core/tokens/token.ts";
import type { TokenForm } from "../../core/tokens/token-form.ts";
import { excerpt } from "../excerpt.ts";
import type { HttpAnswer } from "../http.ts";
import type { ServiceAt } from "../declared.ts";
import type { Issuer } from "../issuer.ts";
import type { ServiceCredential, Inspection, Listing, Minting, MintOrder, Revocation } from "../outcomes.ts";
import { isAnswered, noAnswer } from "../no-answer.ts";
import { eachNpmTool, NPM_TOOLS } from "../npm-tools.ts";
import { asInstant, jwtPayload, mergeFacts, readJwt, type ReadToken } from "../token-text.ts";

const created = z.object({
  token: z.string(),
  key: z.string(),
  readonly: z.optional(z.boolean()),
  // npm's name for it, and Verdaccio's.
  cidr_whitelist: z.optional(z.nullable(z.array(z.string()))),
  cidr: z.optional(z.nullable(z.array(z.string()))),
  created: z.optional(z.union([z.string(), z.number()])),
});
const listed = z.object({ objects: z.array(z.object({ ...created.shape, token: z.optional(z.string()) })) });
const whoami = z.object({ username: z.string() });

/** Where people make the only tokens that npmjs.org has but for sessions of two hours, and what those are. */
const PAGE_OF_NPMJS = "https://www.npmjs.com/settings/~/tokens";
const OF_NPMJS = /^https:\/\/registry\.(npmjs\.org|yarnpkg\.com)(\/|$)/;
const GRANULAR = `a granular token, of 90 days at most where it may publish: ${PAGE_OF_NPMJS}`;
const CLASSIC_END = "2025-12-09T00:00:00Z";

const TELLS = ["www-authenticate", "npm-notice"] as const;

/** The words of a scope at a registry; addresses may follow. */
const READ_ONLY = "read-only";
const PUBLISH = "publish";

/** Of npmjs.org ("About access tokens", docs.npmjs.com). What is a UUID there is older than the form with a prefix, and so classic. */
const FORMS: readonly TokenForm[] = [
  {
    pattern: String.raw`npm_\w{36,}`,
    title: "a token of npmjs.org",
    ends: CLASSIC_END,
    endsForSome: "that are classic",
    instead: GRANULAR,
  },
  {
    pattern: "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    hosts: String.raw`registry\.(npmjs\.org|yarnpkg\.com)`,
    title: "a classic token of npmjs.org",
    ends: CLASSIC_END,
    instead: GRANULAR,
  },
];

export const npmRegistry: Issuer = {
  name: "npm-registry",
  anyHost: { title: "npm registry", tools: (url) => eachNpmTool({ url }) },
  signIn: "password",
  bearer: [...NPM_TOOLS, "http"],
  readToken,
  forms: FORMS,
  // Docs of libnpmaccess and npm-profile.
  tokenEndpoints: [
    "-/npm/v1/tokens", "-/npm/v1/user", "-/npm/v1/oidc", "-/npm/v1/hooks", "-/user", "-/org", "-/team", "-/v1/login", "-/v1/done",
    "-/verdaccio",
  ],
  describes: false,

  async inspect(service, token, http): Promise<Inspection> {
    const answer = await http.send({ method: "GET", url: at(service, "-/whoami"), authorization: any(token) });
    if (answer.kind === "json" && answer.status === 200) {
      const parsed = whoami.safeParse(answer.body);
      // Some registries answer anybody, and only leave the name out.
      return parsed.success
        ? { outcome: "valid", facts: { subject: parsed.data.username } }
        : { outcome: "invalid", detail: "the registry does not know whose it is" };
    }
    const missing = noAnswer(answer);
    if (missing !== undefined) return missing;
    // Whoever may do anything may ask who they are: 403 is a token that was ended, or used from elsewhere.
    if ("status" in answer && (answer.status === 401 || answer.status === 403)) {
      return { outcome: "invalid", detail: messageOf(answer) ?? "wrong or expired" };
    }
    return { outcome: "wrong-host", detail: "this is no npm registry" };
  },

  async mint(service, login, order, http): Promise<Minting> {
    const limits = limitsOf(order);
    if (typeof limits === "string") return { outcome: "refused", detail: limits };
    const answer = await http.send({
      method: "POST",
      url: at(service, "-/npm/v1/tokens"),
      authorization: basic(login),
      json: { password: login.secret.reveal(), ...limits },
      tells: TELLS,
    });
    const parsed = answer.kind === "json" && answer.status < 300 ? created.safeParse(answer.body) : undefined;
    if (parsed?.success === true) {
      const told = readJwt(parsed.data.token)?.facts ?? {};
      const facts = mergeFacts({ issuedAt: told.issuedAt, expiresAt: told.expiresAt, subject: login.username }, factsOf(parsed.data));
      return { outcome: "minted", secret: new Secret(parsed.data.token), facts };
    }
    const missing = noAnswer(answer);
    if (missing !== undefined) return missing;
    return "status" in answer && answer.status < 300
      ? { outcome: "failing", detail: "the answer holds no token" }
      : { outcome: "refused", detail: secondFactor(service, answer) ?? messageOf(answer) ?? "the registry makes no token" };
  },

  async revoke(service, credential, tokenId, http): Promise<Revocation> {
    // A registry would take the token itself for its id, but a secret has no place in a URL.
    const id = tokenId ?? claimedId(credential.secret.reveal());
    if (id === undefined) return { outcome: "id-unknown" };
    const url = at(service, `-/npm/v1/tokens/token/${encodeURIComponent(id)}`);
    const answer = await http.send({ method: "DELETE", url, authorization: any(credential), tells: TELLS });
    if (!isAnswered(answer)) return noAnswer(answer);
    if (answer.status < 300) return { outcome: "revoked" };
    if (answer.status === 404) return { outcome: "not-found" };
    const detail = secondFactor(service, answer) ?? messageOf(answer) ?? `status ${answer.status}`;
    return answer.status === 401 || answer.status === 403 ? { outcome: "refused", detail } : { outcome: "failing", detail };
  },

  async list(service, credential, _description, http): Promise<Listing> {
    const url = at(service, "-/npm/v1/tokens");
    const answer = await http.send({ method: "GET", url, authorization: any(credential), tells: TELLS });
    if (answer.kind === "json" && answer.status === 200) {
      const parsed = listed.safeParse(answer.body);
      if (parsed.success) return { outcome: "listed", tokens: parsed.data.objects.map(factsOf) };
    }
    const missing = noAnswer(answer);
    if (missing !== undefined) return missing;
    return "status" in answer && answer.status < 300
      ? { outcome: "wrong-host", detail: "the answer is no list of tokens" }
      : { outcome: "refused", detail: secondFactor(service, answer) ?? messageOf(answer) ?? "no permission to list tokens" };
  },
};

/** A JWT in which Verdaccio puts the key by which it knows the token. */
function readToken(text: string): ReadToken | undefined {
  const jwt = readJwt(text);
  const key = keyIn(jwtPayload(text)?.["token"]);
  return jwt === undefined || jwt.claimedId !== undefined || key === undefined ? undefined : { ...jwt, claimedId: key };
}

function keyIn(claim: unknown): string | undefined {
  const key = typeof claim === "object" && claim !== null && "key" in claim ? claim.key : undefined;
  return typeof key === "string" && key !== "" ? key : undefined;
}

function claimedId(text: string): string | undefined {
  return (readToken(text) ?? readJwt(text))?.claimedId;
}

function factsOf(token: Omit<z.infer<typeof created>, "token">): RemoteToken {
  const made = typeof token.created === "number" ? token.created : Date.parse(token.created ?? "");
  const addresses = token.cidr ?? token.cidr_whitelist ?? [];
  return {
    tokenId: token.key,
    scope: [token.readonly === true ? READ_ONLY : PUBLISH, ...addresses].join(" "),
    kind: "scoped",
    issuedAt: asInstant(made),
  };
}

/** What the token may do, by the order or by its scope, which is written as in `factsOf`; a text says what is wrong. */
function limitsOf({ readOnly, cidr = [], scope = "" }: MintOrder): { readonly: boolean; cidr_whitelist: readonly string[] } | string {
  const words = scope.split(/\s+/).filter((word) => word !== "");
  const addresses = [...new Set([...cidr, ...words.filter((word) => word !== READ_ONLY && word !== PUBLISH)])];
  const wrong = addresses.find((address) => !/^[0-9a-f.:]+\/\d{1,3}$/i.test(address));
  if (wrong !== undefined) return `'${excerpt(wrong) ?? ""}' is not a range of addresses such as 10.0.0.0/8`;
  return { readonly: readOnly === true || words.includes(READ_ONLY), cidr_whitelist: addresses };
}

/**
 * Where a one-time password is wanted, which toolkey has none of: npm's client knows it by `www-authenticate: OTP`, and by these words
 * where a registry leaves that out (npm-registry-fetch, check-response.js). What else the registry says of it is in `npm-notice`.
 */
function secondFactor({ url }: ServiceAt, answer: HttpAnswer): string | undefined {
  if (!("status" in answer) || answer.status !== 401) return undefined;
  const isAsked = /\botp\b/i.test(answer.headers?.["www-authenticate"] ?? "") || /one-time pass/i.test(messageOf(answer) ?? "");
  if (!isAsked) return undefined;
  const notice = excerpt(answer.headers?.["npm-notice"]);
  const where = OF_NPMJS.test(url) ? `: make one at ${PAGE_OF_NPMJS}` : "; a person can, with 'npm token create'";
  return `it wants a one-time password for that, which no program has${where}${notice === undefined ? "" : ` (it says: ${notice})`}`;
}

function messageOf(answer: HttpAnswer): string | undefined {
  if (answer.kind !== "json" || typeof answer.body !== "object" || answer.body === null) return undefined;
  const { error, message } = answer.body as { error?: unknown; message?: unknown };
  return excerpt(typeof error === "string" ? error : message);
}

function at(service: ServiceAt, path: string): string {
  return `${service.url}/${path}`;
}

function bearer(credential: ServiceCredential): { scheme: "Bearer"; secret: Secret } {
  return { scheme: "Bearer", secret: credential.secret };
}

function basic(credential: ServiceCredential): { scheme: "Basic"; username: string; secret: Secret } {
  return { scheme: "Basic", username: credential.username ?? "", secret: credential.secret };
}

// A login has a user name and a password, a token stands alone.
function any(credential: ServiceCredential): ReturnType<typeof basic> | ReturnType<typeof bearer> {
  return credential.isLogin === true ? basic(credential) : bearer(credential);
}
