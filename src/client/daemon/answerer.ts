/** Who answers on the daemon's socket: a script of a sealed command can put its own in that place, and would be told passphrases. */
import { Failure } from "../../core/failure.ts";
import { isPeerThere, peerOf } from "../../platform/libc.ts";
import { isMarked } from "../../platform/processes/mark.ts";

/**
 * Whether who listens may be told a request: not if the process has ended, since whoever has its socket now may be anybody.
 *
 * @param descriptor of a socket that is connected to who listens at the path
 * @throws Failure `unavailable` if it is inside of a sealed command, and we are not
 */
export function mayBeAsked(descriptor: number, path: string): boolean {
  const pid = peerOf(descriptor)?.pid;
  if (pid === undefined) return true;
  const marked = isMarked(pid);
  if (isPeerThere(descriptor) === false) return false;
  if (marked !== true) return true;
  throw new Failure(
    "unavailable",
    `${path} is answered by process ${pid}, which is inside of a sealed command or a sandbox; nothing was sent there`,
    { hint: `kill ${pid}; then the next command starts a daemon` },
  );
}
