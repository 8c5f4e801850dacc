/** Whether the process at the other end of a connection is the one that a phantom belongs to. */
import { basename } from "node:path";
import { CAN_TELL_OWNERS, clientEnd, holdsSocket } from "../platform/connection-owner.ts";
import { allProcesses, ancestorsOf, childrenOf, commandLineOf, isRunning, withDescendants } from "../platform/process-tree.ts";
import type { Phantom } from "./phantoms.ts";

/** `other`: a process of the same user that the phantom is not for. `stranger`: of another user, or nobody knows whose. */
export type Standing = "holder" | "other" | "stranger";

/** A connection, seen from the server. */
export interface Connection {
  readonly remotePort?: number | undefined;
  readonly localPort?: number | undefined;
}

/** Main classes under which Maven runs: by its script, in the daemon of mvnd, in IntelliJ, in NetBeans and others by the script. */
const MAVEN = /^(org\.codehaus\.plexus\.classworlds\.launcher\.Launcher|org\.codehaus\.classworlds\.Launcher|org\.apache\.maven\.cling\..*|org\.mvndaemon\.mvnd\..*|org\.jetbrains\.idea\.maven\..*)$/;

/** Whose connection this is, as far as one phantom goes. Where the system doesn't tell, every one is the holder's. */
export function standingOf({ remotePort, localPort }: Connection, phantom: Phantom): Standing {
  if (!CAN_TELL_OWNERS) return "holder";
  const end = remotePort === undefined || localPort === undefined ? undefined : clientEnd(remotePort, localPort);
  if (end === undefined || end.uid !== process.getuid?.()) return "stranger";
  return holdersOf(phantom).some((pid) => holdsSocket(pid, end.inode)) ? "holder" : "other";
}

function holdersOf({ permit: { holder }, starter }: Phantom): number[] {
  if (holder === "maven") return allProcesses().filter((pid) => isMaven(pid) && !ancestorsOf(pid).some(isMaven));
  if (starter === undefined || !isRunning(starter)) return [];
  const commands = childrenOf(starter.pid);
  return holder === "command" ? commands : withDescendants(commands);
}

function isMaven(pid: number): boolean {
  const [program, ...given] = commandLineOf(pid);
  return program !== undefined && basename(program) === "java" && given.some((argument) => MAVEN.test(argument));
}
