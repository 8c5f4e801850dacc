/**
 * What a client of ours has sent is there when its connection is accepted: read and answered at once, it costs three turns of the event
 * loop less, which is a third of the time that an answer takes. Whatever is not there yet goes the way of every stream.
 */
import { readSync, writeSync } from "node:fs";
import type { Socket } from "node:net";
import { systemErrorCode } from "../../core/failure.ts";
import { descriptorOf } from "../../platform/network/socket-descriptor.ts";

const PIECE = Buffer.alloc(64 * 1024);

/** What has arrived. */
export interface Arrived {
  readonly bytes: Buffer;
  /** Whether the client has ended its half. */
  readonly isWhole: boolean;
}

/**
 * @param socket that was not read from yet
 * @param most as many bytes; what is beyond stays in the socket
 */
export function takeArrived(socket: Socket, most: number): Arrived {
  const descriptor = descriptorOf(socket);
  const pieces: Buffer[] = [];
  let size = 0;
  try {
    while (size <= most) {
      const length = readSync(descriptor, PIECE, 0, PIECE.length, null);
      if (length === 0) return { bytes: Buffer.concat(pieces), isWhole: true };
      pieces.push(Buffer.from(PIECE.subarray(0, length)));
      // Secrets are among them.
      PIECE.fill(0, 0, length);
      size += length;
    }
  } catch (error) {
    // EAGAIN, mostly. Of whatever else is wrong the stream hears, too.
    if (systemErrorCode(error) === undefined) throw error;
  }
  return { bytes: Buffer.concat(pieces), isWhole: false };
}

/**
 * Writes an answer and closes, where nothing is left to be read: a client would else see its connection cut off.
 *
 * @returns what the kernel has not taken; undefined if nothing is left to be done
 */
export function answerAtOnce(socket: Socket, answer: Buffer): Buffer | undefined {
  let written = 0;
  try {
    written = writeSync(descriptorOf(socket), answer);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    if (code !== "EAGAIN") written = answer.length;
  }
  if (written < answer.length) return answer.subarray(written);
  socket.destroy();
  return undefined;
}
