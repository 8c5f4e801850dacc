/** undici on our own sockets: what a hostile, hasty or broken host does to a connection. */
import { createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { createServer as createTlsServer } from "node:tls";
import type { Dispatcher } from "undici";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { giveBack } from "../../src/platform/network/gathered-socket.ts";
import { makeDispatcher } from "../../src/platform/network/dispatcher.ts";
import { ALL_ACCEPTED, makeTls, type TestTls } from "../fixtures/network/tls.ts";

/** What a record of TLS holds. */
const RECORD = 16 * 1024;

let tls: TestTls;
let dispatcher: Dispatcher;
let server: Server;
let sockets: Socket[] = [];

beforeAll(async () => {
  tls = await makeTls();
  dispatcher = await makeDispatcher({ proxy: undefined, caFiles: [tls.caFile], answerMs: 60_000, pauseMs: 60_000, keepsAlive: true }, ALL_ACCEPTED);
});
afterAll(async () => {
  await dispatcher.destroy();
  await tls.remove();
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
  sockets = [];
});

/** A host that does as it likes with each connection. @returns its origin */
async function host(serve: (socket: Socket) => unknown, isPlain = false): Promise<string> {
  const each = (socket: Socket): void => {
    sockets.push(socket.on("error", () => undefined));
    serve(socket);
  };
  server = isPlain ? createServer(each) : createTlsServer({ key: tls.key, cert: tls.cert, allowHalfOpen: true }, each);
  server.listen(0, "localhost");
  await once(server, "listening");
  return `${isPlain ? "http" : "https"}://localhost:${(server.address() as AddressInfo).port}`;
}

interface Answered {
  readonly body: Buffer;
  readonly error: string | undefined;
}

/** Asks, and reads the answer; `seen` is told of each chunk and may pause what follows. */
function ask(origin: string, path: string, seen: (controller: Dispatcher.DispatchController) => unknown = () => undefined, body?: Readable): Promise<Answered> {
  const chunks: Buffer[] = [];
  return new Promise((resolve) => {
    const end = (error?: Error): void => resolve({ body: Buffer.concat(chunks), error: error === undefined ? undefined : ((error as { code?: string }).code ?? error.message) });
    dispatcher.dispatch({ origin, path, method: body === undefined ? "GET" : "PUT", ...(body === undefined ? {} : { body }) }, {
      onRequestStart: () => undefined,
      onResponseStart: () => undefined,
      onResponseData(controller, chunk) {
        chunks.push(Buffer.from(chunk));
        giveBack(chunk);
        // undici says that there is nothing when it goes on after a pause.
        if (chunk.length > 0) seen(controller);
      },
      onResponseEnd: () => end(),
      onResponseError: (_controller, error) => end(error),
    });
  });
}

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

const head = (...lines: readonly string[]): string => ["HTTP/1.1 200 OK", ...lines, "", ""].join("\r\n");

/** Goes on while the answer waits, and a little longer. */
async function* upload(): AsyncGenerator<Buffer> {
  for (let sent = 0; sent < 50; sent += 1) {
    yield Buffer.alloc(1000, "up");
    await turns(2);
  }
}

describe("a host", () => {
  it("that sends an answer which nobody asked for has no say in the next one", async () => {
    const served: string[] = [];
    const origin = await host((socket) =>
      socket.on("data", (chunk: Buffer) => {
        const path = chunk.toString().split(" ")[1] ?? "";
        served.push(path);
        // Full records, so that the next one is gathered with whatever follows.
        if (path === "/one") socket.write(head(`content-length: ${6 * RECORD}`), () => socket.write(Buffer.alloc(6 * RECORD, "1")));
        else socket.write(`${head("content-length: 4")}real`);
      }),
    );
    expect((await ask(origin, "/one")).body).toEqual(Buffer.alloc(6 * RECORD, "1"));
    const start = head(`content-length: ${RECORD - head("content-length: 12345").length}`);
    await turns(5);
    // It is there when the next one is asked for, but was not read.
    sockets[0]?.write(Buffer.concat([Buffer.from(start), Buffer.alloc(RECORD - start.length, "X")]));
    expect(await ask(origin, "/two")).toEqual({ body: Buffer.from("real"), error: undefined });
    expect(served).toEqual(["/one", "/two"]);
  });

  it("that answers before it has all, and closes its half, is heard to the end", async () => {
    const body = Buffer.alloc(60_000, "early");
    const origin = await host((socket) => socket.resume().once("data", () => socket.end(Buffer.concat([Buffer.from(head(`content-length: ${body.length}`)), body]))));
    let isPaused = false;
    const answered = await ask(origin, "/", (controller) => {
      if (isPaused) return;
      isPaused = true;
      controller.pause();
      void turns(20).then(() => controller.resume());
    }, Readable.from(upload()));
    expect(answered).toEqual({ body, error: undefined });
  });

  it.each([
    ["a body with its length", true, false],
    ["a body to the end of the connection", false, false],
    ["an answer to what it was still sent", false, true],
  ])("that resets the connection while nobody reads %s ends this answer and nothing else", async (_what, hasLength, isSent) => {
    const body = Buffer.alloc(3 * RECORD, "x");
    const origin = await host((socket) => socket.once("data", () => socket.write(Buffer.concat([Buffer.from(head(hasLength ? "content-length: 1000000" : "connection: close")), body]), () => socket.resetAndDestroy())), true);
    const answered = await ask(origin, "/", (controller) => {
      controller.pause();
      void turns(10).then(() => controller.resume());
    }, isSent ? Readable.from(upload()) : undefined);
    expect(body.subarray(0, answered.body.length)).toEqual(answered.body);
    if (hasLength) expect(answered.error).toBeDefined();
  });

  it("that closes an idle connection is asked again on another one", async () => {
    const origin = await host((socket) => socket.on("data", () => socket.write(`${head("content-length: 2")}ok`)));
    expect((await ask(origin, "/")).body.toString()).toBe("ok");
    const [first] = sockets;
    const closed = once(first as Socket, "close");
    first?.end();
    await closed;
    expect(await ask(origin, "/")).toEqual({ body: Buffer.from("ok"), error: undefined });
    expect(sockets).toHaveLength(2);
  });
});
