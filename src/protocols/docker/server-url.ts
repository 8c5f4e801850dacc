/**
 * What clients of images call a registry: the host alone, with its port (`registry.acme.example:5000`; podman, skopeo, docker), or with a
 * scheme and a path (docker, of Docker Hub). Sources: docker/cli `registry`, containers/image `docker/config`.
 */
import { origin, parseServer, parseTarget, type Target } from "../../core/target.ts";

/** All names of Docker Hub. */
export const HUB_HOSTS = String.raw`^((index|registry-1|auth|hub|www)\.)?docker\.(io|com)$`;
/** Where images of Docker Hub are. */
export const HUB = "https://registry-1.docker.io";
/** What docker calls it in its settings, and when it asks. */
const HUB_OF_DOCKER = "https://index.docker.io/v1/";
/** What podman's family calls it. */
const HUB_IN_NAMES = "docker.io";
const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;

/**
 * The place that is meant.
 *
 * @throws Failure `usage` for what names none
 */
export function targetOfServer(server: string): Target {
  const target = parseServer(server);
  return isHub(target) && isUsual(target) ? parseTarget(HUB) : { ...target, path: [] };
}

/**
 * The place of a login as files name it (containers-auth.json(5)): a registry, or a namespace of one. docker has written the version of the
 * API behind some hosts.
 *
 * @throws Failure `usage` for what names none
 */
export function targetOfLogin(key: string): Target {
  const { path } = parseTarget(key);
  const target = targetOfServer(key);
  return path.length === 0 || /^v[12]$/.test(path[0] ?? "") ? target : { ...target, path };
}

/** What docker calls the registry of a place. */
export function serverOf(target: Target): string {
  return isHub(target) ? HUB_OF_DOCKER : hostOf(target);
}

/** How the names of its images begin. */
export function registryOf(target: Target): string {
  return isHub(target) ? HUB_IN_NAMES : hostOf(target);
}

function hostOf(target: Target): string {
  return origin(target).replace(SCHEME, "");
}

/** At another port, or without TLS, it is a host as any other. */
function isUsual({ scheme, port }: Target): boolean {
  return scheme === "https" && port === 443;
}

function isHub({ host }: Pick<Target, "host">): boolean {
  return new RegExp(HUB_HOSTS).test(host);
}
