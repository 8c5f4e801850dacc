import { join } from "node:path";
import type { RunRequest } from "./tool-protocol.ts";

/** Where a person's programs have their configuration, by the XDG base directory specification: an empty variable says nothing. */
export function configHome({ environment, home }: Pick<RunRequest, "environment" | "home">): string {
  return environment["XDG_CONFIG_HOME"] || join(home, ".config");
}
