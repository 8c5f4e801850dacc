import { randomInt } from "node:crypto";
import { instant, type Clock, type Instant } from "../core/clock.ts";
import { changeOf, type Events } from "../core/event.ts";
import type { Target } from "../core/target.ts";
import { viewToken, type Token, type TokenView } from "../core/tokens/token.ts";
import type { TokenMap } from "../vault/token-map.ts";
import type { UsageLog } from "../vault/usage.ts";
import { dropOutdated, type Change, type ChangeContext } from "./changes.ts";
import { placeMark } from "./answering/place-mark.ts";
import type { Session } from "./session.ts";

/** How long a token is held back where it was refused, in milliseconds. */
const HOLD_BACK_MS = 86_400_000;

/** What is noted within this time is written together, in milliseconds. */
const SAVE_SOON_MS = 1000;

/** The tokens of the open vault: read them, change them in a transaction. */
export class TokenRecords {
  readonly #session: Session;
  readonly #clock: Clock;
  readonly #keepSuspendedMs: () => number;
  readonly #countsAsUse: boolean;
  readonly #events: Events | undefined;
  readonly #onChange: () => void;
  readonly #onUnsaved: (error: unknown) => void;
  #saving: NodeJS.Timeout | undefined;

  /**
   * @param world `onChange` is called after each change of this process's to what is served, `onUnsaved` if the usage could not be written
   */
  constructor(world: {
    session: Session;
    clock: Clock;
    keepSuspendedMs: () => number;
    countsAsUse?: boolean;
    events?: Events | undefined;
    onChange?: () => void;
    onUnsaved?: (error: unknown) => void;
  }) {
    this.#session = world.session;
    this.#clock = world.clock;
    this.#keepSuspendedMs = world.keepSuspendedMs;
    this.#countsAsUse = world.countsAsUse ?? true;
    this.#events = world.events;
    this.#onChange = world.onChange ?? (() => undefined);
    this.#onUnsaved = world.onUnsaved ?? (() => undefined);
  }

  /** The same tokens for what nobody asked for: it neither opens the vault nor keeps it open. */
  unasked(): TokenRecords {
    return new TokenRecords({
      session: this.#session,
      clock: this.#clock,
      keepSuspendedMs: this.#keepSuspendedMs,
      countsAsUse: false,
      events: this.#events,
      onChange: this.#onChange,
      onUnsaved: this.#onUnsaved,
    });
  }

  now(): Instant {
    return instant(this.#clock.now());
  }

  /** What a pure change needs to know. */
  context(): ChangeContext {
    return { now: this.#clock.now(), keepSuspendedMs: this.#keepSuspendedMs(), newId };
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
    return this.#session.withVault(async ({ vault, usage, seen }) => {
      let outcome: T | undefined;
      let before: TokenMap | undefined;
      await vault.change((held) => {
        before = held.tokens;
        outcome = change(dropOutdated(held.tokens, this.#clock.now(), seen.certain()), this.context());
        return outcome && { ...held, tokens: outcome.tokens };
      });
      if (before !== undefined && outcome !== undefined) {
        settleUsage(before, outcome.changed, usage);
        this.tell(before, outcome.tokens, outcome.changed);
      }
      this.#onChange();
      return outcome as T;
    }, this.#countsAsUse);
  }

  /** Tells what has become of tokens that a transaction has changed. */
  tell(before: TokenMap, after: TokenMap, changed: readonly Token[]): void {
    for (const token of changed) {
      const change = changeOf(before.get(token.id), token, after.get(token.id) !== undefined);
      const { id, tool, service } = token;
      if (change !== undefined) this.#events?.append({ kind: "token", change, token: id, tool, service });
    }
  }

  /** Notes how a token was used. What is news is written soon, so that it outlives a daemon that is killed. */
  async note(action: (usage: UsageLog) => boolean): Promise<void> {
    if (!(await this.read((_tokens, usage) => action(usage)))) return;
    if (this.#saving !== undefined) return;
    this.#saving = setTimeout(() => {
      this.#saving = undefined;
      this.#session.save().catch(this.#onUnsaved);
    }, SAVE_SOON_MS).unref();
  }

  /** Does not serve a token at a place for a while. */
  async holdBack(id: string, place: Target): Promise<void> {
    const until = instant(this.#clock.now() + HOLD_BACK_MS);
    await this.note((usage) => (usage.heldBack(id, placeMark(id, place), until), true));
    this.#onChange();
  }

  /** Tokens as they may be shown. */
  async views(tokens: readonly Token[]): Promise<TokenView[]> {
    return this.read((_all, usage) => tokens.map((token) => viewToken(token, usage.of(token.id))));
  }
}

/** What is kept of how tokens were used is about their secrets, and about what they were when it was said. */
function settleUsage(before: TokenMap, changed: readonly Token[], usage: UsageLog): void {
  for (const token of changed) {
    const old = before.get(token.id);
    if (old === undefined) continue;
    // Of a revoked one it is still known whether it has worked.
    if (!old.secret.equals(token.secret) && !token.secret.isEmpty) usage.renewed(token.id);
    else if (old.state === "suspended" && token.state === "active") usage.pardon(token.id);
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
