/** Suspended tokens that somebody waits for: no other token answers in their place. */
import { covers, parseTarget } from "../target.ts";
import type { TokenView } from "./token.ts";

/** Of each tool and user those whose place no active token of the same is for. */
export function missedTokens(tokens: readonly TokenView[]): TokenView[] {
  const active = tokens.filter(({ state }) => state === "active");
  return tokens.filter((token) => {
    const isReplaced = (other: TokenView): boolean =>
      other.tool === token.tool && other.username === token.username && covers(parseTarget(other.target), parseTarget(token.target));
    return token.state === "suspended" && !active.some(isReplaced);
  });
}

export function suspendedText({ tool, id, target }: TokenView): string {
  return `the ${tool} token ${id} for ${target} is suspended`;
}

/** What a person can do about it. */
export function suspendedHints({ id }: TokenView): string[] {
  return [`a new secret for it: toolkey replace ${id}`, `to use it again: toolkey restore ${id}`];
}
