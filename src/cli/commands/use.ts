import { command } from "../command.ts";
import { ask } from "../context.ts";
import { tokenName } from "../text/token-text.ts";

export const use = command({
  command: "use <id>",
  describe: "make a token the default where several could answer",
  examples: [["$0 use git-7f3k", "git gets this one where a request names no user"]],
  options: (parser) => parser.positional("id", { type: "string", demandOption: true, describe: "the token's id" }),
  async run({ id }, context) {
    const { token, others } = await ask(context, "use", { id });
    context.output.json({ token, others });
    context.output.print(`${tokenName(token)} is the default now`);
  },
});
