/** What one check found. `bad` keeps toolkey from working or a secret from being safe. */
export interface Finding {
  /** The kind of it, which stays as it is, for programs: docs/doctor.md has them all. */
  readonly code: string;
  /** Whose it is, where it is a tool's. */
  readonly tool?: string;
  readonly verdict: "good" | "doubtful" | "bad";
  readonly what: string;
  readonly hint?: string;
}

export function good(code: string, what: string): Finding {
  return { code, verdict: "good", what };
}

export function doubtful(code: string, what: string, hint: string): Finding {
  return { code, verdict: "doubtful", what, hint };
}

export function bad(code: string, what: string, hint: string): Finding {
  return hint === "" ? { code, verdict: "bad", what } : { code, verdict: "bad", what, hint };
}
