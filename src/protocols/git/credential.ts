/**
 * git's credential format: `name=value` lines up to a blank line or the end
 * (gitcredentials(7), git-credential(1) "INPUT/OUTPUT FORMAT").
 */
import { instantFromEpochSeconds, milliseconds, type Instant } from "../../core/clock.ts";
import { Failure } from "../../core/failure.ts";
import { Secret } from "../../core/secret.ts";
import { hasDots, targetFromParts } from "../../core/target.ts";
import type { Token } from "../../core/tokens/token.ts";
import type { NamedPlace } from "../credential-protocol.ts";

/** A credential as git writes it to a helper. Absent attributes are undefined; `""` is a value. */
interface Credential {
  readonly protocol?: string | undefined;
  readonly host?: string | undefined;
  readonly path?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: Secret | undefined;
  readonly authtype?: string | undefined;
  readonly credential?: Secret | undefined;
  readonly ephemeral: boolean;
  readonly passwordExpiry?: Instant | undefined;
  readonly oauthRefreshToken?: Secret | undefined;
  readonly capabilities: readonly string[];
  readonly state: readonly string[];
  readonly wwwauth: readonly string[];
}

// Tells our own entry of state[] from those of other helpers.
const STATE_PREFIX = "toolkey:token=";

const LISTS = ["capability", "state", "wwwauth"] as const;

/**
 * Reads a credential. Unknown attributes are ignored, as git does; the last of a repeated attribute
 * counts; an empty list entry empties the list; `url` replaces all that came before it.
 *
 * @throws Failure `bad-request` for a line without `=`, and for a value with a carriage return or NUL:
 * programs disagree on where such a value ends, and a secret would go to the wrong host (CVE-2024-52006).
 */
export function parseCredential(text: string): Credential {
  let single = new Map<string, string>();
  const lists = new Map<string, string[]>(LISTS.map((name) => [name, []]));
  for (const line of attributeLines(text)) {
    const equals = line.indexOf("=");
    if (equals === -1) throw new Failure("bad-request", "a line of the credential has no '='");
    const name = line.slice(0, equals);
    const value = line.slice(equals + 1);
    if (name.endsWith("[]")) {
      const list = lists.get(name.slice(0, -2));
      if (value === "") list?.splice(0);
      else list?.push(value);
    } else if (name === "url") {
      single = new Map(Object.entries(urlParts(value)));
      for (const list of lists.values()) list.splice(0);
    } else {
      single.set(name, value);
    }
  }
  const secret = (name: string): Secret | undefined => {
    const value = single.get(name);
    return value === undefined ? undefined : new Secret(value);
  };
  return {
    protocol: single.get("protocol"),
    host: single.get("host"),
    path: single.get("path"),
    username: single.get("username"),
    password: secret("password"),
    authtype: single.get("authtype"),
    credential: secret("credential"),
    ephemeral: isTrue(single.get("ephemeral")),
    passwordExpiry: instantFromEpochSeconds(single.get("password_expiry_utc") ?? ""),
    oauthRefreshToken: secret("oauth_refresh_token"),
    capabilities: lists.get("capability") ?? [],
    state: lists.get("state") ?? [],
    wwwauth: lists.get("wwwauth") ?? [],
  };
}

/** @throws Failure `bad-request` if it names no protocol, or neither a host nor a path that is one. */
export function credentialPlace(credential: Credential): NamedPlace {
  if (credential.protocol === undefined || credential.protocol === "") {
    throw new Failure("bad-request", "the credential names no protocol");
  }
  return namedPlace({ protocol: credential.protocol, host: credential.host, path: credential.path });
}

/** @throws Failure `bad-request` */
export function namedPlace({
  protocol = "",
  host = "",
  path,
}: {
  readonly protocol?: string | undefined;
  readonly host?: string | undefined;
  readonly path?: string | undefined;
}): NamedPlace {
  const dots = hasDots(path ?? "");
  // A port without digits is none (RFC 3986, 3.2.3), and git passes it on as it is written.
  return { target: targetFromParts({ scheme: protocol, host: host.replace(/:$/, ""), path: dots ? undefined : path }), hasDots: dots };
}

/** What the client hands over to be kept, or undefined if there is no secret, or one not to be kept. */
export function credentialSecret(credential: Credential): { secret: Secret; authtype?: string } | undefined {
  if (credential.ephemeral) return undefined;
  if (credential.authtype !== undefined && credential.credential !== undefined) {
    return { secret: credential.credential, authtype: credential.authtype };
  }
  return credential.password === undefined ? undefined : { secret: credential.password };
}

