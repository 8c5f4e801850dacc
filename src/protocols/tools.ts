/** The tools, each with what makes its plans. */
import { bun } from "./bun/plan.ts";
import { git } from "./git/plan.ts";
import { http } from "./http/plan.ts";
import { maven } from "./maven/plan.ts";
import { npm } from "./npm/plan.ts";
import { nuxeoctl } from "./nuxeoctl/plan.ts";
import { pnpm } from "./pnpm/plan.ts";
import type { ToolName } from "./tool-names.ts";
import type { ToolProtocol } from "./tool-protocol.ts";
import { yarn } from "./yarn/plan.ts";

export const TOOLS: Readonly<Record<ToolName, ToolProtocol>> = {
  bun,
  git,
  http,
  maven,
  npm,
  nuxeoctl,
  pnpm,
  yarn,
};
