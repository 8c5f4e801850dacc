/** Who answers on the daemon's socket: a script of a sealed command can put its own in that place, and would be told passphrases. */
import type { Socket } from "node:net";
import { Failure } from "../core/failure.ts";
import { isMarked } from "../platform/mark.ts";
import { descriptorOf } from "../platform/socket-descriptor.ts";

/**
 * To be called before anything is sent.
 *
 * @param socket connected to who listens at the path
 * @returns false if the process that did has ended: whoever has its socket now may be anybody
 * @throws Failure `denied` if that is inside of a sealed command, and we are not
 */
export async function mayBeAsked(socket: Socket, path: string): Promise<boolean> {
  if (isMarked("self") !== false) return true;
  // Loaded only here: it is of native code.
  const { isPeerThere, peerOf } = await import("../platform/libc.ts");
  const descriptor = descriptorOf(socket);
  const pid = peerOf(descriptor)?.pid;
  if (pid === undefined) return true;
  const marked = isMarked(pid);
  if (isPeerThere(descriptor, pid) === false) return false;
  if (marked !== true) return true;
  throw new Failure("denied", `${path} is answered by process ${pid}, which is inside of a sealed command or a sandbox; nothing was sent there`, {
    hint: `kill ${pid}; then the next command starts a daemon`,
  });
}
