/** What holds for every command: the options, and how it ends. */

export const COMMON_OPTIONS = {
  cacert: { type: "string", requiresArg: true, describe: "PEM file of certificates to trust at services" },
  help: { type: "boolean", alias: "h", describe: "show what it takes, with examples" },
  version: { type: "boolean", describe: "show the version" },
} as const;

/** Exit codes, each with what it means. */
export const EXIT_CODES = [
  [0, "done"],
  [1, "failed"],
  [2, "wrong usage"],
  [3, "locked or denied"],
  [130, "Ctrl-C"],
] as const;
