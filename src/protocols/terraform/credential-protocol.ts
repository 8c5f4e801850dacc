/**
 * How Terraform and OpenTofu ask their credentials helper: `get`, `store` and `forget`, each with a host.
 *
 * @see https://developer.hashicorp.com/terraform/internals/credentials-helpers
 */
import { Failure } from "../../core/failure.ts";
import { Secret } from "../../core/secret.ts";
import { targetFromParts } from "../../core/target.ts";
import type { CredentialProtocol, NamedPlace } from "../credential-protocol.ts";
import { readHelperInput, readObject } from "../helper-input.ts";

/** Of `get`. Of the others it is that there is nothing to be done. */
const NO_CREDENTIALS = { text: "{}\n", exitCode: 0 };

export const terraformCredentials: CredentialProtocol = {
  replies: () => ({
    miss: NO_CREDENTIALS,
    // What is wrong is shown from standard error.
    failure: () => ({ text: "", exitCode: 1 }),
  }),

  read(operation, payload) {
    const { arguments: words, input } = readHelperInput(payload);
    const [, host] = words.filter((word) => !word.startsWith("-"));
    const asked = { place: () => placeOf(host), username: undefined };
    switch (operation) {
      case "get":
        return { operation, ...asked, canPresent: () => true, render: ({ secret }) => `${JSON.stringify({ token: secret.reveal() })}\n` };
      case "store":
        return { operation, ...asked, kept: { secret: tokenIn(input), expiresAt: undefined, refreshToken: undefined }, isOurs: false };
      case "forget":
        return { operation: "erase", ...asked, secret: undefined, id: undefined };
      default:
        throw new Failure("bad-request", `a credentials helper of Terraform's has no operation '${operation}'`);
    }
  },
};

function placeOf(host: string | undefined): NamedPlace {
  if (host === undefined || host === "") throw new Failure("bad-request", "no host is named");
  return { target: targetFromParts({ scheme: "https", host }), hasDots: false };
}

/** Whatever else there is would be lost: it is to be refused, not left out. */
function tokenIn(input: string): Secret {
  const { token, ...others } = readObject(input, "what is to be kept is not JSON");
  const [other] = Object.keys(others);
  if (other !== undefined) throw new Failure("bad-request", "toolkey keeps the token of a host alone, and there is more than that");
  if (typeof token !== "string" || token === "") throw new Failure("bad-request", "what is to be kept has no token");
  return new Secret(token);
}
