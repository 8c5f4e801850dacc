/** By which proxy toolkey itself reaches a place: what decides whether a token may go there is what connects. Pure. */
import { Failure } from "../../core/failure.ts";

/** As an environment or a tool's settings name them; an empty one is none. */
export interface Proxies {
  readonly httpProxy?: string | undefined;
  /** For `https`; without it that for `http`. */
  readonly httpsProxy?: string | undefined;
  /** Host names with all below them, addresses, `host:port`, or `*`; no ranges of addresses. */
  readonly noProxy?: string | undefined;
}

/** The proxies that an environment names, in either case. */
export function proxiesOf(environment: Readonly<Record<string, string | undefined>>): Proxies {
  return {
    httpProxy: environment["http_proxy"] ?? environment["HTTP_PROXY"],
    httpsProxy: environment["https_proxy"] ?? environment["HTTPS_PROXY"],
    noProxy: environment["no_proxy"] ?? environment["NO_PROXY"],
  };
}

/**
 * The proxy that is asked for a place; undefined if none is. `proxy:3128` is `http://proxy:3128`, as for curl.
 *
 * @throws Failure `unavailable` for what names no proxy: it does not mean none
 */
export function proxyFor({ protocol, hostname, port }: URL, { httpProxy, httpsProxy, noProxy = "" }: Proxies): URL | undefined {
  const named = (protocol === "https:" && httpsProxy) || httpProxy || "";
  if (named === "") return undefined;
  const host = bare(hostname);
  const isExcepted = noProxy.toLowerCase().split(/[\s,]+/).some((exception) => {
    if (exception === "*") return true;
    const [, name = "", only] = /^\*?\.?(\[.*\]|[^:]*|.*:.*:.*?)(?::(\d+))?$/.exec(exception) ?? [];
    return (
      name !== "" &&
      (only === undefined || only === (port || (protocol === "https:" ? "443" : "80"))) &&
      (host === bare(name) || host.endsWith(`.${bare(name)}`))
    );
  });
  return isExcepted ? undefined : proxyUrl(named);
}

function proxyUrl(named: string): URL {
  const text = named.includes("://") ? named : `http://${named}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^(https?|socks5?):$/.test(url.protocol) && url.host !== "") return url;
  throw new Failure("unavailable", "what is set as the proxy is not the URL of one", {
    hint: "https_proxy and http_proxy, or the proxy in the settings of the tool: http://HOST:PORT",
  });
}

/** Without the brackets of an address, and the dot that ends a full name. */
function bare(name: string): string {
  return name.replace(/^\[|\]$/g, "").replace(/\.$/, "");
}
