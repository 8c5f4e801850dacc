import type { CliTool } from "../cli-tool.ts";

export const yarn: CliTool = {
  setup: async () => (await import("./setup.ts")).yarn,
  doctor: async () => (await import("./findings.ts")).yarnDoctor,
  secrets: async () => (await import("./secrets.ts")).yarnSecrets,
};
