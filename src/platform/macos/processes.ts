/** What the kernel of macOS tells of processes; `ProcessTable` says what each function tells. */
import { resolve } from "node:path";
import type { ProcessIdentity } from "../../core/caller.ts";
import type { ConnectionEnd, ConnectionTable, ProcessTable, SeenLineage } from "../processes/process-table.ts";
import { FLAVORS, LISTS, SETTINGS, type Kernel } from "./kernel.ts";
import {
  handleOf,
  loopbackEnds,
  parentOf,
  processIds,
  regionOf,
  socketDescriptors,
  startOf,
  uniqueOf,
  userOf,
  workingDirectory,
  type LoopbackEnd,
  type Unique,
} from "./structures.ts";

/** More parts of memory than any program has, each of which costs a call. */
const MOST_REGIONS = 20_000;

/**
 * Where the kernel doesn't tell of this process itself, `tellsOwners` says so, and nothing is decided by what it tells.
 *
 * @param self this process, and its user
 */
export function processesOf(kernel: Kernel, self: { readonly pid: number; readonly uid: number }): ProcessTable & ConnectionTable {
  const uniqueIn = (pid: number): Unique | undefined => {
    const found = kernel.processInfo(pid, FLAVORS.unique.flavor);
    return found && uniqueOf(found);
  };

  /** What is asked in two calls is of one process if it was the same before and after. */
  const look = (pid: number): (Unique & { readonly parent: number }) | undefined => {
    const before = uniqueIn(pid);
    const ids = before && kernel.processInfo(pid, FLAVORS.ids.flavor);
    return before === undefined || ids === undefined || uniqueIn(pid)?.id !== before.id ? undefined : { ...before, parent: parentOf(ids) };
  };

  // Of a zombie it tells nothing, unless it is asked for (proc_pidinfo in bsd/kern/proc_info.c).
  const identify = (pid: number): ProcessIdentity | undefined => {
    const found = uniqueIn(pid);
    return found && identityOf(pid, found);
  };

  const lineageOf = (pid: number): SeenLineage | undefined => {
    const ancestors: ProcessIdentity[] = [];
    let isKnown = true;
    let below = look(pid);
    if (below === undefined) return undefined;
    const process = identityOf(pid, below);
    while (below.parent !== 0) {
      const above = look(below.parent);
      // Parents are older: a younger one has the id of one that ended meanwhile.
      if (above === undefined || above.id >= below.id) return { process, ancestors, complete: false };
      // One that was given another parent since its own has ended is somebody's whom nobody knows.
      isKnown &&= below.startedBy !== 0 && below.startedBy === above.version;
      ancestors.push(identityOf(below.parent, above));
      below = above;
    }
    return { process, ancestors, complete: isKnown };
  };

  const childrenOf = (pid: number): number[] => {
    const children = processIds(kernel.processes(LISTS.ofParent, pid) ?? Buffer.alloc(0)).flatMap((child) => identify(child) ?? []);
    // The kernel has the youngest first.
    return children.toSorted((one, other) => Number(one.startTime) - Number(other.startTime)).map((child) => child.pid);
  };

  const startIn = (pid: number): ReturnType<typeof startOf> => startOf(kernel.setting(SETTINGS.arguments(pid)) ?? Buffer.alloc(0));

  const directoryOf = (pid: number): string | undefined => {
    const found = kernel.processInfo(pid, FLAVORS.directories.flavor);
    return (found && workingDirectory(found)) || undefined;
  };

  /** One without a socket is of the user whose process has it, and named by that. */
  const endOf = ({ localPort, uid, handle, pid }: LoopbackEnd): [number, ConnectionEnd][] => {
    if (handle !== undefined) return [[localPort, { uid, inode: handle }]];
    const ids = kernel.processInfo(pid, FLAVORS.ids.flavor);
    return ids === undefined ? [] : [[localPort, { uid: userOf(ids), inode: nameOf(pid) }]];
  };

  return {
    tellsOwners: identify(self.pid) !== undefined,
    identify,
    lineageOf,
    childrenOf,
    directoryOf,
    programOf: (pid) => kernel.programOf(pid),
    commandLineOf: (pid) => [...startIn(pid).commandLine],
    environmentOf: (pid) => ({ ...startIn(pid).environment }),
    pathFor: (pid, path) => resolve(directoryOf(pid) ?? "/", path),
    allProcesses: () => processIds(kernel.processes(LISTS.ofUser, self.uid) ?? Buffer.alloc(0)),
    librariesOf(pid) {
      const files = new Set<string>();
      let address = 0n;
      for (let count = 0; count < MOST_REGIONS; count += 1) {
        const found = kernel.processInfo(pid, FLAVORS.region.flavor, address);
        const { end, file } = found === undefined ? { end: address, file: "" } : regionOf(found);
        if (end <= address) break;
        if (file !== "") files.add(file);
        address = end;
      }
      return [...files];
    },
    clientEnds(serverPort, clientPorts) {
      const asked = new Set(clientPorts);
      const ends = loopbackEnds(kernel.setting(SETTINGS.tcpConnections) ?? Buffer.alloc(0));
      const ofClients = ends.filter(({ localPort, foreignPort }) => foreignPort === serverPort && asked.has(localPort));
      return new Map(ofClients.flatMap((end) => endOf(end)));
    },
    socketsOf(pid) {
      const descriptors = socketDescriptors(kernel.processInfo(pid, FLAVORS.descriptors.flavor) ?? Buffer.alloc(0));
      const sockets = descriptors.map((each) => kernel.socketInfo(pid, each)).filter((found) => found !== undefined);
      return new Set([...sockets.map(handleOf), nameOf(pid)]);
    },
    startOfSystem: () => kernel.setting(SETTINGS.startOfSystem)?.toString("latin1").replace(/\0.*$/s, "") || undefined,
  };
}

/** What all connections of a process have for a name that need no socket. */
function nameOf(pid: number): string {
  return `process ${pid}`;
}

function identityOf(pid: number, { id }: Unique): ProcessIdentity {
  return { pid, startTime: String(id) };
}
