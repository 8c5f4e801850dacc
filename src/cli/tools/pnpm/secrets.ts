import { join } from "node:path";
import { findInNpmrc } from "../../../protocols/npm/configuration/npmrc-secrets.ts";
import type { NamedFile, SecretFiles } from "../../plaintext/secret-files.ts";

export const pnpmSecrets: SecretFiles = {
  formats: { "pnpm-rc": (text) => findInNpmrc(text, "pnpm") },
  home: ({ home, config }) =>
    [join(config, "pnpm"), join(home, "Library", "Preferences", "pnpm")].flatMap((directory): NamedFile[] => [
      [join(directory, "rc"), "pnpm-rc"],
      [join(directory, "auth.ini"), "pnpm-rc"],
    ]),
  project: [],
};
