/**
 * Where Terraform and OpenTofu look. What is made must hide nothing from OpenTofu, which reads its files by XDG only where there are none
 * of the older names. Source: OpenTofu and Terraform, `internal/command/cliconfig/config_unix.go`.
 */
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { homeOf, type Environment } from "../../../platform/paths.ts";
import { namedSettings, terraformSettings, tofuSettings } from "../../../protocols/terraform/settings-files.ts";

export interface TerraformPlaces {
  /** Of settings: those that are read. */
  readonly settings: readonly string[];
  /** Where programs are looked for. */
  readonly plugins: string;
  /** Whether only OpenTofu reads these settings: Terraform knows no XDG. */
  readonly isOfTofuAlone: boolean;
}

export function terraformPlaces(environment: Environment): TerraformPlaces {
  const named = namedSettings(environment);
  const older = terraformSettings(homeOf(environment));
  const ofTofu = tofuSettings(homeOf(environment), environment).find((path) => existsSync(path)) ?? older;
  const isOfTofuAlone = named === undefined && basename(ofTofu) === "tofurc";
  const settings = named !== undefined ? [named] : isOfTofuAlone ? [ofTofu] : [...new Set([older, ofTofu])];
  return { settings, plugins: join(pluginParent(environment), "plugins"), isOfTofuAlone };
}

/** All that may have been set up. */
export function allPlaces(environment: Environment): { readonly settings: readonly string[]; readonly plugins: readonly string[] } {
  const home = homeOf(environment);
  const { settings, plugins } = terraformPlaces(environment);
  return {
    settings: [...new Set([...settings, ...tofuSettings(home, environment)])],
    plugins: [...new Set([plugins, join(home, ".terraform.d", "plugins")])],
  };
}

function pluginParent(environment: Environment): string {
  const own = join(homeOf(environment), ".terraform.d");
  const xdg = environment["XDG_DATA_HOME"] ? join(environment["XDG_DATA_HOME"], "opentofu") : undefined;
  return xdg !== undefined && existsSync(xdg) && !existsSync(own) ? xdg : own;
}
