import { findInDockerConfig } from "../../../protocols/docker/login-secrets.ts";
import type { SecretFiles } from "../../plaintext/secret-files.ts";
import { containersLoginFiles, dockerConfig } from "./files.ts";

export const dockerSecrets: SecretFiles = {
  formats: { "docker-config": findInDockerConfig },
  home: (home) => [dockerConfig(home), ...containersLoginFiles(home)].map((path) => [path, "docker-config"]),
  project: [[".docker/config.json", "docker-config"]],
  notes: { "docker-config": "docker and podman get these from toolkey once they are set up: toolkey setup docker" },
};
