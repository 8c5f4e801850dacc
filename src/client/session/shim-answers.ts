/**
 * `toolkey run` answers the shims of its session, which ask by git's own C client, as bin/git-credential-toolkey asks the daemon: here
 * Node runs already.
 */
import { closeSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { systemErrorCode } from "../../core/failure.ts";
import { MAX_SOCKET_PATH_BYTES } from "../../core/wire/wire.ts";
import { listeningSocket } from "../../platform/libc-socket.ts";
import { FILES_ARE_SEEN } from "../unnamed-file.ts";
import type { OfSession } from "./shim-script.ts";

/** Where they ask, in the session's directory. */
const SOCKET = "asks";
/** A shim says its process, and at most a digest. */
const MAX_BYTES = 1000;
/** How long it may take to say that. */
const ASKING_MS = 10_000;
/** Of more at once the others find out themselves: each holds what it reads in memory. */
const MOST_WAITING = 10;
const MOST_CONNECTIONS = 200;
/** When the first is answered, in milliseconds: to get ready for that takes as long as it takes a command to start. */
const READY_MS = 5;

/** Who answers the shims of a session. */
export interface ShimAnswers {
  /** From soon on; what asks meanwhile waits for that. */
  begin(session: OfSession): void;
  end(): void;
}

const NOTHING = (): void => undefined;

/** Listens in a session's directory. A shim that gets no answer finds out itself, and says what is wrong. */
export function listenToShims(directory: string): ShimAnswers {
  const path = join(directory, SOCKET);
  // What a shim gets from here it opens by /proc.
  const listening = FILES_ARE_SEEN && Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES ? listeningAt(path) : undefined;
  if (listening === undefined) return { begin: NOTHING, end: NOTHING };
  // A shim that finds it would ask.
  let stop = (): void => {
    closeSync(listening);
    rmSync(path, { force: true });
  };
  return {
    begin(session) {
      const getsReady = setTimeout(() => void (stop = answerOn(listening, session)), READY_MS).unref();
      stop = () => {
        clearTimeout(getsReady);
        closeSync(listening);
      };
    },
    end() {
      stop();
      stop = NOTHING;
    },
  };
}

function listeningAt(path: string): number | undefined {
  try {
    return listeningSocket(path);
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return undefined;
  }
}

/** @returns what ends it */
function answerOn(listening: number, session: OfSession): () => void {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let asked = "";
    // Nobody who holds one keeps `toolkey run` from ending.
    socket.unref();
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    const late = setTimeout(() => socket.destroy(), ASKING_MS).unref();
    socket.on("data", (chunk) => {
      asked += chunk.toString("latin1");
      if (asked.length > MAX_BYTES) socket.destroy();
    });
    socket.once("end", () => {
      clearTimeout(late);
      answerTo(asked, session).then(
        (script) => socket.end(script),
        () => socket.destroy(),
      );
    });
  });
  server.maxConnections = MOST_CONNECTIONS;
  server.on("error", () => server.close());
  server.listen({ fd: listening }).unref();
  return () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
}

let waiting = 0;
let last: Promise<unknown> = Promise.resolve();

/** One after the other. */
async function answerTo(asked: string, session: OfSession): Promise<string> {
  const [, pid, digest] = /^(\d+)(?: ([0-9a-f]{64}) .*)?$/m.exec(asked) ?? [];
  if (pid === undefined || waiting >= MOST_WAITING) return "";
  waiting += 1;
  const before = last.catch(() => undefined);
  const answer = before.then(async () => (await import("./shim-script.ts")).scriptFor({ pid: Number(pid), digest }, session));
  last = answer;
  return (await answer.finally(() => (waiting -= 1))) ?? "";
}
