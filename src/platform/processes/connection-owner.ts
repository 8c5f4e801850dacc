/** Which process is at the other end of a TCP connection on this machine. The daemon's alone: clients have no use for it. */
import * as linux from "../linux/connections.ts";
import { macos } from "./of-this-system.ts";
import type { ConnectionTable } from "./process-table.ts";

export type { ConnectionEnd } from "./process-table.ts";

const connections: ConnectionTable = macos ?? { ...linux, tellsOwners: process.platform === "linux" };

/** Whether this system tells that. */
export const CAN_TELL_OWNERS = connections.tellsOwners;

export const { clientEnds, socketsOf } = connections;
