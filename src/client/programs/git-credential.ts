/**
 * What `bin/git-credential-toolkey` starts when the fast lane has no answer: no daemon runs yet, or the
 * vault waits for its passphrase. The operation and its options are in argv, the credential on stdin.
 */
import { paths as findPaths } from "../../platform/paths.ts";
import { SILENCE } from "../../protocols/credential-protocol.ts";
import { endWith, show } from "./behind-lane.ts";
import { request, type DaemonPlace } from "../daemon/request.ts";
import { GivenUp } from "../terminal/given-up.ts";
import { Interrupted } from "../terminal/interrupted.ts";
import { requestUnlocked } from "../daemon/unlock.ts";

async function main(operation: string, timeoutSeconds: string | undefined): Promise<number> {
  const place: DaemonPlace = { paths: findPaths(process.env), environment: process.env };
  const payload = await readCredential(process.stdin);
  const what = {
    tool: "git",
    operation,
    payload,
    ...(timeoutSeconds === undefined ? {} : { headers: { "timeout-seconds": timeoutSeconds } }),
  };
  const answer = await (mayPrompt() ? requestUnlocked(place, what) : request(place, what)).catch((error: unknown) => {
    // Whoever gave up here is not to be asked by git, which shows a user name as it is typed.
    if ((error instanceof Interrupted || error instanceof GivenUp) && operation === "get") process.stdout.write("quit=1\n");
    throw error;
  });
  // Where git has a program to ask a person with, and nobody reads this, it is not an error.
  return show(answer, SILENCE, process.stderr.isTTY || !process.env["GIT_ASKPASS"]);
}

// As git's own prompt: GIT_TERMINAL_PROMPT=0 means never to ask.
function mayPrompt(): boolean {
  return !/^(0|false|no|off)$/i.test(process.env["GIT_TERMINAL_PROMPT"] ?? "");
}

/** Up to the blank line with which git's protocol ends a credential: whoever asks may keep the pipe open. */
async function readCredential(stream: NodeJS.ReadStream): Promise<string> {
  stream.setEncoding("utf8");
  let text = "";
  for await (const chunk of stream) {
    text += String(chunk);
    const end = /^\n|\n\n/.exec(text);
    if (end !== null) return text.slice(0, end.index + end[0].length);
  }
  return text;
}

const [operation = "", timeoutSeconds] = process.argv.slice(2);
endWith(main(operation, timeoutSeconds === "" ? undefined : timeoutSeconds));
