import type { Socket } from "node:net";
import { peerOf, type Peer } from "../platform/libc.ts";

/** Who is at the other end; undefined where the platform doesn't tell. */
export function peerOfSocket(socket: Socket): Peer | undefined {
  // Not documented, but the only way to the descriptor; -1 fails the call to the kernel.
  const { _handle: handle } = socket as unknown as { _handle?: { fd?: number } };
  return peerOf(handle?.fd ?? -1);
}

/** Whether it is known to be another user, to whom nothing is said. */
export function isStranger(peer: Peer | undefined): boolean {
  return peer !== undefined && peer.uid !== process.getuid?.();
}
