/** The tools for which the daemon does something of its own. */
import type { DaemonTool } from "./daemon-tool.ts";
import { gradle } from "./gradle/tool.ts";
import { maven } from "./maven/tool.ts";

export const DAEMON_TOOLS: ReadonlyMap<string, DaemonTool> = new Map(Object.entries({ gradle, maven }));
