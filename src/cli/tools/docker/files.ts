/** Where docker and podman's family keep what they know of logins. */
import { join } from "node:path";
import type { Home } from "../../plaintext/secret-files.ts";

/** Read by all of them. */
export function dockerConfig({ home, set }: Home): string {
  return join(set("DOCKER_CONFIG") ?? join(home, ".docker"), "config.json");
}

/** Read by podman's family, whatever else its settings say (containers-registries.conf.d(5)). */
export function containersDropIn({ config }: Home): string {
  return join(config, "containers", "registries.conf.d", "toolkey.conf");
}

/** The logins of podman's family, in the order in which it reads them (containers-auth.json(5)). */
export function containersLogins({ config, set }: Home, uid = process.getuid?.() ?? 0): string[] {
  const named = set("REGISTRY_AUTH_FILE");
  if (named !== undefined) return [named];
  const runtime = set("XDG_RUNTIME_DIR");
  // As containers/image has it where the variable is not set.
  const current = runtime === undefined ? join("/run/containers", String(uid), "auth.json") : join(runtime, "containers", "auth.json");
  return [current, join(config, "containers", "auth.json")];
}
