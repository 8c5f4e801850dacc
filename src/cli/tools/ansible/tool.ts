import type { CliTool } from "../cli-tool.ts";

/** It has no hook: in the person's shell, `ansible-galaxy` becomes `toolkey run -- ansible-galaxy`. */
export const ansible: CliTool = {
  setup: async () => (await import("../../setup/in-shell.ts")).inShell("ansible", ["ansible-galaxy"]),
  doctor: async () => (await import("./findings.ts")).ansibleDoctor,
  secrets: async () => (await import("./secrets.ts")).ansibleSecrets,
};
