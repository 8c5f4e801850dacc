import type { Tool } from "../tool.ts";

export const pip: Tool = {
  programs: ["pip", "pip3", "uv", "twine", "poetry", "pdm"],
  variables: "PIP_.*|UV_.*|TWINE_.*|NETRC|VIRTUAL_ENV|XDG_CONFIG_DIRS",
  logsInByName: true,
  helper: { name: "toolkey-keyring", reading: "set", complaints: "stderr" },
  credentials: async () => (await import("./credential-protocol.ts")).keyringCredentials,
  protocol: async () => (await import("./plan.ts")).pip,
};
