import { ADMINISTRATION } from "../../core/wire/administration.ts";
import { Failure } from "../../core/failure.ts";
import { missedTokens, suspendedHints, suspendedText } from "../../core/tokens/suspended.ts";
import { command } from "../command.ts";
import { ask, type Context } from "../context.ts";
import { knownTool } from "../../protocols/tool-names.ts";
import { untrackedTable, tokenTable } from "../text/token-text.ts";

export const list = command({
  command: "list",
  describe: "show the tokens, without their secrets",
  about: [
    "A wide window shows more columns, and a pipe gets all of them, one line for each token. `toolkey show` has everything about " +
      "one.",
    "States are `active`, `suspended` (a server has refused it), `revoking` (ended here, and its service is still to be told), " +
      "`revoked`, and `intended` (its service has not yet answered whether it was made).",
  ],
  examples: [
    ["$0 list", "all of them"],
    ["$0 list --tool git --json", "git's, for a program"],
    ["$0 list --service git.example.com --limit 20", "the first twenty of a service's"],
    ["$0 list --remote acme", "untracked tokens: the service knows them, the vault does not"],
  ],
  options: (parser) =>
    parser
      .option("tool", { type: "string", requiresArg: true, describe: "only this tool's" })
      .option("service", { type: "string", requiresArg: true, describe: "only those for this service" })
      .option("limit", { type: "number", requiresArg: true, describe: "not more than so many" })
      .option("remote", { type: "string", requiresArg: true, describe: "tokens that this service knows and the vault does not" }),
  async run({ tool, service, remote, limit }, context) {
    if (limit !== undefined && !(Number.isInteger(limit) && limit > 0)) throw new Failure("usage", "--limit takes a number from 1 on");
    if (remote !== undefined) return listUntracked(context, remote);
    const { tokens: found } = await ask(context, "list", { tool, service });
    const tokens = limit === undefined ? found : found.slice(0, limit);
    const { isForPrograms: json } = context.output;
    if (json) {
      context.output.json(tokens);
    } else if (tokens.length === 0) {
      if (tool !== undefined && tool !== ADMINISTRATION) knownTool(tool);
      const isPart = tool !== undefined || service !== undefined;
      context.output.note(isPart ? "there are no such tokens" : "there are no tokens");
      context.output.hint(isPart ? "'toolkey list' shows all" : "toolkey add URL --tool git");
    } else {
      context.output.print(...tokenTable(tokens, context.output, context.now()).split("\n"));
      for (const token of missedTokens(tokens)) {
        context.output.note(suspendedText(token));
        for (const hint of suspendedHints(token)) context.output.hint(hint);
      }
    }
    for (const { id } of json ? [] : tokens.filter(({ state }) => state === "intended")) {
      context.output.hint(`${id}: its service has not answered whether it was created; 'toolkey revoke ${id}' says what to do`);
    }
    const left = found.length - tokens.length;
    if (left > 0) {
      context.output.note(`${left} more ${left === 1 ? "is" : "are"} left out by --limit`);
      context.output.hint("--tool and --service show only some");
    }
  },
});

async function listUntracked(context: Context, service: string): Promise<void> {
  const { tokens } = await ask(context, "untracked", { service });
  context.output.json(tokens);
  if (context.output.isForPrograms) return;
  if (tokens.length === 0) return context.output.note(`${service} knows no token that is not in the vault`);
  context.output.print(...untrackedTable(tokens, context.output).split("\n"));
  context.output.hint(`to revoke one: toolkey revoke --remote ${service} TOKEN-ID`);
}
