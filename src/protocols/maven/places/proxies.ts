/** The proxies of settings: how Maven gets past them to the gateway, and the gateway by them to the hosts. */
import { GATEWAY_HOST } from "../../../core/gateway/url.ts";
import type { Upstream } from "../../../core/gateway/permit.ts";
import type { Target } from "../../../core/target.ts";
import { child, childText, escapeXml, type Element } from "../../text/xml.ts";
import { interpolate, type Lookup } from "../project/interpolation.ts";

export interface SettingsProxy {
  readonly element: Element;
  /** As it is written, from its `<` to its last `>`. */
  readonly text: string;
  readonly id: string;
  readonly isActive: boolean;
  /** Of the URLs that are reached by it. */
  readonly protocol: string;
  /** As it is written, with expressions; so are the others. */
  readonly host: string;
  readonly port: string;
  readonly hasLogin: boolean;
  /** Patterns with `*`, separated by `|`. */
  readonly nonProxyHosts: string;
}

/** What Maven's model has where nothing is written. */
const DEFAULTS = { id: "default", protocol: "http", port: "8080" } as const;

export function readProxy(element: Element, document: string): SettingsProxy {
  return {
    element,
    text: document.slice(element.start, element.end),
    id: childText(element, "id") ?? DEFAULTS.id,
    isActive: (childText(element, "active") ?? "true") === "true",
    protocol: (childText(element, "protocol") ?? DEFAULTS.protocol).toLowerCase(),
    host: childText(element, "host") ?? "",
    port: childText(element, "port") ?? DEFAULTS.port,
    hasLogin: childText(element, "username") !== undefined,
    nonProxyHosts: childText(element, "nonProxyHosts") ?? "",
  };
}

/** What of a proxy is replaced, and by what, so that the gateway is not asked for by it. */
export function pastGateway({ element, nonProxyHosts }: SettingsProxy): {
  readonly start: number;
  readonly end: number;
  readonly text: string;
} {
  const found = child(element, "nonProxyHosts");
  const hosts = [nonProxyHosts, GATEWAY_HOST].filter((text) => text !== "").join("|");
  const text = `<nonProxyHosts>${escapeXml(hosts)}</nonProxyHosts>`;
  return found === undefined ? { start: element.contentEnd, end: element.contentEnd, text } : { start: found.start, end: found.end, text };
}

/** What the JVM has where `http.nonProxyHosts` says nothing. */
const PAST_SYSTEM_PROXIES = "localhost|127.*|[::1]";

/**
 * By which of these Maven itself would reach the places: the first that is active, for its protocol; if none is, those of its JVM;
 * and never those of `http_proxy`, which it does not read.
 *
 * @returns `login` if it wants one, `unknown` if only Maven knows where it is
 */
export function upstreamOf(
  proxies: readonly SettingsProxy[],
  places: readonly Target[],
  { lookup, system }: { readonly lookup: Lookup; readonly system: Lookup },
): Required<Pick<Upstream, "httpProxy" | "httpsProxy" | "noProxy">> | "login" | "unknown" {
  const active = proxies.filter(({ isActive }) => isActive);
  const plain = active.find(({ protocol }) => protocol === "http");
  const secure = active.find(({ protocol }) => protocol === "https") ?? plain;
  const used = [plain, secure].filter((proxy) => proxy !== undefined);
  if (used.length === 0) return ofSystem(places, system);
  if (used.some(({ hasLogin }) => hasLogin)) return "login";
  const urls = [plain, secure].map((proxy) =>
    proxy === undefined ? undefined : interpolate(`http://${proxy.host}:${proxy.port}`, lookup),
  );
  const exceptions = interpolate((secure ?? plain)?.nonProxyHosts ?? "", lookup);
  if (exceptions === undefined || used.some((proxy) => urls[[plain, secure].indexOf(proxy)] === undefined)) return "unknown";
  const [httpProxy, httpsProxy] = urls;
  return {
    httpProxy: httpProxy ?? "",
    httpsProxy: httpsProxy ?? "",
    noProxy: [...new Set(exceptedOf(places, exceptions))].join(","),
  };
}

/** Of networking properties of the JDK, which both HTTP clients of Maven read. */
function ofSystem(places: readonly Target[], system: Lookup): Required<Pick<Upstream, "httpProxy" | "httpsProxy" | "noProxy">> {
  const proxy = (scheme: string, port: string): string => {
    const host = system(`${scheme}.proxyHost`) ?? "";
    return host === "" ? "" : `http://${host}:${system(`${scheme}.proxyPort`) ?? port}`;
  };
  const [httpProxy, httpsProxy] = [proxy("http", "80"), proxy("https", "443")];
  const excepted = exceptedOf(places, system("http.nonProxyHosts") ?? PAST_SYSTEM_PROXIES);
  // Where there is one for http alone, others would take it for both.
  const direct = httpsProxy === "" && httpProxy !== "" ? places.filter(({ scheme }) => scheme === "https").map(({ host }) => host) : [];
  return { httpProxy, httpsProxy, noProxy: [...new Set([...excepted, ...direct])].join(",") };
}

function exceptedOf(places: readonly Target[], patterns: string): string[] {
  return places.map(({ host }) => host).filter((host) => isExcepted(host, patterns));
}

/** As DefaultProxySelector of maven-resolver-util. */
function isExcepted(host: string, patterns: string): boolean {
  return patterns.split("|").some((pattern) => {
    const parts = pattern.trim().toLowerCase().split("*").map((part) => part.replaceAll(/[^a-z0-9]/g, String.raw`\$&`));
    return pattern.trim() !== "" && new RegExp(`^${parts.join(".*")}$`).test(host.toLowerCase());
  });
}
