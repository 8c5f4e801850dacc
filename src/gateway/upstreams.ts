/** The connections to the hosts behind the gateway. */
import type { Dispatcher } from "undici";
import type { RouteUpstream, Upstream } from "../core/gateway/permit.ts";
import { makeDispatcher, type CertificateTrust, type Outgoing } from "../platform/network/dispatcher.ts";
import type { Environment } from "../platform/paths.ts";

/** For the head of an answer, and for a pause in it, in milliseconds: behind it may be a repository that fetches from another one first. */
const PATIENCE_MS = 300_000;

export class Upstreams {
  readonly #environment: Environment;
  readonly #dispatchers = new Map<string, Promise<Dispatcher>>();
  /** The same by what was asked with, so that not each request has to find it anew. */
  #known = new WeakMap<RouteUpstream, Map<string | undefined, Promise<Dispatcher>>>();
  #ownFile: string | undefined;
  #version: number | undefined;
  readonly #certificates: CertificateTrust;

  /** @param environment the daemon's, which is another one in another session */
  constructor(environment: Environment, certificates: CertificateTrust) {
    this.#environment = environment;
    this.#certificates = certificates;
  }

  /** One for all who are reached the same way. @throws Failure `unavailable` if certificates can't be read */
  to(ofAll: Upstream, ofRoute: RouteUpstream | undefined, caFileOfService: string | undefined): Promise<Dispatcher> {
    const upstream = ofRoute ?? ofAll;
    const ownFile = this.#environment["NODE_EXTRA_CA_CERTS"];
    const { version } = this.#certificates;
    if (ownFile !== this.#ownFile || version !== this.#version) this.#known = new WeakMap();
    [this.#ownFile, this.#version] = [ownFile, version];
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

  /** The files of certificates are read anew: they may say something else by now. */
  forget(): void {
    this.#known = new WeakMap();
    this.#dispatchers.clear();
  }

  #find({ caFiles = [], httpProxy, httpsProxy, noProxy }: RouteUpstream, caFileOfService: string | undefined): Promise<Dispatcher> {
    const files = [this.#environment["NODE_EXTRA_CA_CERTS"], ...caFiles, caFileOfService].filter((file) => file !== undefined).filter((file) => file !== "");
    const outgoing: Outgoing = {
      httpProxy, httpsProxy, noProxy,
      caFiles: [...new Set(files)],
      answerMs: PATIENCE_MS,
      pauseMs: PATIENCE_MS,
      keepsAlive: true,
    };
    const key = JSON.stringify([outgoing, this.#certificates.version]);
    const dispatcher = this.#dispatchers.get(key) ?? makeDispatcher(outgoing, this.#certificates);
    this.#dispatchers.set(key, dispatcher);
    dispatcher.catch(() => this.#dispatchers.delete(key));
    return dispatcher;
  }
}

/** The host and port of the proxy by which a place is reached; undefined if none is asked. Without its login. */
export function proxyTo({ protocol, hostname, port }: URL, { httpProxy = "", httpsProxy = "", noProxy = "" }: Partial<Upstream>): string | undefined {
  const proxy = protocol === "https:" && httpsProxy !== "" ? httpsProxy : httpProxy;
  if (!URL.canParse(proxy)) return undefined;
  const isExcepted = noProxy.split(/[\s,]+/).some((exception) => {
    const [, name = "", only] = /^\*?\.?(.*?)(?::(\d+))?$/.exec(exception.toLowerCase()) ?? [];
    if (exception === "*") return true;
    return name !== "" && (only === undefined || only === (port || (protocol === "https:" ? "443" : "80"))) && (hostname === name || hostname.endsWith(`.${name}`));
  });
  return isExcepted ? undefined : new URL(proxy).host;
}
