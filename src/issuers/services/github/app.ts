/**
 * A GitHub App of the person's own: with its private key it makes tokens of its installations, for single repositories and with the
 * least permissions, which are over after an hour. The login is that key. Facts: docs/services/github.md
 */
import { createPrivateKey, sign, type KeyObject } from "node:crypto";
import * as z from "zod/mini";
import { systemClock } from "../../../core/clock.ts";
import { Secret } from "../../../core/secret.ts";
import { hasDots } from "../../../core/target.ts";
import type { TokenWish } from "../../../core/tokens/token-wish.ts";
import { excerpt, messageIn } from "../../excerpt.ts";
import type { Http } from "../../http.ts";
import type { ServiceAt } from "../../declared.ts";
import type { Issuer } from "../../issuer.ts";
import type { Inspection, Minting, MintOrder, Revocation } from "../../outcomes.ts";
import type { Answered } from "../../no-answer.ts";
import { asInstant } from "../../token-text.ts";
import {
  ask,
  inspectInstallation,
  isInstallation,
  otherThan,
  read,
  revokeInstallation,
  USERNAME,
} from "./api.ts";

/** The least that a tool needs; that it may see the repository at all comes with everything. GitHub has no others for an app's tokens. */
const PERMISSIONS: Readonly<Record<string, string>> = { git: "contents:write", http: "contents:read" };

/**
 * How long what the key signs is good, and how long before now that begins, in seconds: clocks differ. GitHub takes ten minutes at most.
 */
const SIGNED_FOR_S = 540;
const SIGNED_BEFORE_S = 60;

const REPOSITORY = /^[\w.-]+\/[\w.-]+$/;
const PERMISSION = /^([a-z_]+):(read|write|admin)$/;

const app = z.object({ slug: z.string() });
const installation = z.object({ id: z.int() });
const created = z.object({ token: z.string().check(z.minLength(1)), expires_at: z.string() });

/** What is asked of a new token: repositories of one owner, and permissions. */
interface Order {
  readonly owner: string;
  readonly repositories: readonly string[];
  readonly permissions: Readonly<Record<string, string>>;
}

export function withApp(github: Issuer, appId: string): Issuer {
  // A person signs in with a client, which is another thing than an app's key.
  const { client: _client, signInPage: _page, refresh: _refresh, renewed: _renewed, ...rest } = github;
  return {
    ...rest,
    page: "/settings/apps",
    signIn: "key",

    async inspect(service, token, http): Promise<Inspection> {
      if (token.isLogin === true) return inspectApp(service, { appId, key: token.secret }, http);
      return isInstallation(token.secret) ? inspectInstallation(service, token.secret, http) : inspectOther(github, service, token, http);
    },

    partFor(place, tool, wish) {
      const order = orderOf({ ...wish, tool });
      if (typeof order === "string") return undefined;
      const [only, ...more] = order.repositories;
      // Several are below their owner.
      const path = [tool === "http" ? "repos" : [], order.owner, more.length === 0 ? (only ?? []) : []].flat().join("/");
      return `${place.replace(/\/$/, "")}/${path}`;
    },

    wishAt(tool, path) {
      const [owner, name] = tool !== "http" ? path : path[0] === "repos" ? path.slice(1) : [];
      return owner === undefined || name === undefined ? undefined : { repository: `${owner}/${name}` };
    },

    async mint(service, login, wish, http): Promise<Minting> {
      const order = orderOf(wish);
      if (typeof order === "string") return { outcome: "refused", detail: order };
      return mint(service, { appId, key: login.secret, order }, http);
    },

    async revoke(service, { secret, isLogin }, _tokenId, http): Promise<Revocation> {
      if (isLogin === true) return { outcome: "on-its-page", detail: "the key of an app is deleted on its page" };
      if (isInstallation(secret)) return revokeInstallation(service, secret, http);
      return { outcome: "on-its-page", detail: "it is none of this app's" };
    },
  };
}

/** @throws nothing: a token that somebody pasted is what the service without an app makes of it */
async function inspectOther(github: Issuer, ...asked: Parameters<NonNullable<Issuer["inspect"]>>): Promise<Inspection> {
  return (await github.inspect?.(...asked)) ?? { outcome: "unknown" };
}

/** The app, and the key with which it signs. */
interface Signer {
  readonly appId: string;
  readonly key: Secret;
}

async function inspectApp(service: ServiceAt, signer: Signer, http: Http): Promise<Inspection> {
  const token = signed(signer);
  if (token === undefined) return { outcome: "invalid", detail: "this is no private RSA key, as GitHub makes them for apps" };
  const answer = read(await ask(service, { method: "GET", path: "app", token }, http));
  if ("outcome" in answer) return answer;
  // 404 is an id that no app has.
  if (answer.status === 401 || answer.status === 404) {
    return { outcome: "invalid", detail: messageIn(answer) ?? "GitHub does not know the key" };
  }
  const parsed = answer.kind === "json" && answer.status === 200 ? app.safeParse(answer.body) : undefined;
  return parsed?.success === true ? { outcome: "valid", facts: { subject: parsed.data.slug } } : otherThan(answer);
}

