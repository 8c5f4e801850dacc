export const SHELLS = ["bash", "zsh", "fish"] as const;

/** The clients that have no hook of their own by which they could ask for a token. */
const WITHOUT_HOOK = ["npm", "npx", "yarn", "bun", "bunx"] as const;

/**
 * Functions of a shell by which `npm` is `toolkey run -- npm`. Functions are of the interactive shell alone:
 * scripts and other programs go on to start npm itself, and completion is by name, so that it stays.
 *
 * @param toolkey the path of toolkey
 */
export function shellFunctions(shell: (typeof SHELLS)[number], toolkey: string): string {
  const quoted = `'${toolkey.replaceAll("'", shell === "fish" ? String.raw`\'` : String.raw`'\''`)}'`;
  return WITHOUT_HOOK.map((program) =>
    shell === "fish"
      ? `function ${program} --wraps ${program}; ${quoted} run -- ${program} $argv; end`
      : `function ${program} { ${quoted} run -- ${program} "$@"; }`,
  ).join("\n");
}
