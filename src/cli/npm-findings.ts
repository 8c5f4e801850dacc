/** The checks of `toolkey doctor` for the clients of npm registries. */
import { existsSync } from "node:fs";
import { planCommand } from "../client/plan.ts";
import { Failure } from "../core/failure.ts";
import { runProgram } from "../platform/programs.ts";
import { readTextFile } from "../platform/text-file.ts";
import type { Context } from "./context.ts";
import { bad, doubtful, good, type Finding } from "./findings.ts";
import { findHelpers } from "./setups/pnpm.ts";
import { isSetUpInShell } from "./setups/shell.ts";
import { yarnSettings } from "./setups/yarn.ts";

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
    findings.push(...(await planFindings(client, context)));
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
  const { findPlugin } = await import("../protocols/yarn/setup.ts");
  const plugin = text === undefined ? undefined : findPlugin(text);
  if (plugin === undefined) return [];
  if (!existsSync(plugin)) return [bad(`${path} names ${plugin}, which is not there: Yarn does not start`, "toolkey setup yarn")];
  return [good(`yarn asks toolkey, by ${path}`)];
}

/** What `toolkey run` would give the client in this directory, and what is in its way. */
async function planFindings(client: Client, context: Context): Promise<Finding[]> {
  const directory = process.cwd();
  try {
    const { given, notes, hints } = await planCommand(context, { tool: client, arguments: ["install"], variables: {} });
    const left = notes.map((note, index) => doubtful(note, hints[index] ?? `toolkey run -- ${client}, to see it again`));
    if (given.length === 0) return [...left, ...(notes.length === 0 ? [good(`${client} in ${directory} names no registry for which it has a token`)] : [])];
    return [...given.map(({ token, place }) => good(`${client} in ${directory} gets ${token} for ${place}`)), ...left];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [bad(`${client} gets no token: ${error.message}`, error.hints.join("; "))];
  }
}
