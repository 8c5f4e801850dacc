/** Learns who asks from the kernel. What costs is read when it is first asked for, and then kept. */
import type { Caller, Lineage, ProcessIdentity } from "../../core/caller.ts";
import type { Peer } from "../libc.ts";
import { directoryOf, executableOf, identify, isRunning, lineageOf } from "./process-tree.ts";

/** Who is at the other end of a connection. To be called when it arrives, before its process can have been replaced by another. */
export function callerOf({ uid, pid }: Peer): Caller {
  return new KnownCaller(uid, pid);
}

class KnownCaller implements Caller {
  readonly uid: number;
  readonly pid: number | undefined;
  readonly process: ProcessIdentity | undefined;
  #executable: { readonly is: string | undefined } | undefined;
  #directory: { readonly is: string | undefined } | undefined;
  #lineage: Lineage | undefined;

  constructor(uid: number, pid: number | undefined) {
    this.uid = uid;
    this.pid = pid;
    this.process = pid === undefined ? undefined : identify(pid);
  }

  get executable(): string | undefined {
    this.#executable ??= { is: this.process === undefined ? undefined : executableOf(this.process) };
    return this.#executable.is;
  }

  get directory(): string | undefined {
    this.#directory ??= { is: this.#findDirectory() };
    return this.#directory.is;
  }

  get lineage(): Lineage {
    this.#lineage ??= this.process === undefined ? { ancestors: [], complete: false } : lineageOf(this.process);
    return this.#lineage;
  }

  #findDirectory(): string | undefined {
    if (this.process === undefined) return undefined;
    const found = directoryOf(this.process.pid);
    // Its id may be another's by now.
    return isRunning(this.process) ? found : undefined;
  }
}
