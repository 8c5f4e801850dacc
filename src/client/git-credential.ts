/**
 * What `bin/git-credential-toolkey` starts when the fast lane has no answer: no daemon runs yet, or the
 * vault waits for its passphrase. The operation and its options are in argv, the credential on stdin.
 */
import { Failure, exitCode, ourMistake } from "../core/failure.ts";
import type { Answer } from "../core/wire.ts";
import { paths as findPaths } from "../platform/paths.ts";
import { request, type DaemonPlace } from "./request.ts";
import { unlockOnTerminal } from "./unlock.ts";

async function main(operation: string, timeoutSeconds: string | undefined): Promise<number> {
  const place: DaemonPlace = { paths: findPaths(process.env), environment: process.env };
  const payload = await readAll(process.stdin);
  const what = {
    tool: "git",
    operation,
    payload,
    ...(timeoutSeconds === undefined ? {} : { headers: { "timeout-seconds": timeoutSeconds } }),
  };
  let answer = await request(place, what);
  if (isLocked(answer) && mayPrompt() && (await unlockOnTerminal(place))) answer = await request(place, what);
  return show(answer);
}

function show(answer: Answer): number {
  if (answer.status === "error") {
    complain(answer.failure);
    return exitCode(answer.failure.code);
  }
  // Where git has a program to ask a person with, and nobody reads this, it is not an error.
  if (process.stderr.isTTY || !process.env["GIT_ASKPASS"]) report(answer.notes, answer.hints);
  if (answer.status === "ok") process.stdout.write(answer.payload);
  return 0;
}

function isLocked(answer: Answer): boolean {
  return answer.status === "error" && answer.failure.code === "locked";
}

// As git's own prompt: GIT_TERMINAL_PROMPT=0 means never to ask.
function mayPrompt(): boolean {
  return !/^(0|false|no|off)$/i.test(process.env["GIT_TERMINAL_PROMPT"] ?? "");
}

function complain(failure: Failure): void {
  report([failure.message], failure.hints);
}

function report(notes: readonly string[], hints: readonly string[]): void {
  for (const note of notes) process.stderr.write(`toolkey: ${note}\n`);
  for (const hint of hints) process.stderr.write(`hint: ${hint}\n`);
}

async function readAll(stream: NodeJS.ReadStream): Promise<string> {
  stream.setEncoding("utf8");
  let text = "";
  for await (const chunk of stream) text += String(chunk);
  return text;
}

const [operation = "", timeoutSeconds] = process.argv.slice(2);
main(operation, timeoutSeconds === "" ? undefined : timeoutSeconds).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const failure = error instanceof Failure ? error : ourMistake(error);
    complain(failure);
    process.exitCode = exitCode(failure.code);
  },
);
