/**
 * The part of the plugin for Yarn that leads requests through the gateway. Yarn goes on to see the registry's own URLs, so
 * that its lock file has nothing of the gateway: what Node is asked to send for it goes there, if it has the phantom.
 * No hook of Yarn's could say where a request goes.
 */
import http from "node:http";
import https from "node:https";

/** What `toolkey run` says, in `TOOLKEY_YARN`. */
interface Way {
  readonly gateway: string;
  readonly phantom: string;
  /** The URLs below which requests with credentials go there. */
  readonly registries: readonly string[];
}

/** As Yarn's own client of HTTP calls it. */
type Request = (url: unknown, options?: { readonly headers?: Readonly<Record<string, unknown>> }, ...more: unknown[]) => http.ClientRequest;

export class GatewayWay {
  readonly #way: Way;
  readonly #authorization: string;

  /** @param text of the variable */
  constructor(text: string) {
    this.#way = JSON.parse(text) as Way;
    this.#authorization = `Bearer ${this.#way.phantom}`;
  }

  /** The header for a registry; undefined if it is not reached this way. */
  headerFor(registry: string): string | undefined {
    return this.isLed(registry) ? this.#authorization : undefined;
  }

  /** Whether a header is the one that was told, and not meant for this URL: that of another host, which a lock file names. */
  isMisled(header: unknown, target: string | URL): boolean {
    return header === this.#authorization && !this.isLed(target);
  }

  isLed(target: string | URL): boolean {
    const url = new URL(target);
    return this.#way.registries.some((registry) => {
      const place = new URL(registry);
      return url.origin === place.origin && `${url.pathname}/`.startsWith(place.pathname.replace(/\/*$/, "/"));
    });
  }

  /** From now on, requests of this process with the phantom go through the gateway. */
  lead(): void {
    const agent = new http.Agent({ keepAlive: true });
    const send = http.request as Request;
    for (const module of [http, https] as { request: Request }[]) {
      const own = module.request;
      module.request = (url, options, ...more) => {
        if (!(url instanceof URL) || options?.headers?.["authorization"] !== this.#authorization || !this.isLed(url))
          return own(url, options, ...more);
        const request = send(
          new URL(`${this.#way.gateway}/${url.href.replace("://", "/")}`),
          { ...options, agent } as typeof options,
          ...more,
        );
        return request.prependListener("response", ({ headers }) => {
          // Where Yarn would find it without the gateway: elsewhere it would not send the header.
          const led =
            headers.location?.startsWith(`${this.#way.gateway}/`) === true
              ? headers.location.slice(this.#way.gateway.length + 1)
              : undefined;
          if (led !== undefined) headers.location = led.replace("/", "://");
        });
      };
    }
  }
}
