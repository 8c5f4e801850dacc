import type { Tool } from "../tool.ts";
import { hostsMaven, isMaven } from "./processes.ts";

export const maven: Tool = {
  programs: ["mvn", "mvnw", "mvnDebug"],
  // Plugins that start Maven, or whatever they are told, as another process.
  sessions: String.raw`(^| )(release|invoker|exec):|:(maven-(release|invoker)|exec-maven)-plugin:`,
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
