/**
 * How a registry of images wants to see a token: as a login, or exchanged for one of its own that is good for a repository and some minutes
 * (distribution/distribution, docs/spec/auth/token.md and oauth.md). What comes of the exchange is kept in memory alone.
 */
import type { Dispatcher } from "undici";
import * as z from "zod/mini";
import type { Clock } from "../core/clock.ts";
import { Failure, systemErrorCode } from "../core/failure.ts";
import { Secret } from "../core/secret.ts";
import type { Refusal } from "./answers/refusal.ts";
import type { UpstreamToken } from "./credentials.ts";

/** Where a registry has its tokens made. */
interface Realm {
  readonly url: URL;
  readonly service: string | undefined;
}

/** A request that is to be presented. */
export interface Asked {
  /** Of the registry: scheme, host, port. */
  readonly origin: string;
  /** Path and query there. */
  readonly path: string;
  readonly method: string;
}

/** What a request does to a repository, in the words of registries. All else sends. */
const ACTIONS: Readonly<Record<string, string>> = { GET: "pull", HEAD: "pull", DELETE: "pull,delete" };

/** How a host is reached. */
export type Reach = (origin: string) => Promise<Dispatcher>;

/** The user name of a token that is exchanged for others, in docker's own words. */
const IDENTITY = "<token>";
const CLIENT = "toolkey";
const FORM = "application/x-www-form-urlencoded";
const ANSWER_MS = 30_000;
const MAX_ANSWER_BYTES = 256 * 1024;
/** How long a registry's way to log in is taken to stay the same, in milliseconds. */
const KEEP_WAY_MS = 5 * 60_000;
/** How long a token is good that doesn't say it, and how long one is used that says more, in seconds. */
const USUAL_S = 60;
const LONGEST_S = 3600;
/** So much before its end another one is asked for. */
const EARLIER_MS = 10_000;

/** As of a Bearer token (RFC 6750 §2.1). */
const token = z.string().check(z.regex(/^[A-Za-z0-9._~+/-]+=*$/));
const answered = z.object({
  token: z.nullish(token),
  access_token: z.nullish(token),
  expires_in: z.nullish(z.union([z.number(), z.string().check(z.regex(/^\d{1,9}$/))])),
});

interface Kept<Value> {
  readonly until: number;
  readonly value: Promise<Value>;
}

export class RegistryLogins {
  readonly #clock: Clock;
  readonly #ways = new Map<string, Kept<Realm | undefined>>();
  readonly #made = new Map<string, Kept<Secret | Refusal> & { readonly secret: Secret }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Refused also if the registry, or where it has its tokens made, gives no answer that can be used: clients show no other status. */
  async present(credential: UpstreamToken, asked: Asked, reach: Reach): Promise<UpstreamToken | Refusal> {
    try {
      return await this.#present(credential, asked, reach);
    } catch (error) {
      if (error instanceof Failure) return { status: 403, why: error.message };
      throw error;
    }
  }

  async #present(credential: UpstreamToken, asked: Asked, reach: Reach): Promise<UpstreamToken | Refusal> {
    const realm = await this.#wayOf(asked.origin, reach);
    if (realm === undefined) return credential;
    const scopes = scopesOf(asked);
    const key = [asked.origin, credential.token, ...scopes].join(" ");
    const known = this.#made.get(key);
    const now = this.#clock.now();
    if (known !== undefined && known.until > now && known.secret.equals(credential.secret)) return presented(credential, await known.value);
    for (const [old, { until }] of this.#made) if (until <= now) this.#made.delete(old);
    const made = exchange(credential, realm, { scopes, reach });
    // For those that ask meanwhile; once it is there it says itself how long it is good. Who waits for it hears what went wrong.
    const value = made.then(({ token }) => token);
    value.catch(() => undefined);
    this.#made.set(key, { until: now + ANSWER_MS, secret: credential.secret, value });
    try {
      const { token, keepMs } = await made;
      if (token instanceof Secret) this.#made.set(key, { until: now + keepMs, secret: credential.secret, value: Promise.resolve(token) });
      else this.#made.delete(key);
      return presented(credential, token);
    } catch (error) {
      this.#made.delete(key);
      throw error;
    }
  }

