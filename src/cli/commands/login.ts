import { Failure } from "../../core/failure.ts";
import { command } from "../command.ts";
import { ask } from "../context.ts";
import { readLine, readSecret } from "../terminal/secret-input.ts";
import { reportAssessment } from "../text/assessment-text.ts";

export const login = command({
  command: "login <service>",
  describe: "keep a token for toolkey itself, with which it makes those of the tools; no tool ever gets it",
  examples: [
    ["$0 login jfrog@acme.jfrog.io", "then: toolkey mint jfrog --tool npm"],
    ["$0 login npm-registry@registry.example.com --username alice", "with the account's password"],
  ],
  options: (parser) =>
    parser
      .positional("service", { type: "string", demandOption: true, describe: "the service" })
      .option("username", { type: "string", requiresArg: true, describe: "the account, where a password is needed" }),
  async run({ service: name, username }, context) {
    const { service } = await ask(context, "service", { name });
    if (!service.can.includes("mint")) {
      throw new Failure("usage", `toolkey cannot create tokens at ${service.title}; no login is needed`, {
        hint: service.page === undefined ? `toolkey add ${service.name}` : `make a token for each tool at ${service.page}, then: toolkey add ${service.name}`,
      });
    }
    const byPassword = service.name.startsWith("npm-registry") || username !== undefined;
    const account = username ?? (byPassword ? await readLine(context, "user name: ") : undefined);
    if (service.page !== undefined) context.output.note(`make a token for toolkey at ${service.page}`);
    const secret = await readSecret(context, byPassword ? "password: " : "token: ");
    const { assessment } = await ask(context, "login", { service: service.name, username: account, secret: secret.reveal() });
    context.output.print(`logged in at ${service.title}`);
    reportAssessment(assessment, context.output);
  },
});
