import { resolve } from "node:path";
import type { ServiceView } from "../../core/views/service.ts";
import { duration, endInstant } from "../../core/clock.ts";
import { Failure } from "../../core/failure.ts";
import { AIMS } from "../../core/tokens/token.ts";
import { profileVariables } from "../../core/tokens/token-command.ts";
import { findProgram } from "../../platform/processes/programs.ts";
import { newTarget } from "../../protocols/new-target.ts";
import { TOOL_NAMES } from "../../protocols/tool-facts.ts";
import { assertSaysAim, knownTool } from "../../protocols/tool-names.ts";
import { command } from "../command.ts";
import { ask, type Context } from "../context.ts";
import { addToolToken, type WantedToken } from "../signing-in/tool-token.ts";
import { assertNoneGiven } from "../terminal/given-secret.ts";
import { readLine } from "../terminal/secret-input.ts";
import { assertOffered, chooseTool, chooseTools } from "../tool-choice.ts";

export const add = command({
  command: "add <place> [words..]",
  describe: "put tokens into the vault; secrets are read from the terminal, or from standard input",
  about: [
    "A token is for one tool and one place. The place is a service by its name, as `toolkey services` shows them, or a URL; a name " +
      "with a dot in it is a host. Without `--tool` it asks for which tools of a service it is to take tokens.",
    "The secret is read from the terminal, where it isn't shown, or from standard input; it never stands on the command line. " +
      "Where a service can be signed in at, or makes tokens, toolkey gets one by that, unless there is `--paste`. It is stored once " +
      "the service has accepted it, or if the service can't be asked.",
    "With `--command` toolkey keeps no secret. The program behind `--` is run when the tool needs a token, and again before that " +
      "one ends, which its output tells, or `--ttl`.",
    "What toolkey says afterwards is whether the tool will ask toolkey there; `toolkey setup` makes it do so.",
  ],
  lists: ["words"],
  secret: "the secret",
  examples: [
    ["$0 add acme", "asks which tools are to get a token for that service, and takes them one by one"],
    ["$0 add acme --tool git", "the token that git uses there: made with the login, by signing in, or pasted from its page"],
    ["$0 add npm.example.com --tool npm --command -- gh auth token --user me", "a token that a command prints each time"],
    ["$0 add crates.acme.example --tool cargo --for publishing", "the tool asks for another one to publish than to read"],
    ["pass show git/example | $0 add https://git.example.com/team --tool git --username alice", "from another program"],
  ],
  options: (parser) =>
    parser
      .positional("place", { type: "string", demandOption: true, describe: "a service by name, or a URL" })
      .positional("words", { type: "string", array: true, default: [], describe: "with --command: a program and its arguments, after --" })
      .option("command", { type: "boolean", default: false, describe: "toolkey runs a command for it, and keeps no secret" })
      .option("ttl", { type: "string", requiresArg: true, describe: "with --command: how long what it prints is good, if it doesn't say" })
      .option("tool", { type: "string", requiresArg: true, describe: "the only tool that will get it" })
      .option("paste", { type: "boolean", default: false, describe: "one that you have, where toolkey could get one otherwise" })
      .option("username", { type: "string", requiresArg: true, describe: "the user name that goes with it" })
      .option("description", { type: "string", requiresArg: true, describe: "a note for yourself" })
      .option("for", { choices: AIMS, requiresArg: true, describe: "the only thing that it is served for" })
      .option("expires", { type: "string", requiresArg: true, describe: "when it expires: 30d, 2027-01-31 or an ISO time" })
      .option("kind", {
        type: "string",
        requiresArg: true,
        describe: "what the host of a URL is: KIND in KIND@HOST of 'toolkey services'",
      }),
  async run({ _: [, ...behind], place, words, command: isFetched, ttl, tool, paste, ...told }, context) {
    const fetched = commandOf(context, { isFetched, words: [...words, ...behind.map(String)], ttl });
    const { username, description, expires, kind, for: onlyFor } = told;
    const expiresAt = expires === undefined ? undefined : endInstant(expires, context.now());
    const { given } = context;
    if (fetched !== undefined) assertNoneGiven(given, "a command fetches it");
    const more = { username, description, expiresAt, onlyFor, kind, fetched, paste: paste || given !== undefined };
    // Before anybody is asked for a secret.
    const known = tool === undefined ? undefined : knownTool(tool);
    if (onlyFor !== undefined) assertSaysAim(known);
    const service = await knownService(context, place, known);
    if (known !== undefined && service !== undefined) assertOffered(service, known);
    if (known !== undefined) return addToolToken(context, { place, tool: known, service, ...more });
    if (service === undefined) {
      const chosen = await chooseTool(context, TOOL_NAMES);
      newTarget(place, chosen);
      return addToolToken(context, { place, tool: chosen, service, ...more });
    }
    assertNoneGiven(given, "each of several tools has its own", `--tool with one of: ${service.tools.map((use) => use.tool).join(", ")}`);
    let account: Promise<string | undefined> | undefined;
    const askName = (): Promise<string | undefined> => (account ??= readLine(context, `user name at ${service.title}: `));
    for (const each of await chooseTools(context, service)) await addToolToken(context, { place, tool: each, service, ...more, askName });
  },
});

/** What the command line says of a command. */
interface CommandWords {
  readonly isFetched: boolean;
  readonly words: readonly string[];
  readonly ttl: string | undefined;
}

/** @throws Failure `usage` for a program that isn't there, and for what is only for one */
function commandOf({ environment }: Context, { isFetched, words: [name, ...rest], ttl }: CommandWords): WantedToken["fetched"] {
  const wrong = (what: string): Failure =>
    new Failure("usage", what, { hint: "toolkey add PLACE --tool TOOL --command -- PROGRAM ARGUMENT…" });
  if (!isFetched) {
    // It may be the secret itself.
    if (name !== undefined)
      throw new Failure("usage", "there is one argument too many: a secret is never an argument, but is asked for, or piped in", {
        hint: ["if that was one, it is in the history of your shell now", "of a command that prints it: --command -- PROGRAM ARGUMENT…"],
      });
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
