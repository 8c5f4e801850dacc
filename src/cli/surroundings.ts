/**
 * What has to be so before anything else is loaded, which is why this is imported first: packages ask for the current
 * directory as they are loaded. Node would show its own stack, and the line of the bundle, which is all of the bundle.
 */
import { exitCode, Failure, ourMistake, systemErrorCode } from "../core/failure.ts";
import { assertNodeIsNew } from "../platform/processes/node-version.ts";
import { earlyFailure } from "./early-failure.ts";

process.on("uncaughtException", (error: unknown) => {
  const code = systemErrorCode(error);
  endWith(code === undefined ? ourMistake(error) : new Failure("unavailable", `it can't go on: ${code}`, { cause: error }));
});

try {
  assertNodeIsNew();
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  endWith(error);
}

try {
  process.cwd();
} catch (error) {
  endWith(
    new Failure("unavailable", "the current directory is not there any more", { hint: "cd to one that is, and try again", cause: error }),
  );
}

function endWith(failure: Failure): never {
  earlyFailure.tell(failure);
  process.exit(exitCode(failure.code));
}
