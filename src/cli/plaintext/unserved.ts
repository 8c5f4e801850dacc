/** The files of tools that toolkey hands no tokens to: their secrets are only reported. */
import { join } from "node:path";
import { findInCargoCredentials } from "../../protocols/plaintext/cargo-credentials.ts";
import { findInGhHosts } from "../../protocols/plaintext/gh-hosts.ts";
import { findInPypirc } from "../../protocols/plaintext/pypirc.ts";
import type { SecretFiles } from "./secret-files.ts";

export const UNSERVED: SecretFiles = {
  formats: {
    "gh-hosts": findInGhHosts,
    "cargo-credentials": findInCargoCredentials,
    pypirc: findInPypirc,
  },
  home({ home, config, set }) {
    const cargo = set("CARGO_HOME") ?? join(home, ".cargo");
    return [
      [join(set("GH_CONFIG_DIR") ?? join(config, "gh"), "hosts.yml"), "gh-hosts"],
      [join(cargo, "credentials.toml"), "cargo-credentials"],
      [join(cargo, "credentials"), "cargo-credentials"],
      [join(home, ".pypirc"), "pypirc"],
    ];
  },
  project: [
    [".cargo/credentials.toml", "cargo-credentials"],
    [".cargo/credentials", "cargo-credentials"],
    [".pypirc", "pypirc"],
  ],
  advice: {
    cargo: "cargo: a credential provider keeps it in a key store: https://doc.rust-lang.org/cargo/reference/registry-authentication.html",
    gh: "gh: 'gh auth login' keeps it in the key store of this system, unless told otherwise",
    twine: "twine: keyring keeps it in a key store",
  },
};
