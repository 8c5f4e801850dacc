/**
 * How a request is sent without Node's sockets, which take as long to get ready as the daemon to answer. It is with the daemon as soon as
 * that is woken, and an answer that comes soon is waited for by the kernel. Of any other, Node hears.
 */
import { closeSync, readSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { systemErrorCode } from "../../core/failure.ts";
import { connectSocket, isReadable } from "../../platform/libc-socket.ts";
import { endSending } from "../../platform/libc.ts";
import { mayBeAsked } from "./answerer.ts";
import { askedOn, isNobody, isSent, type Asked } from "./asked.ts";

const PIECE_BYTES = 64 * 1024;
/** Of an answer in more pieces Node hears: whoever sends it may never end. */
const MOST_PIECES = 64;

/**
 * Undefined if nobody listens at the path, or who has listened is gone: nothing was sent then.
 *
 * @throws what the socket throws; as `mayBeAsked`
 */
export async function askDirectly(path: string, request: Buffer): Promise<Asked | undefined> {
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
  if (taken === request.length) {
    endSending(descriptor);
    return askedBy(descriptor);
  }
  const socket = new Socket({ fd: descriptor, allowHalfOpen: true });
  return (await isSent(socket, request.subarray(taken))) ? askedOn(socket) : undefined;
}

function askedBy(descriptor: number): Asked {
  const pieces: Buffer[] = [];
  let slow: Asked | undefined;
  return {
    soon(milliseconds) {
      for (let count = 0; count < MOST_PIECES && isReadable(descriptor, milliseconds); count += 1) {
        const piece = pieceOf(descriptor);
        if (piece === undefined) return undefined;
        if (piece.length === 0) return Buffer.concat(pieces).toString("utf8");
        pieces.push(piece);
      }
      return undefined;
    },
    answer(patienceMs, signal) {
      slow = askedOn(new Socket({ fd: descriptor, allowHalfOpen: true, writable: false }), pieces);
      return slow.answer(patienceMs, signal);
    },
    close() {
      if (slow === undefined) closeSync(descriptor);
      else slow.close();
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

/** Empty at the end; undefined where Node is to tell what is wrong. */
function pieceOf(descriptor: number): Buffer | undefined {
  const piece = Buffer.alloc(PIECE_BYTES);
  try {
    return piece.subarray(0, readSync(descriptor, piece));
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return undefined;
  }
}
