/** What may enter the vault, whoever brings it: a person, a tool, a file, a service. */
import { Failure } from "../core/failure.ts";
import { unpresentable, type Presented } from "../core/tokens/presentable.ts";
import type { TokenMap } from "./token-map.ts";

/** @throws Failure `usage` for what no tool can be given */
export function assertPresentable(entering: Presented): void {
  const part = unpresentable(entering);
  if (part === undefined) return;
  throw new Failure("usage", `the ${part} holds a control character, such as a line break or NUL`, {
    hint: "nothing was stored; give it as one line of plain text",
  });
}

/** The same for all tokens that a change brings. What an older vault holds may stay, be suspended and revoked. */
export function assertEnterable(next: TokenMap, held: TokenMap): void {
  if (next === held) return;
  for (const token of next.all()) {
    if (held.get(token.id) === token || unpresentable(token) === undefined) continue;
    const isHeld = held.all().some(({ secret, username }) => secret.equals(token.secret) && username === token.username);
    if (!isHeld) assertPresentable(token);
  }
}
