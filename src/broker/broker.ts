import { instant } from "../core/clock.ts";
import type { Changed } from "../core/wire/administration.ts";
import { Failure } from "../core/failure.ts";
import type { Target } from "../core/target.ts";
import { sameCommand } from "../core/tokens/token-command.ts";
import { neverWorked, viewToken, type Token, type TokenView } from "../core/tokens/token.ts";
import type { TokenMap } from "../vault/token-map.ts";
import {
  add,
  approve,
  existing,
  prefer,
  replaceSecret,
  restore,
  standIns,
  suspend,
  type Change,
  type ChangeContext,
  type NewSecret,
  type NewToken,
} from "./changes.ts";
import { revokeLocally } from "./token-life/service-changes.ts";
import { confirm, fetchedThere, type Confirmed } from "./fetching/fetched-tokens.ts";
import type { Fetching } from "./fetching/fetching.ts";
import { placeMark } from "./answering/place-mark.ts";
import { judge, type Judged, type Report } from "./answering/refusals.ts";
import { expired, resolve, type Query, type Resolution } from "./answering/resolve.ts";
import type { TokenRecords } from "./token-records.ts";

/** Where tokens come from that are not in the vault yet, or not for long any more. */
export interface Supply {
  /** Makes a token for this query, if its service says so. True if there is one now. */
  mintFor(query: Query): Promise<boolean>;
  /** Renews a token that ends soon. True if it has a new secret now; never fails, the old one may still do. */
  freshen(token: Token): Promise<boolean>;
}

/** What answers, and one that would, had it not expired. */
type Found = Resolution & { readonly expired: Token | undefined };

/** Decides which token answers a request, and carries requests to change tokens to the vault. */
export class Broker {
  readonly #records: TokenRecords;
  readonly #supply: Supply;
  readonly #fetching: Fetching;

  constructor(world: { records: TokenRecords; supply: Supply; fetching: Fetching }) {
    this.#records = world.records;
    this.#supply = world.supply;
    this.#fetching = world.fetching;
  }

  /**
   * The token that answers, and what would have come before it. `accept` passes over tokens that the client can't
   * present.
   */
  async resolve(query: Query, accept: (token: Token) => boolean): Promise<Resolution> {
    const found = await this.#find(query, accept);
    return this.#filled((await this.#isNews(query, found)) ? await this.#find(query, accept) : found);
  }

  /**
   * A client says that this secret works. Writes only if that is news.
   *
   * @param keepMs how long a new one is kept, in milliseconds; undefined for good
   * @param place where it works; undefined if that isn't known
   */
  async approve(
    secret: Omit<NewToken, "dropAt">,
    keepMs: number | undefined,
    place: Target | undefined,
  ): Promise<{ readonly id: string; readonly isNew: boolean }> {
    // What a command prints there is never kept, whoever brings it back, and whenever.
    const fetched = await this.#records.read((tokens) => fetchedThere(tokens, secret));
    if (fetched !== undefined) {
      await this.worked(fetched.id, place);
      return { id: fetched.id, isNew: false };
    }
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
    await this.worked(id, place);
    return { id, isNew: known.change !== undefined };
  }

  /** The service accepted a token at a place; undefined if that isn't known. */
  async worked(id: string, place: Target | undefined): Promise<void> {
    await this.#records.note((usage) => usage.approved(id, this.#records.now(), place && placeMark(id, place)));
  }

