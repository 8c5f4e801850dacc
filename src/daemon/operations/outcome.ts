import type { Refused } from "../../broker/answering/second-opinion.ts";
import type { Answer } from "../../core/wire/wire.ts";

/** The answer, and what the event of the request says of it. */
export interface Outcome {
  readonly answer: Answer;
  readonly place?: string;
  readonly tokens?: readonly string[];
  /** Those that the client's service refused. */
  readonly refused?: readonly Refused[];
}
