import { existsSync } from "node:fs";
import { runProgram } from "../../../platform/processes/programs.ts";
import type { Context } from "../../context.ts";
import { bad, doubtful, good, type Finding } from "../../doctor/findings.ts";
import type { Doctor } from "../cli-tool.ts";
import { registryDoctor } from "../npm/findings.ts";
import { findHelpers } from "./setup.ts";

export const pnpmDoctor: Doctor = registryDoctor("pnpm", async (context) =>
  Promise.all((await findHelpers(context)).map((helper) => helperFinding(helper, context))),
);

/** Runs a helper as pnpm would in this directory. What it prints is not shown. */
async function helperFinding({ setting, path }: { setting: string; path: string }, { environment }: Context): Promise<Finding> {
  const ended = existsSync(path) ? await runProgram(path, [], environment) : undefined;
  if (ended === undefined) return bad("helper-missing", `pnpm's settings name ${path}, which is not there`, "toolkey setup pnpm");
  if (/^(Bearer|Basic) /.test(ended.stdout)) return good("gets-token", `pnpm gets a token for ${setting}`);
  return doubtful("gets-nothing", `pnpm gets nothing for ${setting} in ${process.cwd()}`, `to see why: ${path}`);
}
