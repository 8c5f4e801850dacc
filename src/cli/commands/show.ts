import { command, JSON_OPTION } from "../command.ts";
import { ask } from "../context.ts";
import { tokenDetails } from "../text/token-text.ts";

export const show = command({
  command: "show <id>",
  describe: "show all that is known of a token but its secret",
  examples: [["$0 show git-7f3k", "one token"]],
  options: (parser) =>
    parser
      .positional("id", { type: "string", demandOption: true, describe: "its id, or the beginning of it" })
      .option("json", JSON_OPTION),
  async run({ id, json }, context) {
    const { token } = await ask(context, "show", { id });
    if (json) context.output.json(token);
    else context.output.print(...tokenDetails(token, context.now()).split("\n"));
  },
});
