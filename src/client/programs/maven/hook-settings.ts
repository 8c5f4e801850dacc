/**
 * What `bin/mavenrc` starts when the fast lane has no answer: no daemon runs yet, or the vault waits for its
 * passphrase. Its request is on stdin; the settings go to stdout, or nothing. Maven waits for this, so that it
 * asks nobody who can't answer, and ends in time.
 */
import { readFileSync } from "node:fs";
import { Failure, ourMistake } from "../../../core/failure.ts";
import type { Answer } from "../../../core/wire/wire.ts";
import { hardenProcess } from "../../../platform/libc.ts";
import { paths as findPaths } from "../../../platform/paths.ts";
import { parseHookRequest } from "../../../protocols/maven/hook-request.ts";
import { endLike, surviveClosedOutput } from "../../ending.ts";
import { request, type DaemonPlace } from "../../daemon/request.ts";
import { tell } from "../../tell.ts";
import { Interrupted } from "../../terminal/interrupted.ts";
import { unlockOnTerminal } from "../../daemon/unlock.ts";

/** How long Maven is kept waiting, in milliseconds, besides the time in which a person types. */
const PATIENCE_MS = 40_000;

async function main(): Promise<string> {
  const place: DaemonPlace = { paths: findPaths(process.env), environment: process.env };
  const payload = readFileSync(0, "utf8");
  const ask = (): Promise<Answer> => inTime(request(place, { tool: "maven", operation: "settings", payload }));
  let answer = await ask();
  if (isLocked(answer) && mayPrompt(payload) && (await unlockOnTerminal(place, "mvn"))) answer = await ask();
  if (answer.status === "error") throw answer.failure;
  tell(answer.notes, answer.hints);
  return answer.status === "ok" ? answer.payload : "";
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Failure("unavailable", "the daemon does not answer", { hint: "try 'toolkey doctor'" })),
      PATIENCE_MS,
    );
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

function isLocked(answer: Answer): boolean {
  return answer.status === "error" && answer.failure.code === "locked";
}

/** Only a person who waits for this Maven. */
function mayPrompt(payload: string): boolean {
  const { arguments: given } = parseHookRequest(payload);
  return !given.some((argument) => argument === "-B" || argument === "--batch-mode");
}

hardenProcess();
surviveClosedOutput();
main().then(
  (settings) => process.stdout.write(settings),
  (error: unknown) => {
    if (error instanceof Interrupted) return endLike(error);
    const failure = error instanceof Failure ? error : ourMistake(error);
    const [hint] = failure.hints;
    tell([`${failure.message}; Maven runs without its tokens${hint === undefined ? "" : ` (${hint})`}`], []);
    // A connection that nobody answers would keep this process running.
    process.exit(0);
  },
);
