import { connect, type Socket } from "node:net";
import { Failure, systemErrorCode } from "../../core/failure.ts";
import { MAX_SOCKET_PATH_BYTES, parseAnswer, type Answer } from "../../core/wire/wire.ts";
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
  /** Called once, if the answer is not there soon, with the socket's path: what can be done while the daemon works. */
  readonly meanwhile?: ((socketPath: string) => void) | undefined;
}

/**
 * One request, one answer. Undefined if nobody listens on the socket, or not a toolkey daemon.
 *
 * @param limits how long the answer may take (0: as long as it likes), and what ends the wait as if nobody listened
 * @throws what the socket throws, if it is there but can't be used; Failure `unavailable` if there is no answer in time, or who answers is
 * inside of a sealed command
 */
export async function exchange(
  socketPath: string,
  request: string,
  { patienceMs = PATIENCE_MS, signal, meanwhile }: Limits = {},
): Promise<Answer | undefined> {
  let working: NodeJS.Timeout | undefined;
  try {
    const answered = await converse(socketPath, request, { patienceMs, signal }, () => {
      if (meanwhile !== undefined) working = setTimeout(meanwhile, HEAD_START_MS, socketPath);
    });
    return parseAnswer(answered);
  } finally {
    clearTimeout(working);
  }
}

/**
 * Sends a request, and waits for no answer. False if nobody listens on the socket.
 *
 * @throws as `exchange`
 */
export async function send(socketPath: string, request: string): Promise<boolean> {
  let isSent = false;
  await converse(socketPath, request, { patienceMs: PATIENCE_MS }, (socket) => {
    isSent = true;
    socket.destroy();
  });
  return isSent;
}

/**
 * What the other end has said when the connection is over; nothing if there was none.
 *
 * @param sent called once the request is with the kernel
 */
async function converse(
  socketPath: string,
  request: string,
  { patienceMs, signal }: { readonly patienceMs: number; readonly signal?: AbortSignal | undefined },
  sent: (socket: Socket) => void,
): Promise<string> {
  if (Buffer.byteLength(socketPath) > MAX_SOCKET_PATH_BYTES) throw new RangeError("the path of the socket is too long");
  const way = await wayToAnswerer();
  // One that was aborted before tells nobody any more.
  if (signal?.aborted === true) return "";
  return new Promise((resolve, reject) => {
    const socket = connect({ path: socketPath, allowHalfOpen: true });
    const chunks: Buffer[] = [];
    signal?.addEventListener("abort", () => socket.destroy(), { once: true });
    socket.setTimeout(patienceMs, () => {
      reject(new Failure("unavailable", "the daemon does not answer", { hint: "try 'toolkey doctor'" }));
      socket.destroy();
    });
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.once("error", (error) => {
      const code = systemErrorCode(error);
      // Nobody there, or a daemon that ended in the middle of it.
      if (code === "ENOENT" || code === "ECONNREFUSED" || code === "ECONNRESET" || code === "EPIPE") resolve("");
      else reject(error);
    });
    socket.once("close", () => resolve(Buffer.concat(chunks).toString("utf8")));
    socket.once("end", () => socket.destroy());
    const sendTo = (): void => {
      try {
        if (!way.send(socket, socketPath, Buffer.from(request), () => sent(socket))) socket.destroy();
      } catch (error) {
        reject(error instanceof Error ? error : new Error("not judged", { cause: error }));
        socket.destroy();
      }
    };
    if (way.isConnected(socket)) sendTo();
    else socket.once("connect", sendTo);
  });
}
