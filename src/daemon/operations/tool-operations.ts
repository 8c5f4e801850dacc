/** The operations that tools have, by their names on the wire. Each is loaded when somebody needs it. */
import { Failure } from "../../core/failure.ts";
import { toolNamed } from "../../protocols/tools.ts";
import { DAEMON_TOOLS } from "../tools.ts";
import type { ToolOperation } from "./tool-operation.ts";

/** Of every tool: the plan of a command, and the value of a header for one URL. */
const OF_ALL: ReadonlyMap<string, () => Promise<ToolOperation>> = new Map([
  ["plan", async () => (await import("./plans.ts")).answerPlan],
  ["authorization", async () => (await import("./authorization.ts")).answerAuthorization],
]);

/** @throws Failure `bad-request` if there is no such tool, or it has no such operation */
export async function operationOf(tool: string, operation: string): Promise<ToolOperation> {
  const known = toolNamed(tool);
  if (known?.credentials !== undefined && operation !== "plan") return (await import("./credentials.ts")).answerCredential;
  const found = OF_ALL.get(operation) ?? DAEMON_TOOLS.get(tool)?.operations.get(operation);
  if (found === undefined)
    throw new Failure("bad-request", known === undefined ? "this daemon does not know the tool" : "the tool has no such operation");
  return found();
}
