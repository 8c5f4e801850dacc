/** What becomes of the tokens when those of another machine come. Pure. */
import { instant } from "../../core/clock.ts";
import type { Arrived } from "../../core/views/moving.ts";
import { sameTarget } from "../../core/target.ts";
import { isDropped, type Token } from "../../core/tokens/token.ts";
import type { TokenMap } from "../../vault/token-map.ts";
import { activate, isInSamePlace, suspended, type ChangeContext } from "../changes.ts";

/** The map with one token more, and what it became. */
export interface Merging {
  readonly tokens: TokenMap;
  /** What it is here, if it is here. */
  readonly id?: string | undefined;
  readonly outcome: Exclude<Arrived["outcome"], "stays">;
}

/** Which ids there are. */
export interface Ids {
  isTaken(id: string): boolean;
  newId(tool: string): string;
}

/** As toolkey makes them. Anything else would be a nuisance to type, or taken for an option. */
const ID = /^[a-z][a-z0-9-]*-[a-z0-9]{4,}$/;

/**
 * Takes one token in, in the state that it has. What is here stays as it is, but for what was active here and revoked there: that is
 * suspended, since nothing that was revoked becomes active again, and it may have been revoked there alone.
 *
 * What was here before the file came answers as before: no token of the file is active beside it for the same target, whatever user or
 * aim it names.
 *
 * @param tokens those of its tool with its scheme, host and port, at least
 * @param before what was here before the file, of its tool with its scheme, host and port
 * @param ids of all tokens
 */
export function merge(
  tokens: TokenMap,
  coming: Token,
  context: ChangeContext,
  { before, ids }: { before: readonly Token[]; ids: Ids },
): Merging {
  if (coming.state === "active" && isDropped(coming, instant(context.now))) return { tokens, outcome: "over" };
  const here = known(tokens, coming);
  if (here !== undefined) return meet(tokens, here, coming, context);
  const isFree = ID.test(coming.id) && !ids.isTaken(coming.id);
  // Of a revoked one there is but the row, which belongs to its id.
  if (coming.state === "revoked" && !isFree) return { tokens, outcome: "over" };
  const token: Token = { ...coming, id: isFree ? coming.id : ids.newId(coming.tool), preferred: false };
  const others = tokens.of(token.tool, token.target);
  const isTaken =
    others.some((other) => other.state === "active" && isInSamePlace(other, token)) ||
    before.some((other) => other.state === "active" && sameTarget(other.target, token.target));
  if (token.state === "active" && isTaken) {
    return { tokens: tokens.with(suspended(token, context)), id: token.id, outcome: "aside" };
  }
  if (token.state !== "active") {
    const dropAt = token.state === "revoking" ? undefined : instant(context.now + context.keepSuspendedMs);
    return { tokens: tokens.with({ ...token, dropAt }), id: token.id, outcome: "added" };
  }
  const isDefault = coming.preferred && !others.some((other) => other.preferred && other.onlyFor === token.onlyFor);
  return { tokens: activate(tokens, { ...token, preferred: isDefault }, context).tokens, id: token.id, outcome: "added" };
}

/** The token that it is here already, under whatever id. */
function known(tokens: TokenMap, coming: Token): Token | undefined {
  const bySecret = coming.secret.isEmpty
    ? []
    : tokens.of(coming.tool, coming.target).filter((other) => isInSamePlace(other, coming) && other.secret.equals(coming.secret));
  const byId = tokens.get(coming.id);
  return (
    bySecret.find(({ state }) => state === "active") ?? bySecret[0] ?? (byId !== undefined && isSame(byId, coming) ? byId : undefined)
  );
}

/** Whether nothing has happened to it but its end. */
function isSame(here: Token, coming: Token): boolean {
  const isUnchanged = here.secret.isEmpty || coming.secret.isEmpty || here.secret.equals(coming.secret);
  return isUnchanged && here.tool === coming.tool && here.createdAt === coming.createdAt && sameTarget(here.target, coming.target);
}

function meet(tokens: TokenMap, here: Token, coming: Token, context: ChangeContext): Merging {
  const isEndedThere = coming.state === "revoked" || coming.state === "revoking";
  if (!isEndedThere || here.state !== "active") return { tokens, id: here.id, outcome: "known" };
  return { tokens: tokens.with(suspended(here, context)), id: here.id, outcome: "suspended" };
}
