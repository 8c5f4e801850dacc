/** What is refused of a request before anybody looks at what it wants. Pure. */
import { isPhantom } from "../../core/gateway/phantom.ts";
import { GATEWAY_HOST } from "../../core/gateway/url.ts";
import { Secret } from "../../core/secret.ts";
import type { Refusal } from "../answers/refusal.ts";

/** A request as Node read it. */
export interface RequestHead {
  readonly method: string;
  readonly url: string;
  /** Names and values by turns. */
  readonly rawHeaders: readonly string[];
}

/** A request of a form that our clients have. */
export interface Demand {
  readonly method: string;
  /** As the client wrote it, percent-encoded. */
  readonly path: string;
  /** The path, decoded. The first is never empty unless it is the only one; `@scope/name` may be one segment. */
  readonly segments: readonly string[];
  /** With its `?`; empty if there is none. */
  readonly query: string;
  /** Undefined if there are no credentials. */
  readonly phantom: Secret | undefined;
  /** That of Basic credentials. */
  readonly username?: string | undefined;
  /** What stood before the path: the phantom of a client that sends no credentials without TLS. With a slash before it. */
  readonly prefix?: string;
}

/** The longest request line that is looked at, in characters: signed URLs are long, more is a mistake. */
const MAX_URL = 8192;

const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]);

/** HTTP/2 without TLS, which curl's library offers with each request (Cargo does): it goes on with HTTP/1.1 (RFC 9110 §7.8). */
const IGNORED_UPGRADE = "h2c";

/** Only browsers send these. */
const OF_BROWSERS = /^(origin|sec-fetch-.*|access-control-request-.*)$/;

/** The one place for an encoded slash: the name of a package in a scope. */
const SCOPED_NAME = /^@[^/]+\/[^/@]+$/;

/** What most segments are: each server reads it as it stands there. */
const PLAIN = /^[\w-][\w.-]*$/;

export function readHead({ method, url, rawHeaders }: RequestHead, port: number): Demand | Refusal {
  if (!METHODS.has(method)) return { status: 405, why: "the gateway does not know this method" };
  const seen = { hosts: 0, credentials: 0, browser: false, upgrade: false, body: false };
  let host: string | undefined;
  let authorization: string | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? "").toLowerCase();
    const value = rawHeaders[index + 1] ?? "";
    if (name === "host") {
      seen.hosts += 1;
      host = value;
    } else if (name === "authorization") {
      seen.credentials += 1;
      authorization = value;
    } else if (name === "upgrade") seen.upgrade ||= value.trim().toLowerCase() !== IGNORED_UPGRADE;
    else if (name === "transfer-encoding" || (name === "content-length" && value.trim() !== "0")) seen.body = true;
    else if (OF_BROWSERS.test(name)) seen.browser = true;
  }
  // A name that leads to this machine (DNS rebinding) is not ours, and neither is "localhost".
  if (seen.hosts !== 1 || host !== `${GATEWAY_HOST}:${port}`) return { status: 400, why: "the Host is not that of the gateway" };
  if (seen.browser) return { status: 403, why: "the gateway is not for browsers" };
  if (seen.upgrade) return { status: 400, why: "the gateway speaks HTTP/1.1 only" };
  // Some servers read another request in it, and none of our clients sends one.
  if ((method === "GET" || method === "HEAD") && seen.body) return { status: 400, why: `a ${method} has no body` };
  const place = readPath(url);
  if ("why" in place) return place;
  if (seen.credentials > 1) return { status: 400, why: "there is more than one Authorization" };
  if (authorization === undefined) return { method, ...withPhantom(place) };
  const login = loginIn(authorization);
  if (login === undefined) return { status: 401, why: "the Authorization is neither Bearer nor Basic" };
  return { method, ...place, ...login };
}

/** The first segment of a path may be a phantom. */
function withPhantom(place: Pick<Demand, "path" | "segments" | "query">): Omit<Demand, "method"> {
  const [first = "", ...segments] = place.segments;
  // As it is written: an escape would be cut at another place.
  const isAsWritten = place.path.startsWith(`/${first}/`);
  if (!isPhantom(first) || !isAsWritten || segments.length === 0) return { ...place, phantom: undefined };
  return { path: place.path.slice(first.length + 1), segments, query: place.query, phantom: new Secret(first), prefix: `/${first}` };
}

/**
 * A path that means the same to every server: nothing that some resolve and others don't.
 *
 * @param url path and query, as in a request line
 */
export function readPath(url: string): Pick<Demand, "path" | "segments" | "query"> | Refusal {
  const malformed: Refusal = { status: 400, why: "the path is not one that the gateway passes on" };
  if (url.length > MAX_URL || !/^\/[!-~]*$/.test(url) || /[\\#"<>^`{|}]/.test(url)) return malformed;
  const question = url.indexOf("?");
  const path = question === -1 ? url : url.slice(0, question);
  const query = question === -1 ? "" : url.slice(question);
  const segments: string[] = [];
  const raw = path.slice(1).split("/");
  for (const text of raw) {
    if (text === "" && segments.length < raw.length - 1) return malformed;
    const segment = PLAIN.test(text) ? text : decoded(text);
    if (segment === undefined) return malformed;
    segments.push(segment);
  }
  return { path, segments, query };
}

/** Undefined for a segment that does not mean the same to every server. */
function decoded(text: string): string | undefined {
  let segment: string;
  try {
    segment = decodeURIComponent(text);
  } catch {
    return undefined;
  }
  // Some servers cut off what follows a semicolon before they resolve dots and empty segments.
  if (segment.split("/").some((part) => /^(\.{1,2}|\.{0,2};.*)$/s.test(part)) || /[\p{Cc}\\%]/u.test(segment)) return undefined;
  return !segment.includes("/") || SCOPED_NAME.test(segment) ? segment : undefined;
}

function loginIn(authorization: string): Pick<Demand, "phantom" | "username"> | undefined {
  const [, scheme = "", value = ""] = /^(Bearer|Basic) +(\S+) *$/i.exec(authorization) ?? [];
  if (scheme.toLowerCase() === "bearer") return { phantom: new Secret(value) };
  if (scheme === "") return undefined;
  const login = Buffer.from(value, "base64").toString("utf8");
  const colon = login.indexOf(":");
  if (colon === -1) return undefined;
  const [username, password] = [login.slice(0, colon), login.slice(colon + 1)];
  // Where a client has only a user name, the phantom is there.
  return password === "" ? { phantom: new Secret(username) } : { phantom: new Secret(password), username };
}

/** Method and path, for people. */
export function nameOf({ method, path }: Demand): string {
  // 'npm logout' and 'npm token revoke' have a token there.
  const named = path.replace(/(\/token\/|tkphantom)[^/]*/gi, "$1…");
  return `${method} ${named.slice(0, 300)}`;
}
