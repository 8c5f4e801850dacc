/** Slow clients, many clients, silent hosts, large bodies: the gateway stays there for the others, in bounded memory. */
import { once } from "node:events";
import { request, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GATEWAY_HOST } from "../../src/core/gateway/url.ts";
import { parseTarget } from "../../src/core/target.ts";
import { inForm } from "../fixtures/form.ts";
import { startGateway, type TestGateway } from "../fixtures/network/gateway.ts";

let gateway: TestGateway;
let phantom: string;
let answer: (incoming: IncomingMessage, response: ServerResponse) => unknown = (_incoming, response) => response.end("well");

beforeAll(async () => {
  gateway = await startGateway({ upstream: (incoming, response) => void answer(incoming, response) });
  phantom = (await gateway.phantom({ routes: [{ target: parseTarget(`${gateway.upstream}/libs`), isAuthorized: true, publishes: true }] })).secret;
});
afterAll(() => gateway.close());

const line = (): string => `GET ${gateway.path("/libs/a")} HTTP/1.1\r\nHost: 127.0.0.1:${gateway.port}\r\nAuthorization: Bearer ${phantom}\r\n`;
const get = () => gateway.send({ path: gateway.path("/libs/a"), phantom });

async function opened(count: number): Promise<Socket[]> {
  return Promise.all(Array.from({ length: count }, async () => (await gateway.open()).on("error", () => undefined)));
}

describe("clients", () => {
  it("that never end their head are let go, and nobody waits for them", async () => {
    const slow = await opened(200);
    const closed = slow.map((socket) => once(socket.resume(), "close"));
    for (const socket of slow) socket.write(line());
    // One more header line now and then does not help.
    const dripping = setInterval(() => slow.forEach((socket) => socket.writable && socket.write("X-A: b\r\n")), 500);
    expect((await get()).status).toBe(200);
    await Promise.all(closed);
    clearInterval(dripping);
    expect((await get()).status).toBe(200);
  });

  it("that ask for nothing are 1024 at most, and not for long; then the others are served again", async () => {
    const idle = await opened(1024);
    let left = idle.length;
    const closed = idle.map((socket) => once(socket.resume(), "close").then(() => (left -= 1)));
    const [oneMore] = await opened(1);
    await once(oneMore?.resume() as Socket, "close");
    expect(left).toBe(1024);
    await Promise.all(closed);
    expect((await get()).status).toBe(200);
  });

  const MANY = inForm(200, 500);
  it(`are served ${MANY} at once`, async () => {
    const waiting: ServerResponse[] = [];
    const everybody = new Promise<void>((resolve) => {
      answer = (_incoming, response) => {
        waiting.push(response);
        if (waiting.length === MANY) resolve();
      };
    });
    const asked = Array.from({ length: MANY }, get);
    // None is answered before all have asked.
    await Promise.race([everybody, ...asked]);
    expect(waiting).toHaveLength(MANY);
    for (const [index, response] of waiting.entries()) response.end(`answer ${index}`);
    const bodies = (await Promise.all(asked)).map(({ status, body }) => `${status} ${body.toString()}`);
    expect(new Set(bodies)).toEqual(new Set(Array.from({ length: MANY }, (_, index) => `200 answer ${index}`)));
    answer = (_incoming, response) => response.end("well");
  });

  it("that ask on one connection without waiting are answered in turn", async () => {
    answer = (incoming, response) => response.setHeader("content-type", "application/octet-stream").end(incoming.headers["x-number"]);
    const socket = await gateway.open();
    let text = "";
    const all = new Promise<void>((resolve) => socket.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes("three")) resolve();
    }));
    socket.write(["one", "two", "three"].map((number) => `${line()}X-Number: ${number}\r\n\r\n`).join(""));
    await Promise.race([all, once(socket, "close")]);
    expect(text.match(/one|two|three/g)).toEqual(["one", "two", "three"]);
    socket.destroy();
    answer = (_incoming, response) => response.end("well");
  });
});

describe("memory", () => {
  /** Many times what the gateway may need for it. */
  const LARGE = 250_000_000;
  const CHUNK = Buffer.alloc(64 * 1024, "x");

  /** What this process, both servers and the client included, needs at most more than before while something runs. */
  async function growth(action: () => Promise<void>): Promise<number> {
    const before = process.memoryUsage.rss();
    let most = before;
    const look = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 20);
    await action();
    clearInterval(look);
    return (most - before) / 1e6;
  }

  function* large(): Generator<Buffer> {
    for (let sent = 0; sent < LARGE; sent += CHUNK.length) yield CHUNK.subarray(0, Math.min(CHUNK.length, LARGE - sent));
  }

  it("does not grow with what is downloaded", async () => {
    answer = (_incoming, response) => Readable.from(large()).pipe(response.writeHead(200, { "content-type": "application/java-archive", "content-length": LARGE }));
    let bytes = 0;
    const grown = await growth(async () => {
      const sent = request({ host: GATEWAY_HOST, port: gateway.port, path: gateway.path("/libs/a"), agent: false, headers: { authorization: `Bearer ${phantom}` } }).end();
      const [received] = (await once(sent, "response")) as [IncomingMessage];
      for await (const chunk of received) bytes += (chunk as Buffer).length;
    });
    expect(bytes).toBe(LARGE);
    expect(grown).toBeLessThan(150);
  });

  it("does not grow with what is uploaded, and a slow host slows the client down", async () => {
    let bytes = 0;
    answer = async (incoming, response) => {
      for await (const chunk of incoming) {
        bytes += (chunk as Buffer).length;
        if (bytes % 100 === 0) await new Promise(setImmediate);
      }
      response.writeHead(201).end();
    };
    let status: number | undefined;
    const grown = await growth(async () => {
      const sent = request({ host: GATEWAY_HOST, port: gateway.port, method: "PUT", path: gateway.path("/libs/a"), agent: false, headers: { authorization: `Bearer ${phantom}`, "content-length": LARGE } });
      Readable.from(large()).pipe(sent);
      const [received] = (await once(sent, "response")) as [IncomingMessage];
      status = received.resume().statusCode;
    });
    expect({ status, bytes }).toEqual({ status: 201, bytes: LARGE });
    expect(grown).toBeLessThan(150);
    answer = (_incoming, response) => response.end("well");
  });

  it("of a client that does not read is that of a few buffers", async () => {
    let written = 0;
    answer = (_incoming, response) => {
      const source = Readable.from(large()).on("data", (chunk: Buffer) => (written += chunk.length));
      source.pipe(response.writeHead(200, { "content-type": "application/java-archive" }));
    };
    const deaf = await opened(20);
    const stopped = (): Promise<number> => new Promise((resolve) => {
      let last = -1;
      const look = setInterval(() => {
        if (written === last && written > 0) {
          clearInterval(look);
          resolve(written);
        }
        last = written;
      }, 200);
    });
    for (const socket of deaf) socket.pause().write(`${line()}\r\n`);
    // Between server, gateway and client there are only the buffers of kernel and streams.
    expect((await stopped()) / deaf.length).toBeLessThan(20_000_000);
    for (const socket of deaf) socket.destroy();
    answer = (_incoming, response) => response.end("well");
    expect((await get()).status).toBe(200);
  });
});
