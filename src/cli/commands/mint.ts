import type { Argv, Options } from "yargs";
import { duration } from "../../core/clock.ts";
import { WISHES, type TokenWish } from "../../core/tokens/token-wish.ts";
import { command } from "../command.ts";
import { ask } from "../context.ts";
import { madeText, tokenName } from "../text/token-text.ts";
import { chooseTool } from "../tool-choice.ts";

const OPTION_OF_FORM: Readonly<Record<(typeof WISHES)[number][1]["form"], Options>> = {
  duration: { type: "string", requiresArg: true },
  text: { type: "string", requiresArg: true },
  flag: { type: "boolean", default: false },
  texts: { type: "string", array: true, requiresArg: true },
};

export const mint = command({
  command: "mint <service>",
  describe: "make a token for one tool at its service, with the login there",
  about: [
    "It needs a login there: `toolkey login`. The token has no more rights than asked for, and is stored for that tool alone; toolkey " +
      "renews it before it ends, where its service lets it. What may be asked for differs from service to service.",
    "With `auto = true` for the service in `config.toml` the first request of a tool does the same by itself.",
  ],
  examples: [
    ['$0 mint acme --tool npm --ttl 30d --scope "artifact:npm-local/**:r"', "the least that npm needs, in the words of that service"],
    ["$0 mint acme --tool npm --read-only --cidr 10.0.0.0/8", "at an npm registry"],
    ["$0 mint acme-app --tool git --repository acme/widget", "with an app of your own: for that repository alone"],
  ],
  lists: WISHES.filter(([, { form }]) => form === "texts").map(([name]) => name),
  options: (parser) =>
    withWishes(
      parser
        .positional("service", { type: "string", demandOption: true, describe: "the service" })
        .option("tool", { type: "string", requiresArg: true, describe: "the only tool that will get it" }),
    ),
  async run(options, context) {
    const { service } = options;
    const tools = async (): Promise<string[]> => (await ask(context, "service", { name: service })).service.tools.map((use) => use.tool);
    const tool = options.tool ?? (await chooseTool(context, await tools()));
    const { token } = await ask(context, "mint", { service, tool, ...wishIn(options) });
    context.output.json({ token });
    context.output.print(madeText(token));
  },
});

export const rotate = command({
  command: "rotate <id>",
  describe: "create a new token in the place of one, then revoke the old one; or run the command that fetches it",
  about: [
    "The new token is stored before the old one is revoked, so that nothing is without one in between.",
  ],
  examples: [["$0 rotate npm-7f3k", "the id stays the same"]],
  options: (parser) => parser.positional("id", { type: "string", demandOption: true, describe: "the token's id" }),
  async run({ id }, context) {
    const { token, old, oldEndsAt, said } = await ask(context, "rotate", { id });
    for (const line of said) context.output.note(line);
    context.output.json({ token, old: old && { end: old.end, detail: old.detail, hint: old.hint }, oldEndsAt });
    context.output.print(`renewed ${tokenName(token)}${token.expiresAt === undefined ? "" : `, which expires at ${token.expiresAt}`}`);
    if (oldEndsAt !== undefined) {
      context.output.note(`the one before ends by itself, at ${oldEndsAt}: to end it sooner would end this one, too`);
      context.output.hint(`if it has leaked: toolkey revoke ${token.id}, then: toolkey login ${token.service} --tool ${token.tool}`);
    }
    if (old === undefined) return;
    context.output.note(`the old one: ${old.detail}`);
    if (old.hint !== undefined) context.output.hint(old.hint);
  },
});

function withWishes<Others>(parser: Argv<Others>): Argv<Others> {
  for (const [name, { form, describe }] of WISHES) {
    parser.option(name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`), { ...OPTION_OF_FORM[form], describe });
  }
  return parser;
}

function wishIn(options: Readonly<Record<string, unknown>>): TokenWish {
  const inSeconds = (text: unknown): number | undefined => (typeof text === "string" ? duration(text) / 1000 : undefined);
  return Object.fromEntries(WISHES.map(([name, { form }]) => [name, form === "duration" ? inSeconds(options[name]) : options[name]]));
}
