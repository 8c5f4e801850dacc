import type { Tool } from "../tool.ts";

export const coursier: Tool = {
  programs: ["cs", "coursier", "sbt"],
  variables: "COURSIER_(CREDENTIALS|CONFIG_DIR)",
  withoutHook: ["cs", "coursier", "sbt"],
  logsInByName: true,
  protocol: async () => (await import("./plan.ts")).coursier,
};
