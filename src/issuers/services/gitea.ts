/**
 * Gitea and Forgejo, `https://HOST/api/v1`. Tokens never end by themselves; they are made, listed and ended with the account's user name
 * and password alone (HTTP Basic); Gitea, not Forgejo, takes a token with the scope `all` or `write:user` in the password's place.
 * Facts: docs/services/gitea.md
 */
import * as z from "zod/mini";
import { Secret } from "../../core/secret.ts";
import type { RemoteToken } from "../../core/tokens/token.ts";
import { messageIn } from "../excerpt.ts";
import type { HttpAnswer } from "../http.ts";
import type { ServiceAt } from "../declared.ts";
import type { Issuer } from "../issuer.ts";
import type { ServiceCredential, Inspection, Listing, Minting, Revocation } from "../outcomes.ts";
import { isAnswered, noAnswer } from "../no-answer.ts";
import { eachNpmTool, NPM_TOOLS } from "../npm-tools.ts";
import { asInstant } from "../token-text.ts";

const PACKAGES = "write:package";
/** The least that a tool needs. */
const SCOPES: Readonly<Record<string, string>> = {
  git: "write:repository",
  maven: PACKAGES,
  http: "read:repository",
  ...Object.fromEntries([...NPM_TOOLS, "cargo"].map((tool) => [tool, PACKAGES])),
};

/** Tokens are listed in pages; what a service lists beyond so many is not looked at. */
const PAGE_LENGTH = 50;
const MAX_PAGES = 100;

const user = z.object({ login: z.string() });
const listed = z.object({
  id: z.int(),
  name: z.string(),
  scopes: z.optional(z.nullable(z.array(z.string()))),
  created_at: z.optional(z.string()),
});
const created = z.object({ ...listed.shape, sha1: z.string().check(z.minLength(1)) });
const page = z.array(listed);

export const gitea: Issuer = {
  name: "gitea",
  anyHost: {
    title: "Gitea or Forgejo",
    tools: (url) => ({
      git: { url },
      maven: { url: `${url}/api/packages` },
      ...eachNpmTool({ url: `${url}/api/packages` }),
      cargo: { url: `${url}/api/packages` },
      http: { url: `${url}/api/v1` },
    }),
    isAt: ({ scheme, host }) => scheme === "https" && /^(gitea\.com|codeberg\.org)$/.test(host),
  },
  page: "/user/settings/applications",
  signIn: "password",
  scopes: SCOPES,
  bearer: [...NPM_TOOLS, "cargo", "http"],
  tokenEndpoints: [
    "api/v1/users/*/tokens", "api/v1/user/applications", "login/oauth", "runners/registration-token", "user/settings/applications",
  ],
  describes: true,

  async inspect(service, token, http): Promise<Inspection> {
    const authorization = token.isLogin === true ? basic(token) : ({ scheme: "Bearer", secret: token.secret } as const);
    const answer = await http.send({ method: "GET", url: api(service, "user"), authorization });
    if (answer.kind === "json" && answer.status === 200) {
      const parsed = user.safeParse(answer.body);
      if (parsed.success) return { outcome: "valid", facts: { subject: parsed.data.login } };
    }
    if (!isAnswered(answer)) return noAnswer(answer);
    if (answer.status === 401) return { outcome: "invalid", detail: messageIn(answer) ?? "wrong, or revoked" };
    // Without the scope `read:user`.
    if (answer.status === 403) return { outcome: "not-permitted" };
    return { outcome: "wrong-host", detail: answer.status === 200 ? "this is no Gitea" : `status ${answer.status}` };
  },

  async mint(service, login, order, http): Promise<Minting> {
    const scopes = (order.scope ?? "").split(/[\s,]+/).filter((scope) => scope !== "");
    const answer = await http.send({
      method: "POST",
      url: tokensOf(service, login),
      authorization: basic(login),
      json: { name: order.description, scopes },
    });
    const parsed = answer.kind === "json" && answer.status < 300 ? created.safeParse(answer.body) : undefined;
    if (parsed?.success === true) {
      const facts = { ...factsOf({ ...parsed.data, scopes: parsed.data.scopes ?? scopes }), subject: login.username };
      return { outcome: "minted", secret: new Secret(parsed.data.sha1), username: login.username, facts };
    }
    const missing = noAnswer(answer);
    if (missing !== undefined) return missing;
    return "status" in answer && answer.status < 300
      ? { outcome: "failing", detail: "the answer holds no token" }
      : { outcome: "refused", detail: messageIn(answer) ?? "it makes no token" };
  },

  async revoke(service, credential, tokenId, http): Promise<Revocation> {
    if (tokenId === undefined) return { outcome: "id-unknown" };
    if (credential.isLogin !== true) return { outcome: "refused", detail: "only with the account's password" };
    const url = `${tokensOf(service, credential)}/${encodeURIComponent(tokenId)}`;
    const answer = await http.send({ method: "DELETE", url, authorization: basic(credential) });
    if (!isAnswered(answer)) return noAnswer(answer);
    if (answer.status === 204) return { outcome: "revoked" };
    if (answer.status === 404) return { outcome: "not-found" };
    const detail = messageIn(answer) ?? `status ${answer.status}`;
    return answer.status === 401 || answer.status === 403 ? { outcome: "refused", detail } : { outcome: "failing", detail };
  },

  async list(service, credential, description = "", http): Promise<Listing> {
    const tokens = new Map<string, RemoteToken>();
    for (let number = 1; number <= MAX_PAGES; number += 1) {
      const url = `${tokensOf(service, credential)}?page=${number}&limit=${PAGE_LENGTH}`;
      const answer = await http.send({ method: "GET", url, authorization: basic(credential) });
      const parsed = answer.kind === "json" && answer.status === 200 ? page.safeParse(answer.body) : undefined;
      if (parsed?.success !== true) return notListed(answer);
      const before = tokens.size;
      for (const token of parsed.data.map(factsOf)) tokens.set(token.tokenId, token);
      // A service may have shorter pages than it is asked for, and an old one has none at all.
      if (tokens.size === before) break;
    }
    return { outcome: "listed", tokens: [...tokens.values()].filter((token) => token.description?.startsWith(description) === true) };
  },
};

function notListed(answer: HttpAnswer): Listing {
  const missing = noAnswer(answer);
  if (missing !== undefined) return missing;
  return "status" in answer && answer.status < 300
    ? { outcome: "wrong-host", detail: "the answer is no list of tokens" }
    : { outcome: "refused", detail: messageIn(answer) ?? "no permission to list tokens" };
}

function factsOf({ id, name, scopes, created_at: createdAt }: z.infer<typeof listed>): RemoteToken {
  return {
    tokenId: String(id),
    description: name,
    scope: scopes?.join(" "),
    kind: scopes?.includes("all") === true ? "identity" : "scoped",
    issuedAt: createdAt === undefined ? undefined : asInstant(Date.parse(createdAt)),
  };
}

function tokensOf(service: ServiceAt, { username = "" }: ServiceCredential): string {
  return api(service, `users/${encodeURIComponent(username)}/tokens`);
}

function api(service: ServiceAt, path: string): string {
  return `${service.url}/api/v1/${path}`;
}

function basic({ username = "", secret }: ServiceCredential): { scheme: "Basic"; username: string; secret: Secret } {
  return { scheme: "Basic", username, secret };
}
