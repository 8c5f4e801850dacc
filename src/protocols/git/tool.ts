import type { Tool } from "../tool.ts";

export const git: Tool = {
  programs: ["git"],
  variables: "GIT_SSL_CAINFO|GIT_SSL_NO_VERIFY",
  logsInByName: true,
  credentials: async () => (await import("./credential-protocol.ts")).gitCredentials,
  protocol: async () => (await import("./plan.ts")).git,
};
