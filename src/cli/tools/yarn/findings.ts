import { existsSync } from "node:fs";
import { readTextFile } from "../../../platform/files/text-file.ts";
import { findPlugin } from "../../../protocols/yarn/setup.ts";
import type { Context } from "../../context.ts";
import { bad, good, type Finding } from "../../doctor/findings.ts";
import type { Doctor } from "../cli-tool.ts";
import { registryDoctor } from "../npm/findings.ts";
import { yarnSettings } from "./setup.ts";

export const yarnDoctor: Doctor = registryDoctor("yarn", pluginFindings);

async function pluginFindings({ environment }: Context): Promise<Finding[]> {
  const path = yarnSettings(environment);
  const text = await readTextFile(path);
  const plugin = text === undefined ? undefined : findPlugin(text);
  if (plugin === undefined) return [];
  if (!existsSync(plugin))
    return [
      bad(
        "helper-missing",
        `${path} names ${plugin}, which is not there: Yarn does not start`,
        "toolkey setup yarn",
      ),
    ];
  return [good("asks-toolkey", `yarn asks toolkey, by ${path}`)];
}
