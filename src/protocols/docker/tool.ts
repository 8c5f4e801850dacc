import type { Tool } from "../tool.ts";
import { HUB, HUB_HOSTS } from "./server-url.ts";

export const docker: Tool = {
  programs: ["docker", "podman", "buildah", "skopeo", "helm", "oras"],
  variables: "DOCKER_CONFIG|REGISTRY_AUTH_FILE|CONTAINERS_REGISTRIES_CONF|XDG_RUNTIME_DIR",
  names: [[HUB_HOSTS, HUB]],
  logsInByName: true,
  helper: { name: "docker-credential-toolkey", reading: "get | erase | store", complaints: "stdout" },
  credentials: async () => (await import("./credential-protocol.ts")).dockerCredentials,
  protocol: async () => (await import("./plan.ts")).docker,
  requests: async () => (await import("./requests.ts")).IMAGES,
};
