import type { CliTool } from "../cli-tool.ts";

export const cargo: CliTool = {
  setup: async () => (await import("./setup.ts")).cargo,
  doctor: async () => (await import("./findings.ts")).cargoDoctor,
  secrets: async () => (await import("./secrets.ts")).cargoSecrets,
};
