/**
 * What each tool asks for at the place of its token. A request that its tool never makes is made by somebody else, and most
 * services have something at hand for whoever has a token. Pure.
 */
import { scriptEffect } from "../../protocols/http/requests.ts";
import { mavenEffect } from "../../protocols/maven/requests.ts";
import { registryEffect } from "../../protocols/npm/requests.ts";
import type { Effect } from "../../protocols/tool-protocol.ts";
import { isClosedToRegistries, isClosedToScripts } from "./closed-endpoints.ts";

interface Requests {
  readonly effectOf: (method: string, segments: readonly string[]) => Effect | undefined;
  /** Which of the paths that it may ask for are closed nevertheless. None of Maven's: no file of its layout is where tokens are made. */
  readonly isClosed?: (segments: readonly string[]) => boolean;
}

const OF_REGISTRY: Requests = { effectOf: registryEffect, isClosed: isClosedToRegistries };
const REQUESTS: Readonly<Record<string, Requests>> = {
  http: { effectOf: scriptEffect, isClosed: isClosedToScripts },
  maven: { effectOf: mavenEffect },
  npm: OF_REGISTRY,
  pnpm: OF_REGISTRY,
  yarn: OF_REGISTRY,
};

/**
 * @param segments of the whole path, and of that below the place of the token, both decoded
 * @returns undefined for what the tool never asks there
 */
export function effectOf(tool: string, method: string, { whole, below }: { readonly whole: readonly string[]; readonly below: readonly string[] }): Effect | "closed" | undefined {
  const requests = REQUESTS[tool];
  return requests?.isClosed?.(whole) === true ? "closed" : requests?.effectOf(method, below);
}
