import { command, JSON_OPTION } from "../command.ts";
import { ask } from "../context.ts";
import { tokenTable } from "../token-text.ts";

export const list = command({
  command: "list",
  describe: "show the tokens, without their secrets",
  examples: [
    ["$0 list", "all of them"],
    ["$0 list --tool git --json", "git's, for a program"],
  ],
  options: (parser) =>
    parser
      .option("tool", { type: "string", requiresArg: true, describe: "only this tool's" })
      .option("service", { type: "string", requiresArg: true, describe: "only those for this service" })
      .option("json", JSON_OPTION),
  async run({ tool, service, json }, context) {
    const { tokens } = await ask(context, "list", { tool, service });
    if (json) {
      context.output.json(tokens);
    } else if (tokens.length === 0) {
      const isPart = tool !== undefined || service !== undefined;
      context.output.note(isPart ? "there are no such tokens" : "there are no tokens");
      context.output.hint(isPart ? "'toolkey list' shows all" : "toolkey add nuxeo --tool git");
    } else {
      context.output.print(tokenTable(tokens, context.output, context.now()));
    }
  },
});
