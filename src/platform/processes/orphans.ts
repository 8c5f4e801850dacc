/**
 * Makes this process the parent of what runs on below it when its own parent has ended: PR_SET_CHILD_SUBREAPER, prctl(2). Linux alone has
 * it; elsewhere such a process becomes a child of the first one.
 */
import type { ChildProcess } from "node:child_process";
import { subscribe } from "node:diagnostics_channel";
import { orphanWaiting, reapChild, setChildSubreaper } from "../libc.ts";
import { reapedByStarter } from "./reaped-by-starter.ts";

/** Where Node tells of each process that it is about to start (its documentation of diagnostics_channel). */
const STARTS = "child_process";

/**
 * From now on. What ends below this process and was not started by it is reaped, so that none of it stays as a zombie: of a child that
 * is reaped here, Node never hears that it has ended. Nobody may still wait for what was started before.
 */
export function adoptOrphans(): void {
  if (!setChildSubreaper()) return;
  const own = new Set<ChildProcess>();
  const onStart = (message: unknown): void => {
    const { process: child } = message as { process: ChildProcess };
    own.add(child);
    child.once("exit", () => own.delete(child));
  };
  const isOwn = (pid: number): boolean => reapedByStarter.has(pid) || [...own].some((child) => child.pid === pid);
  const reap = (): void => {
    for (let pid = orphanWaiting(); pid !== undefined && !isOwn(pid); pid = orphanWaiting()) reapChild(pid);
  };
  subscribe(STARTS, onStart);
  process.on("SIGCHLD", reap);
}
