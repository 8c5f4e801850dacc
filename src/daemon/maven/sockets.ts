/** One socket for each server of Maven 4's settings: which password is meant is told by the socket alone. */
import { chmod, readdir } from "node:fs/promises";
import { unlinkSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import type { Caller } from "../../core/caller.ts";
import { Failure } from "../../core/failure.ts";
import type { Secret } from "../../core/secret.ts";
import { MAX_SOCKET_PATH_BYTES } from "../../core/wire/wire.ts";
import { discard } from "../../platform/files/durable-file.ts";
import { inodeOf } from "../../platform/files/inode.ts";
import { ensurePrivateDirectory } from "../../platform/files/private-directory.ts";
import { Commands, GREETING, renderPassword, YES, type Reply } from "../../protocols/maven/gpg-agent.ts";
import { callerOnSocket, isStranger } from "../socket/peer.ts";
import { prepare, putInPlace } from "../socket/server.ts";

/** Nobody needs more at once; each Maven asks one after the other. */
const MAX_CONNECTIONS = 100;

/** A client that says nothing for so long is sent away, in milliseconds. */
const IDLE_MS = 60_000;

/** The sockets, while they listen. */
export interface MavenSockets {
  /** Removes them and sends all clients away. */
  close(): void;
}

/**
 * Makes the directory and, in place of whatever is in it, a socket for each name.
 *
 * @param passwordFor by name and who asks; never rejects, and answers in bounded time
 * @throws Failure if one can't be made; then none is
 */
export async function listenForMaven(
  directory: string,
  names: readonly string[],
  passwordFor: (name: string, caller: Caller) => Promise<Secret>,
): Promise<MavenSockets> {
  await ensurePrivateDirectory(directory);
  for (const left of await readdir(directory)) await discard(join(directory, left));
  const open: { server: Server; path: string; inode: number }[] = [];
  const clients = new Set<Socket>();
  const close = (): void => {
    for (const { server, path, inode } of open) {
      if (inodeOf(path) === inode) unlinkSync(path);
      server.close();
    }
    for (const client of clients) client.destroy();
  };
  try {
    for (const name of names) {
      const path = join(directory, name);
      if (Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES) {
        throw new Failure("unavailable", `the path of the socket is longer than ${MAX_SOCKET_PATH_BYTES} bytes: ${path}`);
      }
      const server = createServer({ allowHalfOpen: true }, (socket) => {
        clients.add(socket);
        socket.once("close", () => clients.delete(socket));
        converse(socket, (caller) => passwordFor(name, caller));
      });
      server.maxConnections = MAX_CONNECTIONS;
      await prepare(server, path);
      await putInPlace(path);
      open.push({ server, path, inode: inodeOf(path) ?? 0 });
      await chmod(path, 0o600);
    }
    return { close };
  } catch (error) {
    close();
    throw error;
  }
}

function converse(socket: Socket, password: (caller: Caller) => Promise<Secret>): void {
  // A client that is gone takes its own connection with it and nothing else.
  socket.on("error", () => socket.destroy());
  const caller = callerOnSocket(socket);
  if (isStranger(caller)) {
    socket.destroy();
    return;
  }
  socket.setTimeout(IDLE_MS, () => socket.destroy());
  const commands = new Commands();
  let done = Promise.resolve();
  // One reply after the other, though a password takes its time; meanwhile nothing more is read.
  const reply = async (replies: readonly Reply[]): Promise<void> => {
    socket.pause();
    for (const kind of replies) {
      if (kind === "password") socket.write(renderPassword(await password(caller)));
      else if (kind === "yes") socket.write(YES);
      else socket.end(YES);
    }
    socket.resume();
  };
  socket.write(GREETING);
  socket.on("data", (bytes) => {
    const replies = commands.read(bytes);
    done = done.then(() => reply(replies));
  });
  socket.on("end", () => {
    done = done.then(() => void socket.end());
  });
}
