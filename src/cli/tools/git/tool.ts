import type { CliTool } from "../cli-tool.ts";

export const git: CliTool = {
  options: { "every-host": "git: also for hosts that have a helper of their own" },
  setup: async () => (await import("./setup.ts")).git,
  doctor: async () => (await import("./findings.ts")).gitDoctor,
  secrets: async () => (await import("./secrets.ts")).gitSecrets,
  added: async () => (await import("./added.ts")).sayOfNewToken,
};
