import { Failure } from "../../core/failure.ts";
import { command } from "../command.ts";

/** Its help and its completion; `toolkey help COMMAND` is read as `toolkey COMMAND --help` (`command-names.ts`). */
export const help = command({
  command: "help [command]",
  describe: "show what a command takes, with examples; without one, all commands",
  json: false,
  about: ["It is what `toolkey COMMAND --help` shows. The manual says more: `man toolkey`, and `man toolkey-COMMAND` of each command."],
  examples: [
    ["$0 help", "all commands"],
    ["$0 help revoke", "one of them"],
    ["man toolkey-revoke", "its page in the manual"],
  ],
  options: (parser) => parser.positional("command", { type: "string", describe: "one of them" }),
  run: () => Promise.reject(new Failure("usage", "help takes the name of a command, and nothing else", { hint: "toolkey help COMMAND" })),
});
