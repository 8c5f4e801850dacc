import type { Tool } from "../tool.ts";

export const terraform: Tool = {
  programs: ["terraform", "tofu"],
  helper: { name: "terraform-credentials-toolkey", reading: "store" },
  credentials: async () => (await import("./credential-protocol.ts")).terraformCredentials,
  protocol: async () => (await import("./plan.ts")).terraform,
};
