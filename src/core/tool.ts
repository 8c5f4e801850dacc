import { Failure } from "./failure.ts";

const TOOL = /^[a-z][a-z0-9-]{0,31}$/;

/**
 * Checks the name of a tool: lower-case letters, digits and hyphens.
 *
 * @throws Failure `usage` for anything else.
 */
export function toolName(text: string): string {
  if (!TOOL.test(text)) {
    throw new Failure("usage", `'${text}' is not the name of a tool`, { hint: "tools are named git, maven, npm, …" });
  }
  return text;
}
