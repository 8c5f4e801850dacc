import { command } from "../command.ts";
import { ask } from "../context.ts";
import { tokenName } from "../text/token-text.ts";

export const restore = command({
  command: "restore <id>",
  describe: "bring a suspended token back",
  examples: [["$0 restore git-7f3k", "serve it again"]],
  options: (parser) => parser.positional("id", { type: "string", demandOption: true, describe: "the token's id" }),
  async run({ id }, context) {
    const { token, others } = await ask(context, "restore", { id });
    context.output.json({ token, others });
    context.output.print(`${tokenName(token)} is active again`);
    for (const other of others) context.output.note(`${other.id}, which had taken its place, is suspended`);
  },
});
