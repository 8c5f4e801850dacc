import type { Tool } from "../tool.ts";

export const conan: Tool = {
  programs: ["conan"],
  logsInByName: true,
  helper: { name: "conan-credential-toolkey" },
  credentials: async () => (await import("./credential-protocol.ts")).conanCredentials,
  protocol: async () => (await import("./plan.ts")).conan,
};
