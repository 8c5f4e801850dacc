/** What becomes of the tokens when secrets are taken in that lay in a file in plain text. Pure. */
import { instant } from "../../core/clock.ts";
import type { TakenIn } from "../../core/wire/administration.ts";
import { covers, sameTarget } from "../../core/target.ts";
import { isDropped, type Token } from "../../core/tokens/token.ts";
import type { TokenMap } from "../../vault/token-map.ts";
import { add, type ChangeContext, type NewToken } from "../changes.ts";

/** The map with a secret, the token that holds it, and whether that is news. */
export interface TakingIn {
  readonly tokens: TokenMap;
  readonly id: string;
  readonly outcome: TakenIn["outcome"];
}

/**
 * Takes one secret in. What is there already stays as it is. Where the tool has another token, that one stays:
 * a file may be older than the vault. Then the secret is kept as a suspended one.
 */
export function takeIn(tokens: TokenMap, taken: NewToken, context: ChangeContext): TakingIn {
  const own = tokens
    .of(taken.tool, taken.target)
    .filter((token) => token.username === taken.username && !isDropped(token, instant(context.now)));
  const known = own
    .filter((token) => isKept(token) && covers(token.target, taken.target) && token.secret.equals(taken.secret))
    .toSorted((a, b) => Number(b.state === "active") - Number(a.state === "active"))
    .at(0);
  if (known !== undefined) return { tokens, id: known.id, outcome: "known" };
  if (own.some((token) => token.state === "active" && token.onlyFor === taken.onlyFor && sameTarget(token.target, taken.target))) {
    const aside: Token = {
      ...taken,
      id: context.newId(taken.tool, tokens),
      state: "suspended",
      createdAt: instant(context.now),
      preferred: false,
      dropAt: instant(context.now + context.keepSuspendedMs),
    };
    return { tokens: tokens.with(aside), id: aside.id, outcome: "aside" };
  }
  const { tokens: next, changed } = add(tokens, taken, context);
  return { tokens: next, id: changed[0].id, outcome: "added" };
}

function isKept({ state }: Token): boolean {
  return state === "active" || state === "suspended";
}
