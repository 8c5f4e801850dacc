/** The connections to the hosts behind the gateway. */
import type { Dispatcher } from "undici";
import type { Upstream } from "../core/permit.ts";
import { makeDispatcher, proxiesOf, type Outgoing } from "../platform/dispatcher.ts";
import type { Environment } from "../platform/paths.ts";

/** For the head of an answer, and for a pause in it, in milliseconds: behind it may be a repository that fetches from another one first. */
const PATIENCE_MS = 300_000;

export class Upstreams {
  readonly #environment: Environment;
  readonly #dispatchers = new Map<string, Promise<Dispatcher>>();
  /** The same by what was asked with, so that not each request has to find it anew. */
  #known = new WeakMap<Upstream, Map<string | undefined, Promise<Dispatcher>>>();
  #ownWay: string | undefined;

  /** @param environment the daemon's, which is another one in another session */
  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** One for all who are reached the same way. @throws Failure `unavailable` if certificates can't be read */
  to(upstream: Upstream, caFileOfService: string | undefined): Promise<Dispatcher> {
    const ownWay = this.#readOwnWay();
    if (ownWay !== this.#ownWay) this.#known = new WeakMap();
    this.#ownWay = ownWay;
    const byService = this.#known.get(upstream) ?? new Map<string | undefined, Promise<Dispatcher>>();
    this.#known.set(upstream, byService);
    const known = byService.get(caFileOfService);
    if (known !== undefined) return known;
    const dispatcher = this.#find(upstream, caFileOfService);
    byService.set(caFileOfService, dispatcher);
    // The file may be readable next time.
    dispatcher.catch(() => byService.delete(caFileOfService));
    return dispatcher;
  }

  #readOwnWay(): string {
    const { httpProxy = "", httpsProxy = "", noProxy = "" } = proxiesOf(this.#environment);
    return [httpProxy, httpsProxy, noProxy, this.#environment["NODE_EXTRA_CA_CERTS"] ?? ""].join("\n");
  }

  #find({ caFiles, httpProxy, httpsProxy, noProxy }: Upstream, caFileOfService: string | undefined): Promise<Dispatcher> {
    const own = proxiesOf(this.#environment);
    const files = [this.#environment["NODE_EXTRA_CA_CERTS"], ...caFiles, caFileOfService].filter((file) => file !== undefined).filter((file) => file !== "");
    const outgoing: Outgoing = {
      httpProxy: httpProxy ?? own.httpProxy,
      httpsProxy: httpsProxy ?? own.httpsProxy,
      noProxy: noProxy ?? own.noProxy,
      caFiles: [...new Set(files)],
      answerMs: PATIENCE_MS,
      pauseMs: PATIENCE_MS,
      keepsAlive: true,
    };
    const key = JSON.stringify(outgoing);
    const dispatcher = this.#dispatchers.get(key) ?? makeDispatcher(outgoing);
    this.#dispatchers.set(key, dispatcher);
    dispatcher.catch(() => this.#dispatchers.delete(key));
    return dispatcher;
  }
}
