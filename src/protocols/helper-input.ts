/** What a program made of `lanes/credential-helper` was started with: its arguments, and what the tool wrote on its standard input. */
import { Failure } from "../core/failure.ts";
import { asRecord } from "./text/as-record.ts";

interface HelperInput {
  readonly arguments: readonly string[];
  readonly input: string;
}

/** @throws Failure `bad-request` for what the script doesn't write */
export function readHelperInput(payload: string): HelperInput {
  const end = /(?:^|\n)\n/.exec(payload);
  if (end === null) throw new Failure("bad-request", "the arguments of the credential helper do not end");
  const lines = payload.slice(0, end.index).split("\n").filter((line) => line !== "");
  return {
    arguments: lines.map((line) => {
      if (!line.startsWith("argument=")) throw new Failure("bad-request", "a line before the helper's input is no argument");
      return line.slice("argument=".length);
    }),
    input: payload.slice(end.index + end[0].length),
  };
}

/** The object that a text is in JSON; an empty one for what is none. @throws Failure `bad-request` for what is not JSON */
export function readObject(text: string, complaint: string): Readonly<Record<string, unknown>> {
  try {
    return asRecord(JSON.parse(text));
  } catch {
    // What the parser says quotes the text, which may have a secret in it.
    throw new Failure("bad-request", complaint);
  }
}
