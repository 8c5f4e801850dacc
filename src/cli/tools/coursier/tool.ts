import type { CliTool } from "../cli-tool.ts";

/** It has no hook: in the person's shell, `cs` and `sbt` become `toolkey run -- cs` and `toolkey run -- sbt`. */
export const coursier: CliTool = {
  setup: async () => (await import("../../setup/in-shell.ts")).inShell("coursier", ["cs", "coursier", "sbt"]),
  doctor: async () => (await import("./findings.ts")).coursierDoctor,
  secrets: async () => (await import("./secrets.ts")).coursierSecrets,
};
