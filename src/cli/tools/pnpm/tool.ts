import type { CliTool } from "../cli-tool.ts";

export const pnpm: CliTool = {
  setup: async () => (await import("./setup.ts")).pnpm,
  doctor: async () => (await import("./findings.ts")).pnpmDoctor,
  secrets: async () => (await import("./secrets.ts")).pnpmSecrets,
  added: async () => (await import("./setup.ts")).sayWhatLacks,
};
