import { runsProject } from "../npm/project-programs.ts";
import type { Tool } from "../tool.ts";

export const bun: Tool = {
  programs: ["bun", "bunx"],
  shorthands: [["bunx", "x"]],
  sessions: runsProject("|pm"),
  variables: "bun_config_.*",
  withoutHook: ["bun", "bunx"],
  protocol: async () => (await import("./plan.ts")).bun,
};
