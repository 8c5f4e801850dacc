import type { Argv } from "yargs";

const SHELLS = ["bash", "zsh"] as const;

/**
 * The environment with which yargs writes the script that was asked for: it looks at SHELL, once, when
 * it is made.
 */
export function completionShell(argv: readonly string[]): Readonly<Record<string, string>> {
  const [first, shell] = argv;
  return first === "completion" && SHELLS.some((known) => known === shell) ? { SHELL: shell ?? "", ZSH_NAME: "" } : {};
}

/** Adds completion of commands, options and choices. */
export function completion(parser: Argv): Argv {
  const withCommand: Argv = parser.command({
    command: "completion <shell>",
    describe: "print the completion script for a shell",
    builder: (own: Argv) =>
      own.positional("shell", { choices: SHELLS, demandOption: true, describe: "the shell" }).example([
        ['eval "$(toolkey completion bash)"', "in ~/.bashrc"],
        ['eval "$(toolkey completion zsh)"', "in ~/.zshrc, after compinit"],
        ["toolkey completion zsh >DIRECTORY/_toolkey", "in a directory of zsh's fpath; compinit finds it there"],
      ]),
    handler: () => {
      parser.showCompletionScript();
    },
  });
  return withCommand.completion("completion-words", false);
}
