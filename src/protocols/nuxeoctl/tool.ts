import type { Tool } from "../tool.ts";

export const nuxeoctl: Tool = {
  programs: ["nuxeoctl"],
  insteadOfSetup: "toolkey run -- nuxeoctl register USERNAME PROJECT",
  protocol: async () => (await import("./plan.ts")).nuxeoctl,
};
