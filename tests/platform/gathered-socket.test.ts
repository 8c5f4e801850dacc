/** Reading in large pieces: nothing is lost, added or put in another order, and no piece is used again while somebody has it. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { gatherable, GatheredSocket, giveBack } from "../../src/platform/network/gathered-socket.ts";

const PIECE = 256 * 1024;
const READ = 16 * 1024;
const BODY = randomBytes(3_000_000);

let server: Server;
let sockets: GatheredSocket[];
let serve: (socket: Socket) => unknown;

beforeEach(async () => {
  sockets = [];
  server = createServer((socket) => void serve(socket.on("error", () => undefined))).listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

async function open(seen: (plain: Socket) => unknown = () => undefined): Promise<GatheredSocket> {
  let gathered: GatheredSocket | undefined;
  const socket = connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1", ...gatherable(() => gathered) });
  await once(socket, "connect");
  seen(socket);
  gathered = new GatheredSocket(socket);
  sockets.push(gathered);
  return gathered;
}

/** What comes, chunk by chunk; `seen` is told of each. */
async function chunksOf(socket: GatheredSocket, seen: (chunk: Buffer) => unknown = () => undefined): Promise<Buffer[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) {
    chunks.push(chunk as Buffer);
    await seen(chunk as Buffer);
  }
  return chunks;
}

const isPiece = ({ buffer }: Buffer): boolean => buffer.byteLength === PIECE;

describe("what comes", () => {
  it("is read to its end, also if that comes with it", async () => {
    serve = (socket) => socket.end(BODY);
    expect(Buffer.concat(await chunksOf(await open())).equals(BODY)).toBe(true);
  });

  it("comes in large pieces once there is much of it, and is a copy where there is little", async () => {
    serve = (socket) => socket.end(BODY);
    const copies: Buffer[] = [];
    await chunksOf(await open(), (chunk) => {
      copies.push(Buffer.from(chunk));
      if (isPiece(chunk)) giveBack(chunk);
    });
    expect(copies.some(({ length }) => length > 100_000)).toBe(true);
    expect(Buffer.concat(copies).equals(BODY)).toBe(true);

    serve = (socket) => socket.end(BODY.subarray(0, 40_000));
    expect((await chunksOf(await open())).filter(isPiece)).toEqual([]);
  });

  it("waits where nobody reads", async () => {
    serve = (socket) => socket.end(BODY);
    let plain: Socket | undefined;
    const deaf = await open((socket) => (plain = socket));
    await once(deaf.on("readable", () => undefined), "readable");
    // By the time another connection has had all of its own, this one would have, too.
    await chunksOf(await open());
    expect(plain?.bytesRead).toBeLessThan(BODY.length / 4);
    expect(Buffer.concat(await chunksOf(deaf.removeAllListeners("readable"))).equals(BODY)).toBe(true);
  });
});

describe("a piece", () => {
  it("is used again when it is back, and not before", async () => {
    serve = (socket) => socket.end(BODY);
    const kept = await chunksOf(await open());
    expect(Buffer.concat(kept).equals(BODY)).toBe(true);
    const [piece] = kept.filter(isPiece);
    if (piece === undefined) throw new Error("there was no piece");

    // Not of parts of it, of which somebody may have another.
    giveBack(piece.subarray(1));
    giveBack(piece.subarray(0, -1));
    expect((await chunksOf(await open())).some(({ buffer }) => buffer === piece.buffer)).toBe(false);
    expect(Buffer.concat(kept).equals(BODY)).toBe(true);

    giveBack(piece);
    // Twice is once.
    giveBack(piece);
    const again = [...(await chunksOf(await open())), ...(await chunksOf(await open()))];
    expect(again.filter(({ buffer }) => buffer === piece.buffer)).toHaveLength(1);
  });

  it("is all that a connection has whose reader gives nothing back, and of all connections there are 32", async () => {
    serve = (socket) => socket.end(BODY);
    const all = await Promise.all(Array.from({ length: 50 }, async () => chunksOf(await open())));
    expect(all.every((chunks) => Buffer.concat(chunks).equals(BODY))).toBe(true);
    expect(Math.max(...all.map((chunks) => chunks.filter(isPiece).length))).toBe(1);
    const pieces = all.flat().filter(isPiece);
    expect(pieces.length).toBeLessThanOrEqual(32);
    expect(pieces.length).toBeGreaterThan(0);
  });
});

describe("a connection", () => {
  it("that is reset is an error", async () => {
    serve = (socket) => socket.once("data", () => socket.resetAndDestroy());
    const socket = await open();
    socket.write("x");
    await expect(chunksOf(socket)).rejects.toMatchObject({ code: "ECONNRESET" });
  });

  it("that fails in the middle of a piece has had all that came before", async () => {
    serve = (socket) => socket.resume();
    let plain: Socket | undefined;
    const socket = await open((opened) => (plain = opened));
    for (let record = 0; record < 8; record += 1) socket.land(READ);
    plain?.destroy(new Error("a bad record"));
    let bytes = 0;
    await expect(chunksOf(socket, (chunk) => (bytes += chunk.length))).rejects.toThrow("a bad record");
    expect(bytes).toBe(8 * READ);
  });

  it("is closed at both ends with either", async () => {
    let closed: Promise<unknown> = Promise.resolve();
    serve = (socket) => void (closed = once(socket.resume(), "close"));
    const accepted = once(server, "connection");
    const left = await open();
    await accepted;
    left.destroy();
    await closed;

    serve = (socket) => socket.end();
    const ended = await open();
    const finished = once(ended, "close");
    await chunksOf(ended);
    await finished;
    expect(ended.destroyed).toBe(true);
  });

  it("takes what is written at once as one", async () => {
    const received: Buffer[] = [];
    serve = (socket) => socket.on("data", (chunk: Buffer) => received.push(chunk)).on("end", () => socket.end());
    const socket = await open();
    socket.cork();
    socket.write("head ");
    socket.write("body");
    socket.uncork();
    socket.end();
    await chunksOf(socket);
    expect(Buffer.concat(received).toString()).toBe("head body");
  });
});
