import { Failure } from "../../core/failure.ts";
import { endInstant } from "../../core/clock.ts";
import { command } from "../command.ts";
import { ask } from "../context.ts";
import { readLine, readSecret } from "../secret-input.ts";
import { tokenName } from "../token-text.ts";

export const add = command({
  command: "add <place>",
  describe: "put a token into the vault; its secret is read from the terminal, or from standard input",
  examples: [
    ["$0 add nuxeo --tool git --username alice", "the token that git uses for Nuxeo Studio"],
    ["pass show git/example | $0 add https://git.example.com/team --tool git --username alice", "from another program"],
  ],
  options: (parser) =>
    parser
      .positional("place", { type: "string", demandOption: true, describe: "a service by name, or a URL" })
      .option("tool", { type: "string", requiresArg: true, demandOption: true, describe: "the only tool that will get it" })
      .option("username", { type: "string", requiresArg: true, describe: "the user name that goes with it" })
      .option("description", { type: "string", requiresArg: true, describe: "a note for yourself" })
      .option("expires", { type: "string", requiresArg: true, describe: "when it ends: 30d, 2027-01-31 or an ISO time" }),
  async run({ place, tool, username, description, expires }, context) {
    const expiresAt = expires === undefined ? undefined : endInstant(expires, context.now());
    const name = username ?? (tool === "git" ? await readLine(context, "user name: ") : undefined);
    if (tool === "git" && (name === undefined || name === "")) {
      throw new Failure("usage", "git needs a user name with a token", { hint: "add --username NAME" });
    }
    const secret = await readSecret(context, "token: ");
    const { token, others } = await ask(context, "add", {
      place,
      tool,
      username: name,
      secret: secret.reveal(),
      description,
      expiresAt,
    });
    context.output.print(`added ${tokenName(token)}`);
    for (const other of others) context.output.note(`${other.id}, which was there before, is suspended until it is dropped`);
  },
});
