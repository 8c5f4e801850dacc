/** Who asks: the process at the other end of a connection, learned once and handed to every operation. */

/** A process for good: its id may be used again, but not with the same start. */
export interface ProcessIdentity {
  readonly pid: number;
  /** On Linux in clock ticks since the system started; on macOS the number that its kernel gives to one process only. They grow. */
  readonly startTime: string;
}

/** The processes above one. */
export interface Lineage {
  /** The parent, its parent, and so on. */
  readonly ancestors: readonly ProcessIdentity[];
  /** Whether the last of them has no parent. Else the walk was cut short: a process has ended, or can't be seen. */
  readonly complete: boolean;
}

/** What the platform tells of whoever asks. Nothing of it is known for sure where it is undefined. */
export interface Caller {
  readonly uid: number | undefined;
  readonly pid: number | undefined;
  /** Undefined also if it had ended before it could be looked at: its connection may then be anybody's. */
  readonly process: ProcessIdentity | undefined;
  /** The file that it runs, as the kernel names it: ` (deleted)` at the end if it was replaced since. */
  readonly executable: string | undefined;
  /** Whether it has the mark of sealed commands; undefined also where the system has none. */
  readonly isMarked: boolean | undefined;
  /** The processes above it when it asked. */
  readonly lineage: Lineage;
}

/** Where the platform doesn't tell. */
export const UNKNOWN_CALLER: Caller = {
  uid: undefined,
  pid: undefined,
  process: undefined,
  executable: undefined,
  isMarked: undefined,
  lineage: { ancestors: [], complete: false },
};
