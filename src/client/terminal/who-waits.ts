import { identify, lineageOf } from "../../platform/processes/process-tree.ts";

/**
 * Who waits for this process: equal as long as they do. Its parent, and that one's, since git starts a helper by way of a
 * shell, which goes on when git is gone.
 */
export function whoWaits(): string {
  const self = identify(process.pid);
  const [, grandparent] = self === undefined ? [] : lineageOf(self).ancestors;
  return `${process.ppid} ${grandparent?.pid ?? ""}`;
}
