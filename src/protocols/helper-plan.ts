/** The plan of a tool that asks for its tokens by its helper alone, and hosts that it can't be led to: nothing, and why. */
import { EMPTY_PLAN } from "../core/plan.ts";
import type { ToolProtocol } from "./tool-protocol.ts";

/** Inside of what is sealed the helper gives nothing: who started it is told, if there are tokens. */
export function asksByHelper(tool: string): ToolProtocol {
  return async (_request, _read, readHeld) => {
    const hasTokens = (await readHeld()).some(({ isSuspended }) => !isSuspended);
    if (!hasTokens) return { needs: [], asks: [], plan: () => EMPTY_PLAN };
    const plan = {
      ...EMPTY_PLAN,
      notes: [`${tool} can't be led through the gateway, and asks for its tokens by its helper, which gives none without --direct`],
      hints: [`toolkey setup ${tool}, then without 'toolkey run', or with --direct`],
    };
    return { needs: [], asks: [], plan: () => plan };
  };
}
