/** One connection: read one request within its limits, answer it, close. */
import type { Socket } from "node:net";
import { Failure } from "../../core/failure.ts";
import { MAX_REQUEST_BYTES, MAX_REQUEST_MS } from "../../core/wire/wire.ts";
import { answerAtOnce } from "./at-once.ts";

/**
 * Reads a request to the end of the client's half of the connection. What is over the limit is read and
 * thrown away, so that the client is still there to hear why.
 *
 * @param arrived what was read of it already
 * @throws Failure `bad-request` for a request that is too large or takes too long.
 */
export function readRequest(
  socket: Socket,
  arrived: Buffer,
  limits = { bytes: MAX_REQUEST_BYTES, milliseconds: MAX_REQUEST_MS },
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks = [arrived];
    let size = arrived.length;
    const timer = setTimeout(() => {
      finish(new Failure("bad-request", `the request took longer than ${limits.milliseconds / 1000} s`));
    }, limits.milliseconds);
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size <= limits.bytes) chunks.push(chunk);
      else chunks.length = 0;
    };
    const onEnd = (): void => {
      if (size > limits.bytes) finish(new Failure("bad-request", `the request is larger than ${limits.bytes} bytes`));
      else finish(undefined);
    };
    const onClose = (): void => finish(new Failure("bad-request", "the client went away before its request was whole"));
    const finish = (failure: Failure | undefined): void => {
      clearTimeout(timer);
      socket.off("data", onData).off("end", onEnd).off("close", onClose);
      if (failure === undefined) resolve(Buffer.concat(chunks));
      else reject(failure);
    };
    socket.on("data", onData).on("end", onEnd).on("close", onClose).resume();
  });
}

/** Sends the answer to a whole request and closes. As `sendAnswer`. */
export async function sendAnswerAtOnce(socket: Socket, text: string): Promise<void> {
  if (socket.destroyed) return;
  const left = answerAtOnce(socket, Buffer.from(text));
  if (left !== undefined) await sendAnswer(socket, left);
}

/** Sends the answer and closes; resolves when the connection is over, at the latest after the time limit. */
export function sendAnswer(socket: Socket, text: string | Buffer): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => socket.destroy(), MAX_REQUEST_MS);
    socket.once("close", () => {
      clearTimeout(timer);
      resolve();
    });
    // A client that is not done sending has its rest ignored.
    socket.resume();
    if (!socket.closed) {
      socket.end(text);
      return;
    }
    clearTimeout(timer);
    resolve();
  });
}
