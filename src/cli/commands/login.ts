import { noLogin } from "../../core/tokens/sign-in.ts";
import { command } from "../command.ts";
import { logInAsJob } from "../signing-in/job-identity.ts";
import { signIn, type SignInOptions } from "../signing-in/sign-in.ts";
import { addToolToken } from "../signing-in/tool-token.ts";
import { ask, isAttended, type Context } from "../context.ts";
import { assertNoneGiven } from "../terminal/given-secret.ts";
import { readLine, readPrivateKey, readSecret } from "../terminal/secret-input.ts";
import type { ServiceView } from "../../core/views/service.ts";
import { Failure } from "../../core/failure.ts";
import { profileVariables } from "../../core/tokens/token-command.ts";
import { reportAssessment } from "../text/assessment-text.ts";
import { commandText } from "../../protocols/text/command-text.ts";
import { tokenName } from "../text/token-text.ts";
import { knownTool } from "../../protocols/tool-names.ts";
import { assertOffered } from "../tool-choice.ts";

export const login = command({
  command: "login <service>",
  describe: "sign in at a service: for toolkey itself, which makes the tokens of tools with that, or else for one tool",
  about: [
    "Where a service lets programs make tokens, toolkey makes those of tools with the login that it has there: `toolkey mint`. " +
      "Where it doesn't, what you sign in for is the token of one tool.",
    "It opens the page in the browser and waits; over SSH, or with `--device`, it shows a code to be typed on any device. " +
      "`--paste` takes a token or a password that you have. A secret is read from the terminal, or from standard input.",
    "In a CI job, `--oidc` shows the service the job's own identity, where the two know each other, and keeps what it gives for that: " +
      "a token for one tool, or toolkey's login. The id token is the one that is given, else one that the runner makes, else what " +
      "standard input has.",
  ],
  secret: "a token, a password, or the private key of an app",
  examples: [
    ["$0 login acme", "at its page, where it has one; then, where toolkey makes tokens: toolkey mint acme --tool npm"],
    ["$0 login acme --paste", "with a token that was made there by hand"],
    ["$0 login acme --tool npm", "for npm alone, where toolkey makes no tokens"],
    ["$0 login acme", "of a service whose tokens a command prints: shows it, runs it, and lets its tools use it"],
    ["$0 login KIND@HOST --username alice", "a host of one of the kinds that 'toolkey services' shows"],
    ["$0 login acme-app --key-file key.pem", "of an app of your own, by its private key"],
    ["$0 login acme --oidc ci --tool npm", "in a CI job, as itself; ci is what the service calls whoever vouches for it"],
  ],
  options: (parser) =>
    parser
      .positional("service", { type: "string", demandOption: true, describe: "the service" })
      .option("tool", { type: "string", requiresArg: true, describe: "only this tool; with a command, also if its token was revoked" })
      .option("paste", { type: "boolean", default: false, describe: "a token or password that you have, in place of a page to sign in at" })
      .option("device", { type: "boolean", default: false, describe: "with a code, on any device, in place of a browser here" })
      .option("key-file", { type: "string", requiresArg: true, describe: "of an app of your own: the file with its private key, in PEM" })
      .option("oidc", { type: "string", requiresArg: true, describe: "in a CI job, as itself: what the service calls its provider" })
      .option("audience", { type: "string", requiresArg: true, describe: "with --oidc: for whom the runner makes the id token" })
      .option("username", { type: "string", requiresArg: true, describe: "the account, where a password is needed" }),
  async run({ service: name, username, tool, paste: pastes, device, keyFile, oidc, audience }, context) {
    const { given } = context;
    const { service } = await ask(context, "service", { name });
    if (device) assertNoneGiven(given, "with --device one signs in at a page");
    if (service.command !== undefined) assertNoneGiven(given, `${service.title} has its tokens from a command`);
    if (keyFile !== undefined) assertNoneGiven(given, "--key-file names the key");
    const paste = pastes || given !== undefined;
    if (paste && device) {
      throw new Failure("usage", "--paste is in place of a page to sign in at", { hint: "leave out --device" });
    }
    if (tool !== undefined) knownTool(tool);
    if (oidc !== undefined) {
      if (oidc === "") {
        throw new Failure("usage", "--oidc needs the name that the service has for the provider", { hint: "nothing was stored" });
      }
      if (pastes || device || keyFile !== undefined || username !== undefined) {
        throw new Failure("usage", "--oidc goes with --tool, --audience and the id token alone", { hint: "toolkey login --help" });
      }
      return logInAsJob(context, service, { provider: oidc, audience, tool });
    }
    if (audience !== undefined) throw new Failure("usage", "--audience is for --oidc", { hint: "toolkey login SERVICE --oidc NAME" });
    if (service.command !== undefined) {
      if (device || paste) {
        throw new Failure("usage", `${service.title} has its tokens from a command`, { hint: `toolkey login ${name}` });
      }
      return confirmCommand(context, service, service.command, tool);
    }
    if (keyFile !== undefined && service.signIn !== "key") {
      throw new Failure("usage", `${service.title} has no login by a private key`, {
        hint: "that of an app is of a service of your own: app_id in its table of config.toml",
      });
    }
    const hasPage = service.can.includes("sign-in") && !paste && username === undefined;
    const { isForPrograms } = context.output;
    if (device || (hasPage && (isForPrograms || service.signIn === undefined || isAttended(context)))) {
      const isDone = await atPage(context, service, { tool, elsewhere: device });
      if (isDone) return;
    }
    // Where toolkey makes none, it is a tool that gets one.
    if (service.signIn === undefined && isAttended(context)) {
      const first = tool ?? service.tools[0]?.tool;
      if (first === undefined) throw noLogin(service);
      assertOffered(service, first);
      const none = { description: undefined, expiresAt: undefined, onlyFor: undefined, kind: undefined, fetched: undefined };
      return addToolToken(context, { place: service.name, tool: first, service, username, paste, ...none });
    }
    if (tool !== undefined) {
      throw new Failure("usage", "--tool is for --oidc, and where one signs in at a page or a command prints tokens", {
        hint: `toolkey add ${service.name} --tool ${tool}`,
      });
    }
    if (service.signIn === undefined) throw noLogin(service);
    return logInWithSecret(context, service, { username, keyFile });
  },
});

