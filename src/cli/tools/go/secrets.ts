import { findInGoEnvironment } from "../../../protocols/go/environment-secrets.ts";
import type { SecretFiles } from "../../plaintext/secret-files.ts";
import { goEnvironmentFile } from "./setup.ts";

export const goSecrets: SecretFiles = {
  formats: { "go-env": findInGoEnvironment },
  home: (home) => {
    const path = goEnvironmentFile(home);
    return path === undefined ? [] : [[path, "go-env"]];
  },
  project: [],
};
