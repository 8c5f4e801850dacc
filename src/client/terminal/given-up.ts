import { Failure } from "../../core/failure.ts";

/** A person was asked, and did not answer, or not rightly. Nobody else should ask for the same after that. */
export class GivenUp extends Failure {
  constructor(message: string, hint: readonly string[] = []) {
    super("denied", message, { hint });
    this.name = "GivenUp";
  }
}
