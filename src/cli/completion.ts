import type { Argv } from "yargs";
import { administerIfRunning } from "../client/request.ts";
import { Failure } from "../core/failure.ts";
import type { Context } from "./context.ts";

/** The commands whose arguments are ids of tokens. */
const TAKE_IDS: ReadonlySet<string> = new Set(["show", "replace", "restore", "revoke", "use", "check", "rotate"]);

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
      ]),
    handler: () => {
      parser.showCompletionScript();
    },
  });
  return withCommand.completion("completion-words", false);
}

/**
 * The ids of tokens, if the shell asks for the completion of one; from the daemon, if it runs. Not left to
 * yargs: while it waits for completions it goes on to run the command itself.
 *
 * @returns undefined if the arguments ask for something else.
 */
export async function completeTokenIds(argv: readonly string[], context: Context): Promise<string[] | undefined> {
  const [flag, _toolkey, command = "", ...words] = argv;
  if (flag !== "--get-yargs-completions" || !TAKE_IDS.has(command)) return undefined;
  if (words.length === 0 || words.at(-1)?.startsWith("-") === true) return undefined;
  try {
    const answer = await administerIfRunning({ ...context, heard: undefined }, "list", {});
    return (answer?.tokens ?? []).map((token) => token.id);
  } catch (error) {
    if (error instanceof Failure) return [];
    throw error;
  }
}
