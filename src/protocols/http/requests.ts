/** What scripts ask of a service: anything. Pure. */
import type { Effect } from "../tool-protocol.ts";

export function scriptEffect(method: string): Effect {
  return method === "GET" || method === "HEAD" ? "reads" : "changes";
}
