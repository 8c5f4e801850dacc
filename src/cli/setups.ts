/** The tools that can be set up, and those that needn't. */
import { git } from "./setups/git.ts";
import { maven } from "./setups/maven.ts";
import { pnpm } from "./setups/pnpm.ts";
import { bun, npm } from "./setups/shell.ts";
import { yarn } from "./setups/yarn.ts";
import type { ToolSetup } from "./tool-setup.ts";

export const SETUPS = { git, maven, npm, pnpm, yarn, bun } as const satisfies Readonly<Record<string, ToolSetup>>;

/** The tools for which there is nothing to set up, with how they get their tokens. */
export const WITHOUT_SETUP = {
  http: "toolkey run --tool http --env NAME=SERVICE -- COMMAND",
  nuxeoctl: "toolkey run -- nuxeoctl register USERNAME PROJECT",
} as const satisfies Readonly<Record<string, string>>;
