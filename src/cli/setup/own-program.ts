import { fileURLToPath } from "node:url";
import type { Environment } from "../../platform/paths.ts";
import { programPath } from "../../platform/processes/programs.ts";

/** The path of a program of this installation: the one by which PATH leads to it, or else its own. */
export async function ownProgram(name: string, environment: Environment): Promise<string> {
  return programPath(fileURLToPath(new URL(`../bin/${name}`, import.meta.url)), name, environment);
}
