/** Which tool a token is for, where the command line does not say. */
import type { ServiceView } from "../core/views/service.ts";
import { Failure } from "../core/failure.ts";
import { knownTool } from "../protocols/tool-names.ts";
import type { ToolName } from "../protocols/tools.ts";
import type { Context } from "./context.ts";
import { readLine } from "./terminal/secret-input.ts";

/** Asks for one of the tools. @throws Failure `usage` without a terminal, or for what is none */
export async function chooseTool(context: Context, tools: readonly string[]): Promise<ToolName> {
  const answer = (await readLine(context, `for which tool? (${tools.join(" ")}) `))?.trim() ?? "";
  if (answer === "") throw noTool(tools);
  return knownTool(answer);
}

/** Asks for some of the tools of a service. @throws as `chooseTool` */
export async function chooseTools(context: Context, service: ServiceView): Promise<readonly string[]> {
  const tools = service.tools.map(({ tool }) => tool);
  const answer = await readLine(context, `for which tools? (${tools.join(" ")}; all of them: just Enter) `);
  if (answer === undefined) throw noTool(tools);
  const chosen = answer.split(/[\s,]+/).filter((word) => word !== "");
  for (const tool of chosen) assertOffered(service, tool);
  return chosen.length === 0 ? tools : chosen;
}

/** @throws Failure `usage` if the service has no place for the tool */
export function assertOffered({ title, tools }: ServiceView, tool: string): void {
  if (tools.some((use) => use.tool === tool)) return;
  throw new Failure("usage", `there is nothing for ${knownTool(tool)} at ${title}`, {
    hint: `it is for: ${tools.map((use) => use.tool).join(", ")}; or give a URL`,
  });
}

function noTool(tools: readonly string[]): Failure {
  return new Failure("usage", "no tool was named", { hint: `add --tool with one of: ${tools.join(", ")}` });
}
