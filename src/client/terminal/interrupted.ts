/** A signal ended a question on the terminal. No failure: the process is to end as of the signal, whatever it was about to do. */
export class Interrupted extends Error {
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super(`interrupted by ${signal}`);
    this.name = "Interrupted";
    this.signal = signal;
  }
}

/** The process was stopped at a question, gave away what it held, and is back in the foreground. */
export class Continued extends Error {}
