/** Who answers on the daemon's socket: a script of a sealed command can put its own in that place, and would be told passphrases. */
import { writeSync } from "node:fs";
import type { Socket } from "node:net";
import { Failure, systemErrorCode } from "../../core/failure.ts";
import { isMarked } from "../../platform/processes/mark.ts";
import { descriptorOf } from "../../platform/network/socket-descriptor.ts";

/** How a client uses a socket that connects to the daemon's. */
export interface WayToAnswerer {
  /** Whether it has connected, which Node tells a turn of its event loop later. */
  readonly isConnected: (socket: Socket) => boolean;
  /**
   * Sends all, once, and ends our half.
   *
   * @param socket connected to who listens at the path; nothing was sent yet
   * @param sent called when the kernel has taken all
   * @returns false, and nothing was sent, if the process that listened has ended: whoever has its socket now may be anybody
   * @throws Failure `unavailable` if it is inside of a sealed command, and we are not
   */
  readonly send: (socket: Socket, path: string, request: Buffer, sent: () => void) => boolean;
}

/** That of a sealed command, where no native code is loaded, and Node does it all. */
const OF_NODE: WayToAnswerer = {
  isConnected: () => false,
  send(socket, _path, request, sent) {
    endWith(socket, request, sent);
    return true;
  },
};

/** Made before there is a connection: who has one is given only so much time for his request. */
export async function wayToAnswerer(): Promise<WayToAnswerer> {
  if (isMarked("self") !== false) return OF_NODE;
  // Loaded only here: it is of native code.
  const { endSending, isConnected, isPeerThere, peerOf } = await import("../../platform/libc.ts");
  const mayBeAsked = (descriptor: number, path: string): boolean => {
    const pid = peerOf(descriptor)?.pid;
    if (pid === undefined) return true;
    const marked = isMarked(pid);
    if (isPeerThere(descriptor) === false) return false;
    if (marked !== true) return true;
    throw new Failure(
      "unavailable",
      `${path} is answered by process ${pid}, which is inside of a sealed command or a sandbox; nothing was sent there`,
      {
        hint: `kill ${pid}; then the next command starts a daemon`,
      },
    );
  };
  return {
    isConnected: (socket) => isConnected(descriptorOf(socket)),
    send(socket, path, request, sent) {
      const descriptor = descriptorOf(socket);
      if (!mayBeAsked(descriptor, path)) return false;
      const taken = writtenOf(descriptor, request);
      if (taken < request.length) endWith(socket, request.subarray(taken), sent);
      else {
        endSending(descriptor);
        sent();
      }
      return true;
    },
  };
}

function endWith(socket: Socket, bytes: Buffer, sent: () => void): void {
  socket.end(bytes, (error?: Error | null) => {
    if (error === undefined || error === null) sent();
  });
}

/** How many bytes the kernel has taken at once. If that fails, Node tells why when it sends the rest. */
function writtenOf(descriptor: number, bytes: Buffer): number {
  try {
    return writeSync(descriptor, bytes);
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return 0;
  }
}
