import type { CliTool } from "../cli-tool.ts";

export const pip: CliTool = {
  setup: async () => (await import("./setup.ts")).pip,
  doctor: async () => (await import("./findings.ts")).pipDoctor,
  secrets: async () => (await import("./secrets.ts")).pipSecrets,
  added: async () => (await import("./added.ts")).sayHowPipAsks,
};
