/**
 * The files in which Terraform and OpenTofu have their settings. Source: `internal/command/cliconfig/config_unix.go` of both: without
 * XDG_CONFIG_HOME, OpenTofu does not look below `~/.config`.
 */
import { join } from "node:path";

type Variables = Readonly<Record<string, string | undefined>>;

/** The one that a variable names, in place of all others; undefined if none does. */
export function namedSettings(environment: Variables): string | undefined {
  return environment["TF_CLI_CONFIG_FILE"] || environment["TERRAFORM_CONFIG"] || undefined;
}

/** The only one that Terraform knows. */
export function terraformSettings(home: string): string {
  return join(home, ".terraformrc");
}

/** Those of which OpenTofu reads the first that is there. */
export function tofuSettings(home: string, environment: Variables): string[] {
  const config = environment["XDG_CONFIG_HOME"];
  return [join(home, ".tofurc"), terraformSettings(home), ...(config ? [join(config, "opentofu", "tofurc")] : [])];
}
