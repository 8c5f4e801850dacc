/** Where an answer may lead its client: through the gateway, or past it without a token. Pure. */
import type { Permit } from "../../core/gateway/permit.ts";
import { sameTarget, type Target } from "../../core/target.ts";
import { ADDRESSINGS, choiceOf, routesTo } from "../requests/addressing.ts";
import { imageAtGateway } from "../requests/image-address.ts";
import type { Passage } from "../requests/routing.ts";

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

/** How a phantom leads somewhere, and from which place. */
export interface Way extends Pick<Passage, "besidePlace" | "place"> {
  readonly permit: Permit;
  readonly gateway: string;
}

/** The same place through the gateway: undefined if the phantom does not lead there. */
export function leadThrough(location: URL, { permit, gateway, besidePlace, place }: Way): string | undefined {
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
  const nearest = routesTo(url, permit.routes, besidePlace);
  if (permit.addressing === "url" && nearest.length === 0) return undefined;
  // Of several that are equally near who leads there is meant, and not the first.
  const own = nearest.slice(1).find(({ target }) => place !== undefined && sameTarget(target, place));
  const choice = own === undefined ? "" : choiceOf(permit.routes.indexOf(own));
  return `${gateway}${choice}/${url.origin.replace("://", "/")}${url.path}${location.search}`;
}

/** Whether what is asked there may have the token of this place. */
export function isAtPlace({ origin, pathname }: URL, place: Target, { permit, besidePlace }: Way): boolean {
  const nearest = routesTo({ origin, path: pathname, segments: decodedSegments(pathname) }, permit.routes, besidePlace);
  return nearest.some(({ target }) => sameTarget(target, place));
}

function decodedSegments(path: string): string[] {
  try {
    return path.slice(1).split("/").map(decodeURIComponent);
  } catch {
    return [];
  }
}
