import type { Tool } from "../tool.ts";

export const bazel: Tool = {
  programs: ["bazel", "bazelisk"],
  helper: { name: "bazel-credential-toolkey", reading: "get" },
  credentials: async () => (await import("./credential-protocol.ts")).bazelCredentials,
  protocol: async () => (await import("./plan.ts")).bazel,
};
