/** The tools that can be set up. */
import { git } from "./setups/git.ts";
import { maven } from "./setups/maven.ts";
import { bun, npm } from "./setups/shell.ts";
import type { ToolSetup } from "./tool-setup.ts";

export const SETUPS = { git, maven, npm, bun } as const satisfies Readonly<Record<string, ToolSetup>>;
