import { connect } from "node:net";
import { Failure, systemErrorCode } from "../../core/failure.ts";
import { MAX_SOCKET_PATH_BYTES, parseAnswer, type Answer } from "../../core/wire/wire.ts";
import { judgeOfAnswerers } from "./answerer.ts";

/**
 * How long the daemon is left alone with a request, in milliseconds. The kernel wakes it on the processor of who has written to it, since
 * that one is going to wait: who goes on working instead keeps the daemon from beginning.
 */
const ALONE_MS = 1;

/** No answer takes longer, in milliseconds: opening a vault with a passphrase takes the longest. */
const PATIENCE_MS = 120_000;

export interface Limits {
  readonly patienceMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called while the answer is waited for, if it is not there soon: what takes a while can be done meanwhile. */
  readonly meanwhile?: (() => void) | undefined;
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
  { patienceMs = PATIENCE_MS, signal, meanwhile }: Limits = {},
): Promise<Answer | undefined> {
  if (Buffer.byteLength(socketPath) > MAX_SOCKET_PATH_BYTES) throw new RangeError("the path of the socket is too long");
  const mayBeAsked = await judgeOfAnswerers();
  // One that was aborted before tells nobody any more.
  if (signal?.aborted === true) return undefined;
  return new Promise((resolve, reject) => {
    const socket = connect({ path: socketPath, allowHalfOpen: true });
    const chunks: Buffer[] = [];
    let alone: NodeJS.Timeout | undefined;
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
      clearTimeout(alone);
      resolve(parseAnswer(Buffer.concat(chunks).toString("utf8")));
    });
    socket.once("end", () => socket.destroy());
    const orReject = (work: () => void) => (): void => {
      try {
        work();
      } catch (error) {
        reject(error instanceof Error ? error : new Error("it failed", { cause: error }));
        socket.destroy();
      }
    };
    socket.once(
      "connect",
      orReject(() => {
        if (!mayBeAsked(socket, socketPath)) return void socket.destroy();
        socket.end(request);
        if (meanwhile !== undefined) alone = setTimeout(orReject(meanwhile), ALONE_MS);
      }),
    );
  });
}
