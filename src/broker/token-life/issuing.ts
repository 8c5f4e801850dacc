/**
 * Making tokens at their service, and renewing them. Before each request that makes one, an intention with
 * a unique description is in the vault: whatever happens after that, the token is found again
 * (reconciling.ts).
 */
import { setTimeout as wait } from "node:timers/promises";
import { milliseconds } from "../../core/clock.ts";
import { Failure } from "../../core/failure.ts";
import { ADMINISTRATION } from "../../core/wire/administration.ts";
import { covers, formatTarget, origin, parseTarget } from "../../core/target.ts";
import { isExpired, type Token } from "../../core/tokens/token.ts";
import type { TokenWish } from "../../core/tokens/token-wish.ts";
import type { ServiceCredential, MintOrder } from "../../issuers/outcomes.ts";
import type { Service } from "../../issuers/service.ts";
import type { Supply } from "../broker.ts";
import { Flights } from "./flights.ts";
import { Intentions } from "./intentions.ts";
import type { KeptAnswers } from "./kept-answers.ts";
import { cantMake, makeToken, newDescription } from "./making.ts";
import { newSecret } from "./minted.ts";
import { isDue } from "./renewal-time.ts";
import type { Query } from "../answering/resolve.ts";
import type { Revoking } from "./revoking.ts";
import { renewsByItself, Rotating, type Rotated } from "./rotating.ts";
import { fulfil } from "./service-changes.ts";
import type { ReachedService, ServiceAccess } from "../service-access.ts";
import type { TokenRecords } from "../token-records.ts";

/** How long a tool waits for a renewal whose token is still good, in milliseconds. */
const PATIENCE_MS = 5_000;

export class Issuing implements Supply {
  readonly intentions: Intentions;
  readonly #records: TokenRecords;
  readonly #access: ServiceAccess;
  readonly #revoking: Revoking;
  readonly #rotating: Rotating;
  readonly #kept: KeptAnswers;
  readonly #flights: Flights;

  constructor(world: {
    records: TokenRecords;
    access: ServiceAccess;
    revoking: Revoking;
    keptAnswers: KeptAnswers;
    onFailure: (what: string, failure: unknown) => void;
  }) {
    this.#records = world.records;
    this.#access = world.access;
    this.#revoking = world.revoking;
    this.#kept = world.keptAnswers;
    this.intentions = new Intentions(world);
    this.#rotating = new Rotating({ ...world, intentions: this.intentions });
    this.#flights = new Flights({ onFailure: world.onFailure, now: () => milliseconds(this.#records.now()) });
  }

