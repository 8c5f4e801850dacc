import { origin, type Target } from "../core/target.ts";
import type { Token } from "../core/token.ts";

/**
 * The tokens of a vault, keyed by tool first: there is no way to ask for "any tool". Never changes;
 * a transaction makes a new one.
 */
export class TokenMap {
  readonly #all: ReadonlyMap<string, Token>;
  readonly #byToolAndOrigin: ReadonlyMap<string, ReadonlyMap<string, readonly Token[]>>;

  constructor(tokens: Iterable<Token>) {
    const all = new Map<string, Token>();
    const byTool = new Map<string, Map<string, Token[]>>();
    for (const token of tokens) {
      all.set(token.id, token);
      const place = origin(token.target);
      const byOrigin = byTool.get(token.tool) ?? new Map<string, Token[]>();
      const list = byOrigin.get(place);
      if (list === undefined) byOrigin.set(place, [token]);
      else list.push(token);
      byTool.set(token.tool, byOrigin);
    }
    this.#all = all;
    this.#byToolAndOrigin = byTool;
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
    return this.#byToolAndOrigin.get(tool)?.get(origin(target)) ?? [];
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
