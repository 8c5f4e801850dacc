import type { CliTool } from "../cli-tool.ts";

export const terraform: CliTool = {
  setup: async () => (await import("./setup.ts")).terraform,
  doctor: async () => (await import("./findings.ts")).terraformDoctor,
  secrets: async () => (await import("./secrets.ts")).terraformSecrets,
};
