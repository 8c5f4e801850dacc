/** Of a command that is given nothing, since it asks by itself: outside of sealed commands its keyring is answered. Pure. */
import { EMPTY_PLAN, type Plan } from "../../core/plan.ts";
import type { Grant } from "../tool-protocol.ts";

export function asksItself(program: string, grants: readonly Grant[]): Plan {
  if (grants.length === 0) return EMPTY_PLAN;
  return {
    ...EMPTY_PLAN,
    notes: [`${program} asks toolkey for its tokens itself, by its keyring`],
    hints: ["toolkey setup pip, if that was not done yet"],
  };
}
