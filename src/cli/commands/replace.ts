import { command } from "../command.ts";
import { reportAssessment } from "../text/assessment-text.ts";
import { ask } from "../context.ts";
import { readSecret } from "../terminal/secret-input.ts";
import { tokenName } from "../text/token-text.ts";

export const replace = command({
  command: "replace <id>",
  describe: "give a token a new secret, once its service accepts it; the old one is kept as a suspended token for a while",
  about: [
    "For a token that has expired, was refused, or was made anew on the page of its service. The id, the place and everything else " +
      "stay. The new secret is read from the terminal or from standard input, and asked of the service before it counts.",
  ],
  secret: "the new secret",
  examples: [["$0 replace git-7f3k", "paste the new secret at the prompt"]],
  options: (parser) => parser.positional("id", { type: "string", demandOption: true, describe: "the token's id" }),
  async run({ id }, context) {
    const { token: known } = await ask(context, "show", { id });
    const secret = await readSecret(context, `new secret for ${tokenName(known)}: `);
    const { token, others, assessment } = await ask(context, "replace", { id: known.id, secret: secret.reveal() });
    context.output.json({ token, others, assessment });
    context.output.print(`replaced the secret of ${tokenName(token)}`);
    reportAssessment(assessment, context.output);
    const old = others.at(-1);
    if (old !== undefined) context.output.note(`the old secret is kept, suspended, as ${old.id}`);
  },
});
