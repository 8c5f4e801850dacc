/** What a session's directory says to the shims in it, as JSON in `session.json`. Made by the daemon, carried by `toolkey run`. */
import type { Secret } from "../secret.ts";

export interface SessionFacts {
  /** `http://127.0.0.1:PORT` */
  readonly gateway: string;
  /** The session's own, by which tools inside ask for theirs. */
  readonly phantom: string;
  /** What started it, for people. */
  readonly purpose: string;
  /** Random and stable: part of the names of ours that a project must not be able to guess. */
  readonly mark: string;
  readonly accountHome?: string | undefined;
  readonly installation: { readonly built: string; readonly sealedPrograms: string; readonly gitPrograms: string };
  /** By tool: what the services declare. */
  readonly declared: Readonly<Record<string, readonly DeclaredFact[]>>;
  /** Whether things may be changed. */
  readonly publishes: boolean;
}

export interface DeclaredFact {
  readonly service: string;
  readonly target: string;
  readonly server?: string | undefined;
  readonly npmScope?: string | undefined;
}

/** What a session is narrowed to: the tokens of a tool, for all hosts or for one. */
export interface SessionLimit {
  readonly tool: string;
  readonly host?: string | undefined;
}

/** The files of a session's directory. */
export const SESSION_FILE = "session.json";
/** Shell assignments of what the session sets, for shims whose variables were taken away. */
export const VARIABLES_FILE = "variables";

/** The name under which a session's plan has the text of its file. */
export const SESSION_DESCRIPTOR = SESSION_FILE;

export function renderSessionFacts(facts: Omit<SessionFacts, "phantom">, phantom: Secret): string {
  return JSON.stringify({ ...facts, phantom: phantom.reveal() });
}

/** Reads what `renderSessionFacts` of the same build wrote. */
export function parseSessionFacts(text: string): SessionFacts {
  return JSON.parse(text) as SessionFacts;
}
