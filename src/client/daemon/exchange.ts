import { connect } from "node:net";
import { Failure, systemErrorCode } from "../../core/failure.ts";
import { MAX_SOCKET_PATH_BYTES, ok, parseAnswer, type Answer } from "../../core/wire/wire.ts";
import { wayToAnswerer } from "./answerer.ts";

/**
 * After this time, in milliseconds, `meanwhile` is called. The kernel wakes the daemon on the processor of its client, since that one is
 * about to wait: a client that goes on working keeps it from beginning.
 */
const HEAD_START_MS = 1;

/** No answer takes longer, in milliseconds: opening a vault with a passphrase takes the longest. */
const PATIENCE_MS = 120_000;

export interface Limits {
  readonly patienceMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** True: it is enough that the request was sent; the answer is an empty one. */
  readonly isSentAlone?: boolean | undefined;
  /** Called once, if the answer is not there soon, with the socket's path: what can be done while the daemon works. It throws nothing. */
  readonly meanwhile?: ((socketPath: string) => void) | undefined;
}

/**
 * One request, one answer. Undefined if nobody listens on the socket, or not a toolkey daemon.
 *
 * @param limits how long the answer may take (0: as long as it likes), and what ends the wait as if nobody listened
 * @throws what the socket throws, if it is there but can't be used; Failure `unavailable` if there is no answer in time, `denied` if who
 * answers is inside of a sealed command
 */
export async function exchange(
  socketPath: string,
  request: string,
  { patienceMs = PATIENCE_MS, signal, isSentAlone, meanwhile }: Limits = {},
): Promise<Answer | undefined> {
  if (Buffer.byteLength(socketPath) > MAX_SOCKET_PATH_BYTES) throw new RangeError("the path of the socket is too long");
  const { isConnected, mayBeAsked, sendAtOnce } = await wayToAnswerer();
  // One that was aborted before tells nobody any more.
  if (signal?.aborted === true) return undefined;
  return new Promise((resolve, reject) => {
    const socket = connect({ path: socketPath, allowHalfOpen: true });
    const chunks: Buffer[] = [];
    let working: NodeJS.Timeout | undefined;
    signal?.addEventListener("abort", () => socket.destroy(), { once: true });
    socket.setTimeout(patienceMs, () => {
      reject(new Failure("unavailable", "the daemon does not answer", { hint: "try 'toolkey doctor'" }));
      socket.destroy();
    });
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.once("error", (error) => {
      const code = systemErrorCode(error);
      // Nobody there, or a daemon that ended in the middle of it.
      if (code === "ENOENT" || code === "ECONNREFUSED" || code === "ECONNRESET" || code === "EPIPE") resolve(undefined);
      else reject(error);
    });
    socket.once("close", () => {
      clearTimeout(working);
      resolve(parseAnswer(Buffer.concat(chunks).toString("utf8")));
    });
    socket.once("end", () => socket.destroy());
    const send = (): void => {
      try {
        if (!mayBeAsked(socket, socketPath)) return void socket.destroy();
        const left = sendAtOnce(socket, Buffer.from(request));
        if (isSentAlone === true) {
          const sent = (): void => {
            resolve(ok(""));
            socket.destroy();
          };
          return left === undefined ? sent() : void socket.end(left, sent);
        }
        if (left !== undefined) socket.end(left);
      } catch (error) {
        reject(error instanceof Error ? error : new Error("not judged", { cause: error }));
        socket.destroy();
      }
      if (meanwhile !== undefined) working = setTimeout(meanwhile, HEAD_START_MS, socketPath);
    };
    if (isConnected(socket)) send();
    else socket.once("connect", send);
  });
}
