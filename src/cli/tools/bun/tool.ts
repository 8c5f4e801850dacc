import type { CliTool } from "../cli-tool.ts";

/** Set up as npm is. */
export const bun: CliTool = {
  setup: async () => (await import("../../setup/in-shell.ts")).inShell("bun", ["bun", "bunx"]),
  doctor: async () => (await import("../npm/findings.ts")).shellDoctor("bun"),
};
