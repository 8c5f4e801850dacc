/** The tools that can be set up, and those that needn't. */
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

/** The tools for which there is nothing to set up, with a command that gets its tokens. */
export const WITHOUT_SETUP = {
  http: `toolkey run --tool http -- sh -c 'curl --netrc-file "$TOOLKEY_NETRC" "$TOOLKEY_HTTP/SERVICE/PATH"'`,
  nuxeoctl: "toolkey run -- nuxeoctl register USERNAME PROJECT",
} as const satisfies Readonly<Record<string, string>>;
