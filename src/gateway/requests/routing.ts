/** From the path of a request to the URL that it means, within what the phantom permits. Pure. */
import { splitGatewayPath } from "../../core/gateway/url.ts";
import { isInScope, type Permit, type Route, type RouteUpstream } from "../../core/gateway/permit.ts";
import { formatTarget, origin, parseTarget, sameTarget, targetFromParts, type Target } from "../../core/target.ts";
import { ANY_USER } from "../../protocols/git/plan.ts";
import { gitRequest, repositoryIn } from "../../protocols/git/requests.ts";
import type { Rewrite, ToolRequests } from "../../protocols/tool.ts";
import { isRefusal, type Refusal } from "../answers/refusal.ts";
import { imageAddress, imageAtGateway } from "./image-address.ts";
import { readPath, type Demand } from "./request-head.ts";
import { effectOf } from "./tool-requests.ts";

/** Where a request goes. */
export interface Passage {
  /** Scheme, host and port of the upstream, as in a URL. */
  readonly origin: string;
  /** Path and query there, percent-encoded. */
  readonly path: string;
  /** For which the tool's token is asked; undefined if it goes there without one. */
  readonly place: Target | undefined;
  /** Whose token of these is asked for; undefined for any. */
  readonly username: string | undefined;
  /** Whether the request changes what is there. */
  readonly changes: boolean;
  /** What the answer is, if URLs in it are to lead through the gateway, too. */
  readonly rewritten: "tarballs" | "links" | "lfs-batch" | Rewrite | undefined;
  /** As of the requests of its tool (`ToolRequests`). */
  readonly besidePlace: boolean;
  /** Whether requests for this place may change it. */
  readonly publishes: boolean;
  readonly upstream: RouteUpstream | undefined;
}

/** The URL of a service by its name; undefined if there is no such service. */
export type ServiceUrl = (name: string) => string | undefined;

const NOT_GRANTED: Readonly<Record<Permit["addressing"], Refusal>> = {
  url: { status: 403, why: "the phantom is not for this address" },
  npm: { status: 403, why: "the phantom is not for this address" },
  images: { status: 403, why: "the phantom is not for this image" },
  service: { status: 403, why: "no service has this name", hint: "toolkey services, or /https/HOST/PATH for any other host" },
  session: { status: 403, why: "the phantom of a session leads nowhere" },
};
const READING: ReadonlySet<string> = new Set(["GET", "HEAD"]);

/** What a phantom is good for. */
export interface Permitted {
  readonly tool: string;
  readonly permit: Permit;
  /** Of its tool (`requestsOf`). */
  readonly requests: ToolRequests | undefined;
}

export function passageOf(demand: Demand, permitted: Permitted, serviceUrl: ServiceUrl): Passage | Refusal {
  const found = findPassage(demand, permitted, serviceUrl);
  const { tool, permit } = permitted;
  if (isRefusal(found)) return found;
  // Whatever it was put together of, it is to mean one thing to every server.
  const read = readPath(found.path);
  if (isRefusal(read)) return read;
  if (found.place === undefined || isInScope(permit, tool, found.place)) return found;
  return {
    status: 403,
    why: `the session may use no ${tool} token for ${formatTarget(found.place)}`,
    hint: "start it again, after toolkey add or without --only",
  };
}

/** As if it was of no session. */
function findPassage(demand: Demand, { tool, permit, requests }: Permitted, serviceUrl: ServiceUrl): Passage | Refusal {
  const besidePlace = requests?.besidePlace === true;
  const found = ADDRESSINGS[permit.addressing](demand, permit, serviceUrl, besidePlace);
  if (found === undefined) return NOT_GRANTED[permit.addressing];
  const { route, url } = found;
  if (tool === "git") return passageOfGit(demand, found);
  const isBelow = contains(route.target, url);
  // A tarball may be named anywhere.
  const place =
    route.isAuthorized && (isBelow || besidePlace) ? { ...route.target, path: url.repository ?? route.target.path } : undefined;
  const below = permit.addressing === "service" || (besidePlace && !isBelow) ? url.segments : url.segments.slice(route.target.path.length);
  const effect = effectOf(requests, demand.method, { whole: url.segments, below });
  if (effect === "closed") return { status: 403, why: "blocked: this endpoint manages tokens or users" };
  if (effect === "changes" && !READING.has(demand.method) && !route.isAuthorized) {
    const target = formatTarget(route.target);
    return { status: 403, why: `there is no ${tool} token for ${target}, where this goes`, hint: `toolkey add ${target} --tool ${tool}` };
  }
  if (effect !== "reads" && !READING.has(demand.method) && !(effect === "changes" && route.publishes)) {
    return { status: 403, why: `this phantom does not permit ${demand.method}`, hint: "toolkey run --publish" };
  }
  // What goes there without a token is asked for as it would be without us.
  if (effect === undefined && place !== undefined)
    return {
      status: 403,
      why: `${tool} asks for nothing of this kind with its token`,
      hint: "toolkey run --tool http, for what calls an API",
    };
  return {
    origin: url.origin,
    path: `${url.path}${url.query ?? demand.query}`,
    place,
    username: undefined,
    changes: effect !== "reads" && !READING.has(demand.method),
    rewritten: route.rewritesTarballs === true ? "tarballs" : route.rewritesLinks === true ? "links" : requests?.rewrite?.(below),
    besidePlace,
    publishes: route.publishes,
    upstream: route.upstream,
  };
}

