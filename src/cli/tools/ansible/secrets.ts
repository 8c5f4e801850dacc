import { join } from "node:path";
import { findInAnsibleConfig, findInGalaxyToken } from "../../../protocols/ansible/config-secrets.ts";
import type { SecretFiles } from "../../plaintext/secret-files.ts";

export const ansibleSecrets: SecretFiles = {
  formats: { "ansible-cfg": findInAnsibleConfig, "galaxy-token": findInGalaxyToken },
  home: ({ home, set }) => [
    [set("ANSIBLE_CONFIG") ?? join(home, ".ansible.cfg"), "ansible-cfg"],
    [set("ANSIBLE_GALAXY_TOKEN_PATH") ?? join(set("ANSIBLE_HOME") ?? join(home, ".ansible"), "galaxy_token"), "galaxy-token"],
  ],
  project: [["ansible.cfg", "ansible-cfg"]],
  notes: { "ansible-cfg": "ansible-galaxy gets these by toolkey run -- ansible-galaxy, or toolkey setup ansible" },
};
