/** What one check found. `bad` keeps toolkey from working or a secret from being safe. */
export interface Finding {
  readonly verdict: "good" | "doubtful" | "bad";
  readonly what: string;
  readonly hint?: string;
}

export function good(what: string): Finding {
  return { verdict: "good", what };
}

export function doubtful(what: string, hint: string): Finding {
  return { verdict: "doubtful", what, hint };
}

export function bad(what: string, hint: string): Finding {
  return hint === "" ? { verdict: "bad", what } : { verdict: "bad", what, hint };
}
