/** Who answers on the daemon's socket: a script of a sealed command can put its own in that place, and would be told passphrases. */
import type { Socket } from "node:net";
import { Failure } from "../../core/failure.ts";
import { isMarked } from "../../platform/processes/mark.ts";
import { descriptorOf } from "../../platform/network/socket-descriptor.ts";

/**
 * @param socket connected to who listens at the path; nothing was sent yet
 * @returns false if the process that did has ended: whoever has its socket now may be anybody
 * @throws Failure `denied` if it is inside of a sealed command, and we are not
 */
export type JudgeOfAnswerers = (socket: Socket, path: string) => boolean;

/** Made before there is a connection: who has one is given only so much time for his request. */
export async function judgeOfAnswerers(): Promise<JudgeOfAnswerers> {
  if (isMarked("self") !== false) return () => true;
  // Loaded only here: it is of native code.
  const { isPeerThere, peerOf } = await import("../../platform/libc.ts");
  return (socket, path) => {
    const descriptor = descriptorOf(socket);
    const pid = peerOf(descriptor)?.pid;
    if (pid === undefined) return true;
    const marked = isMarked(pid);
    if (isPeerThere(descriptor) === false) return false;
    if (marked !== true) return true;
    throw new Failure(
      "denied",
      `${path} is answered by process ${pid}, which is inside of a sealed command or a sandbox; nothing was sent there`,
      {
        hint: `kill ${pid}; then the next command starts a daemon`,
      },
    );
  };
}
