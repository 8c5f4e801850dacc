/** The tools for which there are plans. Adding one is a folder here, a line below and one in `command.ts`. */
import { bun } from "./bun/plan.ts";
import { git } from "./git/plan.ts";
import { http } from "./http/plan.ts";
import { maven } from "./maven/plan.ts";
import { npm } from "./npm/plan.ts";
import { nuxeoctl } from "./nuxeoctl/plan.ts";
import { pnpm } from "./pnpm/plan.ts";
import type { ToolProtocol } from "./tool-protocol.ts";
import { yarn } from "./yarn/plan.ts";

export const TOOLS: Readonly<Record<string, ToolProtocol>> = {
  bun,
  git,
  http,
  maven,
  npm,
  nuxeoctl,
  pnpm,
  yarn,
};
