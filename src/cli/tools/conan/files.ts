import { existsSync } from "node:fs";
import { join } from "node:path";
import { upwards } from "../../../protocols/project-texts.ts";
import type { Home } from "../../plaintext/secret-files.ts";

/** Where Conan has its plugins, remotes and logins: `CONAN_HOME`, which may begin with `~/`. */
export function conanHome({ home, set }: Home): string {
  const named = set("CONAN_HOME");
  if (named === undefined) return join(home, ".conan2");
  return named.startsWith("~/") ? join(home, named.slice(2)) : named;
}

export function pluginFile(home: Home): string {
  return join(conanHome(home), "extensions", "plugins", "auth_remote.py");
}

/** A file of a directory or above it, by which Conan has another home there. */
export function conanrcAbove(directory: string): string | undefined {
  return upwards(directory).map((each) => join(each, ".conanrc")).find((path) => existsSync(path));
}
