import { ancestorsOf } from "../../platform/process-tree.ts";

/**
 * Who waits for this process: equal as long as they do. Its parent, and that one's, since git starts a helper by way of a
 * shell, which goes on when git is gone.
 */
export function whoWaits(): string {
  return [process.ppid, ...ancestorsOf(process.ppid).slice(0, 1)].join(" ");
}
