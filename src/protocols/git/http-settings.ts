/** What the person has told git of the way to a host: `http.*` and `http.<URL>.*` of git-config(1). Pure. */
import type { RouteUpstream } from "../../core/gateway/permit.ts";

/** A setting of git's, by its name as `git config --list` has it, in the order in which they count. */
export type GitSetting = readonly [name: string, value: string];

/** How a host is reached, or why the gateway can't reach it so. */
export type WayToHost = RouteUpstream | { readonly unable: string };

/** A name without the URL that it is for. */
const NAME = /^http\.(?:(.+)\.)?([a-z]+)$/is;
/** Credentials of the person's own: the gateway would put the token in their place. */
const OWN_CREDENTIALS = /^(authorization|proxy-authorization|cookie)$/i;

/**
 * @param origin of the host: `https://host[:port]`
 * @param environment for GIT_SSL_CAINFO and GIT_SSL_NO_VERIFY, which come before settings
 */
export function wayToHost(settings: readonly GitSetting[], origin: string, environment: Readonly<Record<string, string>>): WayToHost {
  const found = new Map<string, { readonly closeness: number; readonly values: string[] }>();
  for (const [name, value] of settings) {
    const [, url, key = ""] = NAME.exec(name) ?? [];
    const closeness = url === undefined ? 0 : closenessOf(url, origin);
    const known = found.get(key.toLowerCase());
    if (closeness === undefined || (known !== undefined && known.closeness > closeness)) continue;
    // An empty header forgets those before it; of all else the last counts.
    const before = key.toLowerCase() === "extraheader" && value !== "" ? (known?.values ?? []) : [];
    found.set(key.toLowerCase(), { closeness, values: value === "" && key.toLowerCase() === "extraheader" ? [] : [...before, value] });
  }
  const last = (key: string): string | undefined => found.get(key)?.values.at(-1);
  if (/^(false|no|off|0)$/i.test(last("sslverify") ?? "") || environment["GIT_SSL_NO_VERIFY"] !== undefined)
    return { unable: "checks of its certificate are off, and the gateway always checks" };
  const client = ["sslcert", "sslkey"].find((key) => last(key) !== undefined);
  if (client !== undefined) return { unable: `the gateway can't use http.${client}` };
  const headers = (found.get("extraheader")?.values ?? []).map(headerOf);
  if (headers.some(([name]) => OWN_CREDENTIALS.test(name))) return { unable: "http.extraHeader has credentials of your own" };
  const [caFile, proxy] = [environment["GIT_SSL_CAINFO"] ?? last("sslcainfo"), last("proxy")];
  return {
    ...(caFile === undefined ? {} : { caFiles: [caFile] }),
    ...(proxy === undefined ? {} : { httpProxy: proxy, httpsProxy: proxy }),
    // Those for all hosts git sends by itself, to the gateway, too.
    ...(headers.length === 0 || found.get("extraheader")?.closeness === 0 ? {} : { headers }),
  };
}

function headerOf(text: string): readonly [name: string, value: string] {
  const colon = text.indexOf(":");
  return colon === -1 ? [text.trim(), ""] : [text.slice(0, colon).trim(), text.slice(colon + 1).trim()];
}

/** How well a setting's URL fits a whole host: undefined if it doesn't. Labels may be `*`; one with a path is for a part of it. */
function closenessOf(url: string, origin: string): number | undefined {
  const [, scheme, host = "", path = ""] = /^([a-z]+):\/\/(?:[^@/]*@)?([^/]+)(\/.*)?$/i.exec(url.toLowerCase()) ?? [];
  const place = new URL(origin);
  if (`${scheme ?? ""}:` !== place.protocol || path.replaceAll("/", "") !== "") return undefined;
  const labels = host.replace(/:443$/, "").split(".");
  const own = place.host.split(".");
  if (labels.length !== own.length || !labels.every((label, index) => label === "*" || label === own[index])) return undefined;
  return 1 + labels.filter((label) => label !== "*").length;
}
