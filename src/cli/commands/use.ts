import { command } from "../command.ts";
import { ask } from "../context.ts";
import { tokenName } from "../text/token-text.ts";

export const use = command({
  command: "use <id>",
  describe: "make a token the default where several could answer",
  about: [
    "Where several tokens of a tool are good for a place, as those of two accounts, this one answers. If it can't, being suspended " +
      "or expired, no other user's token does in its place.",
    "A request that names a user gets the token of that user.",
  ],
  examples: [["$0 use git-7f3k", "git gets this one where a request names no user"]],
  options: (parser) => parser.positional("id", { type: "string", demandOption: true, describe: "the token's id" }),
  async run({ id }, context) {
    const { token, others } = await ask(context, "use", { id });
    context.output.json({ token, others });
    context.output.print(`${tokenName(token)} is the default now`);
  },
});
