import type { Tool } from "../tool.ts";

export const http: Tool = {
  programs: [],
  insteadOfSetup: `toolkey run --tool http -- sh -c 'curl --netrc-file "$TOOLKEY_NETRC" "$TOOLKEY_HTTP/SERVICE/PATH"'`,
  takesVariables: true,
  protocol: async () => (await import("./plan.ts")).http,
  requests: async () => (await import("./requests.ts")).SCRIPTS,
};
