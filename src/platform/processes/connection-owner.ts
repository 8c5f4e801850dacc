/** Which process is at the other end of a TCP connection on this machine. */
import { processTable } from "./of-this-system.ts";

export type { ConnectionEnd } from "./process-table.ts";

/** Whether this system tells that. */
export const CAN_TELL_OWNERS = processTable.tellsOwners;

export const { clientEnds, socketsOf } = processTable;
