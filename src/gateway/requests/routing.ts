/** From the path of a request to the URL that it means, within what the phantom permits. Pure. */
import { isInScope, type Permit, type RouteUpstream } from "../../core/gateway/permit.ts";
import { formatTarget, type Target } from "../../core/target.ts";
import { ANY_USER } from "../../protocols/git/plan.ts";
import { gitRequest, repositoryIn } from "../../protocols/git/requests.ts";
import type { Rewrite, ToolRequests } from "../../protocols/tool.ts";
import { isRefusal, type Refusal } from "../answers/refusal.ts";
import { ADDRESSINGS, contains, type Found, type ServiceUrl } from "./addressing.ts";
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
