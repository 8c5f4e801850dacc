import { instant } from "../core/clock.ts";
import type { Changed } from "../core/administration.ts";
import { Failure } from "../core/failure.ts";
import type { Secret } from "../core/secret.ts";
import { viewToken, type Token, type TokenView } from "../core/token.ts";
import type { TokenMap } from "../vault/token-map.ts";
import {
  add,
  approve,
  existing,
  prefer,
  replaceSecret,
  restore,
  standIns,
  suspendRefused,
  type Change,
  type ChangeContext,
  type NewSecret,
  type NewToken,
} from "./changes.ts";
import { revokeLocally } from "./service-changes.ts";
import { answering, expired, nearMiss, type Query } from "./resolve.ts";
import type { TokenRecords } from "./token-records.ts";

/** Where tokens come from that are not in the vault yet, or not for long any more. */
export interface Supply {
  /** Makes a token for this query, if its service says so. True if there is one now. */
  mintFor(query: Query): Promise<boolean>;
  /** Renews a token that ends soon. True if it has a new secret now; never fails, the old one may still do. */
  freshen(token: Token): Promise<boolean>;
}

/** Decides which token answers a request, and carries requests to change tokens to the vault. */
export class Broker {
  readonly #records: TokenRecords;
  readonly #supply: Supply;

  constructor(world: { records: TokenRecords; supply: Supply }) {
    this.#records = world.records;
    this.#supply = world.supply;
  }

  /**
   * The token that answers, or undefined. Then `instead` is a suspended or expired one that would have.
   * `accept` passes over tokens that the client can't present.
   */
  async resolve(
    query: Query,
    accept: (token: Token) => boolean,
  ): Promise<{ readonly token: Token | undefined; readonly instead: Token | undefined }> {
    const found = await this.#find(query, accept);
    return (await this.#isNews(query, found)) ? this.#find(query, accept) : found;
  }

  /**
   * A client says that this secret works. Writes only if that is news.
   *
   * @param keepMs how long a new one is kept, in milliseconds; undefined for good
   */
  async approve(secret: Omit<NewToken, "dropAt">, keepMs: number | undefined): Promise<{ readonly id: string; readonly isNew: boolean }> {
    assertPrintable(secret.secret, secret.username);
    const decide = (tokens: TokenMap, context: ChangeContext): ReturnType<typeof approve> => {
      const dropAt = keepMs === undefined ? undefined : instant(context.now + keepMs);
      return approve(tokens, { ...secret, dropAt }, context);
    };
    const known = await this.#records.read((tokens) => decide(tokens, this.#records.context()));
    let id = known.id;
    if (known.change !== undefined) {
      await this.#records.change((tokens, context) => {
        const outcome = decide(tokens, context);
        id = outcome.id;
        return outcome.change;
      });
    }
    await this.#records.read((_tokens, usage) => usage.approved(id, this.#records.now()));
    return { id, isNew: known.change !== undefined };
  }

  /** A client says that the service refused. Returns the tokens that are suspended for it. */
  async refuse(report: Query & { secret?: Secret | undefined; id?: string | undefined }): Promise<readonly Token[]> {
    const known = await this.#records.read((tokens) => suspendRefused(tokens, report, this.#records.context()));
    if (known === undefined) return [];
    const change = await this.#records.change((tokens, context) => suspendRefused(tokens, report, context));
    return change?.changed ?? [];
  }

  async list(filter: { tool?: string | undefined; service?: string | undefined }): Promise<TokenView[]> {
    return this.#records.read((tokens, usage) =>
      tokens
        .all()
        .filter((token) => filter.tool === undefined || token.tool === filter.tool)
        .filter((token) => filter.service === undefined || token.service === filter.service)
        .map((token) => viewToken(token, usage.of(token.id))),
    );
  }

  /** One token, and the ids of those that would answer in its place. */
  async show(id: string): Promise<{ token: TokenView; standIns: string[] }> {
    return this.#records.read((tokens, usage) => {
      const token = existing(tokens, id);
      return {
        token: viewToken(token, usage.of(token.id)),
        standIns: standIns(tokens, token).map((other) => other.id),
      };
    });
  }

  /** One token with its secret, for those who ask its service about it. */
  async find(id: string): Promise<Token> {
    return this.#records.read((tokens) => existing(tokens, id));
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

  async replace(id: string, fresh: NewSecret): Promise<Changed> {
    assertPrintable(fresh.secret);
    return this.#changed((tokens, context) => replaceSecret(tokens, id, fresh, context));
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
    await this.#records.change((tokens, context) => {
      revoked.length = 0;
      let next: Change | undefined;
      for (const id of ids) {
        next = revokeLocally(next?.tokens ?? tokens, id, context);
        revoked.push(next.changed[0]);
      }
      return next;
    });
    return this.#records.views(revoked);
  }

  /** Whether there is something else to be found now. */
  async #isNews(query: Query, found: { token: Token | undefined; expired: Token | undefined }): Promise<boolean> {
    if (found.token !== undefined) return this.#supply.freshen(found.token);
    if (found.expired !== undefined && (await this.#supply.freshen(found.expired))) return true;
    return this.#supply.mintFor(query);
  }

  async #find(query: Query, accept: (token: Token) => boolean): Promise<{
    token: Token | undefined;
    instead: Token | undefined;
    /** One that would answer, had it not expired. */
    expired: Token | undefined;
  }> {
    return this.#records.read((tokens, usage) => {
      const now = this.#records.now();
      const token = answering(tokens, query, now, (id) => usage.of(id), accept);
      if (token !== undefined) usage.used(token.id, now);
      if (token !== undefined) return { token, instead: undefined, expired: undefined };
      return { token, instead: nearMiss(tokens, query, now), expired: expired(tokens, query, now).find(accept) };
    });
  }

  async #changed(change: (tokens: TokenMap, context: ChangeContext) => Change): Promise<Changed> {
    const { changed } = await this.#records.change(change);
    const [token, ...others] = await this.#records.views(changed);
    if (token === undefined) throw new Error("a change without a token");
    return { token, others };
  }
}

/** @throws Failure `usage` for what no client's protocol can carry */
export function assertPrintable(secret: Secret, username = ""): void {
  for (const [what, text] of [["secret", secret.reveal()], ["user name", username]] as const) {
    if (!/[\n\r\0]/.test(text)) continue;
    throw new Failure("usage", `the ${what} holds a newline, carriage return or NUL`, { hint: "give it as one line" });
  }
}
