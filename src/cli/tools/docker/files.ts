/** Where docker and podman's family keep what they know of logins. */
import { join } from "node:path";
import { containersLogins } from "../../../protocols/docker/login-files.ts";
import type { Home } from "../../plaintext/secret-files.ts";

/** Read by all of them. */
export function dockerConfig({ home, set }: Home): string {
  return join(set("DOCKER_CONFIG") ?? join(home, ".docker"), "config.json");
}

/** Read by podman's family, whatever else its settings say (containers-registries.conf.d(5)). */
export function containersDropIn({ config }: Home): string {
  return join(config, "containers", "registries.conf.d", "toolkey.conf");
}

/** The logins of podman's family, in the order in which it reads them. */
export function containersLoginFiles({ config, set }: Home): string[] {
  return containersLogins({ named: set("REGISTRY_AUTH_FILE"), runtime: set("XDG_RUNTIME_DIR"), config, uid: process.getuid?.() });
}
