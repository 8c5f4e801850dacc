/** Whose TCP connections on this machine are, as /proc says (proc_pid_net(5)). `ProcessTable` says what each function tells. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { ConnectionEnd } from "../processes/process-table.ts";

/** 127.0.0.1 in the tables: of IPv4, and as sockets of IPv6 have it, which are those of JVMs. The kernel takes its time for each. */
const LOOPBACK = { tcp: "0100007F", tcp6: "0000000000000000FFFF00000100007F" } as const;

export function clientEnds(serverPort: number, clientPorts: readonly number[]): ReadonlyMap<number, ConnectionEnd> {
  const found = new Map<number, ConnectionEnd>();
  for (const [table, address] of Object.entries(LOOPBACK)) {
    if (clientPorts.every((port) => found.has(port))) break;
    const server = ` ${address}:${serverPort.toString(16).toUpperCase().padStart(4, "0")} `;
    const text = readTable(table);
    for (let at = text.indexOf(server); at !== -1; at = text.indexOf(server, at + 1)) {
      const line = text.slice(text.lastIndexOf("\n", at) + 1, text.indexOf("\n", at)).trim().split(/\s+/);
      const [, local = "", remote = "", , , , , uid, , inode] = line;
      // The server's own end has its address on the other side.
      if (` ${remote} ` !== server || !local.startsWith(`${address}:`) || uid === undefined || inode === undefined) continue;
      // Of one that has ended (TIME_WAIT): its port may be another one's by now.
      if (inode !== "0") found.set(Number.parseInt(local.slice(address.length + 1), 16), { uid: Number(uid), inode });
    }
  }
  return found;
}

export function socketsOf(pid: number): Set<string> {
  const directory = `/proc/${pid}/fd`;
  try {
    return new Set(
      readdirSync(directory).flatMap((descriptor) => /^socket:\[(\d+)\]$/.exec(linkOf(`${directory}/${descriptor}`) ?? "")?.[1] ?? []),
    );
  } catch {
    return new Set();
  }
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
