/** The tools for which there are plans. Adding one is a folder here, a line below and one in `command.ts`. */
import { http } from "./http/plan.ts";
import { maven } from "./maven/plan.ts";
import { nuxeoctl } from "./nuxeoctl/plan.ts";
import type { ToolProtocol } from "./tool-protocol.ts";

export const TOOLS: Readonly<Record<string, ToolProtocol>> = {
  http,
  maven,
  nuxeoctl,
};
