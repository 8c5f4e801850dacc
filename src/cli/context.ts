import type { OperationName, Operations } from "../core/wire/administration.ts";
import { Failure } from "../core/failure.ts";
import { administer, type DaemonPlace } from "../client/daemon/request.ts";
import { unlockOnTerminal } from "../client/daemon/unlock.ts";
import { keepMemory } from "./keep-memory.ts";
import type { GivenSecret } from "./terminal/given-secret.ts";
import type { Output } from "./terminal/output.ts";

/** What a command works with: the daemon, and the person's terminal. */
export interface Context extends DaemonPlace {
  /** What was started, for who sees it ask: `toolkey list`. */
  readonly program: string;
  readonly stdin: NodeJS.ReadStream;
  readonly output: Output;
  /** Whether questions may be asked; `isAttended` tells whether there may be anybody who answers. */
  readonly asks: boolean;
  /** The secret that the command line names a file or a descriptor for: then nobody is asked for it. */
  readonly given?: GivenSecret | undefined;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** Whether somebody may be at hand whom a command can ask: not with `--json`, nor where standard input is from elsewhere. */
export function isAttended({ asks, stdin }: Context): boolean {
  return asks && stdin.isTTY;
}

/**
 * Asks the daemon. If the vault waits for its passphrase, the person is asked for it first.
 *
 * @throws Failure with which the daemon answered.
 */
export async function ask<Name extends OperationName>(
  context: Context,
  operation: Name,
  payload: Operations[Name]["request"],
): Promise<Operations[Name]["answer"]> {
  try {
    return await administer(context, operation, payload);
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== "locked") throw error;
    await keepMemory();
    if (!(await unlockOnTerminal(context, context.program))) throw error;
    return administer(context, operation, payload);
  }
}
