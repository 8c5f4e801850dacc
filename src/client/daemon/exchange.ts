import { setImmediate as turnOfEventLoop } from "node:timers/promises";
import { MAX_SOCKET_PATH_BYTES, parseAnswer, type Answer } from "../../core/wire/wire.ts";
import { isMarked } from "../../platform/processes/mark.ts";
import { askByNode, type Asked, type Patience } from "./asked.ts";

/**
 * How long a client waits before it calls `meanwhile`, in milliseconds. The kernel wakes the daemon on the processor of its client, since
 * that one is about to wait: a client that goes on working keeps it from beginning.
 */
const HEAD_START_MS = 1;
/** Most answers are there by then: whoever waits so long for one waits by the kernel, and needs none of Node's sockets. */
const SOON_MS = 10;

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
  const asked = await ask(socketPath, request, { patienceMs, signal });
  if (asked === undefined) return undefined;
  try {
    let answer = await asked.soon(HEAD_START_MS);
    if (answer === undefined && meanwhile !== undefined) {
      meanwhile(socketPath);
      // What it has begun goes on.
      await turnOfEventLoop();
    }
    if (patienceMs > 0) answer ??= await asked.soon(SOON_MS);
    return parseAnswer(answer ?? (await asked.answer()));
  } finally {
    asked.close();
  }
}

/**
 * Sends a request, and waits for no answer. False if nobody listens on the socket.
 *
 * @throws as `exchange`
 */
export async function send(socketPath: string, request: string): Promise<boolean> {
  const asked = await ask(socketPath, request, { patienceMs: PATIENCE_MS, signal: undefined });
  asked?.close();
  return asked !== undefined;
}

/** Resolves once the request is with the kernel; undefined if nobody listens, or nobody waits any more. */
async function ask(socketPath: string, request: string, patience: Patience): Promise<Asked | undefined> {
  if (Buffer.byteLength(socketPath) > MAX_SOCKET_PATH_BYTES) throw new RangeError("the path of the socket is too long");
  const bytes = Buffer.from(request);
  // Inside of a sealed command no native code is loaded; elsewhere it is made ready before: who is connected has only so much time.
  const isNative = process.platform === "linux" && isMarked("self") === false;
  const direct = isNative ? await import("./asked-directly.ts") : undefined;
  if (patience.signal?.aborted === true) return undefined;
  return direct === undefined ? askByNode(socketPath, bytes, patience) : direct.askDirectly(socketPath, bytes, patience);
}
