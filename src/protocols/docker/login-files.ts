/** Where podman's family looks for logins (containers-auth.json(5)). */
import { join } from "node:path";

export interface LoginPlaces {
  /** REGISTRY_AUTH_FILE and XDG_RUNTIME_DIR. */
  readonly named: string | undefined;
  readonly runtime: string | undefined;
  /** Where the person's programs have their configuration. */
  readonly config: string;
  readonly uid: number | undefined;
}

/** In its order. An empty variable says nothing. */
export function containersLogins({ named, runtime, config, uid }: LoginPlaces): string[] {
  if (named) return [named];
  const current = runtime ? [join(runtime, "containers")] : uid === undefined ? [] : [join("/run/containers", String(uid))];
  return [...current, join(config, "containers")].map((directory) => join(directory, "auth.json"));
}
