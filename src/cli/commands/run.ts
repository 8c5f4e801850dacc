import { Failure } from "../../core/failure.ts";
import { command } from "../command.ts";

/** Its help and its completion; what runs a command is a program of its own (`cli/run/run.ts`), which starts faster. */
export const run = command({
  command: "run [words..]",
  describe: "run a command, and what it starts, with tokens that none of it can read",
  about: [
    "The command gets no token. It gets a phantom, which is good for nothing but to ask the gateway, a server of toolkey's on this " +
      "machine, from this very process; the gateway asks the host in its place, with the token. So nothing that the command starts " +
      "can read one, or take one along. A line says what it may use.",
    "A command that starts programs which nobody can know before (`make`, a script, a shell, a coding agent) is a session: each " +
      "tool in it is led to the gateway when it starts. `--only` narrows what it may use. Nothing in it can publish or push unless " +
      "there is `--publish`.",
    "`--sandbox` also keeps your keys, logins, agents and the display from it. It needs bubblewrap. `--direct` is the way without " +
      "the gateway: the tool gets the token itself. Some tools have no other way; then a line says so.",
    "The options of toolkey end with the first word that is none, so all that follows is the command's own. Where the vault can't " +
      "be had the command runs without a token, and a line says so.",
    "While it runs, `toolkey status` shows it; `toolkey log` shows what was asked for, and `toolkey revoke --phantoms` ends it.",
  ],
  ends:
    "It ends as the command does, by the same signal too; with 127 if there is no such program, and with 126 if it can't be started. " +
    "If it ends with a message of toolkey's and 1, 2 or 3, the command was not started.",
  examples: [
    ["$0 run -- npm ci", "through the gateway: npm gets a phantom, and no token"],
    ["$0 run -- mvn deploy", "Maven gets its tokens for the repositories of this project"],
    ["$0 run -- make", "a session: whatever it starts is led through the gateway"],
    ["$0 run --only git,git.example.com --only npm -- ./build.sh", "the same, with no more than that"],
    [
      `$0 run --tool http -- sh -c 'curl --netrc-file "$TOOLKEY_NETRC" "$TOOLKEY_HTTP/acme/…"'`,
      "a script reaches a service through the gateway",
    ],
    ["$0 run --sandbox -- make", "what make starts finds no keys, no agents and no other secrets, and ends with it"],
    ["$0 run --tool http --env TOKEN=acme -- ./release.sh", "a script gets one in a variable, the weakest way"],
  ],
  lists: ["words", "env", "only"],
  json: false,
  options: (parser) =>
    parser
      .positional("words", { type: "string", array: true, describe: "the command and its arguments" })
      .option("tool", { type: "string", requiresArg: true, describe: "the tool, if the command doesn't tell" })
      .option("env", {
        type: "string",
        requiresArg: true,
        describe: "NAME=SERVICE, with --tool http: a variable that holds the token itself",
      })
      .option("only", {
        type: "string",
        requiresArg: true,
        describe: "TOOL or TOOL,HOST: all that a session may use; several times for several",
      })
      .option("direct", { type: "boolean", default: false, describe: "hand over the tokens themselves, and no phantom" })
      .option("publish", {
        type: "boolean",
        default: false,
        describe: "let it change what the gateway leads to, whatever the command says",
      })
      .option("sandbox", {
        type: "boolean",
        describe: "in a sandbox: without your keys, agents, logins, D-Bus, docker and display (docs/sandbox.md); --no-sandbox: in none",
      })
      .option("allow-setuid", {
        type: "boolean",
        default: false,
        describe: "let setuid programs such as sudo work in it: a process that it leaves behind is then no longer known as sealed",
      })
      .option("quiet", { alias: "q", type: "boolean", default: false, describe: "don't say what the command gets" }),
  async run() {
    await Promise.reject(new Failure("usage", "run is to be the first word after toolkey", { hint: "toolkey run -- COMMAND" }));
  },
});
