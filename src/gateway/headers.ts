/** What of the headers of a request and of its answer does not go through. Pure. */
import { knownEncodings } from "./answers/decoder.ts";
import { tells, type Traces } from "./answers/token-search.ts";

/** Headers by name in lower case; several values of one name as a list. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Between two ends of one connection only (RFC 9110 §7.6.1), or what is ours to say. */
const OF_CONNECTION = ["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "http2-settings"];

const OF_REQUEST: ReadonlySet<string> = new Set([
  ...OF_CONNECTION, "host", "authorization", "proxy-authorization", "cookie", "cookie2", "expect", "forwarded", "via", "referer",
]);

/**
 * Said by proxies only, to servers that trust them; some go by these to another path or method than the request's own, or take
 * themselves for another host.
 */
const OF_PROXIES = /override|virtual-host|^x-(forwarded|original|rewrite|http-|real-ip|host$|proxy)/;

/** Other names are read by many servers as if they had `-` in place of `_`, and more (RFC 3875 §4.1.18). */
const PLAIN_NAME = /^[a-z0-9-]+$/;

const OF_ANSWER: ReadonlySet<string> = new Set([
  ...OF_CONNECTION, "www-authenticate", "proxy-authenticate", "authentication-info", "proxy-authentication-info",
  "set-cookie", "set-cookie2", "alt-svc", "strict-transport-security", "clear-site-data", "refresh",
]);

/** What may not be asked for of the upstream. */
interface Terms {
  /** `known`: only those by which the answer can be looked through. */
  readonly encodings: "any" | "known" | "none";
  /** Whether no part of it is asked for. */
  readonly isWhole: boolean;
}

const NONE: readonly string[] = [];

/** The headers of a request as the upstream gets them, names and values by turns, without the credentials. */
export function requestHeaders(rawHeaders: readonly string[], { encodings, isWhole }: Terms): string[] {
  const named = optionsIn(rawHeaders.filter((_value, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === "connection"));
  const kept: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    const value = rawHeaders[index + 1] ?? "";
    const lower = name.toLowerCase();
    if (!PLAIN_NAME.test(lower) || OF_REQUEST.has(lower) || OF_PROXIES.test(lower) || named.includes(lower)) continue;
    if (isWhole && (lower === "range" || lower === "if-range")) continue;
    const taken = lower === "accept-encoding" ? { any: value, known: knownEncodings(value), none: "" }[encodings] : value;
    if (taken !== "" || value === "") kept.push(name, taken);
  }
  return kept;
}

/** The headers of an answer as the client gets them. @param traces of the token that it must not repeat */
export function answerHeaders(headers: Headers, traces: Traces | undefined): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {};
  const named = optionsIn(headers["connection"]);
  let text = "";
  for (const name of Object.keys(headers)) {
    const lower = name.toLowerCase();
    const value = headers[name];
    if (value === undefined || named.includes(lower) || OF_ANSWER.has(lower) || lower.startsWith("access-control-")) continue;
    kept[name] = typeof value === "string" ? value : [...value];
    text += `${name}\n${String(value)}\n`;
  }
  // All at once, since hardly ever does one repeat it; no escape goes on in the next line.
  if (traces === undefined || !tells(text, traces)) return kept;
  return Object.fromEntries(Object.entries(kept).filter((entry) => !entry.flat().some((text) => tells(text, traces))));
}

/** What a `Connection` names is for this one only. */
function optionsIn(connection: string | readonly string[] | undefined): readonly string[] {
  if (connection === undefined) return NONE;
  return String(connection).toLowerCase().split(",").map((name) => name.trim());
}
