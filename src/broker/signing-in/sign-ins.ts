/**
 * Sign-ins at pages of services, from the page to the token (docs/decisions/0033-signing-in.md). The secrets of one, and what comes of it,
 * stay in the daemon.
 */
import { randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { Failure } from "../../core/failure.ts";
import type { Minting } from "../../issuers/outcomes.ts";
import { signInPageOf, type Service } from "../../issuers/service.ts";
import type { BegunSignIn, Polling, Redirection, SignInBegin } from "../../issuers/sign-in-page.ts";
import type { Minted } from "../token-life/minted.ts";
import type { ReachedService, ServiceAccess } from "../service-access.ts";
import type { KeptSignIn, Keeping } from "./keeping.ts";
import type { Loopback } from "./loopback.ts";

/** Who began one and does not ask for it is gone, after so many milliseconds. */
const ABANDONED_MS = 15_000;
/** How long who asks waits for news, in milliseconds. */
const NEWS_MS = 5_000;
/** RFC 8628 §3.5: by so many seconds the service is asked less often. */
const SLOWER_S = 5;

const BEGIN_AGAIN = "nothing was stored; begin again";

/** A sign-in that waits for the person. */
export interface ShownSignIn {
  readonly signIn: string;
  readonly page: string;
  /** What a browser is opened with: it leads to the page, and can be seen by other programs. */
  readonly opens: string;
  readonly code: string | undefined;
  readonly seconds: number;
  /** Whether the browser comes back to this machine. */
  readonly comesBack: boolean;
}

interface Waiting {
  /** Service and tool: of each there is one. */
  readonly what: string;
  readonly done: Promise<KeptSignIn>;
  /** Its reason says why, to a person. */
  readonly ending: AbortController;
  abandoned: NodeJS.Timeout;
}

export class SignIns {
  readonly #access: ServiceAccess;
  readonly #keeping: Keeping;
  readonly #loopback: () => Promise<Loopback>;
  readonly #using: () => () => void;
  readonly #waiting = new Map<string, Waiting>();

  /** @param world `using`: keeps the vault open until what it returns is called */
  constructor(world: { access: ServiceAccess; keeping: Keeping; loopback: () => Promise<Loopback>; using: () => () => void }) {
    this.#access = world.access;
    this.#keeping = world.keeping;
    this.#loopback = world.loopback;
    this.#using = world.using;
  }

  /**
   * Begins a sign-in, for toolkey's own login or for a tool.
   *
   * @throws Failure `usage` where there is none, `denied` if the service refuses, `unavailable` if it gives no answer
   */
  async begin(service: Service, tool: string, hasBrowser: boolean): Promise<ShownSignIn> {
    const reached = this.#access.reach(service.name);
    const signInPage = signInPageOf(service);
    if (reached === undefined || signInPage === undefined) throw noPage(service);
    let loopback: Loopback | undefined;
    const opened = async (): Promise<Loopback> => (loopback ??= await this.#loopback());
    try {
      const wish = { hasBrowser, scope: service.tools[tool]?.scope, redirectUri: async () => (await opened()).uri };
      const begun = await signInPage.begin(service, wish, reached.http);
      if (begun.outcome !== "begun") throw notBegun(service, begun);
      // The arguments of a browser can be seen, and with the state in the URL an answer can be forged.
      const isSecret = begun.isSecret === true || begun.next.by === "redirection";
      const opens = isSecret && hasBrowser ? (await opened()).leadTo(begun.page) : begun.page;
      return this.#show(begun, opens, this.#follow(reached, tool, begun, loopback));
    } catch (error) {
      await loopback?.close();
      throw error;
    }
  }

  /**
   * What came of a sign-in; undefined if nothing has yet, and it is to be asked again soon.
   *
   * @throws Failure `not-found`, and whatever was wrong
   */
  async news(id: string): Promise<KeptSignIn | undefined> {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) {
      throw new Failure("not-found", "this sign-in has ended, or nobody asked for it any more", { hint: BEGIN_AGAIN });
    }
    clearTimeout(waiting.abandoned);
    const stop = new AbortController();
    try {
      const news = await Promise.race([waiting.done, wait(NEWS_MS, undefined, { signal: stop.signal }).catch(() => undefined)]);
      if (news !== undefined) this.#waiting.delete(id);
      return news;
    } catch (error) {
      this.#waiting.delete(id);
      throw error;
    } finally {
      stop.abort();
      waiting.abandoned = this.#abandonedSoon(id);
    }
  }

  /** Ends a sign-in: nothing is stored, and what was given for it is ended at its service. @param why for who waits for it */
  end(id: string, why = "the sign-in was ended"): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    clearTimeout(waiting.abandoned);
    this.#waiting.delete(id);
    waiting.ending.abort(why);
  }

  endAll(why: string): void {
    for (const id of this.#waiting.keys()) this.end(id, why);
  }

  #show(begun: BegunSignIn, opens: string, { what, done, ending }: Omit<Waiting, "abandoned">): ShownSignIn {
    for (const [id, other] of this.#waiting) if (other.what === what) this.end(id, "another sign-in for the same was begun");
    const signIn = randomBytes(9).toString("base64url");
    this.#waiting.set(signIn, { what, done, ending, abandoned: this.#abandonedSoon(signIn) });
    const { page, code, seconds, next } = begun;
    return { signIn, page, opens, code, seconds, comesBack: next.by === "redirection" };
  }

  #abandonedSoon(id: string): NodeJS.Timeout {
    return setTimeout(() => this.end(id), ABANDONED_MS).unref();
  }

  #follow(reached: ReachedService, tool: string, begun: BegunSignIn, loopback: Loopback | undefined): Omit<Waiting, "abandoned"> {
    const ending = new AbortController();
    const { signal } = ending;
    const stopUsing = this.#using();
    const done = this.#finish(reached, tool, begun, loopback, signal)
      .catch((error: unknown) => {
        throw signal.aborted && !(error instanceof Failure) ? ended(signal) : error;
      })
      .finally(async () => {
        stopUsing();
        ending.abort();
        await loopback?.close();
      });
    // Whoever asks is told. Who doesn't ask any more has ended it.
    done.catch(() => undefined);
    return { what: `${reached.service.name} ${tool}`, done, ending };
  }

  async #finish(
    reached: ReachedService,
    tool: string,
    { next, seconds }: BegunSignIn,
    loopback: Loopback | undefined,
    signal: AbortSignal,
  ): Promise<KeptSignIn> {
    const keep = async (minting: Minting): Promise<KeptSignIn> => {
      const made = signedIn(minting, reached.service);
      return this.#keeping.keep(reached, tool, made, () => {
        if (signal.aborted) throw ended(signal);
      });
    };
    if (next.by === "polling") return keep(await poll(next, seconds, reached.service, signal));
    if (loopback === undefined) throw new Error("nothing listens for the browser");
    return comeBack(next, seconds, { loopback, signal, keep });
  }
}

