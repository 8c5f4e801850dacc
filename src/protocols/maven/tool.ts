import type { Tool } from "../tool.ts";
import { hostsMaven, isMaven } from "./processes.ts";

export const maven: Tool = {
  programs: ["mvn", "mvnw", "mvnDebug"],
  variables: "MAVEN_.*|M2_HOME",
  kept: {
    title: "Maven",
    file: "settings.xml",
    again: "toolkey setup maven --gateway",
    agent: "Apache-Maven/",
    runsAs: isMaven,
    runsIn: hostsMaven,
  },
  protocol: async () => (await import("./plan.ts")).maven,
  requests: async () => (await import("./requests.ts")).REPOSITORY,
};
