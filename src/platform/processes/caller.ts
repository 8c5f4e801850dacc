/** Learns who asks from the kernel. */
import { UNKNOWN_CALLER, type Caller } from "../../core/caller.ts";
import type { Peer } from "../libc.ts";
import { isMarked } from "./mark.ts";
import { isRunning, lineageOf, programOf } from "./process-tree.ts";

/**
 * Who is at the other end of a connection. To be called when it arrives, before its process can have been replaced by another.
 *
 * @param isPeerThere whether the process of the connection still runs, where the system tells that; not given where there is no
 *   socket to ask
 */
export function callerOf({ uid, pid }: Peer, isPeerThere?: () => boolean | undefined): Caller {
  const seen = pid === undefined ? undefined : lineageOf(pid);
  if (pid === undefined || seen === undefined) return { ...UNKNOWN_CALLER, uid, pid };
  const { process, ...lineage } = seen;
  const [executable, marked] = [programOf(pid), isMarked(pid)];
  // Asked last: while it runs, its id is no other's, which may be one that is told more, and all of the above is of it.
  const isThere = isPeerThere?.() ?? isRunning(process);
  return isThere ? { uid, pid, process, executable, lineage, isMarked: marked } : { ...UNKNOWN_CALLER, uid, pid };
}
