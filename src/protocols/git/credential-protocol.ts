/** How git asks its helper: `get`, `store` and `erase` (gitcredentials(7)). */
import { Failure } from "../../core/failure.ts";
import { SILENCE, type CredentialProtocol } from "../credential-protocol.ts";
import { canPresent, credentialPlace, credentialSecret, parseCredential, renderToken, stateTokenId } from "./credential.ts";
import { askerOf } from "./transport.ts";

export const gitCredentials: CredentialProtocol = {
  askerOf,
  pathCommand: (origin) => `git config --global credential.${origin}.useHttpPath true`,
  reportsRefusals: true,
  replies: () => SILENCE,

  read(operation, payload) {
    if (operation !== "get" && operation !== "store" && operation !== "erase") return undefined;
    // A client that is killed while it sends looks like one that is done, and half a secret must not be kept.
    if (operation !== "get" && payload !== "" && !payload.endsWith("\n"))
      throw new Failure("bad-request", "the credential ends in the middle of a line");
    const credential = parseCredential(payload);
    const asked = { place: () => credentialPlace(credential), username: credential.username };
    if (operation === "get") {
      return {
        operation,
        ...asked,
        canPresent: (token) => canPresent(token, credential),
        render: (token) => renderToken(token, credential),
      };
    }
    const id = stateTokenId(credential);
    if (operation === "erase") return { operation, ...asked, secret: credential.credential ?? credential.password, id };
    const kept = credentialSecret(credential);
    return {
      operation,
      ...asked,
      kept: kept && { ...kept, expiresAt: credential.passwordExpiry, refreshToken: credential.oauthRefreshToken },
      isOurs: id !== undefined,
    };
  },
};
