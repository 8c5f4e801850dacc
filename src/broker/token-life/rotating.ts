/** A new secret for a token: by its refresh token, else made with the login. */
import type { Instant } from "../../core/clock.ts";
import { Failure } from "../../core/failure.ts";
import { NO_SECRET } from "../../core/secret.ts";
import type { Token } from "../../core/tokens/token.ts";
import type { Http, HttpAnswer } from "../../issuers/http.ts";
import type { Issuer } from "../../issuers/issuer.ts";
import type { Minting, MintOrder, ServiceCredential } from "../../issuers/outcomes.ts";
import type { Service } from "../../issuers/service.ts";
import { readTokenText } from "../../issuers/reading.ts";
import { existing, type Change } from "../changes.ts";
import { credentialOf, inspect, noToken, type ReachedService, type ServiceAccess } from "../service-access.ts";
import type { TokenRecords } from "../token-records.ts";
import type { Intentions, Plan } from "./intentions.ts";
import type { KeptAnswers, Renewal } from "./kept-answers.ts";
import { cantMake, makeToken, nextDescription } from "./making.ts";
import { MaybeMade, newSecret, settled, type Minted } from "./minted.ts";
import { lifetime } from "./renewal-time.ts";
import { fulfilRenewal, fulfilRotation } from "./service-changes.ts";

/** A token that has a new secret; `old` is its predecessor, which is to be ended. */
export interface Rotated {
  readonly token: Token;
  readonly old: Token | undefined;
  /** When its predecessor ends by itself, where to end it would end this one, too. */
  readonly oldEndsAt?: Instant | undefined;
}

export class Rotating {
  readonly #records: TokenRecords;
  readonly #access: ServiceAccess;
  readonly #intentions: Intentions;
  readonly #kept: KeptAnswers;
  /** What is being taken over, by intention. */
  readonly #takingOver = new Map<string, Promise<Rotated | undefined>>();

  constructor(world: { records: TokenRecords; access: ServiceAccess; intentions: Intentions; keptAnswers: KeptAnswers }) {
    this.#records = world.records;
    this.#access = world.access;
    this.#intentions = world.intentions;
    this.#kept = world.keptAnswers;
  }

  /** @throws Failure `usage` where that can't be done, `denied` if the service refuses, `unavailable` if it gives no answer */
  async rotate(token: Token): Promise<Rotated> {
    const known = await this.#records.read((tokens) => existing(tokens, token.id));
    // Who asked had not seen yet that it was renewed.
    if (!known.secret.equals(token.secret)) return { token: known, old: undefined };
    assertRenewable(known);
    const reached = this.#access.reached(token.service);
    const left = this.#kept.all().find((renewal) => renewal.token === token.id);
    const taken = left && (await this.#takeOverOne(left));
    if (taken !== undefined) return taken;
    const { issuer, service } = reached;
    const login = issuer.mint === undefined ? undefined : await this.#access.login(token.service);
    const canRefresh = renewsByItself(token, issuer);
    if (issuer.mint === undefined && !canRefresh) throw cantMake(service);
    const other = noToken(token, service);
    if (other !== undefined) {
      throw new Failure("usage", `the login at ${service.title} is ${other.what}, which toolkey doesn't change`, {
        hint: other.renew(`toolkey login ${service.name}`, `toolkey replace ${token.id}`),
      });
    }
    if (login === undefined && !canRefresh) throw cantRenew(token, service, `toolkey is not logged in at ${service.title}`);
    const order = orderFor(token, reached);
    const renewal = { token: token.id, intended: "" };
    let isRefreshed = false;
    let becomes: Issuer["renewed"];
    try {
      const done = await this.#intentions.carryOut(reached, token.target, order, {
        isKept: () => isRefreshed,
        make: async (intended) => {
          renewal.intended = intended.id;
          const refreshed = canRefresh ? await this.#refresh(reached, token, order, login, renewal) : undefined;
          if (refreshed === undefined) {
            await assertConfirmed(token, reached);
            return makeToken(reached, login, order, this.#records);
          }
          [isRefreshed, becomes] = [true, issuer.renewed];
          return refreshed;
        },
        store: (...given) => storing(token, becomes).store(...given),
      });
      return rotatedOf(done, token, becomes);
    } finally {
      if (canRefresh) await this.#dropUnlessNeeded(renewal);
    }
  }

