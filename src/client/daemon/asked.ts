/** A request that the kernel has taken, for whoever listens on a socket; and how one is sent by Node's sockets. */
import { connect, type Socket } from "node:net";
import { Failure, systemErrorCode } from "../../core/failure.ts";

export interface Asked {
  /** The answer, if all of it is there before so many milliseconds are over; nothing else happens here meanwhile. */
  readonly soon: (milliseconds: number) => string | undefined;
  /**
   * The answer, however long it takes: all that was said when the connection is over, nothing if that was lost, or nobody waits any more.
   *
   * @param patienceMs how long nothing may be heard; 0: as long as it likes
   * @throws Failure `unavailable` if it takes longer; what the socket throws
   */
  readonly answer: (patienceMs: number, signal: AbortSignal | undefined) => Promise<string>;
  /** It may be closed already. */
  readonly close: () => void;
}

/** Nobody is there, or it is a daemon that ended in the middle of it. */
export function isNobody(error: unknown): boolean {
  return ["ENOENT", "ECONNREFUSED", "ECONNRESET", "EPIPE"].includes(systemErrorCode(error) ?? "");
}

/** Undefined if nobody listens at the path. @throws what the socket throws */
export async function askByNode(path: string, request: Buffer): Promise<Asked | undefined> {
  const socket = connect({ path, allowHalfOpen: true });
  return (await isSent(socket, request)) ? askedOn(socket) : undefined;
}

/** Ends our half with all that is to be sent. False if there is nobody. @throws as `askByNode` */
export function isSent(socket: Socket, bytes: Buffer): Promise<boolean> {
  return new Promise((resolve, reject) => {
    socket.on("error", (error) => (isNobody(error) ? resolve(false) : reject(error)));
    socket.end(bytes, (error?: Error | null) => void (error ?? resolve(true)));
  });
}

/** @param before what was read from it already */
export function askedOn(socket: Socket, before: readonly Buffer[] = []): Asked {
  return {
    soon: () => undefined,
    answer: (patienceMs, signal) => allFrom(socket, before, patienceMs, signal),
    close: () => void socket.destroy(),
  };
}

function allFrom(socket: Socket, before: readonly Buffer[], patienceMs: number, signal: AbortSignal | undefined): Promise<string> {
  const chunks = [...before];
  return new Promise((resolve, reject) => {
    const finish = (): void => resolve(signal?.aborted === true ? "" : Buffer.concat(chunks).toString("utf8"));
    if (signal?.aborted === true || socket.destroyed) return finish();
    signal?.addEventListener("abort", () => socket.destroy(), { once: true });
    socket.setTimeout(patienceMs, () => {
      reject(new Failure("unavailable", "the daemon does not answer", { hint: "try 'toolkey doctor'" }));
      socket.destroy();
    });
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.once("error", (error) => (isNobody(error) ? resolve("") : reject(error)));
    socket.once("close", finish);
    socket.once("end", () => socket.destroy());
  });
}
