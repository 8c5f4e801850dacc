import { shellWord } from "../../protocols/text/shell-word.ts";
import type { Shell } from "../shell.ts";

/** Scripts read the start-up files of some shells, too. */
const IF_INTERACTIVE: Readonly<Record<Shell, readonly [begin: string, end: string]>> = {
  bash: ["if [[ $- == *i* ]]; then", "fi"],
  zsh: ["if [[ -o interactive ]]; then", "fi"],
  fish: ["if status is-interactive", "end"],
};

/**
 * Functions of a shell by which `npm` is `toolkey run -- npm`, as lines. They are the interactive shell's
 * alone: scripts and other programs go on to start npm itself; and completion goes by the name. Where toolkey
 * was removed, npm is npm.
 *
 * @param toolkey the path of toolkey
 */
export function shellFunctions(shell: Shell, toolkey: string, programs: readonly string[]): string[] {
  const [begin, end] = IF_INTERACTIVE[shell];
  const own = shell === "fish" ? `'${toolkey.replace(/[\\']/g, String.raw`\$&`)}'` : shellWord(toolkey);
  const functions = programs.map((program) =>
    shell === "fish"
      ? `  function ${program}; if test -x ${own}; ${own} run -- ${program} $argv; else; command ${program} $argv; end; end`
      : `  function ${program} { if [ -x ${own} ]; then ${own} run -- ${program} "$@"; else command ${program} "$@"; fi; }`,
  );
  return [begin, ...functions, end];
}
