import { randomInt } from "node:crypto";
import { instant, type Clock, type Instant } from "../core/clock.ts";
import { viewToken, type Token, type TokenView } from "../core/token.ts";
import type { TokenMap } from "../vault/token-map.ts";
import type { UsageLog } from "../vault/usage.ts";
import { dropOutdated, type Change, type ChangeContext } from "./changes.ts";
import type { Session } from "./session.ts";

/** The tokens of the open vault: read them, change them in a transaction. */
export class TokenRecords {
  readonly #session: Session;
  readonly #clock: Clock;
  readonly #keepSuspendedMs: number;
  readonly #countsAsUse: boolean;
  readonly #onChange: () => void;

  /** @param world `onChange` is called after each change of this process's */
  constructor(world: { session: Session; clock: Clock; keepSuspendedMs: number; countsAsUse?: boolean; onChange?: () => void }) {
    this.#session = world.session;
    this.#clock = world.clock;
    this.#keepSuspendedMs = world.keepSuspendedMs;
    this.#countsAsUse = world.countsAsUse ?? true;
    this.#onChange = world.onChange ?? (() => undefined);
  }

  /** The same tokens for what nobody asked for: it neither opens the vault nor keeps it open. */
  unasked(): TokenRecords {
    return new TokenRecords({
      session: this.#session,
      clock: this.#clock,
      keepSuspendedMs: this.#keepSuspendedMs,
      countsAsUse: false,
      onChange: this.#onChange,
    });
  }

  now(): Instant {
    return instant(this.#clock.now());
  }

  /** What a pure change needs to know. */
  context(): ChangeContext {
    return { now: this.#clock.now(), keepSuspendedMs: this.#keepSuspendedMs, newId };
  }

  /** @throws Failure as `Session.use` */
  async read<T>(action: (tokens: TokenMap, usage: UsageLog) => T): Promise<T> {
    return this.#session.withVault(
      async ({ vault, usage, seen }) => action(dropOutdated(await vault.tokens(), this.#clock.now(), seen.certain()), usage),
      this.#countsAsUse,
    );
  }

  /**
   * A transaction, which also drops what has outlived its time. Resolves once it is on the disk, to what
   * `change` returned at last.
   *
   * @throws whatever `change` throws, and as `Vault.change`
   */
  async change<T extends Change | undefined>(change: (tokens: TokenMap, context: ChangeContext) => T): Promise<T> {
    return this.#session.withVault(async ({ vault, seen }) => {
      let outcome: T | undefined;
      await vault.change((held) => {
        outcome = change(dropOutdated(held.tokens, this.#clock.now(), seen.certain()), this.context());
        return outcome && { ...held, tokens: outcome.tokens };
      });
      this.#onChange();
      return outcome as T;
    }, this.#countsAsUse);
  }

  /** Tokens as they may be shown. */
  async views(tokens: readonly Token[]): Promise<TokenView[]> {
    return this.read((_all, usage) => tokens.map((token) => viewToken(token, usage.of(token.id))));
  }
}

// Without letters and digits that look alike.
const ID_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789";

/** An id that no token has: the tool and four characters, more if those run out. */
function newId(tool: string, taken: TokenMap): string {
  for (let length = 4; ; length += 1) {
    for (let attempt = 0; attempt < 20; attempt += 1) {
      const id = `${tool}-${Array.from({ length }, () => ID_ALPHABET[randomInt(ID_ALPHABET.length)]).join("")}`;
      if (taken.get(id) === undefined) return id;
    }
  }
}
