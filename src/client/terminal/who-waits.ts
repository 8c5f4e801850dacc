import { lineageOf } from "../../platform/processes/process-tree.ts";

/**
 * Who waits for this process: equal as long as they do. Its parent, and that one's, since git starts a helper by way of a
 * shell, which goes on when git is gone.
 */
export function whoWaits(): string {
  const [, grandparent] = lineageOf(process.pid)?.ancestors ?? [];
  return `${process.ppid} ${grandparent?.pid ?? ""}`;
}
