import { join } from "node:path";
import { findInNpmrc } from "../../../protocols/npm/configuration/npmrc-secrets.ts";
import type { SecretFiles } from "../../plaintext/secret-files.ts";

export const npmSecrets: SecretFiles = {
  formats: { npmrc: (text) => findInNpmrc(text, "npm") },
  home: ({ home, set }) => [[set("NPM_CONFIG_USERCONFIG") ?? set("npm_config_userconfig") ?? join(home, ".npmrc"), "npmrc"]],
  project: [[".npmrc", "npmrc"]],
  notes: { npmrc: "pnpm, yarn 1 and bun read .npmrc as well; they get nothing from it any more, and need tokens of their own" },
};
