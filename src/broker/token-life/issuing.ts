/**
 * Making tokens at their service, and renewing them. Before each request that makes one, an intention with
 * a unique description is in the vault: whatever happens after that, the token is found again
 * (reconciling.ts).
 */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { milliseconds } from "../../core/clock.ts";
import { Failure } from "../../core/failure.ts";
import { covers, formatTarget, origin, parseTarget } from "../../core/target.ts";
import { isExpired, type Token } from "../../core/tokens/token.ts";
import type { TokenWish } from "../../core/tokens/token-wish.ts";
import type { ServiceCredential, MintOrder } from "../../issuers/issuer.ts";
import type { Service } from "../../issuers/service.ts";
import { readTokenText } from "../../issuers/reading.ts";
import type { Supply } from "../broker.ts";
import { existing } from "../changes.ts";
import { Flights } from "./flights.ts";
import { Intentions } from "./intentions.ts";
import { newSecret, settled, type Minted } from "./minted.ts";
import { isDue, lifetime } from "./renewal-time.ts";
import type { Query } from "../answering/resolve.ts";
import type { Revoking } from "./revoking.ts";
import { fulfil, fulfilRotation } from "./service-changes.ts";
import { credentialOf, inspect, noToken, type ReachedService, type ServiceAccess } from "../service-access.ts";
import type { TokenRecords } from "../token-records.ts";

/**
 * Verdaccio before 6.2 makes the same token for all requests within a second. Each tool is to have its own,
 * so that another one is asked for a second later.
 */
const TWIN_ATTEMPTS = 3;
const TWIN_WAIT_MS = 1_100;

/** A token that has a new secret; `old` is its predecessor, which is to be ended. */
export interface Rotated {
  readonly token: Token;
  readonly old: Token | undefined;
}

export class Issuing implements Supply {
  readonly intentions: Intentions;
  readonly #records: TokenRecords;
  readonly #access: ServiceAccess;
  readonly #revoking: Revoking;
  readonly #flights: Flights;

  constructor(world: {
    records: TokenRecords;
    access: ServiceAccess;
    revoking: Revoking;
    onFailure: (what: string, failure: unknown) => void;
  }) {
    this.#records = world.records;
    this.#access = world.access;
    this.#revoking = world.revoking;
    this.intentions = new Intentions(world);
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
    const reached = this.#reach(service.name);
    const login = await this.#loginFor(reached);
    const part = reached.issuer.partFor?.(formatTarget(target), tool, wish);
    const order: MintOrder = {
      ...wish,
      tool,
      description: newDescription(tool),
      scope: wish.scope ?? use.scope,
      ttl: wish.ttl ?? service.ttl,
    };
    const [token] = await this.intentions.carryOut(reached, part === undefined ? target : parseTarget(part), order, {
      make: () => this.#make(reached, login, order),
      store: (made, intended, tokens, context) => {
        const username = use.presents === "Basic" ? (made.username ?? login.username) : undefined;
        return fulfil(tokens, intended.id, { ...newSecret(made, context.now), username }, context);
      },
    });
    return token;
  }