/** The id of the token that this credential came from, where git gave our `state[]` back. */
export function stateTokenId(credential: Credential): string | undefined {
  return credential.state.find((entry) => entry.startsWith(STATE_PREFIX))?.slice(STATE_PREFIX.length);
}

/** Whether the client understands the answer that this token needs. */
export function canPresent(token: Token, credential: Credential): boolean {
  return token.authtype === undefined || credential.capabilities.includes("authtype");
}

/**
 * The answer to `get`: the attributes of a token, each capability declared before it is used.
 *
 * @throws Failure `bad-request` if a value holds a newline, carriage return or NUL.
 */
export function renderToken(token: Token, credential: Credential): string {
  const attributes: [name: string, value: string][] = [];
  const withState = credential.capabilities.includes("state");
  if (token.authtype !== undefined) attributes.push(["capability[]", "authtype"]);
  if (withState) attributes.push(["capability[]", "state"]);
  if (token.username !== undefined) attributes.push(["username", token.username]);
  if (token.authtype === undefined) {
    attributes.push(["password", token.secret.reveal()]);
  } else {
    attributes.push(["authtype", token.authtype], ["credential", token.secret.reveal()]);
  }
  const { expiresAt } = token.facts;
  if (expiresAt !== undefined) {
    attributes.push(["password_expiry_utc", String(Math.floor(milliseconds(expiresAt) / 1000))]);
  }
  if (token.refreshToken !== undefined) attributes.push(["oauth_refresh_token", token.refreshToken.reveal()]);
  if (withState) attributes.push(["state[]", STATE_PREFIX + token.id]);
  return renderAttributes(attributes);
}

/**
 * Writes `name=value` lines.
 *
 * @throws Failure `bad-request` if a value holds a newline, carriage return or NUL.
 */
export function renderAttributes(attributes: readonly (readonly [name: string, value: string])[]): string {
  for (const [name, value] of attributes) {
    if (/[\n\r\0]/.test(value)) {
      throw new Failure("bad-request", `the ${name} holds a newline, carriage return or NUL, which git can't take`);
    }
  }
  return attributes.map(([name, value]) => `${name}=${value}\n`).join("");
}

function* attributeLines(text: string): Generator<string> {
  if (text.includes("\r") || text.includes("\0")) {
    throw new Failure("bad-request", "the credential holds a carriage return or NUL", {
      hint: "lines end with a line feed alone, and no value may hold one of these",
    });
  }
  for (const line of text.split("\n")) {
    if (line === "") return;
    yield line;
  }
}

/**
 * The parts of a URL. As git's credential_from_url: each part is percent-decoded on its own, a decoded newline refused, and a query
 * right behind the host is a path. A host with an `@` in it is refused, since programs disagree on where it begins.
 *
 * @throws Failure `bad-request`
 */
export function urlParts(url: string): Record<string, string> {
  const match = /^([a-z][a-z0-9+.-]*):\/\/(?:([^/?#@:]*)(?::([^/?#@]*))?@)?([^/?#@]*)([/?#].*)?$/is.exec(url);
  const [, protocol, username, password, host, rest] = match ?? [];
  const path = rest?.replace(/^\/+/, "");
  if (protocol === undefined) throw new Failure("bad-request", "the url attribute is not a URL");
  const parts: Record<string, string> = { protocol };
  for (const [name, encoded] of Object.entries({ username, password, host, path })) {
    if (encoded === undefined || (name === "path" && encoded === "")) continue;
    parts[name] = decodePart(encoded);
  }
  return parts;
}

function decodePart(encoded: string): string {
  let part: string;
  try {
    // As git's url_decode: what is no escape stays as it is.
    part = encoded.replace(/(?:%[0-9a-f]{2})+/gi, decodeURIComponent);
  } catch (error) {
    throw new Failure("bad-request", "the url attribute holds bytes that are not UTF-8", { cause: error });
  }
  if (/[\n\r\0]/.test(part)) throw new Failure("bad-request", "the url attribute holds a newline, carriage return or NUL");
  return part;
}

// git_parse_maybe_bool, as far as credential.c writes it.
function isTrue(value: string | undefined): boolean {
  return value !== undefined && /^(1|true|yes|on)$/i.test(value);
}
