import { hostname } from "node:os";
import { resolve } from "node:path";
import type { Operations } from "../../core/administration.ts";
import type { ServiceView } from "../../core/service-view.ts";
import { duration, endInstant, type Instant } from "../../core/clock.ts";
import { Failure } from "../../core/failure.ts";
import { NO_SECRET } from "../../core/secret.ts";
import { profileVariables } from "../../core/tokens/token-command.ts";
import { findProgram } from "../../platform/processes/programs.ts";
import { isReadableOnTheWay, parseTarget } from "../../core/target.ts";
import { newTarget } from "../../protocols/new-target.ts";
import { LOG_IN_BY_NAME, TOOL_NAMES } from "../../protocols/tool-facts.ts";
import { knownTool } from "../../protocols/tool-names.ts";
import { reportAssessment } from "../text/assessment-text.ts";
import { command } from "../command.ts";
import { ask, type Context } from "../context.ts";
import { readLine, readSecret } from "../terminal/secret-input.ts";
import { tokenName } from "../text/token-text.ts";
import { sayOfTool } from "../signing-in/said-of-tool.ts";
import { assertOffered, chooseTool, chooseTools } from "../tool-choice.ts";

export const add = command({
  command: "add <place> [words..]",
  describe: "put tokens into the vault; secrets are read from the terminal, or from standard input",
  lists: ["words"],
  examples: [
    ["$0 add acme", "asks which tools are to get a token for that service, and takes them one by one"],
    ["$0 add acme --tool git --username alice", "the token that git uses there"],
    ["$0 add npm.example.com --tool npm --command -- gh auth token --user me", "a token that a command prints each time"],
    ["pass show git/example | $0 add https://git.example.com/team --tool git --username alice", "from another program"],
  ],
  options: (parser) =>
    parser
      .positional("place", { type: "string", demandOption: true, describe: "a service by name, or a URL" })
      .positional("words", { type: "string", array: true, default: [], describe: "with --command: a program and its arguments, after --" })
      .option("command", { type: "boolean", default: false, describe: "toolkey runs a command for it, and keeps no secret" })
      .option("ttl", { type: "string", requiresArg: true, describe: "with --command: how long what it prints is good, if it doesn't say" })
      .option("tool", { type: "string", requiresArg: true, describe: "the only tool that will get it" })
      .option("username", { type: "string", requiresArg: true, describe: "the user name that goes with it" })
      .option("description", { type: "string", requiresArg: true, describe: "a note for yourself" })
      .option("expires", { type: "string", requiresArg: true, describe: "when it expires: 30d, 2027-01-31 or an ISO time" })
      .option("kind", {
        type: "string",
        requiresArg: true,
        describe: "what the host of a URL is: KIND in KIND@HOST of 'toolkey services'",
      }),
  async run({ _: [, ...behind], place, words, command: isFetched, ttl, tool, username, description, expires, kind }, context) {
    const fetched = commandOf(context, { isFetched, words: [...words, ...behind.map(String)], ttl });
    const expiresAt = expires === undefined ? undefined : endInstant(expires, context.now());
    const more = { username, description, expiresAt, kind, fetched };
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
  /** By which it is fetched, in place of a secret. */
  readonly fetched: Operations["add"]["request"]["command"];
}

async function addOne(context: Context, { place, tool, service, username, description, expiresAt, kind, fetched }: Added): Promise<void> {
  const proposed = `${tool} on ${hostname()}`;
  if (fetched === undefined && context.stdin.isTTY && service !== undefined) sayWhere(context, service, tool, proposed);
  // A command may print one.
  const named = fetched === undefined && (service === undefined ? LOG_IN_BY_NAME.includes(tool) : needsUsername(service, tool));
  const name = username ?? (named ? await readLine(context, "user name: ") : undefined);
  if (named && (name === undefined || name === "")) {
    throw new Failure("usage", `${tool} needs a user name with a token`, { hint: "add --username NAME" });
  }
  const secret = fetched === undefined ? await readSecret(context, `token for ${tool}: `) : NO_SECRET;
  const { token, others, assessment, said } = await ask(context, "add", {
    place,
    tool,
    username: name,
    secret: secret.reveal(),
    command: fetched,
    description: description ?? (service === undefined ? undefined : proposed),
    expiresAt,
    kind,
  });
  for (const line of said) context.output.note(line);
  context.output.print(`added ${tokenName(token)}`);
  reportAssessment(assessment, context.output);
  if (isReadableOnTheWay(parseTarget(token.target))) {
    context.output.note(`with http, whoever is on the way to ${token.target} can read this token`);
    context.output.hint("if the host has https, revoke this one and add another for it");
  }
  for (const other of others) context.output.note(`${other.id}, which was there before, is suspended until it is dropped`);
  await sayOfTool(context, token);
}

/** Where a person makes the token that is asked for. */
function sayWhere({ output }: Context, { page, tools }: ServiceView, tool: string, proposed: string): void {
  const filled = tools.find((use) => use.tool === tool)?.newTokenPage;
  if (filled !== undefined) return output.note(`make one at ${filled}`);
  if (page === undefined) return;
  output.note(`make a token for ${tool} at ${page}`);
  output.note(`a good name for it there: ${proposed}`);
}

/** What the command line says of a command. */
interface CommandWords {
  readonly isFetched: boolean;
  readonly words: readonly string[];
  readonly ttl: string | undefined;
}

/** @throws Failure `usage` for a program that isn't there, and for what is only for one */
function commandOf({ environment }: Context, { isFetched, words: [name, ...rest], ttl }: CommandWords): Added["fetched"] {
  const wrong = (what: string): Failure =>
    new Failure("usage", what, { hint: "toolkey add PLACE --tool TOOL --command -- PROGRAM ARGUMENT…" });
  if (!isFetched) {
    if (name !== undefined) throw wrong(`'${name}' is one argument too many`);
    if (ttl !== undefined) throw wrong("--ttl is for --command");
    return undefined;
  }
  if (name === undefined) throw wrong("--command needs a program");
  const program = name.includes("/") ? resolve(name) : findProgram(name, environment);
  if (program === undefined) throw new Failure("usage", `there is no program '${name}'`, { hint: "nothing was stored" });
  const lifetime = ttl === undefined ? undefined : duration(ttl) / 1000;
  return { argv: [program, ...rest], variables: profileVariables(environment), lifetime };
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
  const use = service.tools.find((each) => each.tool === tool);
  return use?.presents === "Basic" && use.username === undefined;
}
