import { runsProject } from "../npm/project-programs.ts";
import type { Tool } from "../tool.ts";

export const pnpm: Tool = {
  programs: ["pnpm", "pnpx", "pn"],
  scripts: String.raw`pnp[mx]\.[cm]?js`,
  shorthands: [[String.raw`pnpx(\.[cm]?js)?`, "dlx"]],
  sessions: runsProject(""),
  variables: "pnpm_config_.*",
  protocol: async () => (await import("./plan.ts")).pnpm,
  requests: async () => (await import("../npm/requests.ts")).REGISTRY,
};
