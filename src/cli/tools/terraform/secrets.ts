import { join } from "node:path";
import { findInTerraformrc } from "../../../protocols/terraform/cli-config.ts";
import { findInCredentialsFile } from "../../../protocols/terraform/credentials-file.ts";
import { namedSettings, tofuSettings } from "../../../protocols/terraform/settings-files.ts";
import type { NamedFile, SecretFiles } from "../../plaintext/secret-files.ts";

export const terraformSecrets: SecretFiles = {
  formats: { terraformrc: findInTerraformrc, "terraform-credentials": findInCredentialsFile },
  home({ home, config, set }) {
    const named = namedSettings({ TF_CLI_CONFIG_FILE: set("TF_CLI_CONFIG_FILE"), TERRAFORM_CONFIG: set("TERRAFORM_CONFIG") });
    const files: NamedFile[] = [
      ...tofuSettings(home, { XDG_CONFIG_HOME: config }).map((path): NamedFile => [path, "terraformrc"]),
      [join(home, ".terraform.d", "credentials.tfrc.json"), "terraform-credentials"],
      [join(config, "opentofu", "credentials.tfrc.json"), "terraform-credentials"],
    ];
    return named === undefined || files.some(([path]) => path === named) ? files : [...files, [named, "terraformrc"]];
  },
  project: [
    [".terraformrc", "terraformrc"],
    [".tofurc", "terraformrc"],
    ["credentials.tfrc.json", "terraform-credentials"],
  ],
};
