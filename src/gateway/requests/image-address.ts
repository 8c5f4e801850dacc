/** Images at the gateway: the name of each begins with its registry, `/v2/registry.acme.example/team/app/manifests/1`. Pure. */
import type { Route } from "../../core/gateway/permit.ts";
import { registryInName } from "../../core/gateway/url.ts";
import { origin } from "../../core/target.ts";
import type { Demand } from "./request-head.ts";

const API = "v2";
/** Of an image (OCI distribution specification, "Pulling manifests"). */
const NAME = /^[a-z0-9]+([._-]+[a-z0-9]+)*$/;
const BEHIND_NAME: ReadonlySet<string> = new Set(["manifests", "blobs", "tags", "referrers"]);

export interface ImageAddress {
  readonly origin: string;
  readonly path: string;
  /** Of what is below the API: those of the image's name first. */
  readonly segments: readonly string[];
  /** Of the name of the image. */
  readonly repository: readonly string[];
  readonly query: string;
}

/** Whether a client only looks whether there is a registry, and how it logs in. */
export function isLook({ path }: Pick<Demand, "path">): boolean {
  return path === `/${API}/` || path === `/${API}`;
}

/** Undefined where no route leads there. */
export function imageAddress(
  { method, path, segments, query }: Pick<Demand, "method" | "path" | "segments" | "query">,
  routes: readonly Route[],
): { readonly route: Route; readonly url: ImageAddress } | undefined {
  const [api, registry, ...rest] = segments;
  if (api !== API || registry === undefined) return undefined;
  const route = routes
    .filter(({ target }) => registryInName(target) === registry && target.path.every((segment, index) => rest[index] === segment))
    .toSorted((a, b) => b.target.path.length - a.target.path.length)[0];
  if (route === undefined) return undefined;
  const end = rest.findLastIndex((segment, index) => index < rest.length - 1 && BEHIND_NAME.has(segment));
  const repository = rest.slice(0, Math.max(end, 0));
  if (!repository.every((segment) => NAME.test(segment))) return undefined;
  const below = path.slice(`/${API}/${registry}`.length);
  const url = { origin: origin(route.target), path: `/${API}${below}`, segments: rest, repository };
  const isUpload = method === "POST" && rest.slice(end).join("/") === "blobs/uploads/";
  return { route, url: { ...url, query: mounting(query, isUpload ? { registry, within: route.target.path } : undefined) } };
}

/** The same place at the gateway: undefined for what is no image's of this registry. */
export function imageAtGateway(location: URL, routes: readonly Route[]): string | undefined {
  const route = routes.find(({ target }) => origin(target) === location.origin);
  const [, rest] = /^\/v2(\/.+)$/.exec(location.pathname) ?? [];
  return route === undefined || rest === undefined ? undefined : `/${API}/${registryInName(route.target)}${rest}${location.search}`;
}

/**
 * A layer that another image has already, where the token is good for that one, too, is named by that image; else the client is told to
 * send it (OCI distribution specification, "Mounting a blob from another repository").
 *
 * @param upload undefined where nothing is sent
 */
function mounting(query: string, upload: { readonly registry: string; readonly within: readonly string[] } | undefined): string {
  const asked = new URLSearchParams(query);
  if (!asked.has("from") && !asked.has("mount")) return query;
  const [registry, ...name] = (asked.get("from") ?? "").split("/");
  const isGood =
    upload !== undefined &&
    registry === upload.registry &&
    asked.getAll("from").length === 1 &&
    name.length > upload.within.length &&
    name.every((segment, index) => NAME.test(segment) && (upload.within[index] ?? segment) === segment);
  if (isGood) asked.set("from", name.join("/"));
  else for (const each of ["from", "mount"]) asked.delete(each);
  return asked.size === 0 ? "" : `?${asked.toString()}`;
}
