/** The checks of `toolkey doctor` for the clients of npm registries. */
import { existsSync } from "node:fs";
import { runProgram } from "../../platform/processes/programs.ts";
import { readTextFile } from "../../platform/files/text-file.ts";
import { findPlugin } from "../../protocols/yarn/setup.ts";
import type { Context } from "../context.ts";
import { bad, doubtful, good, type Finding } from "./findings.ts";
import { planFindings } from "./plan-findings.ts";
import { findHelpers } from "../setup/tools/pnpm.ts";
import { isSetUpInShell } from "../setup/tools/shell.ts";
import { yarnSettings } from "../setup/tools/yarn.ts";

const CLIENTS = ["npm", "pnpm", "yarn", "bun"] as const;
type Client = (typeof CLIENTS)[number];

/** Nothing of a client that has no token and was not set up. */
export async function npmFindings(context: Context, tokens: readonly { tool: string; state: string }[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const client of CLIENTS) {
    const isUsed = tokens.some(({ tool, state }) => tool === client && state === "active");
    const hook = await hookFindings(client, context);
    findings.push(...hook);
    if (!isUsed) continue;
    if (hook.length === 0) findings.push(doubtful(`plain ${client} does not ask toolkey; toolkey run -- ${client} does`, `toolkey setup ${client}`));
    findings.push(...(await planFindings(context, { tool: client, program: client, argument: "install", nothing: "names no registry for which it has a token" })));
  }
  return findings;
}

/** Whether what was set up is there and answers; nothing if nothing was. */
async function hookFindings(client: Client, context: Context): Promise<Finding[]> {
  switch (client) {
    case "pnpm":
      return Promise.all((await findHelpers(context)).map((helper) => helperFinding(helper, context)));
    case "yarn":
      return pluginFindings(context);
    case "npm":
    case "bun":
      return (await isSetUpInShell(client, context)) ? [good(`${client} in your shell runs with its tokens`)] : [];
    default:
      return client satisfies never;
  }
}

/** Runs a helper as pnpm would in this directory. What it prints is not shown. */
async function helperFinding({ setting, path }: { setting: string; path: string }, { environment }: Context): Promise<Finding> {
  const ended = existsSync(path) ? await runProgram(path, [], environment) : undefined;
  if (ended === undefined) return bad(`pnpm's settings name ${path}, which is not there`, "toolkey setup pnpm");
  if (/^(Bearer|Basic) /.test(ended.stdout)) return good(`pnpm gets a token for ${setting}`);
  return doubtful(`pnpm gets nothing for ${setting} in ${process.cwd()}`, `to see why: ${path}`);
}

async function pluginFindings({ environment }: Context): Promise<Finding[]> {
  const path = yarnSettings(environment);
  const text = await readTextFile(path);
  const plugin = text === undefined ? undefined : findPlugin(text);
  if (plugin === undefined) return [];
  if (!existsSync(plugin)) return [bad(`${path} names ${plugin}, which is not there: Yarn does not start`, "toolkey setup yarn")];
  return [good(`yarn asks toolkey, by ${path}`)];
}
