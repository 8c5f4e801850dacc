import type { TokenView } from "../../core/tokens/token.ts";
import type { Context } from "../context.ts";
import { CLI_TOOLS } from "../tools/tools.ts";

/** Says what a tool needs besides its new token. */
export async function sayOfTool(context: Context, { tool, target }: TokenView): Promise<void> {
  const told = await (await CLI_TOOLS.get(tool)?.added?.())?.(context, target);
  for (const note of told?.notes ?? []) context.output.note(note);
  for (const hint of told?.hints ?? []) context.output.hint(hint);
}