  /** Takes over what renewals gave whose daemon has ended. @returns the intentions of those that it can't yet */
  async takeOver(): Promise<ReadonlySet<string>> {
    for (const renewal of this.#kept.all()) {
      if (this.#intentions.isOngoing(renewal.intended)) continue;
      await this.#takeOverOne(renewal).catch((error: unknown) => {
        // Not yet. The others are looked after all the same.
        if (!(error instanceof Failure)) throw error;
      });
    }
    return new Set(this.#kept.all().map(({ intended }) => intended));
  }

  /** Undefined if nothing came of it. Whoever wants it meanwhile takes part. @throws Failure for what can't be done just now */
  async #takeOverOne(renewal: Renewal): Promise<Rotated | undefined> {
    const known = this.#takingOver.get(renewal.intended);
    if (known !== undefined) return known;
    const taking = this.#takeOverNow(renewal).finally(() => this.#takingOver.delete(renewal.intended));
    this.#takingOver.set(renewal.intended, taking);
    return taking;
  }

  async #takeOverNow(renewal: Renewal): Promise<Rotated | undefined> {
    const answer = await this.#kept.left(renewal);
    const intended = await this.#records.read((tokens) => tokens.get(renewal.intended));
    const known = await this.#records.read((tokens) => tokens.get(renewal.token));
    // Where it was deleted or replaced meanwhile, there is no place for what came: that is ended then.
    const isThere = known !== undefined && intended !== undefined && known.createdAt <= intended.createdAt;
    const token = isThere ? known : intended;
    const reached = token && this.#access.reach(token.service);
    const played = answer && reached && intended?.state === "intended" ? await replay(token, reached, answer) : undefined;
    // What else its service is asked for can't be had just now.
    if (played?.isHeard === false) throw notTakenOver(renewal, played.minting);
    const minting = played?.minting;
    if (minting?.outcome !== "minted" || token === undefined || reached === undefined || intended === undefined) {
      await this.#kept.drop(renewal);
      return undefined;
    }
    try {
      const { renewed } = reached.issuer;
      const plan: Plan = { ...storing(token, renewed), isKept: () => true, make: () => Promise.resolve(minting) };
      return rotatedOf(await this.#intentions.resume(reached, intended, plan), token, renewed);
    } finally {
      await this.#dropUnlessNeeded(renewal);
    }
  }

  /** Undefined where the refresh token is spent and the login can make another token. */
  async #refresh(
    reached: ReachedService,
    token: Token,
    order: MintOrder,
    login: ServiceCredential | undefined,
    renewal: Renewal,
  ): Promise<Minted | undefined> {
    const http = this.#kept.keeping(renewal, reached.http, reached.settings);
    const refreshed = await refresh({ ...reached, http }, token, order);
    if (refreshed.outcome === "failing" || refreshed.outcome === "wrong-host") {
      throw new MaybeMade("unavailable", `${reached.service.title} gave no usable response: ${refreshed.detail}`, {
        hint: ["the token before may be spent now", `if it can't be renewed again: ${signInAgain(token, reached.service)}`],
      });
    }
    if (refreshed.outcome !== "stale" && refreshed.outcome !== "refused") return settled(refreshed, reached.service);
    if (login !== undefined) return undefined;
    throw cantRenew(token, reached.service, refreshed.outcome === "stale" ? "its refresh token is spent" : refreshed.detail);
  }

  /** What was kept is needed until its intention is carried out or given up. */
  async #dropUnlessNeeded(renewal: Renewal): Promise<void> {
    const isNeeded = await this.#records
      .read((tokens) => tokens.get(renewal.intended)?.state === "intended")
      .catch((error: unknown) => {
        // Nobody can look just now.
        if (error instanceof Failure) return true;
        throw error;
      });
    if (!isNeeded) await this.#kept.drop(renewal);
  }
}

