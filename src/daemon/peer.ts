import type { Socket } from "node:net";
import { UNKNOWN_CALLER, type Caller } from "../core/caller.ts";
import { callerOf } from "../platform/caller.ts";
import { peerOf } from "../platform/libc.ts";

/** Who is at the other end of a connection that has just arrived. */
export function callerOnSocket(socket: Socket): Caller {
  // Not documented, but the only way to the descriptor; -1 fails the call to the kernel.
  const { _handle: handle } = socket as unknown as { _handle?: { fd?: number } };
  const peer = peerOf(handle?.fd ?? -1);
  return peer === undefined ? UNKNOWN_CALLER : callerOf(peer);
}

/** Whether it is known to be another user, to whom nothing is said. */
export function isStranger({ uid }: Caller): boolean {
  return uid !== undefined && uid !== process.getuid?.();
}
