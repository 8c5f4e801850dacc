import type { Token } from "../core/token.ts";
import type { Answer } from "../core/wire.ts";

/** The answer, and what the log says of it. */
export interface Outcome {
  readonly answer: Answer;
  readonly place?: string;
  readonly tokens?: readonly string[];
  /** Those that were suspended because the client's service refused them. */
  readonly refused?: readonly Token[];
}
