import type { DaemonTool } from "../daemon-tool.ts";

export const gradle: DaemonTool = {
  operations: new Map(),
  session: async () => (await import("./session-options.ts")).planSession,
  serve: async () => undefined,
};
