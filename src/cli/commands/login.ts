import { noLogin } from "../../core/tokens/sign-in.ts";
import { command } from "../command.ts";
import { ask, type Context } from "../context.ts";
import { readLine, readPrivateKey, readSecret } from "../terminal/secret-input.ts";
import type { ServiceView } from "../../core/service-view.ts";
import { Failure } from "../../core/failure.ts";
import { profileVariables } from "../../core/tokens/token-command.ts";
import { reportAssessment } from "../text/assessment-text.ts";
import { commandText } from "../text/command-text.ts";
import { tokenName } from "../text/token-text.ts";

export const login = command({
  command: "login <service>",
  describe: "keep a token for toolkey itself, with which it makes those of the tools; no tool ever gets it",
  examples: [
    ["$0 login acme", "then: toolkey mint acme --tool npm"],
    ["$0 login acme", "of a service whose tokens a command prints: shows it, runs it, and lets its tools use it"],
    ["$0 login KIND@HOST --username alice", "a host of one of the kinds that 'toolkey services' shows"],
    ["$0 login acme-app --key-file key.pem", "of an app of your own, by its private key"],
  ],
  options: (parser) =>
    parser
      .positional("service", { type: "string", demandOption: true, describe: "the service" })
      .option("tool", { type: "string", requiresArg: true, describe: "with a command: only this tool, also if its token was revoked" })
      .option("key-file", { type: "string", requiresArg: true, describe: "of an app of your own: the file with its private key, in PEM" })
      .option("username", { type: "string", requiresArg: true, describe: "the account, where a password is needed" }),
  async run({ service: name, username, tool, keyFile }, context) {
    const { service } = await ask(context, "service", { name });
    if (service.command !== undefined) return confirmCommand(context, service, service.command, tool);
    if (tool !== undefined) throw new Failure("usage", "--tool is for a service whose tokens a command prints");
    if (service.signIn === undefined) throw noLogin(service);
    if (keyFile !== undefined && service.signIn !== "key") {
      throw new Failure("usage", `${service.title} has no login by a private key`, {
        hint: `app_id in [service.${service.name}] of config.toml makes it one`,
      });
    }
    const byPassword = service.signIn === "password" || username !== undefined;
    const account = username ?? (byPassword ? await readLine(context, "user name: ") : undefined);
    if (service.page !== undefined && service.signIn === "token") context.output.note(`make a token for toolkey at ${service.page}`);
    if (service.page !== undefined && service.signIn === "key" && context.stdin.isTTY)
      context.output.note(`an app has its private keys at ${service.page}`);
    const secret =
      service.signIn === "key" ? await readPrivateKey(context, keyFile) : await readSecret(context, byPassword ? "password: " : "token: ");
    const { assessment } = await ask(context, "login", { service: service.name, username: account, secret: secret.reveal() });
    context.output.print(`logged in at ${service.title}`);
    reportAssessment(assessment, context.output);
  },
});

/** It is shown and run, with what this environment has of profiles: from here on toolkey runs it for the tools of the service. */
async function confirmCommand(
  context: Context,
  { name: service, tools }: ServiceView,
  shown: readonly string[],
  tool: string | undefined,
): Promise<void> {
  context.output.note(`${service} has its tokens from: ${commandText(shown)}`);
  const variables = profileVariables(context.environment);
  const { tokens, left, said } = await ask(context, "fetchBy", { service, shown, variables, tool });
  for (const line of said) context.output.note(line);
  for (const token of tokens) context.output.print(`${tokenName(token)} is fetched by it`);
  for (const each of left) {
    context.output.note(`${each} gets none: its token was revoked`);
    context.output.hint(`toolkey login ${service} --tool ${each}`);
  }
  const presents = new Map(tools.map((use) => [use.tool, use.presents]));
  const nameless = tokens.filter(({ tool, username }) => presents.get(tool) === "Basic" && username === undefined).map(({ tool }) => tool);
  if (nameless.length === 0) return;
  const who = nameless.join(" and ");
  context.output.hint(`a user name is wanted by ${who}: 'username' in its table of config.toml, unless the command prints one`);
}
