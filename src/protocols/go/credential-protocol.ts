/**
 * How Go asks by a command in GOAUTH (`go help goauth`, cmd/go/internal/auth/userauth.go of 1.24): once for nothing in particular, and
 * then with the URL that was refused; it reads URLs, a blank line, and headers. Nothing is told before a URL is named.
 */
import { Failure } from "../../core/failure.ts";
import { formatTarget, hasDots, targetFromParts } from "../../core/target.ts";
import { authorization } from "../authorization.ts";
import type { CredentialProtocol, NamedPlace } from "../credential-protocol.ts";
import { readHelperInput } from "../helper-input.ts";

/** Its command goes on to the next one, or asks without. */
const NOTHING = { text: "", exitCode: 0 };

export const goCredentials: CredentialProtocol = {
  replies: () => ({ miss: NOTHING, failure: () => ({ text: "", exitCode: 1 }) }),

  read(operation, payload) {
    const [, url] = readHelperInput(payload).arguments;
    if (operation !== "get" || url === undefined) return undefined;
    return {
      operation,
      place: () => placeOf(url),
      username: undefined,
      canPresent: () => true,
      // Go 1.24 looks for the whole URL, and then for the host alone, whatever its help says.
      render: (token, presents) =>
        `${[formatTarget(token.target), url].join("\n")}\n\nAuthorization: ${authorization({ token, presents }).reveal()}\n\n`,
    };
  },
};

/** @throws Failure `bad-request` for what is asked without TLS: Go sends nothing there */
function placeOf(text: string): NamedPlace {
  if (!URL.canParse(text)) throw new Failure("bad-request", "what Go asks for is no URL");
  const { protocol, host, pathname } = new URL(text);
  if (protocol !== "https:") throw new Failure("bad-request", "Go sends no token without TLS");
  // Nobody knows which place a server takes these for.
  const dots = hasDots(pathname) || /\/\/|%2f|%5c/i.test(pathname);
  const path = dots ? undefined : decoded(pathname.slice(1));
  return { target: targetFromParts({ scheme: "https", host, path }), hasDots: dots };
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (error) {
    throw new Failure("bad-request", "the path of the URL is not UTF-8", { cause: error });
  }
}
