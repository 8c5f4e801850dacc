export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** The programs that have no hook of their own by which they could ask for a token. */
export const WITHOUT_HOOK = ["npm", "npx", "yarn", "bun", "bunx"] as const;

/**
 * Functions of a shell by which `npm` is `toolkey run -- npm`, a line each. Functions are the interactive
 * shell's alone: scripts and other programs go on to start npm itself; and completion goes by the name.
 *
 * @param toolkey the path of toolkey
 */
export function shellFunctions(shell: Shell, toolkey: string, programs: readonly string[]): string[] {
  const quoted = `'${toolkey.replaceAll("'", shell === "fish" ? String.raw`\'` : String.raw`'\''`)}'`;
  return programs.map((program) =>
    shell === "fish"
      ? `function ${program} --wraps ${program}; ${quoted} run -- ${program} $argv; end`
      : `function ${program} { ${quoted} run -- ${program} "$@"; }`,
  );
}
