import { Failure } from "../../core/failure.ts";
import { command } from "../command.ts";
import { SHELLS } from "../shell.ts";

/** Its help and its completion; it is a program of its own (`cli/run/shell-init.ts`), which starts faster. */
export const shellInit = command({
  command: "shell-init <shell>",
  describe: "print what makes npm, yarn and bun in your shell run with their tokens",
  about: [
    "It prints functions for an interactive shell, for programs that have no hook by which they could ask toolkey. Scripts start " +
      "the programs themselves as before, and where toolkey was removed, so does the shell. `toolkey setup npm` writes this line " +
      "into the start-up file of your shell.",
  ],
  examples: [
    ['eval "$($0 shell-init bash)"', "in ~/.bashrc"],
    ['eval "$($0 shell-init zsh)"', "in ~/.zshrc"],
    ["$0 shell-init fish | source", "in ~/.config/fish/config.fish"],
  ],
  json: false,
  options: (parser) => parser.positional("shell", { choices: SHELLS, demandOption: true, describe: "the shell" }),
  run: () => Promise.reject(new Failure("usage", "shell-init is to be the first word after toolkey")),
});
