/** What is said once pip has a new token. */
import type { Told } from "../../../core/plan.ts";
import type { Context } from "../../context.ts";
import { ask } from "../../context.ts";
import { isSetUp } from "./findings.ts";

/** @param target for which it is */
export async function sayHowPipAsks(context: Context, target: string): Promise<Told> {
  const { tokens } = await ask(context, "list", { tool: "pip" });
  const { username } = tokens.find((token) => token.target === target && token.state === "active") ?? {};
  // Where packages are uploaded pip asks for nothing.
  const isIndex = !target.endsWith("/legacy");
  const withName = target.replace("://", `://${encodeURIComponent(username ?? "USER")}@`);
  return {
    notes: [],
    hints: [
      ...((await isSetUp(context)) ? [] : ["so that plain pip, uv, twine and poetry ask for it: toolkey setup pip"]),
      ...(isIndex ? [`pip asks for an index with a user name in its URL: pip config set global.index-url ${withName}/`] : []),
    ],
  };
}
