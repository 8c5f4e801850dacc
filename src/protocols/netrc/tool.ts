import type { Tool } from "../tool.ts";

export const netrc: Tool = {
  programs: [],
  insteadOfSetup: `toolkey run --tool netrc -- sh -c 'curl --netrc-file "$NETRC" URL'`,
  logsInByName: true,
  protocol: async () => (await import("./plan.ts")).netrc,
};
