import type { CliTool } from "../cli-tool.ts";

/** It has no hook: in the person's shell, `npm` becomes `toolkey run -- npm`. */
export const npm: CliTool = {
  setup: async () => (await import("../../setup/in-shell.ts")).inShell("npm", ["npm", "npx"]),
  doctor: async () => (await import("./findings.ts")).shellDoctor("npm"),
  secrets: async () => (await import("./secrets.ts")).npmSecrets,
};
