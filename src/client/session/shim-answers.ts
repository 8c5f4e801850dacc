/**
 * `toolkey run` answers the shims of its session, which ask by git's own C client, as bin/git-credential-toolkey asks the daemon: here
 * Node runs already.
 */
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { MAX_SOCKET_PATH_BYTES } from "../../core/wire/wire.ts";
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

/** Who answers the shims of a session. */
export interface ShimAnswers {
  /** From now on. */
  begin(session: OfSession): void;
  end(): void;
}

/**
 * Listens in a session's directory. Nobody there asks before the session begins. A shim that gets no answer finds out itself, and says
 * what is wrong.
 */
export function listenToShims(directory: string): ShimAnswers {
  let session: OfSession | undefined;
  const begin = (of: OfSession): void => void (session = of);
  const path = join(directory, SOCKET);
  // What a shim gets from here it opens by /proc.
  if (!FILES_ARE_SEEN || Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES) return { begin, end: () => undefined };
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
      if (session === undefined) return void socket.destroy();
      answerTo(asked, session).then(
        (script) => socket.end(script),
        () => socket.destroy(),
      );
    });
  });
  server.maxConnections = MOST_CONNECTIONS;
  server.on("error", () => server.close());
  server.listen(path).unref();
  return {
    begin,
    end() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
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