  /** The registry refuses what was made, or wants another login: it is asked anew for both. @param origin of the registry */
  doubt(origin: string): void {
    this.#ways.delete(origin);
    for (const key of this.#made.keys()) if (key.startsWith(`${origin} `)) this.#made.delete(key);
  }

  /** Drops all that was made. */
  forget(): void {
    this.#made.clear();
  }

  /** Undefined for one that takes logins. */
  async #wayOf(origin: string, reach: Reach): Promise<Realm | undefined> {
    const known = this.#ways.get(origin);
    const now = this.#clock.now();
    if (known !== undefined && known.until > now) return known.value;
    const value = findWay(origin, reach);
    this.#ways.set(origin, { until: now + KEEP_WAY_MS, value });
    value.catch(() => this.#ways.delete(origin));
    return value;
  }
}

function presented(credential: UpstreamToken, token: Secret | Refusal): UpstreamToken | Refusal {
  return token instanceof Secret ? { ...credential, authorization: new Secret(`Bearer ${token.reveal()}`) } : token;
}

async function findWay(origin: string, reach: Reach): Promise<Realm | undefined> {
  const { status, headers } = await ask(await reach(origin), { origin, path: "/v2/", method: "GET" });
  const challenge = String(headers["www-authenticate"] ?? "");
  const host = new URL(origin).host;
  const isBearer = status === 401 && /(^|,\s*)bearer\b/i.test(challenge);
  if (!isBearer && (status === 200 || (status === 401 && /(^|,\s*)basic\b/i.test(challenge)))) return undefined;
  // A failure of the moment is none of its ways, and must not have the token sent in another one.
  if (!isBearer) throw new Failure("unavailable", `${host} does not say how it wants the token (HTTP ${status})`);
  const realm = parameter(challenge.slice(challenge.search(/bearer\b/i)), "realm");
  if (realm === undefined || !URL.canParse(realm)) throw new Failure("unavailable", `${host} does not say where its tokens are made`);
  const url = new URL(realm);
  // Only a registry that is asked without TLS itself, which is one of this machine, may have them made without.
  if (url.protocol !== "https:" && url.origin !== origin)
    throw new Failure("unavailable", `${host} wants the token sent to ${url.host} without encryption, so it got none`);
  return { url, service: parameter(challenge, "service") };
}

function parameter(challenge: string, name: string): string | undefined {
  return new RegExp(String.raw`[\s,]${name}="([^"]*)"`, "i").exec(challenge)?.[1];
}

/** `repository:team/app:pull,push`, and another one whose layer is taken over. */
function scopesOf({ path, method }: Asked): string[] {
  const { pathname, searchParams } = new URL(path, "http://registry");
  const name = /^\/v2\/(.+)\/(?:manifests|blobs|tags|referrers)\//.exec(pathname)?.[1] ?? "";
  const from = searchParams.get("from");
  const own = `repository:${decodeURIComponent(name)}:${ACTIONS[method] ?? "pull,push"}`;
  return from === null ? [own] : [own, `repository:${from}:pull`];
}

async function exchange(
  { authorization, secret }: UpstreamToken,
  { url, service }: Realm,
  { scopes, reach }: { readonly scopes: readonly string[]; readonly reach: Reach },
): Promise<{ readonly token: Secret | Refusal; readonly keepMs: number }> {
  const words = new URLSearchParams(url.search);
  if (service !== undefined) words.set("service", service);
  const login = Buffer.from(authorization.reveal().replace(/^Basic /, ""), "base64").toString("utf8");
  const isIdentity = login.startsWith(`${IDENTITY}:`);
  if (isIdentity) for (const [name, value] of identityWords(secret, scopes)) words.set(name, value);
  else for (const scope of scopes) words.append("scope", scope);
  const dispatcher = await reach(url.origin);
  const place = { origin: url.origin };
  const { status, body } = await ask(
    dispatcher,
    isIdentity
      ? { ...place, path: url.pathname, method: "POST", headers: { "content-type": FORM }, body: words.toString() }
      : { ...place, path: `${url.pathname}?${words.toString()}`, method: "GET", headers: { authorization: authorization.reveal() } },
  );
  // The login itself was refused, whatever it was wanted for.
  if (status === 401) return { token: { status: 401, why: `${url.host} refuses the token` }, keepMs: 0 };
  if (status === 403) return { token: { status: 403, why: `${url.host} does not permit this to the token` }, keepMs: 0 };
  const read = status === 200 ? answered.safeParse(parsed(body)) : undefined;
  const made = read?.success === true ? (read.data.token ?? read.data.access_token ?? undefined) : undefined;
  if (made === undefined) throw new Failure("unavailable", `${url.host} made no token for the registry (HTTP ${status})`);
  const seconds = Math.min(Number(read?.data?.expires_in ?? USUAL_S), LONGEST_S);
  return { token: new Secret(made), keepMs: seconds * 1000 - EARLIER_MS };
}

function identityWords(secret: Secret, scopes: readonly string[]): [string, string][] {
  return [
    ["grant_type", "refresh_token"],
    ["refresh_token", secret.reveal()],
    ["client_id", CLIENT],
    ["scope", scopes.join(" ")],
  ];
}

async function ask(
  dispatcher: Dispatcher,
  request: Omit<Dispatcher.RequestOptions, "signal">,
): Promise<{ readonly status: number; readonly headers: Record<string, string | string[] | undefined>; readonly body: string }> {
  const { host } = new URL(String(request.origin));
  try {
    const { statusCode, headers, body } = await dispatcher.request({ ...request, signal: AbortSignal.timeout(ANSWER_MS) });
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES) throw new Failure("unavailable", `${host} answers with more than a login takes`);
      chunks.push(Buffer.from(chunk));
    }
    return { status: statusCode, headers, body: Buffer.concat(chunks).toString("utf8") };
  } catch (error) {
    if (error instanceof Failure) throw error;
    const why = systemErrorCode(error) ?? (error instanceof Error ? error.name : "an unknown error");
    throw new Failure("unavailable", `${host} can't be asked for a login (${why})`, { cause: error });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
