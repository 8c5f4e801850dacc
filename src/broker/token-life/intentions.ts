/**
 * Making a token so that it can't be lost: an intention with a unique description is in the vault before the
 * service is asked. If nothing is known of what came of it, it stays there for reconciling.ts.
 */
import { Failure } from "../../core/failure.ts";
import { unpresentable } from "../../core/tokens/presentable.ts";
import type { Target } from "../../core/target.ts";
import type { Token } from "../../core/tokens/token.ts";
import type { ServiceCredential, MintOrder } from "../../issuers/outcomes.ts";
import { authtypeFor } from "../../issuers/service.ts";
import type { TokenMap } from "../../vault/token-map.ts";
import type { Change, ChangeContext } from "../changes.ts";
import { MaybeMade, type Minted } from "./minted.ts";
import { abandon, intend } from "./service-changes.ts";
import { inspect, type ReachedService, type ServiceAccess } from "../service-access.ts";
import type { TokenRecords } from "../token-records.ts";

/** How an intention is carried out. */
export interface Plan {
  /**
   * Whether what was made has taken the place of another, and is kept elsewhere until it is in the vault: then it is stored whatever is
   * said of it, and not ended where it can't be stored now.
   */
  readonly isKept?: () => boolean;
  make(intended: Token): Promise<Minted>;
  store(made: Minted, intended: Token, tokens: TokenMap, context: ChangeContext): Change;
}

export class Intentions {
  readonly #records: TokenRecords;
  readonly #access: ServiceAccess;
  /** The last one in the queue of each service whose tokens can't be told from each other. */
  readonly #queues = new Map<string, Promise<unknown>>();
  /** Those of this process that are still being carried out. */
  readonly #ongoing = new Set<string>();

  constructor(world: { records: TokenRecords; access: ServiceAccess }) {
    this.#records = world.records;
    this.#access = world.access;
  }

  /** Whether an intention is being carried out now, so that it is not to be reconciled. */
  isOngoing(id: string): boolean {
    return this.#ongoing.has(id);
  }

  /** Whether any intention is being carried out now. */
  get isBusy(): boolean {
    return this.#ongoing.size > 0;
  }

  /** Writes the intention down, carries it out, and takes it back if it is known that nothing was made. */
  async carryOut(reached: ReachedService, target: Target, order: MintOrder, plan: Plan): Promise<Change["changed"]> {
    // Of tokens that are listed without a description, one at a time is made, so that they can't be taken for each other.
    if (!reached.issuer.describes && reached.issuer.list !== undefined) {
      return this.#inTurn(reached.service.name, () => this.#carryOutNow(reached, target, order, plan));
    }
    return this.#carryOutNow(reached, target, order, plan);
  }

  /** Carries out an intention that an earlier daemon has written down. */
  async resume(reached: ReachedService, intended: Token, plan: Plan): Promise<Change["changed"]> {
    this.#ongoing.add(intended.id);
    try {
      return await this.#fulfil(reached, intended, plan);
    } finally {
      this.#ongoing.delete(intended.id);
    }
  }

