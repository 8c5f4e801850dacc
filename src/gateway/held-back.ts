/** What of a request and of its answer does not go through. Pure, but for the state of a search. */
import type { Secret } from "../core/secret.ts";

/** Headers by name in lower case; several values of one name as a list. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Between two ends of one connection only (RFC 9110 §7.6.1), or what is ours to say. */
const OF_CONNECTION = ["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "http2-settings"];

const OF_REQUEST: ReadonlySet<string> = new Set([
  ...OF_CONNECTION, "host", "authorization", "proxy-authorization", "cookie", "cookie2", "expect", "forwarded", "via",
]);

/**
 * Said by proxies only, to servers that trust them; some go by these to another path or method than the request's own, or take
 * themselves for another host (`X-JFrog-Override-Base-Url`, `nuxeo-virtual-host`).
 */
const OF_PROXIES = /override|virtual-host|^x-(forwarded|original|rewrite|http-|real-ip|host$|proxy)/;

/** Other names are read by many servers as if they had `-` in place of `_`, and more (RFC 3875 §4.1.18). */
const PLAIN_NAME = /^[a-z0-9-]+$/;

const OF_ANSWER: ReadonlySet<string> = new Set([
  ...OF_CONNECTION, "www-authenticate", "proxy-authenticate", "authentication-info", "proxy-authentication-info",
  "set-cookie", "set-cookie2", "alt-svc", "strict-transport-security", "clear-site-data", "refresh",
]);

/** The headers of a request as the upstream gets them, names and values by turns, without the credentials. */
export function requestHeaders(rawHeaders: readonly string[]): string[] {
  const named = new Set(connectionOptions(rawHeaders));
  const kept: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const [name = "", value = ""] = [rawHeaders[index], rawHeaders[index + 1]];
    const lower = name.toLowerCase();
    if (PLAIN_NAME.test(lower) && !OF_REQUEST.has(lower) && !OF_PROXIES.test(lower) && !named.has(lower)) kept.push(name, value);
  }
  return kept;
}

/** The headers of an answer as the client gets them. */
export function answerHeaders(headers: Headers, secrets: readonly string[]): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {};
  const named = new Set(optionsIn([headers["connection"] ?? []].flat()));
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    if (value === undefined || named.has(lower)) continue;
    const texts = typeof value === "string" ? [name, value] : [name, ...value];
    if (OF_ANSWER.has(lower) || lower.startsWith("access-control-") || texts.some((text) => tells(text, secrets))) continue;
    kept[name] = typeof value === "string" ? value : [...value];
  }
  return kept;
}

/** The forms in which an answer could repeat what it was sent: the secret and all of the header, in a URL, in JSON as some write it. */
export function tellingForms(secret: Secret, authorization: Secret): string[] {
  const text = secret.reveal();
  const credentials = authorization.reveal().replace(/^\S+ /, "");
  const forms = [text, credentials].flatMap((form) => [form, encodeURIComponent(form), form.replaceAll("/", "\\/")]);
  // What is that short is found by chance.
  return [...new Set([...forms, Buffer.from(text).toString("base64")])].filter((form) => form.length >= 8);
}

/** Whether a line of an answer has one of the forms in it. Names of headers come in lower case. */
export function tells(line: string, forms: readonly string[]): boolean {
  return forms.some((form) => line.toLowerCase().includes(form.toLowerCase()));
}

/** Whether an answer is text, also if it says that it is compressed: some say so of what is not. */
export function isText(headers: Headers): boolean {
  const type = headers["content-type"];
  return typeof type !== "string" || /json|text|xml|javascript|html|urlencoded/i.test(type);
}

export function isCompressed(headers: Headers): boolean {
  return /[^\s,]/.test(String(headers["content-encoding"] ?? "").replaceAll(/identity/gi, ""));
}

/** Looks for secrets in a body that comes in pieces, and lets no part of one through. */
export class Search {
  readonly #needles: readonly Buffer[];
  readonly #keep: number;
  #tail = Buffer.alloc(0);

  constructor(forms: readonly string[]) {
    this.#needles = forms.map((form) => Buffer.from(form));
    this.#keep = Math.max(0, ...this.#needles.map(({ length }) => length - 1));
  }

  /** @returns what may go on; undefined if a secret is in it */
  pass(chunk: Buffer): Buffer | undefined {
    const text = this.#tail.length === 0 ? chunk : Buffer.concat([this.#tail, chunk]);
    if (this.#needles.some((needle) => text.includes(needle))) return undefined;
    const end = Math.max(0, text.length - this.#keep);
    this.#tail = Buffer.from(text.subarray(end));
    return text.subarray(0, end);
  }

  /** What is left when the body has ended. */
  rest(): Buffer {
    return this.#tail;
  }
}

function connectionOptions(rawHeaders: readonly string[]): string[] {
  return optionsIn(rawHeaders.filter((_value, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === "connection"));
}

/** What a `Connection` names is for this one only. */
function optionsIn(values: readonly string[]): string[] {
  return values.flatMap((value) => value.toLowerCase().split(",").map((name) => name.trim()));
}
