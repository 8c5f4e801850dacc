import type { Tool } from "../tool.ts";

export const maven: Tool = {
  programs: ["mvn", "mvnw", "mvnDebug"],
  variables: "MAVEN_.*|M2_HOME",
  protocol: async () => (await import("./plan.ts")).maven,
  requests: async () => (await import("./requests.ts")).REPOSITORY,
};
