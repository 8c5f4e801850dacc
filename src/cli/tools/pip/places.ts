/** Where pip, uv and Python's keyring look for their settings. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { configHome, homeOf, type Environment } from "../../../platform/paths.ts";

/** What pip reads: with PIP_CONFIG_FILE that file, and none of the person's others (pip `_internal/configuration.py`). */
export function pipSettingsFile(environment: Environment): string {
  const named = environment["PIP_CONFIG_FILE"];
  return named === undefined || named === "" || named === "/dev/null" ? ownPipSettingsFile(environment) : named;
}

/** To which `pip config set` writes (pip `utils/appdirs.py`: not in Library, unless that is there). */
export function ownPipSettingsFile(environment: Environment): string {
  const library = join(homeOf(environment), "Library", "Application Support", "pip");
  const directory = process.platform === "darwin" && existsSync(library) ? library : join(configHome(environment), "pip");
  return join(directory, "pip.conf");
}

/** The one before that, which is read as well, and first. */
export function oldPipSettingsFile(environment: Environment): string {
  return join(homeOf(environment), ".pip", "pip.conf");
}

export function uvSettingsFile(environment: Environment): string {
  return join(configHome(environment), "uv", "uv.toml");
}

/** Of Python's keyring (keyring `util/platform_.py`). */
export function keyringSettingsFile(environment: Environment): string {
  return join(configHome(environment), "python_keyring", "keyringrc.cfg");
}

/** Where a person's own programs are, as the XDG base directory specification has it. */
export function keyringProgram(environment: Environment): string {
  return join(homeOf(environment), ".local", "bin", "keyring");
}
