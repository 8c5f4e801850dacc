import { Failure } from "../../core/failure.ts";
import { command } from "../command.ts";
import { ask, type Context } from "../context.ts";
import { confirm } from "../terminal/secret-input.ts";
import { tokenDetails } from "../text/token-text.ts";

export const show = command({
  command: "show <id>",
  describe: "show all that is known of a token but its secret",
  about: [
    "`--reveal` prints the secret itself, for what nobody foresaw and what can't ask toolkey. It asks first, and prints to a " +
      "terminal only, unless there is `--force`. Inside of a command of `toolkey run` it is refused.",
  ],
  examples: [
    ["$0 show git-7f3k", "one token"],
    ["$0 show http-2k9d --reveal", "its secret, for what can't ask toolkey"],
  ],
  options: (parser) =>
    parser
      .positional("id", { type: "string", demandOption: true, describe: "its id, or the beginning of it" })
      .option("reveal", { type: "boolean", default: false, describe: "print its secret, on a terminal, after asking" })
      .option("force", { type: "boolean", default: false, describe: "with --reveal: without asking, and also to another program" }),
  async run({ id, reveal, force }, context) {
    if (reveal && context.output.isForPrograms)
      throw new Failure("usage", "no secret is printed as JSON", { hint: "--reveal prints it alone" });
    if (reveal) return print(id, force, context);
    const { token } = await ask(context, "show", { id });
    context.output.json(token);
    context.output.print(...tokenDetails(token, context.now()).split("\n"));
  },
});

async function print(id: string, force: boolean, context: Context): Promise<void> {
  const { output } = context;
  if (!force && !output.isTerminal) {
    throw new Failure("usage", "a secret is printed to a terminal, and not to another program", {
      hint: ["nothing was printed", `if that program is to have it: toolkey show ${id} --reveal --force`],
    });
  }
  const { token } = await ask(context, "show", { id });
  const which = `${token.id} (${token.tool}, ${token.target})`;
  if (!force) await confirm(context, `print the secret of ${which}, where others may read it from the screen?`, "--force");
  const { secret } = await ask(context, "reveal", { id: token.id });
  output.print(secret);
}
