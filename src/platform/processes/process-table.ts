/** What a system tells of its processes and of their connections. */
import type { Lineage, ProcessIdentity } from "../../core/caller.ts";

/** A process, and those above it. */
export type SeenLineage = Lineage & { readonly process: ProcessIdentity };

/** The other end of a connection. */
export interface ConnectionEnd {
  readonly uid: number;
  /** By which processes name it among their descriptors. */
  readonly inode: string;
}

/** Of what can't be seen nothing is told: undefined, or none. Arguments and variables are bytes, as `latin1`; paths are text. */
export interface ProcessTable {
  /** Undefined if there is no such process, or it is a zombie. */
  readonly identify: (pid: number) => ProcessIdentity | undefined;
  /** One and the processes above it, walked until there is no parent. Undefined as `identify`. */
  readonly lineageOf: (pid: number) => SeenLineage | undefined;
  /** The file that a process runs. On Linux with ` (deleted)` at its end if it was replaced since. */
  readonly programOf: (pid: number) => string | undefined;
  /** The processes that this one has started, in this order, and then those that it was given since their parents had ended. */
  readonly childrenOf: (pid: number) => number[];
  /** The arguments with which a process was started, the program first. */
  readonly commandLineOf: (pid: number) => string[];
  /** The variables with which a process was started. Its own changes are not among them. */
  readonly environmentOf: (pid: number) => Record<string, string>;
  /** The directory in which a process works. */
  readonly directoryOf: (pid: number) => string | undefined;
  /** A path as a process means it, for this one to open. */
  readonly pathFor: (pid: number, path: string) => string;
  /** The files that a process has mapped into its memory. */
  readonly librariesOf: (pid: number) => string[];
  /** All processes, at least those of our user. */
  readonly allProcesses: () => number[];
  /** Another one after each start of the system, within which processes are what they are. */
  readonly startOfSystem: () => string | undefined;
}

/** Whose connections on this machine are. */
export interface ConnectionTable {
  /** Whether it tells that, and who started whom. */
  readonly tellsOwners: boolean;
  /** The ends of connections to a server on 127.0.0.1, of clients with the same address and these ports; without those that are none. */
  readonly clientEnds: (serverPort: number, clientPorts: readonly number[]) => ReadonlyMap<number, ConnectionEnd>;
  /** The sockets that a process has open, by their inodes. */
  readonly socketsOf: (pid: number) => Set<string>;
}
