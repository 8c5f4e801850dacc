import type { Tool } from "../tool.ts";

export const gradle: Tool = {
  programs: ["gradle", "gradlew"],
  // Every build runs programs of the project's.
  sessions: "",
  variables: "GRADLE_OPTS",
  protocol: async () => (await import("./plan.ts")).gradle,
  requests: async () => (await import("./requests.ts")).GRADLE_REPOSITORY,
};