/** git's, which has a token for each repository, and is told by the whole of a request. */
function passageOfGit({ method, query, username }: Demand, { route, url }: Found): Passage | Refusal {
  const asked = gitRequest(method, url.path, query);
  if (asked === undefined) return { status: 403, why: "this phantom is for git, which makes no such request" };
  if (asked.changes && !route.publishes) return { status: 403, why: "this phantom does not permit pushing", hint: "toolkey run --publish" };
  return {
    origin: url.origin,
    path: `${url.path}${query}`,
    place: route.isAuthorized ? { ...route.target, path: repositoryIn(url.segments) ?? route.target.path } : undefined,
    username: username === ANY_USER ? undefined : username,
    changes: asked.changes,
    rewritten: asked.isBatch ? "lfs-batch" : undefined,
    besidePlace: false,
    publishes: route.publishes,
    upstream: route.upstream,
  };
}

interface Address {
  readonly origin: string;
  readonly path: string;
  /** Of the path, decoded. */
  readonly segments: readonly string[];
  /** Where it is another one than that of the request. */
  readonly query?: string;
  /** What the token is wanted for, where that is a part of the place of the token. */
  readonly repository?: readonly string[];
}

interface Found {
  readonly route: Route;
  readonly url: Address;
}

type Resolve = (demand: Demand, permit: Permit, serviceUrl: ServiceUrl, besidePlace: boolean) => Found | undefined;

const ADDRESSINGS: Readonly<Record<Permit["addressing"], Resolve>> = {
  url(demand, { routes }, _serviceUrl, besidePlace) {
    const url = addressedUrl(demand);
    const route = url === undefined ? undefined : routeTo(url, routes, besidePlace);
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

function addressedUrl({ path, segments }: Demand): Address | undefined {
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

function contains(target: Target, url: Address): boolean {
  return origin(target) === url.origin && startsWith(url.segments, target.path);
}

function startsWith(segments: readonly string[], prefix: readonly string[]): boolean {
  return prefix.every((segment, index) => segments[index] === segment);
}

/** Of several that are beside a place the one that has most of its path. */
function routeTo(url: Address, routes: readonly Route[], besidePlace: boolean): Route | undefined {
  const below = longest(routes.filter(({ target }) => contains(target, url)));
  if (below !== undefined || !besidePlace) return below;
  const shared = ({ target: { path } }: Route): number => {
    const differs = path.findIndex((segment, index) => segment !== url.segments[index]);
    return differs === -1 ? path.length : differs;
  };
  return routes.filter(({ target }) => origin(target) === url.origin).toSorted((a, b) => shared(b) - shared(a))[0];
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

/**
 * Where the client finds what an upstream redirects to: through the gateway if it stays there and the phantom leads there, else by
 * itself and without a token. Nowhere (undefined) if that is the gateway: no upstream chooses what another one's token is spent on.
 *
 * @param from the origin of the upstream
 */
export function redirectTo(
  location: URL,
  { from, ...way }: Way & { readonly from: string },
): string | undefined {
  if (location.origin === new URL(way.gateway).origin) return undefined;
  return (location.origin === from ? leadThrough(location, way) : undefined) ?? location.href;
}

/** How a phantom leads somewhere. */
export interface Way extends Pick<Passage, "besidePlace"> {
  readonly permit: Permit;
  readonly gateway: string;
}

/** The same place through the gateway: undefined if the phantom does not lead there. */
export function leadThrough(location: URL, { permit, gateway, besidePlace }: Way): string | undefined {
  const segments = decodedSegments(location.pathname);
  const url = { origin: location.origin, path: location.pathname, segments };
  if (permit.addressing === "npm") {
    const asked = { method: "GET", path: url.path, segments, query: "", phantom: undefined };
    const found = ADDRESSINGS.npm(asked, permit, () => undefined, false);
    return found?.url.origin === url.origin && found.url.path === url.path ? `${gateway}${url.path}${location.search}` : undefined;
  }
  if (permit.addressing === "images") {
    const path = imageAtGateway(location, permit.routes);
    return path === undefined ? undefined : `${gateway}${path}`;
  }
  if (permit.addressing === "url" && routeTo(url, permit.routes, besidePlace) === undefined) return undefined;
  return `${gateway}/${url.origin.replace("://", "/")}${url.path}${location.search}`;
}

/** Whether what is asked there has the token of this place. */
export function isAtPlace({ origin, pathname }: URL, place: Target, { permit, besidePlace }: Way): boolean {
  const route = routeTo({ origin, path: pathname, segments: decodedSegments(pathname) }, permit.routes, besidePlace);
  return route !== undefined && sameTarget(route.target, place);
}

function decodedSegments(path: string): string[] {
  try {
    return path.slice(1).split("/").map(decodeURIComponent);
  } catch {
    return [];
  }
}
