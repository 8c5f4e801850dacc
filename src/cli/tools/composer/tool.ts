import type { CliTool } from "../cli-tool.ts";

/** It has no hook: in the person's shell, `composer` becomes `toolkey run -- composer`. */
export const composer: CliTool = {
  setup: async () => (await import("../../setup/in-shell.ts")).inShell("composer", ["composer"]),
  doctor: async () => (await import("./findings.ts")).composerDoctor,
  secrets: async () => (await import("./secrets.ts")).composerSecrets,
};
