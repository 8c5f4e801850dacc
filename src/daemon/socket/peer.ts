import type { Socket } from "node:net";
import { UNKNOWN_CALLER, type Caller } from "../../core/caller.ts";
import { callerOf } from "../../platform/processes/caller.ts";
import { isPeerThere, peerOf } from "../../platform/libc.ts";
import { descriptorOf } from "../../platform/network/socket-descriptor.ts";

/** Who is at the other end of a connection that has just arrived. */
export function callerOnSocket(socket: Socket): Caller {
  const descriptor = descriptorOf(socket);
  const peer = peerOf(descriptor);
  return peer === undefined ? UNKNOWN_CALLER : callerOf(peer, () => isPeerThere(descriptor));
}

/** Whether it is known to be another user, to whom nothing is said. */
export function isStranger({ uid }: Caller): boolean {
  return uid !== undefined && uid !== process.getuid?.();
}
