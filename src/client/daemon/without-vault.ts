/** What is answered where there is no vault: the daemon is not started for it, because it would make directories. */
import { ADMINISTRATION } from "../../core/wire/administration.ts";
import { Failure } from "../../core/failure.ts";
import { miss, type Answer } from "../../core/wire/wire.ts";
import { isAnythingAt } from "../../platform/files/inode.ts";
import type { Paths } from "../../platform/paths.ts";
import { WITH_CREDENTIALS } from "../../protocols/tool-facts.ts";

/** Of the command line: one makes the vault, the others have an answer without. */
const NEED_NONE: ReadonlySet<string> = new Set(["checkConfig", "config", "init", "lock", "sandbox", "services", "service"]);

/** Tools ask by these, and go on without. */
const OF_HOOKS: ReadonlySet<string> = new Set(["authorization", "settings"]);

/** What is asked. */
interface Asked {
  readonly tool: string;
  readonly operation: string;
  /** Whether something is to be kept, where the name of the operation doesn't say it. */
  readonly keeps?: boolean;
}

/** Undefined if the daemon is to answer. */
export function answerWithoutVault(paths: Paths, { tool, operation, keeps = operation === "store" }: Asked): Answer | undefined {
  if (isAnythingAt(paths.vault) || (tool === ADMINISTRATION && NEED_NONE.has(operation))) return undefined;
  // Nothing to give, and the tool goes on without; but what was to be kept is not, and somebody should know.
  if (WITH_CREDENTIALS.includes(tool) && !keeps) return miss();
  const failure = new Failure("no-vault", `there is no vault at ${paths.vault}`, { hint: "make one: toolkey init" });
  return OF_HOOKS.has(operation) ? miss([failure.message], failure.hints) : { status: "error", failure };
}