  /**
   * Makes a token for a tool with the login at its service.
   *
   * @throws Failure `usage` where that can't be done, `denied` if there is no login or the service refuses,
   * `unavailable` if it gives no answer.
   */
  async mint(service: Service, tool: string, wish: TokenWish): Promise<Token> {
    const use = service.tools[tool];
    const [target] = use?.targets ?? [];
    if (use === undefined || target === undefined) {
      throw new Failure("usage", `there is nothing for ${tool} at ${service.title}`, {
        hint: `it is for: ${Object.keys(service.tools).join(", ")}`,
      });
    }
    const reached = this.#access.reached(service.name);
    const login = await this.#loginFor(reached);
    const part = reached.issuer.partFor?.(formatTarget(target), tool, wish);
    const order: MintOrder = {
      ...wish,
      tool,
      description: newDescription(tool, wish),
      scope: wish.scope ?? use.scope,
      ttl: wish.ttl ?? service.ttl,
    };
    const [token] = await this.intentions.carryOut(reached, part === undefined ? target : parseTarget(part), order, {
      make: () => makeToken(reached, login, order, this.#records),
      store: (made, intended, tokens, context) => {
        const username = use.presents === "Basic" ? (made.username ?? use.username ?? login.username) : undefined;
        return fulfil(tokens, intended.id, { ...newSecret(made, context.now), username }, context);
      },
    });
    return token;
  }

  /**
   * Makes toolkey's own login with what a sign-in gave, which is good for that alone.
   *
   * @param assertWanted throws where nobody waits for it any more: then what was made is ended
   * @throws Failure as `mint`
   */
  async login(reached: ReachedService, signedIn: ServiceCredential, assertWanted: () => void): Promise<Token> {
    const order: MintOrder = {
      tool: ADMINISTRATION,
      description: newDescription(ADMINISTRATION),
      ttl: reached.service.ttl,
      refreshable: true,
    };
    const [token] = await this.intentions.carryOut(reached, parseTarget(reached.service.url), order, {
      make: () => makeToken(reached, signedIn, order, this.#records),
      store: (made, intended, tokens, context) => {
        assertWanted();
        return fulfil(tokens, intended.id, { ...newSecret(made, context.now), username: made.username }, context);
      },
    });
    return token;
  }

  /** Renews a token: concurrent requests share one rotation. @throws Failure as `mint` */
  async rotate(token: Token): Promise<Rotated> {
    return this.#flights.once(`rotate ${token.id}`, () => this.#rotating.rotate(token));
  }

  async mintFor(query: Query): Promise<boolean> {
    const service = this.#access.services.at(query.target);
    if (service === undefined || !service.auto || !isDeclared(service, query)) return false;
    const login = await this.#access.loginToken(service.name);
    if (login === undefined) return false;
    const owner = service.issuer.username ?? login.username ?? login.facts.subject;
    if (query.username !== undefined && owner !== undefined && query.username.toLowerCase() !== owner.toLowerCase()) return false;
    const wish = wishFor(service, query);
    if (wish === undefined) return false;
    return this.#quietly(["mint", service.name, query.tool, ...Object.values(wish)].join(" "), async () => {
      // One that was made a moment ago, or that was passed over for its user name: another would be, too.
      const now = this.#records.now();
      const own = await this.#records.read((tokens) =>
        tokens
          .of(query.tool, query.target)
          .find((token) => token.service === service.name && token.state === "active" && !isExpired(token, now)),
      );
      if (own === undefined) await this.mint(service, query.tool, wish);
    });
  }

  async freshen(token: Token): Promise<boolean> {
    const now = this.#records.now();
    if (!isDue(token, milliseconds(now))) return false;
    const renewed = this.renew(token);
    if (isExpired(token, now)) return renewed;
    // As long as it is good, nobody waits long for another.
    const stop = new AbortController();
    const enough = wait(PATIENCE_MS, false, { signal: stop.signal }).catch(() => false);
    return Promise.race([renewed, enough]).finally(() => stop.abort());
  }

  /** Renews a token if that can be done without a person. True if it has a new secret now; never fails. */
  async renew(token: Token): Promise<boolean> {
    const reached = this.#access.reach(token.service);
    if (reached === undefined) return false;
    const byRefresh = renewsByItself(token, reached.issuer);
    const byLogin = reached.issuer.mint !== undefined && (await this.#access.login(token.service)) !== undefined;
    if (!byRefresh && !byLogin) return false;
    return this.#quietly(`rotate ${token.id}`, () => this.#rotating.rotate(token));
  }

  /** Takes over what renewals gave whose daemon ended before that was in the vault. @returns the intentions of those still under way */
  async takeOver(): Promise<ReadonlySet<string>> {
    return this.#rotating.takeOver();
  }

  /** Changes the vault's key, by which what could not be taken over yet is sealed. @throws Failure as `KeptAnswers.throughNewKey` */
  async throughNewKey<Result>(change: () => Promise<Result>): Promise<Result> {
    return this.#kept.throughNewKey(change);
  }

  /** What failed by itself is tried again with the next request: there is a new login. */
  tryAgain(): void {
    this.#flights.tryAgain();
  }

  async #loginFor({ service, issuer }: ReachedService): Promise<ServiceCredential> {
    if (issuer.mint === undefined) throw cantMake(service);
    // One that ends within hours is used seldom.
    const kept = await this.#access.loginToken(service.name);
    if (kept !== undefined) await this.freshen(kept);
    const login = await this.#access.login(service.name);
    if (login !== undefined) return login;
    throw new Failure("denied", `toolkey is not logged in at ${service.title}`, { hint: `toolkey login ${service.name}` });
  }

  /** For what nobody asked for. What it leaves behind is ended after the requests that still have it. */
  async #quietly(what: string, action: () => Promise<unknown>): Promise<boolean> {
    const isDone = await this.#flights.quietly(what, action);
    if (isDone) this.#revoking.soon();
    return isDone;
  }
}

/** Whether the tool has something there. */
function isDeclared(service: Service, { tool, target, pathUnknown }: Query): boolean {
  const targets = service.tools[tool]?.targets ?? [];
  return targets.some((own) => covers(own, target) || (pathUnknown === true && origin(own) === origin(target)));
}

/** What is wished for the place that is asked for; undefined where no token would answer there. */
function wishFor({ issuer, tools }: Service, { tool, target, pathUnknown }: Query): TokenWish | undefined {
  if (issuer.wishAt === undefined) return {};
  const [place] = tools[tool]?.targets ?? [];
  return pathUnknown === true ? undefined : issuer.wishAt(tool, target.path.slice(place?.path.length));
}
