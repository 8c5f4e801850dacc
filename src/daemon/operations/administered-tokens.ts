import type { Changed, OperationName, Operations } from "../../core/wire/administration.ts";
import type { TokenView } from "../../core/tokens/token.ts";

type Tokens = { readonly [Name in OperationName]?: (answer: Operations[Name]["answer"]) => readonly (TokenView | undefined)[] };

const one = ({ token }: { readonly token: TokenView }): TokenView[] => [token];
const changed = ({ token, others }: Changed): TokenView[] => [token, ...others];
const each = ({ tokens }: { readonly tokens: readonly { readonly token: TokenView }[] }): TokenView[] => tokens.map(({ token }) => token);

const TOKENS: Tokens = {
  show: one,
  reveal: one,
  add: changed,
  replace: changed,
  restore: changed,
  use: changed,
  revoke: ({ ended }) => ended.map(({ token }) => token),
  done: one,
  check: each,
  login: one,
  exchangeIdentity: changed,
  signInNews: ({ done }) => (done === undefined ? [] : changed(done)),
  fetchBy: ({ tokens }) => tokens,
  mint: one,
  rotate: ({ token, old }) => [token, old?.token],
  takeIn: each,
  exportTokens: each,
  importTokens: ({ tokens }) => tokens.filter(({ outcome }) => outcome !== "stays" && outcome !== "over").map(({ token }) => token),
};

/** The ids of the tokens that an operation was about; undefined for those that are about none, or about all. */
export function tokensOf<Name extends OperationName>(operation: Name, answer: Operations[Name]["answer"]): readonly string[] | undefined {
  return TOKENS[operation]?.(answer).flatMap((token) => token?.id ?? []);
}
