/**
 * Makes this process the parent of what runs on below it when its own parent has ended: PR_SET_CHILD_SUBREAPER, prctl(2). Linux alone has
 * it; elsewhere such a process becomes a child of the first one.
 */
import { orphanWaiting, reapChild, setChildSubreaper } from "../libc.ts";

/** From now on. What has ended is reaped, so that none of it stays as a zombie. @param isOwn whether a process was started by this one */
export function adoptOrphans(isOwn: (pid: number) => boolean): void {
  if (!setChildSubreaper()) return;
  process.on("SIGCHLD", () => {
    for (let pid = orphanWaiting(); pid !== undefined && !isOwn(pid); pid = orphanWaiting()) reapChild(pid);
  });
}
