import { join } from "node:path";
import { findInBundleConfig, findInGemCredentials } from "../../../protocols/bundler/config-secrets.ts";
import type { SecretFiles } from "../../plaintext/secret-files.ts";

export const bundlerSecrets: SecretFiles = {
  formats: { "bundle-config": findInBundleConfig, "gem-credentials": findInGemCredentials },
  home({ home, set }) {
    const usual = join(set("BUNDLE_USER_HOME") ?? join(home, ".bundle"), "config");
    return [
      [set("BUNDLE_CONFIG") ?? set("BUNDLE_USER_CONFIG") ?? usual, "bundle-config"],
      [join(home, ".gem", "credentials"), "gem-credentials"],
      [join(set("XDG_DATA_HOME") ?? join(home, ".local", "share"), "gem", "credentials"), "gem-credentials"],
    ];
  },
  project: [[".bundle/config", "bundle-config"]],
  notes: { "bundle-config": "bundler keeps URLs in capitals: what is taken has their paths in small letters" },
  advice: { gem: "gem: 'gem push' takes a key from $GEM_HOST_API_KEY, where it is to be kept elsewhere" },
};
