/**
 * Why an expected failure happened. The codes cross the wire, and decide the exit code.
 *
 * - `usage`: what was asked for makes no sense
 * - `bad-request`: bytes that no well-behaved client sends
 * - `not-found`, `exists`: no such token; a token or vault is already there
 * - `no-vault`: `toolkey init` was not run yet
 * - `lacking`: what is to be kept is still to be asked of the person, at the client's terminal
 * - `locked`: the vault is locked; `passphrase` says whether a passphrase opens it
 * - `denied`: not allowed: another user's process, a wrong passphrase
 * - `damaged`: the vault file is not what it should be
 * - `unavailable`: something outside toolkey failed: disk, key store, daemon
 * - `version`: client and daemon are of different builds
 */
export type FailureCode = (typeof CODES)[number];
export const CODES = [
  "usage", "bad-request", "not-found", "exists", "no-vault", "lacking", "locked", "denied", "damaged", "unavailable", "version",
] as const;

/**
 * A failure that a person can do something about. The message says what went wrong, in lower case
 * and without a full stop; each hint says what to do next. Anything else that is thrown is a bug.
 */
export class Failure extends Error {
  readonly code: FailureCode;
  readonly hints: readonly string[];

  constructor(code: FailureCode, message: string, options: { hint?: string | readonly string[]; cause?: unknown } = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.name = "Failure";
    this.code = code;
    this.hints = options.hint === undefined ? [] : typeof options.hint === "string" ? [options.hint] : options.hint;
  }
}

/**
 * What a mistake of ours looks like to a person: its kind and where it happened. Its message may quote
 * what it was about, and what Node prints of it is a line of the bundle, as long as a book.
 */
export function ourMistake(error: unknown): Failure {
  const name = error instanceof Error ? error.name : typeof error;
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const where = stack.split("\n").find((line) => /^\s+at /.test(line)) ?? "";
  return new Failure("unavailable", `a bug in toolkey: ${name} ${where.trim()}`, {
    hint: "please report it, with this line",
    cause: error,
  });
}

/** A code that came over the wire; one that this build doesn't know counts as `unavailable`. */
export function failureCode(text: string): FailureCode {
  return CODES.find((code) => code === text) ?? "unavailable";
}

/** The exit code for a failure: 2 wrong usage, 3 locked or denied, 1 everything else. */
export function exitCode(code: FailureCode): 1 | 2 | 3 {
  switch (code) {
    case "usage":
      return 2;
    case "locked":
    case "denied":
      return 3;
    default:
      return 1;
  }
}

/** The `code` of a Node system error (`ENOENT`, …), or undefined for anything else. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