/** Asks until the service has decided. @throws Failure if nobody signs in in time */
async function poll({ everySeconds, ask }: Polling, seconds: number, { title }: Service, signal: AbortSignal): Promise<Minting> {
  const over = AbortSignal.timeout(seconds * 1000);
  let every = everySeconds;
  let last = "";
  while (!over.aborted) {
    await wait(every * 1000, undefined, { signal: AbortSignal.any([signal, over]) }).catch(() => signal.throwIfAborted());
    if (over.aborted) break;
    const answered = await ask();
    switch (answered.outcome) {
      case "not-yet":
        break;
      // What fails may pass, and is not asked more often for that.
      case "offline":
      case "failing":
        last = answered.detail;
        every += SLOWER_S;
        break;
      case "slower":
        every += SLOWER_S;
        break;
      default:
        return answered;
    }
  }
  throw new Failure("denied", `nobody signed in at ${title} in time${last === "" ? "" : `; it last said: ${last}`}`, {
    hint: BEGIN_AGAIN,
  });
}

async function comeBack(
  { state, exchange }: Redirection,
  seconds: number,
  { loopback, signal, keep }: { loopback: Loopback; signal: AbortSignal; keep: (minting: Minting) => Promise<KeptSignIn> },
): Promise<KeptSignIn> {
  const timeout = wait(seconds * 1000, undefined, { signal, ref: false }).then(() => {
    throw new Failure("denied", "no browser came back in time", { hint: BEGIN_AGAIN });
  });
  const come = await Promise.race([loopback.comeBack(state), timeout]);
  try {
    const kept = await keep(await exchange(come.query));
    come.show(true);
    return kept;
  } catch (error) {
    come.show(false);
    throw error;
  }
}

function ended({ reason }: AbortSignal): Failure {
  return new Failure("denied", typeof reason === "string" ? reason : "the sign-in was ended", { hint: "nothing was stored" });
}

/** @throws Failure in words of a sign-in */
function signedIn(minting: Minting, { title }: Service): Minted {
  if (minting.outcome === "minted") return minting;
  if (minting.outcome === "refused") {
    throw new Failure("denied", `${title} did not let you sign in: ${minting.detail}`, { hint: BEGIN_AGAIN });
  }
  const why = "detail" in minting ? minting.detail : minting.outcome;
  throw new Failure("unavailable", `${title} gave no usable response: ${why}`, { hint: BEGIN_AGAIN });
}

function notBegun(service: Service, begin: Exclude<SignInBegin, { outcome: "begun" }>): Failure {
  const paste = service.issuer.signIn === undefined ? [] : [`or paste a token: toolkey login ${service.name} --paste`];
  const hint = ["nothing was stored", ...paste];
  if (begin.outcome === "not-there") {
    return new Failure("not-found", `${service.title} has no page at which toolkey can sign in`, { hint });
  }
  const { outcome, detail } = begin;
  if (outcome === "refused") return new Failure("denied", `${service.title} begins no sign-in: ${detail}`, { hint });
  return new Failure("unavailable", `${service.title} gave no usable response: ${detail}`, { hint });
}

function noPage({ name, title, issuer }: Service): Failure {
  const needsClient = issuer.signInPage !== undefined;
  return new Failure("usage", `toolkey can't sign in at a page of ${title}`, {
    hint: needsClient
      ? "it needs a client of yours there: a service of your own in config.toml, with issuer, url and client_id"
      : `toolkey login ${name}`,
  });
}
