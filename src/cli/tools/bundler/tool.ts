import type { CliTool } from "../cli-tool.ts";

/** It has no hook: in the person's shell, `bundle` becomes `toolkey run -- bundle`. */
export const bundler: CliTool = {
  setup: async () => (await import("../../setup/in-shell.ts")).inShell("bundler", ["bundle", "bundler"]),
  doctor: async () => (await import("./findings.ts")).bundlerDoctor,
  secrets: async () => (await import("./secrets.ts")).bundlerSecrets,
};
