import type { CliTool } from "../cli-tool.ts";

export const docker: CliTool = {
  setup: async () => (await import("./setup.ts")).docker,
  doctor: async () => (await import("./findings.ts")).dockerDoctor,
  secrets: async () => (await import("./secrets.ts")).dockerSecrets,
  added: async () => (await import("./setup.ts")).sayWhatLacks,
};
