import type { CliTool } from "../cli-tool.ts";

export const maven: CliTool = {
  options: {
    native: "maven: also for IDEs and mvnd, with Maven 4",
    gateway: "maven: in settings.xml, with a phantom in place of the tokens",
    publish: "with --gateway: to deploy, too",
  },
  setup: async () => (await import("./setup.ts")).maven,
  doctor: async () => (await import("./findings.ts")).mavenDoctor,
  secrets: async () => (await import("./secrets.ts")).mavenSecrets,
};
