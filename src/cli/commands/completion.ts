import { completionScript } from "../completion/scripts.ts";
import { SHELLS } from "../shell.ts";
import { command } from "../command.ts";

export const completion = command({
  command: "completion <shell>",
  describe: "print the completion script for a shell",
  json: false,
  about: [
    "It offers commands, options with what they do, choices, and the ids of tokens and names of services that the daemon knows, if " +
      "it runs. " +
      "None is started for it. After `toolkey run` it offers what completes the command there.",
    "`install.sh` and packages install these scripts where the shells look for them; then there is nothing to do.",
  ],
  examples: [
    ['eval "$(toolkey completion bash)"', "in ~/.bashrc"],
    ['eval "$(toolkey completion zsh)"', "in ~/.zshrc, after compinit"],
    ["toolkey completion fish | source", "in ~/.config/fish/config.fish"],
    ["toolkey completion zsh >DIRECTORY/_toolkey", "in a directory of zsh's fpath; compinit finds it there"],
  ],
  options: (parser) => parser.positional("shell", { choices: SHELLS, demandOption: true, describe: "the shell" }),
  run({ shell }, { output }) {
    output.print(...completionScript(shell).trimEnd().split("\n"));
    return Promise.resolve();
  },
});
