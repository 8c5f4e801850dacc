import { inspect } from "node:util";

const SHOWN = "[secret]";

/**
 * A secret that can't be printed by accident: `String()`, `JSON.stringify`, template literals,
 * `console.log` and `util.inspect` all show `[secret]`.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The only way out. Every caller writes a protocol, the vault, or compares. */
  reveal(): string {
    return this.#value;
  }

  /** Whether both hold the same text. */
  equals(other: Secret): boolean {
    return this.#value === other.#value;
  }

  get isEmpty(): boolean {
    return this.#value === "";
  }

  toString(): string {
    return SHOWN;
  }

  toJSON(): string {
    return SHOWN;
  }

  [inspect.custom](): string {
    return SHOWN;
  }
}

/** What a token's secret becomes when the token is revoked: nothing is left to leak. */
export const NO_SECRET = new Secret("");
