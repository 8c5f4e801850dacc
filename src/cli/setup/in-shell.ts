import { userInfo } from "node:os";
import { basename, join } from "node:path";
import { configHome, homeOf, type Environment } from "../../platform/paths.ts";
import { hasEdits } from "../../platform/files/file-edit.ts";
import { readTextFile } from "../../platform/files/text-file.ts";
import { MarkedBlock } from "../../protocols/text/marked-block.ts";
import type { Context } from "../context.ts";
import { ownProgram } from "./own-program.ts";
import { SHELLS, type Shell } from "../shell.ts";
import { shellFunctions } from "./shell-functions.ts";
import { LeftAlone, type ToolSetup } from "./tool-setup.ts";

/** The setup of a tool that has no hook: in the person's shell, its programs are started by `toolkey run`. */
export function inShell(tool: string, programs: readonly string[]): ToolSetup {
  const block = new MarkedBlock(tool);
  return {
    effect: `${programs.join(" and ")} in your shell ${programs.length === 1 ? "runs with its" : "run with their"} tokens`,

    async setUp(context) {
      const { shell, path } = shellOf(context.environment);
      const before = await readTextFile(path);
      const lines = shellFunctions(shell, await ownProgram("toolkey", context.environment), programs);
      return {
        // With the functions of other tools in it, it is not what the person had.
        edits: [{ path, before, after: block.ensure(before, lines), isRenewal: hasEdits(before ?? "") }],
        afterwards: () => sayHowItTakesEffect(context, tool),
      };
    },

    async undo({ environment }) {
      const edits = [];
      // Of every shell, since the person may have changed theirs.
      for (const shell of SHELLS) {
        const path = startFile(shell, environment);
        const before = await readTextFile(path);
        if (before !== undefined && block.find(before) !== undefined) edits.push({ path, before, after: block.remove(before) });
      }
      return { edits };
    },
  };
}

/** Whether the start-up file of any shell has the functions for a tool. */
export async function isSetUpInShell(tool: string, { environment }: Context): Promise<boolean> {
  const block = new MarkedBlock(tool);
  for (const shell of SHELLS) {
    const text = await readTextFile(startFile(shell, environment));
    if (text !== undefined && block.find(text) !== undefined) return true;
  }
  return false;
}

function sayHowItTakesEffect({ output }: Context, tool: string): void {
  output.note("in shells that are started from now on");
  output.hint(`scripts and other programs start ${tool} itself: give those 'toolkey run -- ${tool}'`);
}

function shellOf(environment: Environment): { shell: Shell; path: string } {
  const name = basename(environment["SHELL"] || loginShell());
  const shell = SHELLS.find((known) => known === name);
  if (shell === undefined) {
    throw new LeftAlone("usage", name === "" ? "SHELL does not say which shell is yours" : `toolkey does not know the shell ${name}`, {
      hint: `it knows: ${SHELLS.join(", ")}; set SHELL, or see toolkey shell-init --help`,
    });
  }
  return { shell, path: startFile(shell, environment) };
}

/** Of the system's list of users, where nobody has logged in; empty for one who is not in it, as in some containers. */
function loginShell(): string {
  try {
    return userInfo().shell ?? "";
  } catch {
    return "";
  }
}

/** What an interactive shell reads at its start. */
function startFile(shell: Shell, environment: Environment): string {
  const home = homeOf(environment);
  switch (shell) {
    case "bash":
      return join(home, ".bashrc");
    case "zsh":
      return join(environment["ZDOTDIR"] || home, ".zshrc");
    case "fish":
      return join(configHome(environment), "fish", "config.fish");
    default:
      return shell satisfies never;
  }
}
