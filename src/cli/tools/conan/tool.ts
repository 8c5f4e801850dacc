import type { CliTool } from "../cli-tool.ts";

export const conan: CliTool = {
  setup: async () => (await import("./setup.ts")).conan,
  doctor: async () => (await import("./findings.ts")).conanDoctor,
  secrets: async () => (await import("./secrets.ts")).conanSecrets,
  added: async () => (await import("./setup.ts")).sayWhatLacks,
};