async function mint(service: ServiceAt, { order, ...signer }: Signer & { readonly order: Order }, http: Http): Promise<Minting> {
  const token = signed(signer);
  if (token === undefined) return { outcome: "refused", detail: "the login is no private RSA key" };
  const { owner, repositories, permissions } = order;
  const name = `${owner}/${repositories[0] ?? ""}`;
  const found = read(await ask(service, { method: "GET", path: `repos/${name}/installation`, token }, http));
  // Nothing was asked for yet.
  if ("outcome" in found) return { outcome: found.outcome === "untrusted-certificate" ? found.outcome : "offline", detail: found.detail };
  if (found.status === 404) {
    return { outcome: "refused", detail: `the app is not installed for ${name}, or there is no such repository` };
  }
  const known = found.kind === "json" && found.status === 200 ? installation.safeParse(found.body) : undefined;
  if (known?.success !== true) return refused(found);
  const path = `app/installations/${known.data.id}/access_tokens`;
  const answer = read(await ask(service, { method: "POST", path, json: { repositories, permissions }, token }, http));
  if ("outcome" in answer) return answer;
  const parsed = answer.kind === "json" && answer.status === 201 ? created.safeParse(answer.body) : undefined;
  if (parsed?.success !== true) return answer.status < 300 ? { outcome: "failing", detail: "the answer holds no token" } : refused(answer);
  const end = Date.parse(parsed.data.expires_at);
  // By GitHub's own clock, which is in the answer: ours may be wrong.
  const lifetime = (end - Date.parse(answer.headers?.["date"] ?? "")) / 1000;
  const isTold = Number.isFinite(lifetime) && lifetime > 0;
  return {
    outcome: "minted",
    secret: new Secret(parsed.data.token),
    username: USERNAME,
    lifetime: isTold ? lifetime : undefined,
    facts: { scope: scopeOf(order), kind: "scoped", expiresAt: isTold ? undefined : asInstant(end) },
  };
}

function refused(answer: Answered): Minting {
  return { outcome: "refused", detail: messageIn(answer) ?? `status ${answer.status}` };
}

/**
 * By the wish, or by the scope of a token that was made before: `acme/widget contents:write`. A text says what is wrong.
 */
function orderOf({ tool, repository = "", scope = "" }: Pick<MintOrder, "tool"> & TokenWish): Order | string {
  const words = [...repository.split(","), ...scope.split(/[\s,]+/)].map((word) => word.trim()).filter((word) => word !== "");
  const permissions = permissionsIn(words);
  const least = permissionsIn([PERMISSIONS[tool] ?? ""]);
  if (permissions.length === 0 && least.length === 0) {
    return `an app has no tokens for ${tool}: GitHub's packages take classic ones; make one at its page`;
  }
  const [first, ...more] = words.filter((word) => !PERMISSION.test(word)).map((name) => name.replace(/\.git$/, ""));
  if (first === undefined) return "name the repository: --repository OWNER/NAME";
  const [owner = ""] = first.split("/");
  // The first one says whose all are.
  const names = [first, ...more.map((name) => (name.includes("/") ? name : `${owner}/${name}`))];
  const wrong = names.find((name) => !REPOSITORY.test(name) || hasDots(name));
  if (wrong !== undefined) return `'${excerpt(wrong) ?? ""}' is no repository; write OWNER/NAME, and permissions as contents:read`;
  if (names.some((name) => !name.startsWith(`${owner}/`))) return "a token is for repositories of one owner; make one for each";
  return {
    owner,
    repositories: [...new Set(names.map((name) => name.slice(owner.length + 1)))],
    permissions: Object.fromEntries(permissions.length > 0 ? permissions : least),
  };
}

function permissionsIn(words: readonly string[]): [name: string, level: string][] {
  return words.flatMap((word) => {
    const [, name, level] = PERMISSION.exec(word) ?? [];
    return name === undefined || level === undefined ? [] : [[name, level] satisfies [string, string]];
  });
}

function scopeOf({ owner, repositories, permissions }: Order): string {
  const full = repositories.map((name) => `${owner}/${name}`);
  return [...full, ...Object.entries(permissions).map(([name, level]) => `${name}:${level}`)].join(" ");
}

/** A JWT by which GitHub knows the app ("Generating a JSON Web Token for a GitHub App"); undefined if the key is none. */
function signed({ appId, key }: Signer): Secret | undefined {
  const privateKey = keyIn(key);
  if (privateKey === undefined) return undefined;
  const now = Math.floor(systemClock.now() / 1000);
  const parts = [{ alg: "RS256", typ: "JWT" }, { iat: now - SIGNED_BEFORE_S, exp: now + SIGNED_FOR_S, iss: appId }];
  const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  return new Secret(`${text}.${sign("sha256", Buffer.from(text), privateKey).toString("base64url")}`);
}

/** PEM with spaces in the place of its line breaks, as logins are kept. */
function keyIn(key: Secret): KeyObject | undefined {
  const [, label, body = ""] = /^-----BEGIN ((?:RSA )?PRIVATE KEY)----- ([A-Za-z0-9+/= ]+) -----END \1-----$/.exec(key.reveal()) ?? [];
  if (label === undefined) return undefined;
  try {
    const found = createPrivateKey({ key: Buffer.from(body, "base64"), format: "der", type: label === "PRIVATE KEY" ? "pkcs8" : "pkcs1" });
    return found.asymmetricKeyType === "rsa" ? found : undefined;
  } catch {
    return undefined;
  }
}
