import { duration } from "../../core/clock.ts";
import { command } from "../command.ts";
import { ask } from "../context.ts";
import { tokenName } from "../text/token-text.ts";
import { chooseTool } from "../tool-choice.ts";

export const mint = command({
  command: "mint <service>",
  describe: "make a token for one tool at its service, with the login there",
  examples: [
    ['$0 mint jfrog --tool npm --ttl 30d --scope "artifact:npm-local/**:r"', "the least that npm needs"],
    ["$0 mint npm-registry@registry.example.com --tool npm --read-only --cidr 10.0.0.0/8", "at an npm registry"],
  ],
  lists: ["cidr"],
  options: (parser) =>
    parser
      .positional("service", { type: "string", demandOption: true, describe: "the service" })
      .option("tool", { type: "string", requiresArg: true, describe: "the only tool that will get it" })
      .option("ttl", { type: "string", requiresArg: true, describe: "how long it is valid: 12h, 30d; 0s for ever" })
      .option("scope", { type: "string", requiresArg: true, describe: "what it may do" })
      .option("username", { type: "string", requiresArg: true, describe: "whose it is" })
      .option("refreshable", { type: "boolean", default: false, describe: "can be renewed without the login" })
      .option("project-key", { type: "string", requiresArg: true, describe: "the project it is for" })
      .option("read-only", { type: "boolean", default: false, describe: "npm registries: may not publish" })
      .option("cidr", { type: "string", array: true, requiresArg: true, describe: "npm registries: from these addresses only" }),
  async run({ service, tool: named, ttl, scope, username, refreshable, projectKey, readOnly, cidr }, context) {
    const tool = named ?? (await chooseTool(context, (await ask(context, "service", { name: service })).service.tools.map((use) => use.tool)));
    const { token } = await ask(context, "mint", {
      service,
      tool,
      ttl: ttl === undefined ? undefined : duration(ttl) / 1000,
      scope,
      username,
      refreshable,
      projectKey,
      readOnly,
      cidr,
    });
    context.output.print(`made ${tokenName(token)}${token.expiresAt === undefined ? "" : `, which expires at ${token.expiresAt}`}`);
  },
});

export const rotate = command({
  command: "rotate <id>",
  describe: "create a new token in the place of one, then revoke the old one",
  examples: [["$0 rotate npm-7f3k", "the id stays the same"]],
  options: (parser) => parser.positional("id", { type: "string", demandOption: true, describe: "the token's id" }),
  async run({ id }, context) {
    const { token, old } = await ask(context, "rotate", { id });
    context.output.print(`renewed ${tokenName(token)}${token.expiresAt === undefined ? "" : `, which expires at ${token.expiresAt}`}`);
    if (old === undefined) return;
    context.output.note(`the old one: ${old.detail}`);
    if (old.hint !== undefined) context.output.hint(old.hint);
  },
});
