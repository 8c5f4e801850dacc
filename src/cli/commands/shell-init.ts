import { command } from "../command.ts";
import { programPath } from "../../platform/programs.ts";
import { SHELLS, shellFunctions } from "../shell-functions.ts";
import { fileURLToPath } from "node:url";

export const shellInit = command({
  command: "shell-init <shell>",
  describe: "print what makes npm, yarn and bun in your shell run with their tokens",
  examples: [
    ['eval "$($0 shell-init bash)"', "in ~/.bashrc"],
    ['eval "$($0 shell-init zsh)"', "in ~/.zshrc"],
    ["$0 shell-init fish | source", "in ~/.config/fish/config.fish"],
  ],
  options: (parser) => parser.positional("shell", { choices: SHELLS, demandOption: true, describe: "the shell" }),
  async run({ shell }, { environment, output }) {
    const own = fileURLToPath(new URL("../bin/toolkey", import.meta.url));
    output.print(shellFunctions(shell, await programPath(own, "toolkey", environment)));
  },
});
