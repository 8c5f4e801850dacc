import type { Tool } from "../tool.ts";

export const pip: Tool = {
  programs: ["pip", "pip3", "uv", "twine", "poetry", "pdm"],
  modules: "pip|uv|twine|poetry|pdm",
  // So a plan knows which of them it is for.
  shorthands: ["uv", "twine", "poetry", "pdm"].map((name) => [name, name]),
  variables: "PIP_.*|TWINE_(REPOSITORY|REPOSITORY_URL|USERNAME|CERT)|REQUESTS_CA_BUNDLE|NETRC|VIRTUAL_ENV|XDG_CONFIG_DIRS",
  logsInByName: true,
  helper: { name: "toolkey-keyring", reading: "set" },
  credentials: async () => (await import("./keyring/credential-protocol.ts")).keyringCredentials,
  requests: async () => (await import("./requests.ts")).INDEX,
  protocol: async () => (await import("./plan.ts")).pip,
};