  async #carryOutNow(reached: ReachedService, target: Target, order: MintOrder, plan: Plan): Promise<Change["changed"]> {
    const wanted = {
      tool: order.tool,
      service: reached.service.name,
      target,
      authtype: authtypeFor(order.tool, reached.service.tools[order.tool]),
      facts: { description: order.description, scope: order.scope },
      knownBefore: await knownTokens(reached, await this.#access.login(reached.service.name)),
    };
    const ids: string[] = [];
    try {
      const { changed } = await this.#records.change((tokens, context) => {
        const change = intend(tokens, wanted, context);
        // Before anybody can see it: it must not be taken for one that was left behind.
        ids.push(change.changed[0].id);
        this.#ongoing.add(change.changed[0].id);
        return change;
      });
      return await this.#fulfil(reached, changed[0], plan);
    } finally {
      for (const id of ids) this.#ongoing.delete(id);
    }
  }

  async #fulfil(reached: ReachedService, intended: Token, plan: Plan): Promise<Change["changed"]> {
    let made: Minted;
    try {
      made = await plan.make(intended);
    } catch (error) {
      if (error instanceof Failure && !(error instanceof MaybeMade)) await this.#abandon(intended.id);
      throw error;
    }
    const isKept = plan.isKept?.() === true;
    let isStoring = false;
    try {
      assertTaken(reached, made);
      if (!isKept) await this.#assertValid(reached, made);
      isStoring = true;
      const stored = await this.#records.change((tokens, context) =>
        tokens.get(intended.id)?.state === "intended" ? plan.store(made, intended, tokens, context) : undefined,
      );
      isStoring = false;
      if (stored !== undefined) return stored.changed;
      throw new Failure("unavailable", "another toolkey with the same vault took this token for one that was left behind", {
        hint: "try again",
      });
    } catch (error) {
      if (isKept && isStoring && !isUnwanted(error)) throw error;
      // Who has carried it out meanwhile has stored it.
      if (await this.#isHeld(made)) throw error;
      // There is no place for it here, so that there must be none there. What can't be ended now is reconciled later.
      if (await this.#end(reached, made)) await this.#abandon(intended.id);
      throw error;
    }
  }

  async #isHeld({ secret }: Minted): Promise<boolean> {
    return this.#records.read((tokens) => tokens.all().some((token) => token.state === "active" && token.secret.equals(secret)));
  }

  async #abandon(id: string): Promise<void> {
    await this.#records.change((tokens) => {
      const token = tokens.get(id);
      return token === undefined ? undefined : { tokens: abandon(tokens, id), changed: [token] };
    });
  }

  /** Revokes a token that is not to be kept. False if it may still be valid. */
  async #end({ issuer, service, http }: ReachedService, made: Minted): Promise<boolean> {
    // Without its id, whoever asks is the one that ends.
    const login = made.facts.tokenId === undefined ? undefined : await this.#access.login(service.name);
    const { secret, refreshToken } = made;
    const ended = await issuer.revoke?.(service, login ?? { secret, refreshToken }, made.facts.tokenId, http);
    return ended?.outcome === "revoked" || ended?.outcome === "already-revoked";
  }

  /** A new token is only stored if it is valid; one that can't be asked about is taken at the service's word. */
  async #assertValid(reached: ReachedService, made: Minted): Promise<void> {
    const { service } = reached;
    const login = await this.#access.login(service.name);
    const seen = await inspect(reached, { secret: made.secret, username: made.username ?? login?.username });
    if (seen.outcome !== "invalid") return;
    throw new Failure("unavailable", `${service.title} made a token that it then refused: ${seen.detail}`, {
      hint: "nothing was changed",
    });
  }

  async #inTurn<T>(queue: string, action: () => Promise<T>): Promise<T> {
    const before = this.#queues.get(queue) ?? Promise.resolve();
    const turn = before.then(action, action);
    this.#queues.set(queue, turn);
    return turn;
  }
}

/** Whether there is no place for it any more, and not only now: it was revoked meanwhile. */
function isUnwanted(error: unknown): boolean {
  return error instanceof Failure && (error.code === "denied" || error.code === "not-found");
}

/** @throws Failure `unavailable` for what no tool can be given */
function assertTaken({ service }: ReachedService, made: Minted): void {
  const part = unpresentable(made);
  if (part === undefined) return;
  throw new Failure("unavailable", `${service.title} created a token that no tool can take: its ${part} holds a control character`, {
    hint: "nothing was stored",
  });
}

/**
 * What is listed now, where a new token can only be told by not having been there before.
 *
 * @throws Failure `unavailable` where it must be known and is not
 */
async function knownTokens({ issuer, service, http }: ReachedService, login: ServiceCredential | undefined): Promise<string[] | undefined> {
  if (issuer.describes || issuer.list === undefined || login === undefined) return undefined;
  const listing = await issuer.list(service, login, undefined, http);
  if (listing.outcome === "listed") return listing.tokens.map(({ tokenId }) => tokenId);
  throw new Failure(
    listing.outcome === "refused" ? "denied" : "unavailable",
    `${service.title} did not list its tokens: ${listing.detail}`,
    {
      hint: "no token was made; try again later",
    },
  );
}
