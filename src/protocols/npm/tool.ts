import type { Tool } from "../tool.ts";

export const npm: Tool = {
  programs: ["npm", "npx"],
  scripts: String.raw`np[mx]-cli\.js`,
  shorthands: [[String.raw`npx(-cli\.js)?`, "exec"]],
  variables: "npm_config_.*|PREFIX",
  withoutHook: ["npm", "npx"],
  protocol: async () => (await import("./plan.ts")).npm,
  requests: async () => (await import("./requests.ts")).REGISTRY,
};
