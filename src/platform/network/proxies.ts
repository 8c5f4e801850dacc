/** By which proxy a place is reached: all of toolkey goes by what is said here, and nothing else judges it again. Pure. */

/** As an environment or a tool's settings name them; empty where there is none. */
export interface Proxies {
  readonly httpProxy?: string | undefined;
  readonly httpsProxy?: string | undefined;
  /** Host names with all below them, `host:port`, or `*`. */
  readonly noProxy?: string | undefined;
}

/** The proxies that an environment names, as curl reads it. */
export function proxiesOf(environment: Readonly<Record<string, string | undefined>>): Proxies {
  return {
    httpProxy: environment["http_proxy"] ?? environment["HTTP_PROXY"],
    httpsProxy: environment["https_proxy"] ?? environment["HTTPS_PROXY"],
    noProxy: environment["no_proxy"] ?? environment["NO_PROXY"],
  };
}

/** The proxy that is asked for a place; undefined if none is. What is no URL is none. */
export function proxyFor({ protocol, hostname, port }: URL, { httpProxy, httpsProxy, noProxy = "" }: Proxies): URL | undefined {
  const proxy = (protocol === "https:" && httpsProxy) || httpProxy || "";
  if (!URL.canParse(proxy)) return undefined;
  const isExcepted = noProxy.split(/[\s,]+/).some((exception) => {
    const [, name = "", only] = /^\*?\.?(.*?)(?::(\d+))?$/.exec(exception.toLowerCase()) ?? [];
    if (exception === "*") return true;
    return name !== "" && (only === undefined || only === (port || (protocol === "https:" ? "443" : "80"))) && (hostname === name || hostname.endsWith(`.${name}`));
  });
  return isExcepted ? undefined : new URL(proxy);
}
