/** Which process is at the other end of a TCP connection on this machine. The daemon's alone: clients have no use for it. */
import type { Socket } from "node:net";
import { isConnected } from "../libc.ts";
import * as linux from "../linux/connections.ts";
import { descriptorOf } from "../network/socket-descriptor.ts";
import { macos } from "./of-this-system.ts";
import type { ConnectionEnd, ConnectionTable } from "./process-table.ts";

export type { ConnectionEnd } from "./process-table.ts";

const connections: ConnectionTable = macos ?? { ...linux, tellsOwners: process.platform === "linux" };

/** Whether this system tells that. */
export const CAN_TELL_OWNERS = connections.tellsOwners;

export const { socketsOf } = connections;

/**
 * The other ends of connections to servers of ours on 127.0.0.1, from there; without those that have ended: by then, another one may have
 * the same port. As long as ours is connected, no other one has.
 */
export function otherEnds(ours: readonly Socket[]): ReadonlyMap<Socket, ConnectionEnd> {
  const found = new Map<Socket, ConnectionEnd>();
  for (const port of new Set(ours.map(({ localPort = 0 }) => localPort))) {
    const here = ours.filter(({ localPort }) => localPort === port);
    const ends = connections.clientEnds(port, here.map(({ remotePort = 0 }) => remotePort));
    for (const connection of here) {
      const end = ends.get(connection.remotePort ?? 0);
      if (end !== undefined && isConnected(descriptorOf(connection))) found.set(connection, end);
    }
  }
  return found;
}
