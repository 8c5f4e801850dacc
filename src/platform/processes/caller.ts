/** Learns who asks from the kernel. What costs is read when it is first asked for, and then kept. */
import { readlinkSync } from "node:fs";
import type { Caller, Lineage, ProcessIdentity } from "../../core/caller.ts";
import type { Peer } from "../libc.ts";
import { identify, lineageOf } from "./process-tree.ts";

/** Who is at the other end of a connection. To be called when it arrives, before its process can have been replaced by another. */
export function callerOf({ uid, pid }: Peer): Caller {
  return new KnownCaller(uid, pid);
}

class KnownCaller implements Caller {
  readonly uid: number;
  readonly pid: number | undefined;
  readonly process: ProcessIdentity | undefined;
  #links = new Map<string, string | undefined>();
  #lineage: Lineage | undefined;

  constructor(uid: number, pid: number | undefined) {
    this.uid = uid;
    this.pid = pid;
    this.process = pid === undefined ? undefined : identify(pid);
  }

  get executable(): string | undefined {
    return this.#link("exe");
  }

  get directory(): string | undefined {
    return this.#link("cwd");
  }

  get lineage(): Lineage {
    this.#lineage ??= this.process === undefined ? { ancestors: [], complete: false } : lineageOf(this.process);
    return this.#lineage;
  }

  #link(name: "exe" | "cwd"): string | undefined {
    if (!this.#links.has(name)) this.#links.set(name, this.#readLink(name));
    return this.#links.get(name);
  }

  #readLink(name: "exe" | "cwd"): string | undefined {
    if (this.process === undefined) return undefined;
    try {
      const found = readlinkSync(`/proc/${this.process.pid}/${name}`);
      // Its id may be another's by now.
      return identify(this.process.pid)?.startTime === this.process.startTime ? found : undefined;
    } catch {
      return undefined;
    }
  }
}
