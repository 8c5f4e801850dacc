import { once } from "node:events";
import { unlinkSync, watch, type FSWatcher } from "node:fs";
import { rename } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Caller } from "../../core/caller.ts";
import { Failure, systemErrorCode } from "../../core/failure.ts";
import { MAX_REQUEST_BYTES, renderAnswer } from "../../core/wire/wire.ts";
import { descriptorLimit } from "../../platform/libc.ts";
import { discard } from "../../platform/files/durable-file.ts";
import { inodeOf } from "../../platform/files/inode.ts";
import { takeArrived } from "./at-once.ts";
import { readRequest, sendAnswer, sendAnswerAtOnce } from "./connection.ts";
import { callerOnSocket, isStranger } from "./peer.ts";

const MAX_CONNECTIONS = 500;
/** What the daemon has open besides its connections, and half as many more for the gateway and its upstreams. */
const OWN_DESCRIPTORS = 48;
const FEWEST_CONNECTIONS = 4;

/** The socket's name until it listens; not longer than its own, whose length is limited. */
const UNFINISHED = "new.sock";

/** How long a daemon that ends waits for the answers under way, in milliseconds. */
const LAST_ANSWERS_MS = 30_000;

/** How often the socket is looked at, besides on changes in its directory, in milliseconds. */
const LOOK_AGAIN_MS = 30_000;

/** The listening socket. */
export interface AgentSocket {
  /**
   * Removes the socket, so that nobody can connect any more, then waits until every request that has
   * arrived is answered. Clients that are still sending theirs are cut off.
   */
  close(): Promise<void>;
}

/**
 * A server that nobody finds yet: it listens beside the path that it is for. Under another name, because libuv removes
 * the name that it bound when it closes, whoever's socket that is by then.
 *
 * @throws Failure `unavailable`, where there can be no socket
 */
export async function prepare(server: Server, path: string): Promise<Server> {
  const unfinished = join(dirname(path), UNFINISHED);
  try {
    await discard(unfinished);
    server.listen(unfinished);
    await once(server, "listening");
    return server;
  } catch (error) {
    throw cannotListen(path, error);
  }
}

/** Puts a prepared server in place of whatever is there. @throws Failure `unavailable` */
export async function putInPlace(path: string): Promise<void> {
  try {
    await rename(join(dirname(path), UNFINISHED), path);
  } catch (error) {
    throw cannotListen(path, error);
  }
}

/**
 * For the connections of an agent socket. Half-open: the client ends its half before it reads, and would else get nothing. Nothing of
 * them is read before who serves them does.
 */
export function agentServer(): Server {
  return createServer({ allowHalfOpen: true, pauseOnConnect: true });
}

/**
 * Listens on a Unix socket. Whoever calls this holds the lock of the daemon, so that a file of that name
 * is either left from a daemon that was killed, or belongs to git's own cache daemon.
 *
 * @param server an agent server that is prepared for this path
 * @param answer from request (or what was wrong with it) to answer; never rejects
 * @param onLost called once the socket was removed or replaced by somebody else
 */
export async function listen(
  server: Server,
  path: string,
  answer: (request: Buffer | Failure, caller: Caller) => Promise<string>,
  onLost: () => void,
): Promise<AgentSocket> {
  const ongoing = new Set<Promise<void>>();
  const sending = new Set<Socket>();
  const limit = connectionLimit(descriptorLimit());
  server.on("connection", (socket: Socket) => {
    if (ongoing.size >= limit && !makeRoom(sending)) {
      refuse(socket, limit);
      return;
    }
    const served = serve(socket, sending, answer).finally(() => ongoing.delete(served));
    ongoing.add(served);
  });
  await putInPlace(path);
  const inode = inodeOf(path);
  const isOurs = (): boolean => {
    try {
      return inodeOf(path) === inode;
    } catch (error) {
      // Nobody can look just now. That is no reason to end, nor another's socket.
      if (systemErrorCode(error) === undefined) throw error;
      return true;
    }
  };
  const stopWatching = watchSocket(path, isOurs, onLost);
  return {
    async close() {
      stopWatching();
      try {
        if (isOurs()) unlinkSync(path);
      } finally {
        server.close();
        for (const socket of sending) socket.destroy();
        await Promise.race([Promise.all(ongoing), wait(LAST_ANSWERS_MS, undefined, { ref: false })]);
      }
    },
  };
}

/** How many connections there may be at once, so that the daemon always has a descriptor left to accept the next one. */
function connectionLimit(descriptors: number): number {
  return Math.max(Math.min(Math.floor((descriptors - OWN_DESCRIPTORS) / 2), MAX_CONNECTIONS), FEWEST_CONNECTIONS);
}

/** Who has held a connection longest without having asked anything makes way. False if all have asked. */
function makeRoom(sending: Set<Socket>): boolean {
  const [idlest] = sending;
  if (idlest === undefined) return false;
  sending.delete(idlest);
  idlest.destroy();
  return true;
}

function refuse(socket: Socket, limit: number): void {
  socket.on("error", () => undefined);
  const failure = new Failure("unavailable", `the daemon is busy with ${limit} requests, and can't take more at once`, {
    hint: "try again",
  });
  void sendAnswer(socket, renderAnswer({ status: "error", failure }));
}

async function serve(
  socket: Socket,
  sending: Set<Socket>,
  answer: (request: Buffer | Failure, caller: Caller) => Promise<string>,
): Promise<void> {
  // A client that is gone takes its own connection with it and nothing else.
  socket.on("error", () => undefined);
  const caller = callerOnSocket(socket);
  if (isStranger(caller)) {
    socket.destroy();
    return;
  }
  const { bytes, isWhole } = takeArrived(socket, MAX_REQUEST_BYTES);
  if (isWhole) return sendAnswerAtOnce(socket, await answer(bytes, caller));
  sending.add(socket);
  const request = await readRequest(socket, bytes).catch((error: unknown) => {
    if (error instanceof Failure) return error;
    throw error;
  });
  sending.delete(socket);
  await sendAnswer(socket, await answer(request, caller));
}

function cannotListen(path: string, error: unknown): Failure {
  return new Failure("unavailable", `cannot listen on ${path}: ${systemErrorCode(error) ?? "unknown error"}`, { cause: error });
}

function watchSocket(path: string, isOurs: () => boolean, onLost: () => void): () => void {
  let watcher: FSWatcher | undefined;
  const stop = (): void => {
    watcher?.close();
    clearInterval(timer);
  };
  const look = (): void => {
    if (isOurs()) return;
    stop();
    onLost();
  };
  const timer = setInterval(look, LOOK_AGAIN_MS);
  timer.unref();
  watcher = watch(dirname(path), { persistent: false }, look);
  watcher.on("error", look);
  return stop;
}
