import type { Argv, FallbackCompletionFunction } from "yargs";
import { administerIfRunning } from "../client/request.ts";
import { Failure } from "../core/failure.ts";
import type { Context } from "./context.ts";

/** The commands whose arguments are ids of tokens. */
const TAKE_IDS: ReadonlySet<string> = new Set(["show", "replace", "restore", "revoke", "use"]);

const SHELLS = ["bash", "zsh"] as const;

/**
 * The environment with which yargs writes the script that was asked for: it looks at SHELL, once, when
 * it is made.
 */
export function completionShell(argv: readonly string[]): Readonly<Record<string, string>> {
  const [first, shell] = argv;
  return first === "completion" && SHELLS.some((known) => known === shell) ? { SHELL: shell ?? "", ZSH_NAME: "" } : {};
}

/** Adds completion: of commands and options by yargs, of token ids from the daemon if it runs. */
export function completion(parser: Argv, context: Context): Argv {
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
  const complete: FallbackCompletionFunction = (_current, argv: { readonly _: readonly string[] }, defaults, done) => {
    const [, command] = argv._;
    if (command === undefined || !TAKE_IDS.has(command)) defaults();
    else void tokenIds(context).then(done);
  };
  return withCommand.completion("completion-words", false, complete);
}

// Completion is silent where there is nothing to offer.
async function tokenIds(context: Context): Promise<string[]> {
  try {
    const answer = await administerIfRunning(context, "list", {});
    return (answer?.tokens ?? []).map((token) => token.id);
  } catch (error) {
    if (error instanceof Failure) return [];
    throw error;
  }
}
