/** What is large passes unchanged, also when many are read at once, at their own pace, out of memory that is used again. */
import { createCipheriv, createHash } from "node:crypto";
import { once } from "node:events";
import { request, type IncomingMessage, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { GATEWAY_HOST } from "../../src/core/gateway/url.ts";
import { inForm } from "../fixtures/form.ts";
import { startGateway, type TestGateway } from "../fixtures/network/gateway.ts";

/** More than the kernel keeps for a client that doesn't read. */
const BYTES = inForm(9_000_000, 24_000_000);
/** Not a part of a TLS record, nor one of anything else. */
const CHUNK = Buffer.alloc(100_001);

/** Other bytes for each number, none of them like those before. */
function* bodyOf(number: number): Generator<Buffer> {
  const cipher = createCipheriv("aes-128-ctr", Buffer.alloc(16, number), Buffer.alloc(16));
  for (let made = 0; made < BYTES; made += CHUNK.length) yield cipher.update(CHUNK.subarray(0, Math.min(CHUNK.length, BYTES - made)));
}

const ENDS: readonly Readonly<Record<string, string | number>>[] = [{ "content-length": BYTES }, { "transfer-encoding": "chunked" }, { connection: "close" }];
const TYPES = ["application/java-archive", "text/plain"];

let gateway: TestGateway;
let phantom: string;

beforeAll(async () => {
  gateway = await startGateway({ upstream: send });
  phantom = (await gateway.phantom()).secret;
});
afterAll(() => gateway.close());

/** `/libs/NUMBER`: its body, with another end and type for each. */
function send(incoming: IncomingMessage, response: ServerResponse): void {
  const number = Number(incoming.url?.split("/").at(-1));
  const end = ENDS[number % ENDS.length] ?? {};
  response.useChunkedEncodingByDefault = "transfer-encoding" in end;
  response.writeHead(200, { "content-type": TYPES[number % TYPES.length], ...end });
  // Whoever goes away has what it came for.
  pipeline(Readable.from(bodyOf(number)), response).catch(() => undefined);
}

async function ask(number: number): Promise<IncomingMessage> {
  const sent = request({ host: GATEWAY_HOST, port: gateway.port, path: gateway.path(`/libs/${number}`), agent: false, headers: { authorization: `Bearer ${phantom}` } }).end();
  const [received] = (await once(sent, "response")) as [IncomingMessage];
  return received;
}

function hash(chunks: Iterable<Buffer>): string {
  const sum = createHash("sha256");
  for (const chunk of chunks) sum.update(chunk);
  return sum.digest("hex");
}

async function read(received: IncomingMessage, pause: () => Promise<unknown>): Promise<string> {
  const sum = createHash("sha256");
  for await (const chunk of received) {
    sum.update(chunk as Buffer);
    await pause();
  }
  return sum.digest("hex");
}

type Reader = (received: IncomingMessage, othersAreDone: () => Promise<unknown>) => Promise<string>;

const READERS: readonly Reader[] = [
  (received) => read(received, () => Promise.resolve()),
  (received) => read(received, () => new Promise((resolve) => setImmediate(resolve))),
  // All that the kernel doesn't keep for it waits in the gateway and its upstream.
  async (received, othersAreDone) => {
    await othersAreDone();
    return read(received, () => Promise.resolve());
  },
  async (received) => {
    await once(received, "readable");
    received.destroy();
    return "left";
  },
];
const LATE = 2;
const LEAVES = 3;

it("is what was sent, whoever else reads at the same time, and how fast", async () => {
  const downloads = Array.from({ length: 24 }, (_, number) => ({ number, reader: (number >> 1) % READERS.length }));
  let othersDone: Promise<unknown> = Promise.resolve();
  const start = async ({ number, reader }: (typeof downloads)[number]): Promise<string | undefined> => READERS[reader]?.(await ask(number), () => othersDone);
  const begun = downloads.map((download) => ({ download, done: download.reader === LATE ? undefined : start(download) }));
  othersDone = Promise.all(begun.map(async ({ done }) => done));
  const found = await Promise.all(begun.map(async ({ download, done }) => done ?? start(download)));
  expect(found).toEqual(downloads.map(({ number, reader }) => (reader === LEAVES ? "left" : hash(bodyOf(number)))));
  expect(gateway.warnings).toEqual([]);
});
