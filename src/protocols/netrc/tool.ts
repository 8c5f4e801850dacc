import type { Tool } from "../tool.ts";

export const netrc: Tool = {
  programs: [],
  insteadOfSetup: `toolkey run --tool netrc -- sh -c 'curl --netrc-file "$NETRC" "$TOOLKEY_HTTP/https/HOST/PATH"'`,
  logsInByName: true,
  protocol: async () => (await import("./plan.ts")).netrc,
  requests: async () => (await import("../http/requests.ts")).SCRIPTS,
};
