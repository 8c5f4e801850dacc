import type { CliTool } from "../cli-tool.ts";

export const bazel: CliTool = {
  setup: async () => (await import("./setup.ts")).bazel,
  doctor: async () => (await import("./findings.ts")).bazelDoctor,
  added: async () => (await import("./setup.ts")).sayWhatLacks,
};
