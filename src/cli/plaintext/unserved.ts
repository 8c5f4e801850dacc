/** The files of tools that toolkey hands no tokens to: their secrets are only reported. */
import { join } from "node:path";
import { findInGhHosts } from "../../protocols/plaintext/gh-hosts.ts";
import type { SecretFiles } from "./secret-files.ts";

export const UNSERVED: SecretFiles = {
  formats: { "gh-hosts": findInGhHosts },
  home: ({ config, set }) => [[join(set("GH_CONFIG_DIR") ?? join(config, "gh"), "hosts.yml"), "gh-hosts"]],
  project: [],
  advice: { gh: "gh: 'gh auth login' keeps it in the key store of this system, unless told otherwise" },
};
