/** Whose TCP connections on this machine are. `ConnectionTable` says what each function tells. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { askKernel } from "../libc.ts";
import type { ConnectionEnd } from "../processes/process-table.ts";
import { endIn, isConnected, questionFor, type AddressAndPort } from "./socket-questions.ts";

const LOOPBACK = "127.0.0.1";
/** In the tables: of IPv4, and as sockets of IPv6 have it, which are those of JVMs. The kernel takes its time for each. */
const IN_TABLES = { tcp: "0100007F", tcp6: "0000000000000000FFFF00000100007F" } as const;

export function clientEnds(serverPort: number, clientPorts: readonly number[]): ReadonlyMap<number, ConnectionEnd> {
  const asked = clientPorts.map((port) => [port, endOfConnection([LOOPBACK, port], [LOOPBACK, serverPort])] as const);
  // Not every kernel answers: it may be built without, or a container keeps it from us.
  const listed = listedEnds(serverPort, asked.flatMap(([port, end]) => (end === undefined ? [port] : [])));
  // Of one that has ended (TIME_WAIT) there is no inode: its port may be another one's by now.
  return new Map([...asked, ...listed].flatMap(([port, end]) => (end === undefined || end.inode === "0" ? [] : [[port, end]])));
}

/** As the kernel answers a question for this one; undefined if it has none, or doesn't answer. */
export function endOfConnection(local: AddressAndPort, remote: AddressAndPort): ConnectionEnd | undefined {
  const answer = askKernel(questionFor(local, remote));
  return answer && endIn(answer, local, remote);
}

/** As /proc has them: proc_pid_net(5). */
export function listedEnds(serverPort: number, clientPorts: readonly number[]): ReadonlyMap<number, ConnectionEnd> {
  const found = new Map<number, ConnectionEnd>();
  for (const [table, address] of Object.entries(IN_TABLES)) {
    if (found.size === clientPorts.length) break;
    const server = ` ${address}:${serverPort.toString(16).toUpperCase().padStart(4, "0")} `;
    const text = readTable(table);
    for (let at = text.indexOf(server); at !== -1; at = text.indexOf(server, at + 1)) {
      const line = text.slice(text.lastIndexOf("\n", at) + 1, text.indexOf("\n", at)).trim().split(/\s+/);
      const [, local = "", remote = "", state = "", , , , uid, , inode] = line;
      // The server's own end has its address on the other side.
      if (` ${remote} ` !== server || !local.startsWith(`${address}:`) || !isConnected(Number.parseInt(state, 16))) continue;
      if (uid === undefined || inode === undefined) continue;
      const port = Number.parseInt(local.slice(address.length + 1), 16);
      if (clientPorts.includes(port)) found.set(port, { uid: Number(uid), inode });
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
