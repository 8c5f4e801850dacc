/**
 * What each tool asks for at the place of its token. A request that its tool never makes is made by somebody else, and most
 * services have something at hand for whoever has a token.
 */
import type { ToolRequests } from "../../protocols/tool.ts";
import type { Effect } from "../../protocols/tool-protocol.ts";
import { toolNamed } from "../../protocols/tools.ts";
import { isClosedToRegistries, isClosedToScripts } from "./closed-endpoints.ts";

const CLOSED: Readonly<Record<ToolRequests["closed"], (segments: readonly string[]) => boolean>> = {
  nothing: () => false,
  "beyond-registry": isClosedToRegistries,
  "by-name": isClosedToScripts,
};

/** Loaded once for each tool. */
const loaded = new Map<string, Promise<ToolRequests> | undefined>();

/** Undefined for a tool that asks for nothing through the gateway, or in a way of its own. */
export function requestsOf(tool: string): Promise<ToolRequests> | undefined {
  if (!loaded.has(tool)) loaded.set(tool, toolNamed(tool)?.requests?.());
  return loaded.get(tool);
}

/**
 * @param segments of the whole path, and of that below the place of the token, both decoded
 * @returns undefined for what the tool never asks there
 */
export function effectOf(
  requests: ToolRequests | undefined,
  method: string,
  { whole, below }: { readonly whole: readonly string[]; readonly below: readonly string[] },
): Effect | "closed" | undefined {
  if (requests === undefined) return undefined;
  return CLOSED[requests.closed](whole) ? "closed" : requests.effectOf(method, below);
}