/** How what was made takes its place: the old one is to be ended, unless that was done, or would end both. */
function storing(token: Token, becomes: Issuer["renewed"]): Pick<Plan, "store"> {
  return {
    store(made, intended, tokens, context) {
      const known = existing(tokens, token.id);
      assertRenewable(known);
      if (!known.secret.equals(token.secret)) {
        throw new Failure("denied", `token ${token.id} was replaced meanwhile`, { hint: "what was made for it is ended" });
      }
      const store = becomes === undefined ? fulfilRotation : fulfilRenewal;
      return store(tokens, { intended: intended.id, rotated: token.id }, newSecret(made, context.now), context);
    },
  };
}

function rotatedOf([renewed, ...others]: Change["changed"], { facts }: Token, becomes: Issuer["renewed"]): Rotated {
  if (becomes === "gone") return { token: renewed, old: undefined };
  if (becomes === "left") return { token: renewed, old: undefined, oldEndsAt: facts.expiresAt };
  return { token: renewed, old: others.at(-1) };
}

function orderFor(token: Token, { issuer, service }: ReachedService): MintOrder {
  return {
    tool: token.tool,
    description: nextDescription(token),
    username: issuer.mintsForOthers === true ? token.facts.subject : undefined,
    scope: token.facts.scope,
    ttl: lifetime(token) ?? service.ttl,
    refreshable: token.refreshToken !== undefined,
  };
}

async function refresh({ issuer, service, http }: ReachedService, token: Token, order: MintOrder): Promise<Minting> {
  return (await issuer.refresh?.(service, credentialOf(token), order, http)) ?? { outcome: "stale" };
}

/** Whether a token is renewed without a login. */
export function renewsByItself({ refreshToken, secret }: Token, { refresh, renewsItself }: Issuer): boolean {
  return refresh !== undefined && (refreshToken !== undefined || renewsItself?.(secret.reveal()) === true);
}

/** What an answer says that was given to another process; unheard, if the issuer did not get as far as to ask. */
async function replay(
  token: Token,
  reached: ReachedService,
  answer: HttpAnswer,
): Promise<{ readonly minting: Minting; readonly isHeard: boolean }> {
  const { http } = reached;
  let isHeard = false;
  const again: Http = {
    send(request) {
      if (request.method !== "POST") return http.send(request);
      isHeard = true;
      return Promise.resolve(answer);
    },
  };
  // Of one that was revoked meanwhile nothing is kept to ask with; what came for it must be ended all the same.
  const asking = renewsByItself(token, reached.issuer) ? token : { ...token, refreshToken: NO_SECRET };
  return { minting: await refresh({ ...reached, http: again }, asking, orderFor(token, reached)), isHeard };
}

function assertRenewable({ id, state }: Token): void {
  if (state === "active" || state === "suspended") return;
  throw new Failure("denied", `token ${id} is ${state}`, { hint: "add a new one with 'toolkey add', or 'toolkey mint'" });
}

/**
 * The login asks for what the old token may do. What only the token's own text says of that counts once its service
 * takes the token for valid; it told the ids of those that it has confirmed before.
 *
 * @throws Failure `denied`
 */
async function assertConfirmed(token: Token, reached: ReachedService): Promise<void> {
  const { facts } = readTokenText(token.secret.reveal());
  if (token.facts.tokenId !== undefined || (facts.scope === undefined && facts.subject === undefined)) return;
  if ((await inspect(reached, credentialOf(token))).outcome === "valid") return;
  throw cantRenew(token, reached.service, `${reached.service.title} does not confirm what it may do`);
}

function notTakenOver({ token }: Renewal, minting: Minting): Failure {
  const why = "detail" in minting ? minting.detail : minting.outcome;
  return new Failure("unavailable", `${token} was renewed, and what came can't be stored yet: ${why}`, {
    hint: "nothing is lost: try again",
  });
}

function signInAgain({ tool }: Token, { name, issuer }: Service): string {
  return issuer.mint === undefined ? `toolkey login ${name} --tool ${tool}` : `toolkey login ${name}`;
}

/** How a new one is had. */
function cantRenew(token: Token, service: Service, why: string): Failure {
  const { issuer, page } = service;
  const signIn = signInAgain(token, service);
  const hint = issuer.mint === undefined && page === undefined ? [signIn] : [signIn, `or make one there and: toolkey replace ${token.id}`];
  return new Failure("denied", `${token.id} can't be renewed: ${why}`, { hint });
}
