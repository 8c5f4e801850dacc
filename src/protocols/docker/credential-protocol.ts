/**
 * How docker asks its credential helpers, and podman, buildah, skopeo, helm and oras after it: `get`, `store`, `erase`, `list`, with a
 * URL or JSON on standard input. Source: docker/docker-credential-helpers, `credentials/credentials.go` and `client/client.go`.
 */
import { Failure } from "../../core/failure.ts";
import { Secret } from "../../core/secret.ts";
import type { CredentialProtocol, NamedPlace } from "../credential-protocol.ts";
import { readHelperInput, readObject } from "../helper-input.ts";
import { serverOf, targetOfServer } from "./server-url.ts";

/** On any other words the client gives up, in place of going on without a login. */
const MISS = { text: "credentials not found in native keychain\n", exitCode: 1 };
const EMPTY_LIST = { text: "{}\n", exitCode: 0 };

export const dockerCredentials: CredentialProtocol = {

  replies: (operation) => ({
    miss: operation === "list" ? EMPTY_LIST : MISS,
    // The client shows what is on standard output, and compares what it knows of bad requests.
    failure: ({ code, message }) => ({ text: `${code === "bad-request" ? "" : "toolkey: "}${message}\n`, exitCode: 1 }),
  }),

  read(operation, payload) {
    if (operation === "list") {
      return {
        operation,
        render: (held) =>
          `${JSON.stringify(Object.fromEntries(held.map(({ target, username }) => [serverOf(target), username ?? ""])))}\n`,
      };
    }
    const { input } = readHelperInput(payload);
    if (operation === "get" || operation === "erase") {
      const server = serverIn(input);
      const asked = { place: () => placeOf(server), username: undefined };
      if (operation === "erase") return { operation, ...asked, secret: undefined, id: undefined };
      return {
        operation,
        ...asked,
        needsName: true,
        canPresent: () => true,
        render: ({ username, secret }) => `${JSON.stringify({ ServerURL: server, Username: username, Secret: secret.reveal() })}\n`,
      };
    }
    if (operation !== "store") return undefined;
    const { server, username, secret } = readLogin(input);
    return {
      operation,
      place: () => placeOf(server),
      username,
      kept: { secret, expiresAt: undefined, refreshToken: undefined },
      isOurs: false,
    };
  },
};

function serverIn(input: string): string {
  const server = input.trim();
  if (server === "") throw new Failure("bad-request", "no credentials server URL");
  return server;
}

function placeOf(server: string): NamedPlace {
  const target = targetOfServer(server);
  // Without a scheme clients ask this machine by either.
  const isEither = target.scheme === "http" && !server.startsWith("http:");
  return { target, hasDots: false, ...(isEither ? { orElse: targetOfServer(`https://${server}`) } : {}) };
}

function readLogin(input: string): { server: string; username: string; secret: Secret } {
  const { ServerURL: server, Username: username, Secret: secret } = readObject(input, "what is to be kept is not JSON");
  if (typeof server !== "string" || server === "") throw new Failure("bad-request", "no credentials server URL");
  if (typeof username !== "string" || username === "") throw new Failure("bad-request", "no credentials username");
  if (username.includes(":")) throw new Failure("bad-request", "a user name with a colon in it is none that a login could have");
  if (typeof secret !== "string" || secret === "") throw new Failure("bad-request", "what is to be kept has no secret");
  return { server, username, secret: new Secret(secret) };
}
