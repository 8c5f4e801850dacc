/**
 * How a request is sent without Node's sockets, which take as long to get ready as the daemon to answer. It is with the daemon as soon as
 * that is woken, and an answer that comes soon is waited for by the kernel. Of any other, Node hears.
 */
import { closeSync, readSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { systemClock } from "../../core/clock.ts";
import { systemErrorCode } from "../../core/failure.ts";
import { connectSocket, isReadable } from "../../platform/libc-socket.ts";
import { endSending } from "../../platform/libc.ts";
import { mayBeAsked } from "./answerer.ts";
import { askedOn, askOn, isNobody, type Asked, type Patience } from "./asked.ts";

const PIECE_BYTES = 64 * 1024;

/**
 * Undefined if nobody listens at the path, or who has listened is gone: nothing was sent then. While it waits for what is to be there
 * `soon`, nothing else happens in this process.
 *
 * @throws what the socket throws; as `mayBeAsked`, and `Asked.answer` if it is not taken
 */
export async function askDirectly(path: string, request: Buffer, patience: Patience): Promise<Asked | undefined> {
  const descriptor = connected(path);
  if (descriptor === undefined) return undefined;
  try {
    if (!mayBeAsked(descriptor, path)) {
      closeSync(descriptor);
      return undefined;
    }
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  const taken = writtenOf(descriptor, request);
  if (taken < request.length) return askOn(new Socket({ fd: descriptor, allowHalfOpen: true }), request.subarray(taken), patience);
  endSending(descriptor);
  return askedBy(descriptor, patience);
}

function askedBy(descriptor: number, patience: Patience): Asked {
  const pieces: Buffer[] = [];
  let isOpen = true;
  let slow: Asked | undefined;
  return {
    async soon(milliseconds) {
      const until = systemClock.now() + milliseconds;
      // However the clock is set meanwhile.
      const within = (left: number): boolean => left >= 0 && isReadable(descriptor, Math.min(left, milliseconds));
      for (let left = milliseconds; within(left); left = until - systemClock.now()) {
        const piece = pieceOf(descriptor);
        if (piece === "lost") return "";
        if (piece === undefined) return undefined;
        if (piece.length === 0) return Buffer.concat(pieces).toString("utf8");
        pieces.push(piece);
      }
      return undefined;
    },
    answer() {
      slow ??= askedOn(new Socket({ fd: descriptor, allowHalfOpen: true, writable: false }), pieces, patience);
      return slow.answer();
    },
    close() {
      if (slow !== undefined) return slow.close();
      if (isOpen) closeSync(descriptor);
      isOpen = false;
    },
  };
}

function connected(path: string): number | undefined {
  try {
    return connectSocket(path);
  } catch (error) {
    if (isNobody(error)) return undefined;
    throw error;
  }
}

/** How many bytes the kernel has taken at once. If that fails, Node tells why when it sends the rest. */
function writtenOf(descriptor: number, bytes: Buffer): number {
  try {
    return writeSync(descriptor, bytes);
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return 0;
  }
}

/** Empty at the end; `lost` with who sent it; undefined where Node is to see what is wrong. */
function pieceOf(descriptor: number): Buffer | "lost" | undefined {
  const piece = Buffer.alloc(PIECE_BYTES);
  try {
    return piece.subarray(0, readSync(descriptor, piece));
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return isNobody(error) ? "lost" : undefined;
  }
}
