/** The command in a sandbox, as it is seen from outside. */
import { readFileSync } from "node:fs";
import { childrenOf } from "./process-tree.ts";

/** bwrap is the first process in its namespace, and the command the next. The kernel gives out no id below 300 twice. */
const COMMAND = 2;

/**
 * The process of the command that bwrap has started in a namespace of its own; the process itself if it isn't such a bwrap, or the
 * command has ended. What the command leaves behind is never taken for it.
 */
export function commandBehind(pid: number): number {
  const [first] = childrenOf(pid);
  if (first === undefined || idsOf(first).length <= idsOf(pid).length) return pid;
  return childrenOf(first).find((child) => idsOf(child).at(-1) === COMMAND) ?? pid;
}

/** The ids of a process, in each namespace from ours to its own. */
function idsOf(pid: number): number[] {
  try {
    return (/^NSpid:\s*(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? "").split(/\s+/).map(Number);
  } catch {
    return [];
  }
}
