import { join } from "node:path";
import { findInClassicYarnrc } from "../../../protocols/yarn/yarnrc-classic-secrets.ts";
import { findInYarnrc } from "../../../protocols/yarn/yarnrc-secrets.ts";
import type { SecretFiles } from "../../plaintext/secret-files.ts";

export const yarnSecrets: SecretFiles = {
  formats: { yarnrc: findInYarnrc, "yarnrc-classic": findInClassicYarnrc },
  home: ({ home }) => [
    [join(home, ".yarnrc.yml"), "yarnrc"],
    [join(home, ".yarnrc"), "yarnrc-classic"],
  ],
  project: [
    [".yarnrc.yml", "yarnrc"],
    [".yarnrc", "yarnrc-classic"],
  ],
};
