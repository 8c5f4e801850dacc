/** What the service itself says of a token that a client reports as refused. Where it can be asked, it decides. */
import type { Target } from "../../core/target.ts";
import type { Token } from "../../core/tokens/token.ts";
import type { TokenMap } from "../../vault/token-map.ts";
import { isInSamePlace, restore, suspend } from "../changes.ts";
import type { Judged } from "./refusals.ts";
import { credentialOf, inspect, type ServiceAccess } from "../service-access.ts";
import type { TokenRecords } from "../token-records.ts";

/** A token that was refused, and where, if that is known. */
export interface Refused extends Judged {
  readonly place: Target | undefined;
}

/**
 * Asks the service. A valid one is active again, but not served where it was refused; an invalid one is suspended.
 *
 * @returns what has become of it, for the log
 * @throws Failure if the vault can't be read or written
 */
export async function askAgain(
  { records, access }: { records: TokenRecords; access: ServiceAccess },
  { token, verdict, place }: Refused,
): Promise<string> {
  const { outcome } = await inspect(access.reach(token.service), credentialOf(token));
  if (outcome === "invalid") {
    if (verdict === "suspended") return "stays suspended: its service says that it is not valid";
    await records.change((tokens, context) => suspend(tokens, [token], context));
    return "suspended: its service says that it is not valid";
  }
  if (outcome !== "valid" && outcome !== "not-permitted") return "stays as it is: its service does not say whether it is valid";
  if (verdict !== "suspended") return "stays active: its service says that it is valid";
  const change = await records.change((tokens, context) =>
    tokens.get(token.id)?.state === "suspended" && !hasSuccessor(tokens, token) ? restore(tokens, token.id, context) : undefined,
  );
  if (change === undefined) return "stays suspended: another one is in its place";
  if (place !== undefined) await records.holdBack(token.id, place);
  return "active again: its service says that it is valid";
}

/** Whether a token came in the place of a suspended one meanwhile. */
function hasSuccessor(tokens: TokenMap, suspended: Token): boolean {
  return tokens.of(suspended.tool, suspended.target).some((token) => token.state === "active" && isInSamePlace(token, suspended));
}
