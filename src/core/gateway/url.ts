/** How a URL is written for the gateway: `http://127.0.0.1:PORT/https/host[:port]/path`. Pure. */
import { origin, type Target } from "../target.ts";

/** The only address on which the gateway listens. */
export const GATEWAY_HOST = "127.0.0.1";

/** Where a gateway is: without a final slash. */
export function gatewayOrigin(port: number): string {
  return `http://${GATEWAY_HOST}:${port}`;
}

/**
 * The URL by which a place is reached through the gateway, with the path as `formatTarget` writes it, and so
 * without a final slash.
 */
export function throughGateway(gateway: string, target: Target): string {
  const path = target.path.map((segment) => `/${encodeURIComponent(segment)}`).join("");
  return `${gateway}/${origin(target).replace("://", "/")}${path}`;
}

/** A registry in the name of an image at the gateway: `registry.acme.example`, `localhost__5000`, since names have no colon. */
export function registryInName(target: Target): string {
  return origin(target).replace(/^.*:\/\//, "").replace(":", "__");
}

/** A path of the gateway by URL, taken apart: `/https/host:8443/a/b` is `https://host:8443` and `/a/b`. Undefined for any other. */
export function splitGatewayPath(path: string): { readonly origin: string; readonly path: string } | undefined {
  const [, scheme, host, rest] = /^\/(https?)\/([^/]+)(\/.*)?$/s.exec(path) ?? [];
  return scheme === undefined || host === undefined ? undefined : { origin: `${scheme}://${host}`, path: rest ?? "/" };
}
