import type { CliTool } from "../cli-tool.ts";

export const go: CliTool = {
  setup: async () => (await import("./setup.ts")).go,
  doctor: async () => (await import("./findings.ts")).goDoctor,
  secrets: async () => (await import("./secrets.ts")).goSecrets,
};
