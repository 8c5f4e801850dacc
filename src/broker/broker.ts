import { randomInt } from "node:crypto";
import { instant, type Clock, type Instant } from "../core/clock.ts";
import type { Changed } from "../core/administration.ts";
import { Failure } from "../core/failure.ts";
import { Secret } from "../core/secret.ts";
import { viewToken, type Token, type TokenView } from "../core/token.ts";
import type { TokenMap } from "../vault/token-map.ts";
import {
  add,
  approve,
  dropOutdated,
  existing,
  prefer,
  replaceSecret,
  restore,
  revokeLocally,
  standIns,
  suspendRefused,
  type Change,
  type ChangeContext,
  type NewToken,
} from "./changes.ts";
import { candidates, nearMiss, type Query } from "./resolve.ts";
import type { OpenVault, Session } from "./session.ts";

/** Decides which token answers a request, and carries requests to change tokens to the vault. */
export class Broker {
  readonly #session: Session;
  readonly #clock: Clock;
  readonly #keepSuspendedMs: number;

  constructor(world: { session: Session; clock: Clock; keepSuspendedMs: number }) {
    this.#session = world.session;
    this.#clock = world.clock;
    this.#keepSuspendedMs = world.keepSuspendedMs;
  }

  /**
   * The token that answers, or undefined. Then `instead` is a suspended or expired one that would have.
   * `accept` passes over tokens that the client can't present.
   */
  async resolve(
    query: Query,
    accept: (token: Token) => boolean,
  ): Promise<{ readonly token: Token | undefined; readonly instead: Token | undefined }> {
    return this.#session.withVault(async ({ vault, usage }) => {
      const now = this.#now();
      const tokens = await vault.tokens();
      const token = candidates(tokens, query, now, (id) => usage.of(id)).find(accept);
      if (token !== undefined) usage.used(token.id, now);
      return { token, instead: token === undefined ? nearMiss(tokens, query, now) : undefined };
    });
  }

  /**
   * A client says that this secret works. Writes only if that is news.
   *
   * @param keepMs how long a new one is kept, in milliseconds; undefined for good
   */
  async approve(secret: Omit<NewToken, "dropAt">, keepMs: number | undefined): Promise<{ readonly id: string; readonly isNew: boolean }> {
    assertPrintable(secret.secret, secret.username);
    return this.#session.withVault(async ({ vault, usage }) => {
      const context = this.#context();
      const accepted = { ...secret, dropAt: keepMs === undefined ? undefined : instant(context.now + keepMs) };
      const known = approve(await vault.tokens(), accepted, context);
      let id = known.id;
      if (known.change !== undefined) {
        await vault.change((tokens) => {
          const outcome = approve(dropOutdated(tokens, context.now), accepted, context);
          id = outcome.id;
          return outcome.change?.tokens;
        });
      }
      usage.approved(id, this.#now());
      return { id, isNew: known.change !== undefined };
    });
  }

  /** A client says that the service refused. Returns the tokens that are suspended for it. */
  async refuse(report: Query & { secret?: Secret | undefined; id?: string | undefined }): Promise<readonly Token[]> {
    return this.#session.withVault(async (open) => {
      const known = suspendRefused(await open.vault.tokens(), report, this.#context());
      if (known === undefined) return [];
      const change = await this.#change(open, (tokens) => suspendRefused(tokens, report, this.#context()));
      return change?.changed ?? [];
    });
  }

  async list(filter: { tool?: string | undefined; service?: string | undefined }): Promise<TokenView[]> {
    return this.#session.withVault(async (open) => {
      const tokens = dropOutdated(await open.vault.tokens(), this.#clock.now());
      return tokens
        .all()
        .filter((token) => filter.tool === undefined || token.tool === filter.tool)
        .filter((token) => filter.service === undefined || token.service === filter.service)
        .map((token) => view(token, open));
    });
  }

  /** One token, and the ids of those that would answer in its place. */
  async show(id: string): Promise<{ token: TokenView; standIns: string[] }> {
    return this.#session.withVault(async (open) => {
      const tokens = await open.vault.tokens();
      const token = existing(tokens, id);
      return { token: view(token, open), standIns: standIns(tokens, token).map((other) => other.id) };
    });
  }

  /** @throws Failure `exists` if the tool has this secret for this target already */
  async add(added: NewToken): Promise<Changed> {
    assertPrintable(added.secret, added.username);
    return this.#changed((tokens, context) => {
      const same = tokens
        .of(added.tool, added.target)
        .find((token) => token.state !== "revoked" && token.secret.equals(added.secret) && token.username === added.username);
      if (same !== undefined) {
        throw new Failure("exists", `this secret is in the vault already, as ${same.id} (${same.state})`, {
          hint: same.state === "suspended" ? `toolkey restore ${same.id}` : `toolkey show ${same.id}`,
        });
      }
      return add(tokens, added, context);
    });
  }

  async replace(id: string, secret: Secret): Promise<Changed> {
    assertPrintable(secret);
    return this.#changed((tokens, context) => replaceSecret(tokens, id, secret, context));
  }

  async restore(id: string): Promise<Changed> {
    return this.#changed((tokens, context) => restore(tokens, id, context));
  }

  async prefer(id: string): Promise<Changed> {
    return this.#changed((tokens) => prefer(tokens, id));
  }

  /** Ends tokens here, all or none of them. */
  async revokeLocally(ids: readonly string[]): Promise<TokenView[]> {
    const revoked: Token[] = [];
    const { open } = await this.#transaction((tokens, context) => {
      revoked.length = 0;
      let next: Change | undefined;
      for (const id of ids) {
        next = revokeLocally(next?.tokens ?? tokens, id, context);
        revoked.push(next.changed[0]);
      }
      return next;
    });
    return revoked.map((token) => view(token, open));
  }

  async #changed(change: (tokens: TokenMap, context: ChangeContext) => Change): Promise<Changed> {
    const { open, outcome } = await this.#transaction(change);
    if (outcome === undefined) throw new Error("a change that always changes did not");
    const [token, ...others] = outcome.changed;
    return { token: view(token, open), others: others.map((other) => view(other, open)) };
  }

  async #transaction(
    change: (tokens: TokenMap, context: ChangeContext) => Change | undefined,
  ): Promise<{ open: OpenVault; outcome: Change | undefined }> {
    return this.#session.withVault(async (open) => ({
      open,
      outcome: await this.#change(open, (tokens) => change(tokens, this.#context())),
    }));
  }

  /** Every transaction also drops what has outlived its time. */
  async #change(open: OpenVault, change: (tokens: TokenMap) => Change | undefined): Promise<Change | undefined> {
    let outcome: Change | undefined;
    await open.vault.change((tokens) => {
      outcome = change(dropOutdated(tokens, this.#clock.now()));
      return outcome?.tokens;
    });
    return outcome;
  }

  #context(): ChangeContext {
    return { now: this.#clock.now(), keepSuspendedMs: this.#keepSuspendedMs, newId };
  }

  #now(): Instant {
    return instant(this.#clock.now());
  }
}

function view(token: Token, open: OpenVault): TokenView {
  return viewToken(token, open.usage.of(token.id));
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

// No client's protocol can carry these.
function assertPrintable(secret: Secret, username = ""): void {
  for (const [what, text] of [["secret", secret.reveal()], ["user name", username]] as const) {
    if (!/[\n\r\0]/.test(text)) continue;
    throw new Failure("usage", `the ${what} holds a newline, carriage return or NUL`, { hint: "give it as one line" });
  }
}
