import type { CliTool } from "../cli-tool.ts";

export const gradle: CliTool = {
  setup: async () => (await import("./setup.ts")).gradle,
  doctor: async () => (await import("./findings.ts")).gradleDoctor,
  secrets: async () => (await import("./secrets.ts")).gradleSecrets,
};
