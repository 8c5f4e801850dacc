/** The manners of the programs that stand behind the shell scripts of the fast lane. */
import type { Answer, Reply } from "../../core/wire/wire.ts";
import { hardenProcess } from "../../platform/libc.ts";
import type { Replies } from "../../protocols/credential-protocol.ts";
import { endAfter, surviveClosedOutput } from "../ending.ts";
import { complain, tell } from "../tell.ts";

/** Ends with the exit code that comes of it, or by the signal; a failure is said. */
export function endWith(outcome: Promise<number>): void {
  // Before the answer, which may hold a token.
  hardenProcess();
  surviveClosedOutput();
  endAfter(outcome.then((code) => (process.exitCode = code)), complain);
}

/**
 * Prints an answer as the shell scripts do. Returns the exit code that comes of it.
 *
 * @param replies of the protocol that is spoken
 * @param isHeard whether anybody reads what is said of an answer that is no failure
 */
export function show(answer: Answer, replies: Replies, isHeard = true): number {
  if (answer.status === "error") {
    complain(answer.failure);
    return say(replies.failure(answer.failure));
  }
  if (isHeard) tell(answer.notes, answer.hints);
  return say(answer.status === "ok" ? { text: answer.payload, exitCode: 0 } : replies.miss);
}

function say({ text, exitCode }: Reply): number {
  if (text !== "") process.stdout.write(text);
  return exitCode;
}
