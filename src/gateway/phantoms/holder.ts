/** Whether the process at the other end of a connection is the one that a phantom belongs to. */
import type { Socket } from "node:net";
import { basename } from "node:path";
import type { ProcessIdentity } from "../../core/caller.ts";
import type { Clock } from "../../core/clock.ts";
import { KEPT } from "../../core/gateway/permit.ts";
import { GATEWAY_HOST } from "../../core/gateway/url.ts";
import { CAN_TELL_OWNERS, otherEnds, socketsOf, type ConnectionEnd } from "../../platform/processes/connection-owner.ts";
import {
  allProcesses,
  childrenOf,
  commandLineOf,
  executableOf,
  identify,
  isRunning,
  librariesOf,
  lineageOf,
  withDescendants,
} from "../../platform/processes/process-tree.ts";
import { commandBehind } from "../../platform/processes/sandboxed-command.ts";
import type { SeenProcess } from "../../protocols/tool.ts";
import { toolNamed } from "../../protocols/tools.ts";
import { gitsOf } from "./git-processes.ts";
import type { Phantom } from "./phantoms.ts";
import { actors } from "./replacement.ts";

/** `other`: a process of the same user that the phantom is not for. `stranger`: of another user, or nobody knows whose. */
export type Standing = "holder" | "other" | "stranger";

/** What was found out of a connection. */
export interface Owner {
  readonly is: Standing;
  /** Of who is inside of a session: the executable. */
  readonly by?: string | undefined;
}

/** Whatever the clock does, in milliseconds. */
const LONGEST_WAIT_MS = 200;

interface Question {
  /** Our end of it. */
  readonly connection: Socket;
  /** Undefined where only the user is asked for. */
  readonly phantom: Phantom | undefined;
  readonly answer: (owner: Owner) => void;
}

/**
 * Finds out whose connections are. What is asked at the same time shares one look at the tables and the processes: nothing older is
 * used, since ports are given out again. But the end of a connection stays what it is: no other one has its ports or its inode before
 * it has ended.
 */
export class Holders {
  readonly #clock: Clock;
  /** Of phantoms that are for whoever asks first: who did. */
  readonly #first = new WeakMap<Phantom, ProcessIdentity>();
  readonly #ends = new WeakMap<Socket, ConnectionEnd>();
  #questions: Question[] = [];
  /** When the next look may begin: looking is to take no more than half of the time, however many connect. */
  #notBefore = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether a connection is of our own user: of another one none is kept. Where the system doesn't tell, every one is. */
  async isOurs(connection: Socket): Promise<boolean> {
    return (await this.#ask(connection, undefined)).is !== "stranger";
  }

  /** Where the system doesn't tell, every connection is the holder's. */
  async owner(connection: Socket, phantom: Phantom): Promise<Owner> {
    return this.#ask(connection, phantom);
  }

  async #ask(connection: Socket, phantom: Phantom | undefined): Promise<Owner> {
    // Another address of the loopback may have the same port.
    if (connection.remoteAddress !== GATEWAY_HOST) return { is: "stranger" };
    if (!CAN_TELL_OWNERS) return { is: "holder" };
    return new Promise((answer) => {
      if (this.#questions.push({ connection, phantom, answer }) > 1) return;
      const wait = Math.min(this.#notBefore - this.#clock.now(), LONGEST_WAIT_MS);
      // No timer is as short.
      if (wait > 0) setTimeout(() => this.#answerAll(), wait);
      else setImmediate(() => this.#answerAll());
    });
  }

  #answerAll(): void {
    const began = this.#clock.now();
    const questions = this.#questions;
    this.#questions = [];
    const unknown = questions.map(({ connection }) => connection).filter((connection) => !this.#ends.has(connection));
    for (const [connection, end] of otherEnds(unknown)) this.#ends.set(connection, end);
    const sockets = new Map<number, ReadonlySet<string>>();
    const holds = (pid: number, inode: string): boolean => {
      const held = sockets.get(pid) ?? socketsOf(pid);
      sockets.set(pid, held);
      return held.has(inode);
    };
    const candidates = new Map<Phantom, readonly number[]>();
    for (const { connection, phantom, answer } of questions) {
      const end = this.#ends.get(connection);
      if (end === undefined || end.uid !== process.getuid?.()) {
        answer({ is: "stranger" });
        continue;
      }
      if (phantom === undefined) {
        answer({ is: "other" });
        continue;
      }
      const pids = candidates.get(phantom) ?? holdersOf(phantom);
      candidates.set(phantom, pids);
      const pid = pids.find((each) => holds(each, end.inode));
      const is = pid !== undefined && this.#isFirst(pid, phantom) ? "holder" : "other";
      answer({ is, by: pid === undefined || !isOfSession(phantom) ? undefined : programPath(pid) });
    }
    const now = this.#clock.now();
    this.#notBefore = now + (now - began);
  }

  #isFirst(pid: number, phantom: Phantom): boolean {
    if (phantom.permit.holder !== "launched") return true;
    const asking = identify(pid);
    const first = this.#first.get(phantom) ?? asking;
    if (asking === undefined || first === undefined) return false;
    this.#first.set(phantom, first);
    return asking.pid === first.pid && asking.startTime === first.startTime;
  }
}

function holdersOf(phantom: Phantom): number[] {
  const { permit: { holder, replacement }, starter } = phantom;
  if (holder === KEPT)
    return allProcesses().filter((pid) => toolNamed(phantom.tool)?.kept?.runsIn(seen(pid)) === true && !isWithinTool(phantom, pid));
  if (starter === undefined || !isRunning(starter)) return [];
  const children = childrenOf(starter.pid);
  // The youngest first: it is more likely to ask than what waits for it. `toolkey run` itself asks for the tools that it leads.
  if (holder === "descendants") return [...withDescendants(children).toReversed(), starter.pid];
  // Where the starter is the first process of a container, orphans of the build become its children, too, but after the command.
  const command = children.filter((pid) => pid !== process.pid).slice(0, 1).map(commandBehind);
  if (holder === "git") return command.flatMap(gitsOf);
  return holder === "launched" ? command.flatMap((pid) => actors(pid, childrenOf(pid), replacement)) : command;
}

/** Whether a process runs within the tool. */
function isWithinTool(phantom: Phantom, pid: number): boolean {
  return lineageOf(pid)?.ancestors.some((above) => runsToolOf(phantom, above.pid)) === true;
}

/** Whether a process is one of the tool that has a phantom in its settings. */
export function runsToolOf({ tool }: Phantom, pid: number): boolean {
  return toolNamed(tool)?.kept?.runsAs(commandLineOf(pid)) === true;
}

function seen(pid: number): SeenProcess {
  return { commandLine: () => commandLineOf(pid), program: () => programOf(pid), libraries: () => librariesOf(pid) };
}

/** The name of the file that a process runs. */
function programOf(pid: number): string | undefined {
  const path = programPath(pid);
  return path === undefined ? undefined : basename(path);
}

function programPath(pid: number): string | undefined {
  const process = identify(pid);
  // As the kernel writes it once another version is in its place.
  return process === undefined ? undefined : executableOf(process)?.replace(/ \(deleted\)$/, "");
}

function isOfSession({ session, permit: { addressing } }: Phantom): boolean {
  return session !== undefined || addressing === "session";
}
