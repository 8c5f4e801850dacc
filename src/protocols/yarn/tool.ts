import { runsProject } from "../npm/project-programs.ts";
import type { Tool } from "../tool.ts";

export const yarn: Tool = {
  programs: ["yarn", "yarnpkg"],
  scripts: String.raw`yarn(-\d[\w.-]*)?\.c?js`,
  sessions: runsProject(""),
  variables: "YARN_.*",
  // Yarn 1 and 2 have none.
  withoutHook: ["yarn"],
  protocol: async () => (await import("./plan.ts")).yarn,
  requests: async () => (await import("../npm/requests.ts")).REGISTRY,
};
