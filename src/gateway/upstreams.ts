/** The connections to the hosts behind the gateway. */
import type { Dispatcher } from "undici";
import type { RouteUpstream, Upstream } from "../core/gateway/permit.ts";
import { makeDispatcher, type CertificateTrust, type Outgoing } from "../platform/network/dispatcher.ts";
import { proxyFor, type Proxies } from "../platform/network/proxies.ts";
import type { Environment } from "../platform/paths.ts";

/** For the head of an answer, and for a pause in it, in milliseconds: behind it may be a repository that fetches from another one first. */
const PATIENCE_MS = 300_000;

/** How a place is reached. */
export interface Way {
  /** The host and port of the proxy that is asked, without its login; undefined if none is. */
  readonly proxy: string | undefined;
  /** @throws Failure `unavailable` if certificates can't be read */
  readonly dispatcher: Promise<Dispatcher>;
}

export class Upstreams {
  readonly #environment: Environment;
  readonly #dispatchers = new Map<string, Promise<Dispatcher>>();
  /** By what was asked with, so that not each request has to find it anew: then by place and certificates. */
  #known = new WeakMap<RouteUpstream, Map<string, Way>>();
  #ownFile: string | undefined;
  #version: number | undefined;
  readonly #certificates: CertificateTrust;
  readonly #configured: () => Proxies;

  /**
   * @param environment the daemon's, which is another one in another session
   * @param configured what is asked where a command names no proxy
   */
  constructor(environment: Environment, certificates: CertificateTrust, configured: () => Proxies) {
    this.#environment = environment;
    this.#certificates = certificates;
    this.#configured = configured;
  }

  /** @param origin of the place; all who reach it the same way have one dispatcher */
  to(origin: string, ofAll: Upstream, ofRoute: RouteUpstream | undefined, caFileOfService: string | undefined): Way {
    const upstream = ofRoute ?? ofAll;
    const ownFile = this.#environment["NODE_EXTRA_CA_CERTS"];
    const { version } = this.#certificates;
    if (ownFile !== this.#ownFile || version !== this.#version) this.forget();
    [this.#ownFile, this.#version] = [ownFile, version];
    const byPlace = this.#known.get(upstream) ?? new Map<string, Way>();
    this.#known.set(upstream, byPlace);
    const place = `${origin} ${caFileOfService ?? ""}`;
    const known = byPlace.get(place);
    if (known !== undefined) return known;
    const proxy = proxyFor(new URL(origin), { ...this.#configured(), ...upstream });
    const way = { proxy: proxy?.host, dispatcher: this.#find(proxy, upstream, caFileOfService) };
    byPlace.set(place, way);
    // The file may be readable next time.
    way.dispatcher.catch(() => byPlace.get(place) === way && byPlace.delete(place));
    return way;
  }

  /** The files of certificates are read anew: they may say something else by now. */
  forget(): void {
    this.#known = new WeakMap();
    // What is under way goes on by them.
    for (const dispatcher of this.#dispatchers.values()) void dispatcher.then((known) => known.close(), () => undefined);
    this.#dispatchers.clear();
  }

  #find(proxy: URL | undefined, { caFiles = [] }: RouteUpstream, caFileOfService: string | undefined): Promise<Dispatcher> {
    const files = [this.#environment["NODE_EXTRA_CA_CERTS"], ...caFiles, caFileOfService, ...this.#certificates.everywhere]
      .filter((file) => file !== undefined)
      .filter((file) => file !== "");
    const outgoing: Outgoing = {
      proxy,
      caFiles: [...new Set(files)],
      answerMs: PATIENCE_MS,
      pauseMs: PATIENCE_MS,
      keepsAlive: true,
    };
    const key = JSON.stringify([outgoing, this.#certificates.version]);
    const dispatcher = this.#dispatchers.get(key) ?? makeDispatcher(outgoing, this.#certificates);
    this.#dispatchers.set(key, dispatcher);
    dispatcher.catch(() => this.#dispatchers.get(key) === dispatcher && this.#dispatchers.delete(key));
    return dispatcher;
  }
}
