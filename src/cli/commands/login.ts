import { noLogin } from "../../core/tokens/sign-in.ts";
import { command } from "../command.ts";
import { ask } from "../context.ts";
import { readLine, readSecret } from "../terminal/secret-input.ts";
import { reportAssessment } from "../text/assessment-text.ts";

export const login = command({
  command: "login <service>",
  describe: "keep a token for toolkey itself, with which it makes those of the tools; no tool ever gets it",
  examples: [
    ["$0 login acme", "then: toolkey mint acme --tool npm"],
    ["$0 login KIND@HOST --username alice", "a host of one of the kinds that 'toolkey services' shows"],
  ],
  options: (parser) =>
    parser
      .positional("service", { type: "string", demandOption: true, describe: "the service" })
      .option("username", { type: "string", requiresArg: true, describe: "the account, where a password is needed" }),
  async run({ service: name, username }, context) {
    const { service } = await ask(context, "service", { name });
    if (service.signIn === undefined) throw noLogin(service);
    const byPassword = service.signIn === "password" || username !== undefined;
    const account = username ?? (byPassword ? await readLine(context, "user name: ") : undefined);
    if (service.page !== undefined && service.signIn === "token") context.output.note(`make a token for toolkey at ${service.page}`);
    const secret = await readSecret(context, byPassword ? "password: " : "token: ");
    const { assessment } = await ask(context, "login", { service: service.name, username: account, secret: secret.reveal() });
    context.output.print(`logged in at ${service.title}`);
    reportAssessment(assessment, context.output);
  },
});
