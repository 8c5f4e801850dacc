/**
 * Tells what a tool's scripts start from what the tool starts itself. bin/sealed/script-shell sets a limit before each script
 * that Linux takes no note of (RLIMIT_LOCKS, getrlimit(2)): whatever is started then has it for ever, however it
 * parts from its parents and its environment, since raising it is for root alone.
 */
import { readFileSync } from "node:fs";

const MARK = 77_001;

/**
 * Whether a process was started by a script. One that can't be looked at counts as such; on macOS none does, whose kernel shows no limits
 * of others.
 */
export function isOfScript(pid: number): boolean {
  if (process.platform === "darwin") return false;
  try {
    const [, hard] = /^Max file locks +\S+ +(\S+)/m.exec(readFileSync(`/proc/${pid}/limits`, "latin1")) ?? [];
    return hard === undefined || (hard !== "unlimited" && Number(hard) <= MARK);
  } catch {
    return true;
  }
}
