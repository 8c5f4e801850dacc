import { join } from "node:path";
import { findInComposerAuth } from "../../../protocols/composer/auth-secrets.ts";
import type { NamedFile, SecretFiles } from "../../plaintext/secret-files.ts";

const FORMAT = "composer-auth";

export const composerSecrets: SecretFiles = {
  formats: { [FORMAT]: findInComposerAuth },
  home({ home, config, set }) {
    const named = set("COMPOSER_HOME");
    const homes = named === undefined ? [join(config, "composer"), join(home, ".composer")] : [named];
    return homes.flatMap((place) => ["auth.json", "config.json"].map((name): NamedFile => [join(place, name), FORMAT]));
  },
  project: [
    ["auth.json", FORMAT],
    ["composer.json", FORMAT],
  ],
  notes: { [FORMAT]: "composer gets these from toolkey where it is started by it: toolkey run -- composer, or toolkey setup composer" },
};
