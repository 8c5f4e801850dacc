/** The tools that can be set up. */
import type { ToolSetup } from "./tool-setup.ts";

/** Each is loaded when it is asked for. */
export const SETUPS = {
  git: async () => (await import("./tools/git.ts")).git,
  maven: async () => (await import("./tools/maven.ts")).maven,
  npm: async () => (await import("./tools/shell.ts")).npm,
  pnpm: async () => (await import("./tools/pnpm.ts")).pnpm,
  yarn: async () => (await import("./tools/yarn.ts")).yarn,
  bun: async () => (await import("./tools/shell.ts")).bun,
} as const satisfies Readonly<Record<string, () => Promise<ToolSetup>>>;
