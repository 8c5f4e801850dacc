import { Secret } from "../core/secret.ts";
import type { Grant } from "./tool-protocol.ts";

/**
 * The value of an HTTP Authorization header: `Bearer TOKEN`, `Basic` with user name and token, or the token as it is, which may have its
 * scheme in it.
 */
export function authorization({ token, presents }: Pick<Grant, "token" | "presents">): Secret {
  if (presents === "Basic") return new Secret(`Basic ${basicCredentials(token).reveal()}`);
  return presents === "Bare" ? token.secret : new Secret(`Bearer ${token.secret.reveal()}`);
}

/** User name and token as base64, the credentials of Basic authentication (RFC 7617, UTF-8). */
export function basicCredentials({ username, secret }: Pick<Grant["token"], "username" | "secret">): Secret {
  const bytes = new TextEncoder().encode(`${username ?? ""}:${secret.reveal()}`);
  return new Secret(btoa(String.fromCodePoint(...bytes)));
}
