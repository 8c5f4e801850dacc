/** The operation `authorization`: the value of a header for one URL, for tools with a hook that asks for one. */
import { Failure } from "../../core/failure.ts";
import { formatTarget, hasDots, parseTarget, type Target } from "../../core/target.ts";
import { miss, ok } from "../../core/wire/wire.ts";
import { ProjectFiles } from "../../platform/files/project-file.ts";
import { authorization } from "../../protocols/authorization.ts";
import type { NothingGiven } from "../../protocols/tool-protocol.ts";
import { knownTool } from "../../protocols/tool-names.ts";
import { TOOLS } from "../../protocols/tools.ts";
import { grantFor } from "../granting/grants.ts";
import { OF_HOOKS, runRequest } from "./plans.ts";
import type { ToolOperation, ToolWorld } from "./tool-operation.ts";

/** @throws Failure `usage` for no tool or no URL, and whatever the tool's protocol or the broker throws */
export const answerAuthorization: ToolOperation = async (world, { tool: named, payload, headers }) => {
  const tool = knownTool(named);
  const url = payload.trim();
  if (hasDots(url)) return { answer: miss(["no token is given for a URL with '.' or '..' in its path"]) };
  const target = parseTarget(url);
  const place = formatTarget(target);
  const refusal = await distrustOf(world, tool, target, headers);
  if (refusal !== undefined) return { answer: miss([refusal.note], [refusal.hint]), place };
  const { grant, notes, hints } = await grantFor(world, tool, { target });
  if (grant === undefined) return { answer: miss(notes, hints), place };
  return { answer: ok(`${authorization(grant).reveal()}\n`), place, tokens: [grant.token.id] };
};

/**
 * Why the project in which a tool runs must not be given a token, where the tool's hook can't tell by itself. Undefined also if nobody says
 * where it runs.
 *
 * @param headers `directory`, `home`
 */
export async function distrustOf(
  world: ToolWorld,
  named: string,
  target: Target,
  headers: ReadonlyMap<string, string>,
): Promise<NothingGiven | undefined> {
  const [directory, home] = [headers.get("directory"), headers.get("home")];
  if (directory === undefined || home === undefined) return undefined;
  if (!directory.startsWith("/") || !home.startsWith("/")) throw new Failure("bad-request", "a directory is absolute");
  const tool = knownTool(named);
  const [protocol, files] = [await TOOLS[tool].protocol(), new ProjectFiles()];
  const request = await runRequest(world, tool, { directory, home, arguments: ["install"], environment: {}, ...OF_HOOKS });
  const none = (): Promise<[]> => Promise.resolve([]);
  return (await protocol(request, (path) => files.read(path), none, none)).distrust?.(target);
}
