import { Failure } from "../../core/failure.ts";
import { command } from "../command.ts";

/** Its help and its completion; what runs a command is a program of its own (`cli/run/run.ts`), which starts faster. */
export const run = command({
  command: "run [words..]",
  describe: "run a command, and what it starts, with tokens that none of it can read",
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
