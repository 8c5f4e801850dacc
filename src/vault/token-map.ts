import type { Instant } from "../core/clock.ts";
import { origin, type Target } from "../core/target.ts";
import type { Token } from "../core/tokens/token.ts";

/**
 * The tokens of a vault, keyed by tool first: there is no way to ask for "any tool". Never changes;
 * a transaction makes a new one.
 */
export class TokenMap {
  readonly #all: ReadonlyMap<string, Token>;
  // Both are made when they are first needed: most maps are only a step on the way to another.
  #byPlace: ReadonlyMap<string, readonly Token[]> | undefined;
  #firstDrop: { readonly at: Instant | undefined } | undefined;

  constructor(tokens: Iterable<Token>) {
    this.#all = new Map(Array.from(tokens, (token) => [token.id, token]));
  }

  /** Every token, in the order in which they were added. */
  all(): Token[] {
    return [...this.#all.values()];
  }

  get(id: string): Token | undefined {
    return this.#all.get(id);
  }

  /** The tokens of one tool with the target's scheme, host and port, in any state. */
  of(tool: string, target: Target): readonly Token[] {
    this.#byPlace ??= groupByPlace(this.#all.values());
    return this.#byPlace.get(place(tool, target)) ?? [];
  }

  /** When the first of the tokens is to leave the vault; undefined if none is to. */
  firstDrop(): Instant | undefined {
    this.#firstDrop ??= { at: earliestDrop(this.#all.values()) };
    return this.#firstDrop.at;
  }

  /** A map in which each given token stands for the one with its id, or is added at the end. */
  with(...changed: readonly Token[]): TokenMap {
    const all = new Map(this.#all);
    for (const token of changed) all.set(token.id, token);
    return new TokenMap(all.values());
  }

  /** A map of the tokens for which `keep` holds; the same map if that is all of them. */
  filter(keep: (token: Token) => boolean): TokenMap {
    const kept = this.all().filter(keep);
    return kept.length === this.#all.size ? this : new TokenMap(kept);
  }
}

function place(tool: string, target: Target): string {
  return `${tool} ${origin(target)}`;
}

function earliestDrop(tokens: Iterable<Token>): Instant | undefined {
  let first: Instant | undefined;
  for (const { dropAt } of tokens) if (dropAt !== undefined && (first === undefined || dropAt < first)) first = dropAt;
  return first;
}

function groupByPlace(tokens: Iterable<Token>): Map<string, Token[]> {
  const groups = new Map<string, Token[]>();
  for (const token of tokens) {
    const key = place(token.tool, token.target);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [token]);
    else group.push(token);
  }
  return groups;
}
