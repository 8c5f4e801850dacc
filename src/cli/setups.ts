/** The tools that can be set up. */
import { git } from "./setups/git.ts";
import { maven } from "./setups/maven.ts";
import { pnpm } from "./setups/pnpm.ts";
import { bun, npm } from "./setups/shell.ts";
import { yarn } from "./setups/yarn.ts";
import type { ToolSetup } from "./tool-setup.ts";

export const SETUPS = { git, maven, npm, pnpm, yarn, bun } as const satisfies Readonly<Record<string, ToolSetup>>;
