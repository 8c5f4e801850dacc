/** The operation `authorization`: the value of a header for one URL, for tools with a hook that asks for one. */
import { Failure } from "../../core/failure.ts";
import { formatTarget, hasDots, parseTarget, type Target } from "../../core/target.ts";
import { miss, ok } from "../../core/wire.ts";
import { ProjectFiles } from "../../platform/files/project-file.ts";
import { authorization } from "../../protocols/authorization.ts";
import type { NothingGiven, RunRequest } from "../../protocols/tool-protocol.ts";
import { knownTool } from "../../protocols/tool-names.ts";
import { TOOLS, type ToolName } from "../../protocols/tools.ts";
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
  const [directory, home] = [headers.get("directory"), headers.get("home")];
  if (directory !== undefined && home !== undefined) {
    const refusal = await distrustIn(world, tool, target, { directory, home });
    if (refusal !== undefined) return { answer: miss([refusal.note], [refusal.hint]), place };
  }
  const { grant, notes, hints } = await grantFor(world, tool, { target });
  if (grant === undefined) return { answer: miss(notes, hints), place };
  return { answer: ok(`${authorization(grant).reveal()}\n`), place, tokens: [grant.token.id] };
};

/** Why the project in a directory must not be given a token, where the tool's hook can't tell by itself. */
async function distrustIn(
  world: ToolWorld,
  tool: ToolName,
  target: Target,
  where: Pick<RunRequest, "directory" | "home">,
): Promise<NothingGiven | undefined> {
  if (!where.directory.startsWith("/") || !where.home.startsWith("/")) throw new Failure("bad-request", "a directory is absolute");
  const [protocol, files] = [await TOOLS[tool].protocol(), new ProjectFiles()];
  const request = await runRequest(world, tool, { ...where, arguments: ["install"], environment: {}, ...OF_HOOKS });
  const none = (): Promise<[]> => Promise.resolve([]);
  return (await protocol(request, (path) => files.read(path), none, none)).distrust?.(target);
}
