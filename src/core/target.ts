import { domainToASCII } from "node:url";
import { Failure } from "./failure.ts";

/**
 * The URL prefix that a token is good for. `host` is lower case, without brackets being removed from
 * IPv6; `port` is always set where the scheme has a default; `path` is whole segments, so that
 * `/team/git` never covers `/team/gitter`.
 */
export interface Target {
  readonly scheme: string;
  readonly host: string;
  readonly port: number | undefined;
  readonly path: readonly string[];
}

const DEFAULT_PORTS: ReadonlyMap<string, number> = new Map([
  ["http", 80],
  ["https", 443],
  ["ftp", 21],
  ["ftps", 990],
  ["smtp", 25],
  ["smtps", 465],
  ["imap", 143],
  ["imaps", 993],
]);

// A name or IPv4, or IPv6 in brackets; then a port. Nothing that could end the host early.
const HOST = /^(\[[0-9a-f:.]+\]|[^\s/\\:@?#[\]<>"'`{}|^%\p{Cc}]+)(?::(\d{1,5}))?$/iu;
const SCHEME = /^[a-z][a-z0-9+.-]*$/i;
const URL_SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;

/** Dots, slashes and semicolons as they are, or percent-encoded however often. */
const ENCODED = /%(?:25)*(2e|2f|5c|3b)/gi;
const DECODED: Readonly<Record<string, string>> = { "2e": ".", "2f": "/", "5c": "/", "3b": ";" };

/**
 * Whether a server may take a path for another place than its segments say: by `.` or `..` in it, in any encoding, between
 * slashes of any kind, or before a semicolon, which some servers cut off first. Nobody can tell which place that is.
 */
export function hasDots(path: string): boolean {
  const plain = path.replaceAll("\\", "/").replace(ENCODED, (_all, code: string) => DECODED[code.toLowerCase()] ?? "");
  return plain.split("/").some((segment) => /^\.{1,2}(;|$)/.test(segment));
}

/**
 * Builds a target from parts as git writes them: `host` may hold a port, `path` has no leading
 * slash and is not percent-encoded any more. A host may be missing only where there is a path
 * (git asks so for the passphrase of a client certificate).
 *
 * @throws Failure `bad-request` if a part is malformed, or the path has dots.
 */
export function targetFromParts(parts: { scheme: string; host: string; path?: string | undefined }): Target {
  if (parts.path !== undefined && hasDots(parts.path)) throw new Failure("bad-request", "the path holds '.' or '..'");
  return targetOf(parts);
}

function targetOf(parts: { scheme: string; host: string; path?: string | undefined }): Target {
  const scheme = parts.scheme.toLowerCase();
  if (!SCHEME.test(scheme)) throw new Failure("bad-request", "the protocol is not a URL scheme");
  // Half a surrogate pair has no UTF-8, and so no place in a URL.
  if (/\p{Cs}/u.test(parts.path ?? "")) throw new Failure("bad-request", "the path is malformed");
  const path = parts.path === undefined ? [] : segments(parts.path);
  if (parts.host === "") {
    // Only schemes without servers (cert) do without a host.
    if (DEFAULT_PORTS.has(scheme)) throw new Failure("bad-request", "there is no host");
    if (path.length === 0) throw new Failure("bad-request", "there is neither a host nor a path");
    return { scheme, host: "", port: undefined, path };
  }
  const match = HOST.exec(parts.host);
  const name = match?.[1];
  if (match === null || name === undefined) throw new Failure("bad-request", "the host is malformed");
  const host = name.startsWith("[") ? name.toLowerCase() : domainToASCII(name).toLowerCase();
  const port = match[2] === undefined ? DEFAULT_PORTS.get(scheme) : Number(match[2]);
  if (host === "" || (port !== undefined && (port < 1 || port > 65_535))) {
    throw new Failure("bad-request", "the host is malformed");
  }
  return { scheme, host, port, path };
}

/**
 * Reads a target that a person typed: `https://host[:port]/path`. A bare `host/path` means https.
 *
 * @throws Failure `usage` for what is not such a URL, or holds credentials, dots, a query or a fragment.
 */
export function parseTarget(text: string): Target {
  const target = storedTarget(text);
  if (!hasDots(text.replace(URL_SCHEME, "").replace(/^[^/]*/, ""))) return target;
  throw new Failure("usage", "a target must not hold '.' or '..' in its path", { hint: "write the path that they lead to" });
}

/**
 * Reads what programs call a server that they ask by its name: a URL, or the host alone with its port. Without a scheme it is asked by
 * https, but on this very machine by http: so do these programs.
 *
 * @throws Failure as `parseTarget`
 */
export function parseServer(text: string): Target {
  const target = parseTarget(text);
  return URL_SCHEME.test(text) || !isOnThisMachine(target) ? target : parseTarget(`http://${text}`);
}

/**
 * Reads what `formatTarget` wrote, also one of an older version, which had other rules for paths.
 *
 * @throws Failure as `parseTarget`, but for dots
 */
export function storedTarget(text: string): Target {
  const url = URL_SCHEME.test(text) ? text : `https://${text}`;
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)([?#].*)?$/i.exec(url);
  const [, scheme = "", authority = "", path = "", rest = ""] = match ?? [];
  const hint = "write it as https://host[:port]/path";
  // The text is not repeated: what holds credentials must not be printed.
  if (match === null) throw new Failure("usage", "that is not a URL", { hint });
  if (holdsPassword(url)) {
    throw new Failure("usage", "the URL holds a password, which may be in the history of your shell now", {
      hint: "create another one at its service, and give the URL without it: toolkey asks for the token",
    });
  }
  if (authority.includes("@")) {
    throw new Failure("usage", "a target must not hold a user name or a secret", {
      hint: "leave out everything up to the '@', and give the name with --username",
    });
  }
  if (rest !== "") throw new Failure("usage", "a target must not hold a query or a fragment", { hint });
  try {
    const decoded = path.split("/").map(decodeURIComponent);
    if (decoded.some((segment) => segment.includes("/"))) throw new Failure("usage", "a target must not hold %2F");
    return targetOf({ scheme, host: authority, path: decoded.join("/") });
  } catch (error) {
    if (error instanceof Failure || error instanceof URIError) {
      // Credentials behind a mistyped scheme, or with a slash in them, end up in the path.
      const quoted = text.includes("@") ? "that" : `'${text}'`;
      throw new Failure("usage", `${quoted} is not a URL that a token can be bound to`, { hint, cause: error });
    }
    throw error;
  }
}

/** Whether a URL has a password in it: `https://alice:…@host`. */
export function holdsPassword(url: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\/[^/?#:]*:[^/?#]+@/i.test(url);
}

/** Whether what is sent there can be read on the way: plain http, and not to this machine. */
export function isReadableOnTheWay(target: Target): boolean {
  return target.scheme === "http" && !isOnThisMachine(target);
}

export function isOnThisMachine({ host }: Target): boolean {
  return /^(localhost|127\.0\.0\.1|\[::1\])$/.test(host);
}

/** The target as a URL, without a default port and without a final slash. */
export function formatTarget(target: Target): string {
  const path = target.path.map((segment) => `/${encodeURIComponent(segment)}`).join("");
  return `${origin(target)}${path}`;
}

/** Scheme, host and port of a target as text: equal texts mean the same place. */
export function origin(target: Target): string {
  const port = target.port === undefined || target.port === DEFAULT_PORTS.get(target.scheme) ? "" : `:${target.port}`;
  return `${target.scheme}://${target.host}${port}`;
}

/**
 * Whether a token for `target` is good for `request`: same origin, and the path a whole-segment prefix. Of its last segment `.git` may be
 * left out, or be there: forges have a repository under both names.
 */
export function covers(target: Target, request: Target): boolean {
  return (
    target.scheme === request.scheme &&
    target.host === request.host &&
    target.port === request.port &&
    target.path.length <= request.path.length &&
    target.path.every((segment, index) => {
      const asked = request.path[index];
      // What is named by one segment alone is an owner.
      const isRepository = index > 0 && index === target.path.length - 1;
      return segment === asked || (isRepository && isSameRepository(segment, asked));
    })
  );
}

function isSameRepository(one: string, other = ""): boolean {
  return one.length === other.length + 4 ? one === `${other}.git` : other === `${one}.git`;
}

/** Whether both name the same place, in the same words. */
export function sameTarget(a: Target, b: Target): boolean {
  return a.path.length === b.path.length && covers(a, b) && a.path.every((segment, index) => segment === b.path[index]);
}

function segments(path: string): string[] {
  return path.split("/").filter((segment) => segment !== "");
}
