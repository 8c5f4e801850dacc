import type { Tool } from "../tool.ts";

export const terraform: Tool = {
  programs: ["terraform", "tofu"],
  variables: "TF_CLI_CONFIG_FILE|TERRAFORM_CONFIG",
  helper: { name: "terraform-credentials-toolkey", reading: "store" },
  credentials: async () => (await import("./credential-protocol.ts")).terraformCredentials,
  protocol: async () => (await import("./plan.ts")).terraform,
};
