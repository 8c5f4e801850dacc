/**
 * `toolkey run` answers the shims of its session, which ask by git's own C client, as bin/git-credential-toolkey asks the daemon: here
 * Node runs already.
 */
import { createServer } from "node:net";
import { join } from "node:path";
import { MAX_SOCKET_PATH_BYTES } from "../../core/wire.ts";
import type { OfSession } from "./shim-script.ts";

/** Where they ask, in the session's directory. */
const SOCKET = "asks";
/** A shim says its process, and no more. */
const MAX_BYTES = 1000;

/** Answers until the returned function is called. A shim that gets no answer finds out itself, and says what is wrong. */
export function answerShims(session: OfSession): () => void {
  const path = join(session.directory, SOCKET);
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES) return () => undefined;
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let asked = "";
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk) => {
      asked += chunk.toString("latin1");
      if (asked.length > MAX_BYTES) socket.destroy();
    });
    socket.once("end", () => {
      answerTo(asked, session).then(
        (script) => socket.end(script),
        () => socket.destroy(),
      );
    });
  });
  server.on("error", () => server.close());
  server.listen(path).unref();
  return () => void server.close();
}

async function answerTo(asked: string, session: OfSession): Promise<string> {
  const pid = /^(\d+)$/m.exec(asked)?.[1];
  const { scriptFor } = await import("./shim-script.ts");
  return (pid === undefined ? undefined : await scriptFor(Number(pid), session)) ?? "";
}
