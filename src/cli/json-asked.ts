/** Whether documents are asked for, known before the command line is read: what can't be read is told by one, too. Imported first. */
import { complain } from "../client/tell.ts";
import type { Failure, FailureCode } from "../core/failure.ts";
import { earlyFailure } from "./early-failure.ts";

/** Whether a command line asks for documents. What stands behind `--` is another program's. */
export function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  return argv.slice(0, end === -1 ? undefined : end).includes("--json");
}

/** A failure as programs read it. */
export function errorView({ code, message, hints }: Failure): { code: FailureCode; message: string; hints: readonly string[] } {
  return { code, message, hints };
}

if (asksForJson(process.argv.slice(2))) {
  earlyFailure.tell = (failure) => {
    complain(failure);
    process.stdout.write(`${JSON.stringify({ error: errorView(failure) }, null, 2)}\n`);
  };
}
