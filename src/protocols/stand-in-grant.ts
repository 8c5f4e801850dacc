/** A grant for who may know which token answers, and not its secret. Pure. */
import type { Secret } from "../core/secret.ts";
import { parseTarget } from "../core/target.ts";
import type { TokenView } from "../core/tokens/token.ts";
import type { Grant, Need } from "./tool-protocol.ts";

/** @param phantom in the place of the secret */
export function standInGrant(
  need: Need,
  { token, presents }: { readonly token: TokenView; readonly presents: Grant["presents"] },
  phantom: Secret,
): Grant {
  const { target, id, tool, service, username, authtype, state, createdAt, preferred } = token;
  return {
    need,
    presents,
    token: { id, tool, service, username, authtype, state, createdAt, preferred, target: parseTarget(target), secret: phantom, facts: {} },
  };
}
