import type { Tool } from "../tool.ts";

export const go: Tool = {
  programs: ["go"],
  // They run what the project has.
  sessions: "^(run|test|generate|tool)( |$)",
  variables: "GO(AUTH|ENV|PROXY|PRIVATE|NOPROXY|INSECURE|FLAGS)",
  helper: { name: "go-auth-toolkey" },
  credentials: async () => (await import("./credential-protocol.ts")).goCredentials,
  protocol: async () => (await import("./plan.ts")).go,
  requests: async () => (await import("./requests.ts")).MODULES,
};
