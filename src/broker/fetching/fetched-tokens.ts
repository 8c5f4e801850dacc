/** Which tokens a command fetches. Pure, as changes.ts is. */
import { NO_SECRET } from "../../core/secret.ts";
import { covers, sameTarget } from "../../core/target.ts";
import type { TokenCommand } from "../../core/tokens/token-command.ts";
import type { Token } from "../../core/tokens/token.ts";
import type { TokenMap } from "../../vault/token-map.ts";
import { add, suspended, type Change, type ChangeContext, type NewToken } from "../changes.ts";

/** Where, and by which name, a tool has its tokens. */
export type TokenPlace = Pick<NewToken, "tool" | "target" | "username">;

/** A service whose command is confirmed. */
export interface Confirmed {
  readonly service: string;
  readonly command: TokenCommand;
  /** All places that it has. */
  readonly uses: readonly (TokenPlace & Pick<NewToken, "authtype">)[];
  /** The tool that it is confirmed for, if it is not for all. */
  readonly named: string | undefined;
}

/** What a person has revoked stays revoked, unless the tool is named: `left`. Of places that are there no more the tokens are suspended. */
export function confirm(
  tokens: TokenMap,
  { service, command, uses, named }: Confirmed,
  context: ChangeContext,
): { readonly change: Change | undefined; readonly given: readonly Token[]; readonly left: readonly string[] } {
  const isOfService = (token: Token): boolean => token.state === "active" && token.command?.ofService === true && token.service === service;
  const given: Token[] = [];
  const left: string[] = [];
  let next = tokens;
  for (const use of uses.filter(({ tool }) => named === undefined || named === tool)) {
    const before = tokens.of(use.tool, use.target).filter((token) => token.service === service && isAtPlace(token, use));
    if (named === undefined && before.length > 0 && before.every(({ state }) => state === "revoked")) {
      left.push(use.tool);
      continue;
    }
    const known = before.find(isOfService);
    const wanted: NewToken = { ...use, service, command, secret: NO_SECRET, facts: {} };
    const { tokens: after, changed } = known === undefined ? add(next, wanted, context) : changedTo(next, { ...known, command });
    next = after;
    given.push(changed[0]);
  }
  const elsewhere = next.all().filter((token) => isOfService(token) && !uses.some((use) => isAtPlace(token, use)));
  const [first, ...others] = [...given, ...elsewhere.map((token) => suspended(token, context))];
  return { change: first && { tokens: next.with(first, ...others), changed: [first, ...others] }, given, left };
}

/** The token that a command fetches where a tool wants to keep one of this user's. */
export function fetchedThere(tokens: TokenMap, { tool, target, username }: TokenPlace): Token | undefined {
  return tokens
    .of(tool, target)
    .find(
      (token) =>
        token.state === "active" &&
        token.command !== undefined &&
        (target.path.length === 0 || covers(token.target, target)) &&
        (token.username === undefined || token.username === username),
    );
}

function changedTo(tokens: TokenMap, token: Token): Change {
  return { tokens: tokens.with(token), changed: [token] };
}

function isAtPlace(token: Token, place: TokenPlace): boolean {
  return token.tool === place.tool && token.username === place.username && sameTarget(token.target, place.target);
}
