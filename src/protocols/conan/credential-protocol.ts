/**
 * How Conan asks, by our plugin (`plugin.ts`): `get URL [USER]`. What it is told is JSON: `user` and `password`, or nothing; a failure is a
 * line. Conan itself has no words for these: plugins return them.
 */
import { Failure } from "../../core/failure.ts";
import { hasDots, parseTarget } from "../../core/target.ts";
import type { CredentialProtocol, NamedPlace } from "../credential-protocol.ts";
import { readHelperInput } from "../helper-input.ts";

export const conanCredentials: CredentialProtocol = {
  replies: () => ({
    miss: { text: "{}\n", exitCode: 0 },
    failure: ({ message }) => ({ text: `toolkey: ${message}\n`, exitCode: 1 }),
  }),

  read(operation, payload) {
    if (operation !== "get") return undefined;
    const [, url = "", user] = readHelperInput(payload).arguments;
    return {
      operation,
      place: () => placeOf(url),
      username: user,
      needsName: true,
      canPresent: () => true,
      render: ({ username, secret }) => `${JSON.stringify({ user: username, password: secret.reveal() })}\n`,
    };
  },
};

function placeOf(url: string): NamedPlace {
  const [, server = "", path = ""] = /^(https?:\/\/[^/?#]+)([^?#]*)/i.exec(url) ?? [];
  const isAstray = hasDots(path);
  try {
    return { target: parseTarget(isAstray ? server : `${server}${path}`), hasDots: isAstray };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    // The text is not repeated: it may hold a login.
    throw new Failure("bad-request", "the URL of the remote is none that a token can be for", { cause: error });
  }
}
