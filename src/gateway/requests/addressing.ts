/** Which route a request means, by how the paths of its client are made. Pure. */
import { splitGatewayPath } from "../../core/gateway/url.ts";
import type { Permit, Route } from "../../core/gateway/permit.ts";
import { origin, parseTarget, targetFromParts, type Target } from "../../core/target.ts";
import { imageAddress } from "./image-address.ts";
import type { Demand } from "./request-head.ts";

/** The URL of a service by its name; undefined if there is no such service. */
export type ServiceUrl = (name: string) => string | undefined;

export interface Address {
  readonly origin: string;
  readonly path: string;
  /** Of the path, decoded. */
  readonly segments: readonly string[];
  /** Where it is another one than that of the request. */
  readonly query?: string;
  /** What the token is wanted for, where that is a part of the place of the token. */
  readonly repository?: readonly string[];
}

export interface Found {
  readonly route: Route;
  readonly url: Address;
}

type Resolve = (demand: Demand, permit: Permit, serviceUrl: ServiceUrl, besidePlace: boolean) => Found | undefined;

export const ADDRESSINGS: Readonly<Record<Permit["addressing"], Resolve>> = {
  url(demand, { routes }, _serviceUrl, besidePlace) {
    const { choice, ...rest } = chosen(demand);
    const url = addressedUrl(rest);
    const nearest = url === undefined ? [] : routesTo(url, routes, besidePlace);
    const route = choice === undefined ? nearest[0] : nearest.find((each) => each === routes[choice]);
    return url === undefined || route === undefined ? undefined : { route, url };
  },

  service(demand, { publishes }, serviceUrl) {
    const url = addressedUrl(demand) ?? serviceAddress(demand, serviceUrl);
    const target = url === undefined ? undefined : targetOf(url);
    return url === undefined || target === undefined
      ? undefined
      : { route: { target, isAuthorized: true, publishes }, url: { ...url, origin: origin(target) } };
  },

  session: () => undefined,

  images: (demand, { routes }) => imageAddress(demand, routes),

  npm(demand, permit, serviceUrl) {
    const { path, segments } = demand;
    const { routes } = permit;
    // A package may be named `https`, and then its archives are below `-`.
    if (/^https?$/.test(segments[0] ?? "") && segments.length > 2 && segments[1] !== "-")
      return ADDRESSINGS.url(demand, permit, serviceUrl, false);
    const at = (route: Route): Found => ({ route, url: { origin: origin(route.target), path, segments } });
    const below = (route: Route): Found => {
      const prefix = route.target.path;
      const encoded = prefix.map((segment) => `/${encodeURIComponent(segment)}`).join("");
      return { route, url: { origin: origin(route.target), path: `${encoded}${path}`, segments: [...prefix, ...segments] } };
    };
    const named = routes.find(({ tarballs }) => tarballs?.includes(path));
    if (named !== undefined) return at(named);
    // With the registry's own path in front, as its tarballs have it. Behind it comes a package: `/npm/-/npm-1.tgz` is one of the root.
    const prefixed = routes.filter(
      ({ target }) =>
        target.path.length > 0 && startsWith(segments, target.path) && ![undefined, "", "-"].includes(segments[target.path.length]),
    );
    const scope = scopeIn(segments);
    // Two hosts may have the same path: there the scope tells them apart.
    const nearest = longest(prefixed.filter(({ scopes }) => scopes?.includes(scope ?? ""))) ?? longest(prefixed);
    if (nearest !== undefined) return at(nearest);
    const scoped = scope === undefined ? undefined : routes.find(({ scopes }) => scopes?.includes(scope));
    if (scoped !== undefined)
      return segments[0]?.startsWith("@") === true || segments[0] === "-" ? below(scoped) : withinTarget(at(scoped));
    const fallback = routes.find(({ scopes }) => scopes?.includes(""));
    return fallback === undefined ? undefined : below(fallback);
  },
};

/** Where several places are equally near, a path begins with which one of the phantom's is meant. */
export function choiceOf(route: number): string {
  return `/at:${route}`;
}

function chosen({ path, segments }: Demand): Pick<Demand, "path" | "segments"> & { readonly choice?: number } {
  const [, choice, rest = ""] = /^\/at:(\d{1,6})(\/.*)$/s.exec(path) ?? [];
  return choice === undefined ? { path, segments } : { path: rest, segments: segments.slice(1), choice: Number(choice) };
}

function addressedUrl({ path, segments }: Pick<Demand, "path" | "segments">): Address | undefined {
  const split = splitGatewayPath(path);
  return split === undefined ? undefined : { origin: split.origin.toLowerCase(), path: split.path, segments: segments.slice(2) };
}

function serviceAddress({ path, segments: [name = "", ...segments] }: Demand, serviceUrl: ServiceUrl): Address | undefined {
  const url = serviceUrl(name);
  if (url === undefined) return undefined;
  const slash = path.indexOf("/", 1);
  return { origin: origin(parseTarget(url)), path: slash === -1 ? "/" : path.slice(slash), segments };
}

function withinTarget(found: Found): Found | undefined {
  return contains(found.route.target, found.url) ? found : undefined;
}

export function contains(target: Target, url: Address): boolean {
  return origin(target) === url.origin && startsWith(url.segments, target.path);
}

function startsWith(segments: readonly string[], prefix: readonly string[]): boolean {
  return prefix.every((segment, index) => segments[index] === segment);
}

/** The one that a URL is below; else, if it may be beside, those at its host that have most of its path. */
export function routesTo(url: Address, routes: readonly Route[], besidePlace: boolean): readonly Route[] {
  const below = longest(routes.filter(({ target }) => contains(target, url)));
  if (below !== undefined) return [below];
  const beside = besidePlace ? routes.filter(({ target }) => origin(target) === url.origin) : [];
  const shared = ({ target: { path } }: Route): number => {
    const differs = path.findIndex((segment, index) => segment !== url.segments[index]);
    return differs === -1 ? path.length : differs;
  };
  const most = Math.max(...beside.map(shared));
  return beside.filter((route) => shared(route) === most);
}

function longest(routes: readonly Route[]): Route | undefined {
  return routes.toSorted((a, b) => b.target.path.length - a.target.path.length)[0];
}

/** `@acme`, wherever it stands: `@acme%2fname`, `@acme/name`, `-/package/@acme%2fname/dist-tags`, `download/@acme/name`. */
function scopeIn(segments: readonly string[]): string | undefined {
  return segments.find((segment) => segment.startsWith("@"))?.split("/", 1)[0];
}

function targetOf(url: Address): Target | undefined {
  try {
    const [scheme = "", host = ""] = url.origin.split("://");
    const target = targetFromParts({ scheme, host });
    return { ...target, path: url.segments.filter((segment) => segment !== "") };
  } catch {
    return undefined;
  }
}
