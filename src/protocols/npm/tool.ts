import type { Tool } from "../tool.ts";
import { runsProject } from "./project-programs.ts";

export const npm: Tool = {
  programs: ["npm", "npx"],
  scripts: String.raw`np[mx]-cli\.js`,
  shorthands: [[String.raw`npx(-cli\.js)?`, "exec"]],
  sessions: runsProject(""),
  variables: "npm_config_.*|PREFIX",
  withoutHook: ["npm", "npx"],
  protocol: async () => (await import("./plan.ts")).npm,
  requests: async () => (await import("./requests.ts")).REGISTRY,
};
