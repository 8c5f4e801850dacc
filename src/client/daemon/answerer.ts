/** Who answers on the daemon's socket: a script of a sealed command can put its own in that place, and would be told passphrases. */
import { writeSync } from "node:fs";
import type { Socket } from "node:net";
import { Failure, systemErrorCode } from "../../core/failure.ts";
import { isMarked } from "../../platform/processes/mark.ts";
import { descriptorOf } from "../../platform/network/socket-descriptor.ts";

/** What is done with a socket that connects to the daemon's. */
export interface WayToAnswerer {
  /** Whether it has connected, which Node tells a turn of its event loop later. */
  readonly isConnected: (socket: Socket) => boolean;
  /**
   * @param socket connected to who listens at the path; nothing was sent yet
   * @returns false if the process that did has ended: whoever has its socket now may be anybody
   * @throws Failure `denied` if it is inside of a sealed command, and we are not
   */
  readonly mayBeAsked: (socket: Socket, path: string) => boolean;
  /** Sends all and ends our half. @returns what the kernel has not taken; undefined if nothing is left to be done */
  readonly sendAtOnce: (socket: Socket, request: Buffer) => Buffer | undefined;
}

/** That of a sealed command, where no native code is loaded, and Node does it all. */
const OF_NODE: WayToAnswerer = { isConnected: () => false, mayBeAsked: () => true, sendAtOnce: (_socket, request) => request };

/** Made before there is a connection: who has one is given only so much time for his request. */
export async function wayToAnswerer(): Promise<WayToAnswerer> {
  if (isMarked("self") !== false) return OF_NODE;
  // Loaded only here: it is of native code.
  const { endSending, isConnected, isPeerThere, peerOf } = await import("../../platform/libc.ts");
  return {
    isConnected: (socket) => isConnected(descriptorOf(socket)),
    mayBeAsked(socket, path) {
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
    },
    sendAtOnce(socket, request) {
      const sent = written(descriptorOf(socket), request);
      if (sent < request.length) return request.subarray(sent);
      endSending(descriptorOf(socket));
      return undefined;
    },
  };
}

/** How many bytes the kernel has taken. Of what is wrong the stream hears, too. */
function written(descriptor: number, bytes: Buffer): number {
  try {
    return writeSync(descriptor, bytes);
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return 0;
  }
}
