import { Failure } from "../../core/failure.ts";
import { command } from "../command.ts";
import { ask, type Context } from "../context.ts";
import { confirm } from "../secret-input.ts";
import { tokenName } from "../token-text.ts";

export const revoke = command({
  command: "revoke <ids..>",
  describe: "end tokens: their secrets are wiped from the vault",
  examples: [
    ["$0 revoke --local git-7f3k", "end it here; at its service it lives on until you end it there"],
    ["$0 revoke --local --yes git-7f3k git-a2bc", "without asking"],
  ],
  options: (parser) =>
    parser
      .positional("ids", { type: "string", array: true, demandOption: true, describe: "the tokens' ids" })
      .option("local", { type: "boolean", default: false, describe: "end them here only" })
      .option("yes", { type: "boolean", alias: "y", default: false, describe: "do not ask" }),
  async run({ ids, local, yes }, context) {
    if (!local) {
      throw new Failure("usage", "toolkey can't reach the services of these tokens, so it can only end them here", {
        hint: `end them at their service first, then: toolkey revoke --local ${ids.join(" ")}`,
      });
    }
    const tokens = await Promise.all(ids.map((id) => ask(context, "show", { id })));
    for (const { token, standIns } of tokens) {
      const after = standIns.length === 0 ? `${token.tool} gets nothing for ${token.target} any more` : `${standIns.join(", ")} takes its place`;
      context.output.note(`${tokenName(token)} ends: ${after}`);
    }
    if (!yes) await confirm("end it here?");
    await end(context, tokens.map(({ token }) => token.id));
  },
});

async function end(context: Context, ids: readonly string[]): Promise<void> {
  const { tokens } = await ask(context, "revoke", { ids });
  for (const token of tokens) context.output.print(`revoked ${tokenName(token)} here`);
  context.output.note("at their services these tokens live on until you end them there");
}
