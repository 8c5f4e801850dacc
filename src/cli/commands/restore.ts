import { command } from "../command.ts";
import { ask } from "../context.ts";
import { tokenName } from "../text/token-text.ts";

export const restore = command({
  command: "restore <id>",
  describe: "bring a suspended token back",
  about: [
    "A token is suspended when a server refuses it where it has worked, which may be the server's mistake; it is never deleted for " +
      "that. One that is held back, since somebody else's repository has refused it, is served there again.",
    "If the service still refuses it, it is suspended again at the next request: then `toolkey replace` or `toolkey rotate` is " +
      "what helps.",
  ],
  examples: [["$0 restore git-7f3k", "serve it again"]],
  options: (parser) => parser.positional("id", { type: "string", demandOption: true, describe: "the token's id" }),
  async run({ id }, context) {
    const { token, others } = await ask(context, "restore", { id });
    context.output.json({ token, others });
    context.output.print(`${tokenName(token)} is active again`);
    for (const other of others) context.output.note(`${other.id}, which had taken its place, is suspended`);
  },
});
