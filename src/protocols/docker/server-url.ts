/**
 * What clients of images call a registry: the host alone, with its port (`registry.acme.example:5000`; podman, skopeo, docker), or with a
 * scheme and a path (docker, of Docker Hub). Sources: docker/cli `registry`, containers/image `docker/config`.
 */
import { isOnThisMachine, origin, parseTarget, type Target } from "../../core/target.ts";

/** All names of Docker Hub, and the one that docker itself asks by. */
const HUB_HOSTS = /^((index|registry-1|auth)\.)?docker\.io$/;
const HUB = "https://index.docker.io/v1/";
const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;

/**
 * The place that is meant. Without a scheme it is asked by https, but on this very machine by http: so do the clients.
 *
 * @throws Failure `usage` for what names none
 */
export function targetOfServer(server: string): Target {
  const { scheme, host, port } = parseTarget(server);
  const isBare = !SCHEME.test(server);
  if (HUB_HOSTS.test(host)) return parseTarget(HUB);
  const target = { scheme, host, port, path: [] };
  return isBare && isOnThisMachine(target) ? parseTarget(origin(target).replace(SCHEME, "http://")) : target;
}

/**
 * The place of a login as files name it (containers-auth.json(5)): a registry, or a namespace of one. docker has written the version of the
 * API behind some hosts.
 *
 * @throws Failure `usage` for what names none
 */
export function targetOfLogin(key: string): Target {
  const target = targetOfServer(key);
  const { path } = parseTarget(key);
  return path.length === 0 || /^v[12]$/.test(path[0] ?? "") ? target : { ...target, path };
}

/** What clients call the registry of a place, as docker's settings and podman's have it. */
export function serverOf(target: Target): string {
  return HUB_HOSTS.test(target.host) ? HUB : origin(target).replace(SCHEME, "");
}
