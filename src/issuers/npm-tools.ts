import type { ToolPlace, ToolPlaces } from "./declared.ts";

/** The clients of npm registries; each gets a token of its own. */
export const NPM_TOOLS = ["npm", "pnpm", "yarn", "bun"] as const;

/** The same place for each of them. */
export function eachNpmTool(place: ToolPlace): ToolPlaces {
  return Object.fromEntries(NPM_TOOLS.map((tool) => [tool, place]));
}