/** False where the server has no such page, and what is made by hand can be pasted. */
async function atPage(context: Context, service: ServiceView, options: SignInOptions): Promise<boolean> {
  try {
    await signIn(context, service, options);
    return true;
  } catch (error) {
    const canPaste = service.signIn !== undefined && isAttended(context) && options.tool === undefined;
    if (!(error instanceof Failure) || error.code !== "not-found" || !canPaste) throw error;
    context.output.note(error.message);
    return false;
  }
}

/** Asks for what toolkey is to log in with, and keeps it. */
async function logInWithSecret(
  context: Context,
  service: ServiceView,
  { username, keyFile }: { readonly username: string | undefined; readonly keyFile: string | undefined },
): Promise<void> {
  const byPassword = service.signIn === "password" || username !== undefined;
  const account = username ?? (byPassword ? await readLine(context, "user name: ") : undefined);
  const isToBeMade = service.page !== undefined && context.given === undefined;
  if (isToBeMade && service.signIn === "token") context.output.note(`make a token for toolkey at ${service.page}`);
  if (isToBeMade && service.signIn === "key" && isAttended(context))
    context.output.note(`an app has its private keys at ${service.page}`);
  const secret =
    service.signIn === "key" ? await readPrivateKey(context, keyFile) : await readSecret(context, byPassword ? "password: " : "token: ");
  const { token, assessment } = await ask(context, "login", { service: service.name, username: account, secret: secret.reveal() });
  context.output.json({ token, others: [], assessment, notes: [] });
  context.output.print(`logged in at ${service.title}`);
  reportAssessment(assessment, context.output);
}

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
  context.output.json({ tokens, left });
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
