/** A request that the kernel has taken, for whoever listens on a socket; and how one is sent by Node's sockets. */
import { connect, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { Failure, systemErrorCode } from "../../core/failure.ts";

/** For how long somebody waits. */
export interface Patience {
  /** How long nothing may be heard, in milliseconds; 0: as long as it likes. */
  readonly patienceMs: number;
  /** Ends the wait, as if nobody listened. */
  readonly signal: AbortSignal | undefined;
}

export interface Asked {
  /** The answer, if all of it is there before so many milliseconds are over. */
  readonly soon: (milliseconds: number) => Promise<string | undefined>;
  /**
   * The answer, however long it takes: all that was said when the connection is over, nothing if that was lost, or nobody waits any more.
   *
   * @throws Failure `unavailable` if it takes longer than somebody waits; what the socket throws
   */
  readonly answer: () => Promise<string>;
  /** It may be closed already. */
  readonly close: () => void;
}

/** Nobody is there, or it is a daemon that ended in the middle of it. */
export function isNobody(error: unknown): boolean {
  return ["ENOENT", "ECONNREFUSED", "ECONNRESET", "EPIPE"].includes(systemErrorCode(error) ?? "");
}

/** Undefined if nobody listens at the path, or waits any more. @throws what the socket throws; as `Asked.answer` if it is not taken */
export function askByNode(path: string, request: Buffer, patience: Patience): Promise<Asked | undefined> {
  return askOn(connect({ path, allowHalfOpen: true }), request, patience);
}

/** The same on a socket that may be connected already. */
export async function askOn(socket: Socket, request: Buffer, patience: Patience): Promise<Asked | undefined> {
  const isSent = await untilOver(socket, patience, (resolve) => {
    socket.end(request, (error?: Error | null) => void (error ?? resolve(true)));
    return false;
  });
  return isSent ? askedOn(socket, [], patience) : undefined;
}

/** @param before what was read from it already */
export function askedOn(socket: Socket, before: readonly Buffer[], patience: Patience): Asked {
  let all: Promise<string> | undefined;
  const answer = (): Promise<string> => {
    all ??= allFrom(socket, before, patience);
    // Who asks for it hears of that; the first to ask may not.
    all.catch(() => undefined);
    return all;
  };
  return {
    soon: (milliseconds) => Promise.race([answer(), wait(milliseconds, undefined)]),
    answer,
    close: () => void socket.destroy(),
  };
}

function allFrom(socket: Socket, before: readonly Buffer[], patience: Patience): Promise<string> {
  const chunks = [...before];
  return untilOver(socket, patience, (resolve) => {
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.once("close", () => resolve(Buffer.concat(chunks).toString("utf8")));
    socket.once("end", () => socket.destroy());
    return "";
  });
}

/**
 * What is begun with a socket, until it has come to an end, there is nobody, or nobody waits any more.
 *
 * @param begin returns what it is then
 */
function untilOver<T>(socket: Socket, { patienceMs, signal }: Patience, begin: (resolve: (value: T) => void) => T): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const isLate = (): void => {
      reject(new Failure("unavailable", "the daemon does not answer", { hint: "try 'toolkey doctor'" }));
      socket.destroy();
    };
    const isLeft = (): void => {
      resolve(otherwise);
      socket.destroy();
    };
    const done = (value: T): void => {
      socket.off("timeout", isLate);
      signal?.removeEventListener("abort", isLeft);
      resolve(value);
    };
    // It stays for what goes wrong when nobody listens to it any more.
    socket.on("error", (error) => (isNobody(error) ? done(otherwise) : reject(error)));
    socket.setTimeout(patienceMs, isLate);
    const otherwise = begin(done);
    if (signal?.aborted === true) isLeft();
    else if (socket.destroyed) done(otherwise);
    else signal?.addEventListener("abort", isLeft, { once: true });
  });
}