  /** A client says that the service refused. Returns what has become of the tokens that this concerns. */
  async refuse(report: Report): Promise<Judged[]> {
    const judged = await this.#records.read((tokens, usage) => {
      const held = tokens.of(report.tool, report.target).flatMap((token) => this.#fetching.held(token) ?? []);
      return judge(held.length === 0 ? tokens : tokens.with(...held), report, {
        usageOf: (id) => usage.of(id),
        now: this.#records.context().now,
        isNew: (token) => this.#fetching.isNew(token),
      });
    });
    const over = judged.filter(({ verdict }) => verdict === "suspended" || verdict === "forgotten").map(({ token }) => token);
    if (over.length > 0) await this.#records.change((tokens, context) => suspend(tokens, over, context));
    for (const { token, verdict } of judged) {
      if (verdict === "held-back") await this.#records.holdBack(token.id, report.target);
      else if (verdict === "dropped") this.#fetching.drop(token);
      else if (verdict === "doubted") await this.#records.note((usage) => (usage.doubted(token.id), true));
    }
    return judged;
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
    return this.#changed((tokens, context) => {
      const same = tokens
        .of(added.tool, added.target)
        .find(
          (token) =>
            (token.state === "active" || token.state === "suspended") &&
            isSameSecret(token, added) &&
            token.username === added.username,
        );
      if (same !== undefined) {
        const what = added.command === undefined ? "secret" : "command";
        throw new Failure("exists", `this ${what} is in the vault already, as ${same.id} (${same.state})`, {
          hint: same.state === "suspended" ? `toolkey restore ${same.id}` : `toolkey show ${same.id}`,
        });
      }
      return add(tokens, added, context);
    });
  }

  /** Lets the tokens of a service be fetched by its command. @returns those that are now, and the tools that are left out */
  async fetchBy(confirmed: Confirmed): Promise<{ readonly tokens: TokenView[]; readonly left: readonly string[] }> {
    let done: ReturnType<typeof confirm> | undefined;
    await this.#records.change((tokens, context) => (done = confirm(tokens, confirmed, context)).change);
    return { tokens: await this.#records.views(done?.given ?? []), left: done?.left ?? [] };
  }

  async replace(id: string, fresh: NewSecret): Promise<Changed> {
    return this.#changed((tokens, context) => replaceSecret(tokens, id, fresh, context));
  }

  /** Brings a suspended token back, or one that is active everywhere again where it was held back. */
  async restore(id: string): Promise<Changed> {
    const token = await this.find(id);
    let isPardoned = false;
    await this.#records.note((usage) => (isPardoned = usage.pardon(token.id)));
    if (isPardoned && token.state === "active") return { token: (await this.show(token.id)).token, others: [] };
    return this.#changed((tokens, context) => restore(tokens, id, context));
  }

  async prefer(id: string): Promise<Changed> {
    return this.#changed((tokens) => prefer(tokens, id));
  }

  /** Ends tokens here, all or none of them. Of those that never worked nothing is kept. */
  async revokeLocally(ids: readonly string[]): Promise<{ readonly token: TokenView; readonly isDeleted: boolean }[]> {
    const useless = await this.#records.read(
      (tokens, usage) =>
        new Set(
          ids
            .map((id) => existing(tokens, id))
            .filter((token) => neverWorked(token, usage.of(token.id)))
            .map(({ id }) => id),
        ),
    );
    const revoked: Token[] = [];
    await this.#records.change((tokens, context) => {
      revoked.length = 0;
      let next: Change | undefined;
      for (const id of ids) {
        next = revokeLocally(next?.tokens ?? tokens, id, context);
        revoked.push(next.changed[0]);
      }
      return next && { ...next, tokens: next.tokens.filter(({ id }) => !useless.has(id)) };
    });
    return (await this.#records.views(revoked)).map((token) => ({ token, isDeleted: useless.has(token.id) }));
  }

  /** With what its command prints, where it has one. */
  async #filled({ token, passedOver }: Resolution): Promise<Resolution> {
    if (token === undefined) return { token, passedOver };
    const filled = await this.#fetching.fill(token);
    if ("why" in filled) return { token: undefined, passedOver: [{ token, why: "not-fetched", fetching: filled }, ...passedOver] };
    return { token: filled, passedOver };
  }

  /** Whether there is something else to be found now. */
  async #isNews(query: Query, { token, passedOver, expired: ended }: Found): Promise<boolean> {
    if (token !== undefined) return this.#supply.freshen(token);
    if (ended !== undefined && (await this.#supply.freshen(ended))) return true;
    return this.#supply.mintFor(inStead(query, passedOver));
  }

  async #find(query: Query, accept: (token: Token) => boolean): Promise<Found> {
    return this.#records.read((tokens, usage) => {
      const now = this.#records.now();
      const found = resolve(tokens, query, now, (id) => usage.of(id), accept);
      if (found.token !== undefined) {
        usage.used(found.token.id, now);
        return { ...found, expired: undefined };
      }
      return { ...found, expired: expired(tokens, inStead(query, found.passedOver), now).find(accept) };
    });
  }

  async #changed(change: (tokens: TokenMap, context: ChangeContext) => Change): Promise<Changed> {
    const { changed } = await this.#records.change(change);
    const [token, ...others] = await this.#records.views(changed);
    if (token === undefined) throw new Error("a change without a token");
    return { token, others };
  }
}

function isSameSecret(token: Token, added: NewToken): boolean {
  if (token.command === undefined || added.command === undefined)
    return token.command === added.command && token.secret.equals(added.secret);
  return sameCommand(token.command, added.command);
}

/** What is renewed or created where a default can't answer is of its user. */
function inStead(query: Query, passedOver: Resolution["passedOver"]): Query {
  const username = passedOver.find(({ token }) => token.preferred)?.token.username;
  return username === undefined ? query : { ...query, username };
}
