/**
 * What clients of images call a registry: the host alone, with its port (`registry.acme.example:5000`; podman, skopeo, docker), or with a
 * scheme and a path (docker, of Docker Hub). Sources: docker/cli `registry`, containers/image `docker/config`.
 */
import { origin, parseServer, parseTarget, type Target } from "../../core/target.ts";

/** All names of Docker Hub, and the one that docker itself asks by. */
const HUB_HOSTS = /^((index|registry-1|auth)\.)?docker\.io$/;
const HUB = "https://index.docker.io/v1/";
const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;

/**
 * The place that is meant.
 *
 * @throws Failure `usage` for what names none
 */
export function targetOfServer(server: string): Target {
  const target = parseServer(server);
  return HUB_HOSTS.test(target.host) ? parseTarget(HUB) : { ...target, path: [] };
}

/** What clients call the registry of a place, as docker's settings and podman's have it. */
export function serverOf(target: Target): string {
  return HUB_HOSTS.test(target.host) ? HUB : origin(target).replace(SCHEME, "");
}
