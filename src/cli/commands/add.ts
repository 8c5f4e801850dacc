import { hostname } from "node:os";
import type { ServiceView } from "../../core/administration.ts";
import { endInstant, type Instant } from "../../core/clock.ts";
import { Failure } from "../../core/failure.ts";
import { isReadableOnTheWay, parseTarget } from "../../core/target.ts";
import { newTarget } from "../../protocols/new-target.ts";
import { LOG_IN_BY_NAME, TOOL_NAMES } from "../../protocols/tool-facts.ts";
import { knownTool } from "../../protocols/tool-names.ts";
import { reportAssessment } from "../text/assessment-text.ts";
import { command } from "../command.ts";
import { ask, type Context } from "../context.ts";
import { readLine, readSecret } from "../terminal/secret-input.ts";
import { tokenName } from "../text/token-text.ts";
import { CLI_TOOLS } from "../tools/tools.ts";
import { assertOffered, chooseTool, chooseTools } from "../tool-choice.ts";

export const add = command({
  command: "add <place>",
  describe: "put tokens into the vault; secrets are read from the terminal, or from standard input",
  examples: [
    ["$0 add acme", "asks which tools are to get a token for that service, and takes them one by one"],
    ["$0 add acme --tool git --username alice", "the token that git uses there"],
    ["pass show git/example | $0 add https://git.example.com/team --tool git --username alice", "from another program"],
  ],
  options: (parser) =>
    parser
      .positional("place", { type: "string", demandOption: true, describe: "a service by name, or a URL" })
      .option("tool", { type: "string", requiresArg: true, describe: "the only tool that will get it" })
      .option("username", { type: "string", requiresArg: true, describe: "the user name that goes with it" })
      .option("description", { type: "string", requiresArg: true, describe: "a note for yourself" })
      .option("expires", { type: "string", requiresArg: true, describe: "when it expires: 30d, 2027-01-31 or an ISO time" })
      .option("kind", {
        type: "string",
        requiresArg: true,
        describe: "what the host of a URL is: KIND in KIND@HOST of 'toolkey services'",
      }),
  async run({ place, tool, username, description, expires, kind }, context) {
    const expiresAt = expires === undefined ? undefined : endInstant(expires, context.now());
    const more = { username, description, expiresAt, kind };
    // Before anybody is asked for a secret.
    const known = tool === undefined ? undefined : knownTool(tool);
    const service = await knownService(context, place, known);
    if (known !== undefined && service !== undefined) assertOffered(service, known);
    if (known !== undefined) return addOne(context, { place, tool: known, service, ...more });
    if (service === undefined) {
      const chosen = await chooseTool(context, TOOL_NAMES);
      newTarget(place, chosen);
      return addOne(context, { place, tool: chosen, service, ...more });
    }
    let account = username;
    for (const each of await chooseTools(context, service)) {
      const named = needsUsername(service, each);
      if (named) account ??= await readLine(context, `user name at ${service.title}: `);
      await addOne(context, { place, tool: each, service, ...more, username: named ? account : username });
    }
  },
});

/** One token for one tool. */
interface Added {
  readonly place: string;
  readonly tool: string;
  readonly service: ServiceView | undefined;
  readonly username: string | undefined;
  readonly description: string | undefined;
  readonly expiresAt: Instant | undefined;
  readonly kind: string | undefined;
}

async function addOne(context: Context, { place, tool, service, username, description, expiresAt, kind }: Added): Promise<void> {
  const proposed = `${tool} on ${hostname()}`;
  if (context.stdin.isTTY && service?.page !== undefined) {
    context.output.note(`make a token for ${tool} at ${service.page}`);
    context.output.note(`a good name for it there: ${proposed}`);
  }
  const named = service === undefined ? LOG_IN_BY_NAME.includes(tool) : needsUsername(service, tool);
  const name = username ?? (named ? await readLine(context, "user name: ") : undefined);
  if (named && (name === undefined || name === "")) {
    throw new Failure("usage", `${tool} needs a user name with a token`, { hint: "add --username NAME" });
  }
  const secret = await readSecret(context, `token for ${tool}: `);
  const { token, others, assessment } = await ask(context, "add", {
    place,
    tool,
    username: name,
    secret: secret.reveal(),
    description: description ?? (service === undefined ? undefined : proposed),
    expiresAt,
    kind,
  });
  context.output.print(`added ${tokenName(token)}`);
  reportAssessment(assessment, context.output);
  if (isReadableOnTheWay(parseTarget(token.target))) {
    context.output.note(`with http, whoever is on the way to ${token.target} can read this token`);
    context.output.hint("if the host has https, revoke this one and add another for it");
  }
  for (const other of others) context.output.note(`${other.id}, which was there before, is suspended until it is dropped`);
  const told = await (await CLI_TOOLS.get(tool)?.added?.())?.(context, token.target);
  for (const note of told?.notes ?? []) context.output.note(note);
  for (const hint of told?.hints ?? []) context.output.hint(hint);
}

/** Undefined for a URL. @throws Failure `usage` for one to which no token can be bound */
async function knownService(context: Context, place: string, tool: string | undefined): Promise<ServiceView | undefined> {
  if (/^[a-z]+:\/\//i.test(place) || /^[^@]*[.:/]/.test(place) || place === "localhost") {
    newTarget(place, tool);
    return undefined;
  }
  return (await ask(context, "service", { name: place })).service;
}

function needsUsername(service: ServiceView, tool: string): boolean {
  return service.tools.find((use) => use.tool === tool)?.presents === "Basic";
}