  /** Renews a token: concurrent requests share one rotation. @throws Failure as `mint` */
  async rotate(token: Token): Promise<Rotated> {
    return this.#flights.once(`rotate ${token.id}`, () => this.#rotateNow(token));
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
    return isDue(token, milliseconds(this.#records.now())) && this.renew(token);
  }

  /** Renews a token if that can be done without a person. True if it has a new secret now; never fails. */
  async renew(token: Token): Promise<boolean> {
    const reached = this.#access.reach(token.service);
    if (reached === undefined) return false;
    const byRefresh = token.refreshToken !== undefined && reached.issuer.refresh !== undefined;
    const byLogin = reached.issuer.mint !== undefined && (await this.#access.login(token.service)) !== undefined;
    if (!byRefresh && !byLogin) return false;
    return this.#quietly(`rotate ${token.id}`, () => this.#rotateNow(token));
  }

  /** What failed by itself is tried again with the next request: there is a new login. */
  tryAgain(): void {
    this.#flights.tryAgain();
  }

  async #rotateNow(token: Token): Promise<Rotated> {
    const known = await this.#records.read((tokens) => existing(tokens, token.id));
    // Who asked had not seen yet that it was renewed.
    if (!known.secret.equals(token.secret)) return { token: known, old: undefined };
    assertRenewable(known);
    const reached = this.#reach(token.service);
    const { issuer, service } = reached;
    const login = await this.#access.login(token.service);
    const order: MintOrder = {
      tool: token.tool,
      description: newDescription(token.tool),
      username: issuer.mintsForOthers === true ? token.facts.subject : undefined,
      scope: token.facts.scope,
      ttl: lifetime(token) ?? service.ttl,
      refreshable: token.refreshToken !== undefined,
    };
    if (issuer.mint === undefined) throw new Failure("usage", `${service.title} has no way to make tokens by program`, pageHint(service));
    const other = noToken(token, service);
    if (other !== undefined) {
      throw new Failure("usage", `the login at ${service.title} is ${other.what}, which toolkey doesn't change`, {
        hint: other.renew(`toolkey login ${service.name}`, `toolkey replace ${token.id}`),
      });
    }
    const canRefresh = token.refreshToken !== undefined && issuer.refresh !== undefined;
    if (login === undefined && !canRefresh) throw cantRenew(token, service, `toolkey is not logged in at ${service.title}`);
    const [renewed, ...others] = await this.intentions.carryOut(reached, token.target, order, {
      make: async () => {
        const refreshed = await this.#refresh(reached, token, order, login);
        if (refreshed !== undefined) return refreshed;
        await assertConfirmed(token, reached);
        return this.#make(reached, login, order);
      },
      store: (made, intended, tokens, context) => {
        assertRenewable(existing(tokens, token.id));
        return fulfilRotation(tokens, { intended: intended.id, rotated: token.id }, newSecret(made, context.now), context);
      },
    });
    return { token: renewed, old: others.at(-1) };
  }

  /** Undefined where there is no refresh token, or it is spent and the login can make another token. */
  async #refresh(
    reached: ReachedService,
    token: Token,
    order: MintOrder,
    login: ServiceCredential | undefined,
  ): Promise<Minted | undefined> {
    const { issuer, service, http } = reached;
    const { refreshToken } = token;
    if (refreshToken === undefined || issuer.refresh === undefined) return undefined;
    const refreshed = await issuer.refresh(service, { ...credentialOf(token), refreshToken }, order, http);
    if (refreshed.outcome !== "stale" && refreshed.outcome !== "refused") return settled(refreshed, service);
    if (login !== undefined) return undefined;
    throw cantRenew(token, service, refreshed.outcome === "stale" ? "its refresh token is spent" : refreshed.detail);
  }

  async #make({ issuer, service, http }: ReachedService, login: ServiceCredential | undefined, order: MintOrder): Promise<Minted> {
    if (issuer.mint === undefined || login === undefined) throw new Error("there is nothing to make a token with");
    for (let attempt = 1; ; attempt += 1) {
      const made = settled(await issuer.mint(service, login, order, http), service);
      const isTwin = await this.#records.read((tokens) => tokens.all().some(({ secret }) => secret.equals(made.secret)));
      if (!isTwin) return made;
      if (attempt === TWIN_ATTEMPTS) throw new Failure("unavailable", `${service.title} makes the same token again and again`);
      await wait(TWIN_WAIT_MS);
    }
  }

  #reach(serviceName: string): ReachedService {
    const reached = this.#access.reach(serviceName);
    if (reached === undefined) {
      throw new Failure("usage", `tokens of ${serviceName} can't be made by program`, {
        hint: "make one there, then: toolkey add URL --tool TOOL",
      });
    }
    return reached;
  }

  async #loginFor({ service, issuer }: ReachedService): Promise<ServiceCredential> {
    if (issuer.mint === undefined) throw new Failure("usage", `${service.title} has no way to make tokens by program`, pageHint(service));
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

function cantRenew(token: Token, service: Service, why: string): Failure {
  return new Failure("denied", `${token.id} can't be renewed: ${why}`, {
    hint: [`toolkey login ${service.name}`, `or make one there and: toolkey replace ${token.id}`],
  });
}

function pageHint(service: Service): { hint: string } {
  if (service.command !== undefined) return { hint: `toolkey login ${service.name}` };
  return {
    hint:
      service.page === undefined
        ? "make one at the service, then: toolkey add"
        : `make one at ${service.page}, then: toolkey add ${service.name}`,
  };
}

/** `npm on laptop (toolkey 3f9a0c71d2)`: for people, and unique. */
function newDescription(tool: string): string {
  return `${tool} on ${hostname()} (toolkey ${randomBytes(5).toString("hex")})`;
}

