/** Which process is at the other end of a TCP connection on this machine, as /proc says (proc_pid_net(5)). */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** The other end of a connection. */
export interface ConnectionEnd {
  readonly uid: number;
  /** By which processes name it among their descriptors. */
  readonly inode: string;
}

/** 127.0.0.1 in the tables: of IPv4, and as sockets of IPv6 have it, which are those of JVMs. */
const LOOPBACK = { tcp: "0100007F", tcp6: "0000000000000000FFFF00000100007F" } as const;

/** Whether this system has such tables. */
export const CAN_TELL_OWNERS = process.platform === "linux";

/**
 * The end of a client's connection to a server on 127.0.0.1.
 *
 * @returns undefined if there is no such connection (any more)
 */
export function clientEnd(clientPort: number, serverPort: number): ConnectionEnd | undefined {
  for (const [table, address] of Object.entries(LOOPBACK)) {
    const row = rowOf(table, `: ${address}:${hexadecimal(clientPort)} ${address}:${hexadecimal(serverPort)} `);
    if (row !== undefined) return row;
  }
  return undefined;
}

/** Whether a process has the socket open. False if that can't be seen. */
export function holdsSocket(pid: number, inode: string): boolean {
  const directory = `/proc/${pid}/fd`;
  try {
    return readdirSync(directory).some((descriptor) => linkOf(`${directory}/${descriptor}`) === `socket:[${inode}]`);
  } catch {
    return false;
  }
}

function rowOf(table: string, ends: string): ConnectionEnd | undefined {
  const text = readTable(table);
  const at = text.indexOf(ends);
  if (at === -1) return undefined;
  const end = text.indexOf("\n", at);
  // After the addresses: state, queues, timer, retransmits, uid, timeout, inode.
  const [, , , , uid, , inode] = text.slice(at + ends.length, end === -1 ? undefined : end).trim().split(/\s+/);
  return uid === undefined || inode === undefined ? undefined : { uid: Number(uid), inode };
}

function readTable(table: string): string {
  try {
    return readFileSync(`/proc/self/net/${table}`, "latin1");
  } catch {
    return "";
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function hexadecimal(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, "0");
}
