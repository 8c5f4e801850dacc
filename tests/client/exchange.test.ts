/** What a client does while the daemon works. */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { exchange, send } from "../../src/client/daemon/exchange.ts";
import { ok, renderAnswer } from "../../src/core/wire/wire.ts";

let directory: string;
let server: Server;
let path: string;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "tk-exchange-"));
  path = join(directory, "s");
  server = createServer({ allowHalfOpen: true }).listen(path);
  await once(server, "listening");
});
afterEach(() => {
  server.close();
  rmSync(directory, { recursive: true });
});

it("what is to be done meanwhile is done, once, while the answer is waited for", async () => {
  const connected = once(server, "connection") as Promise<[Socket]>;
  const done: string[] = [];
  let begun: (() => void) | undefined;
  const hasBegun = new Promise<void>((resolve) => (begun = resolve));
  const answer = exchange(path, "asked", {
    meanwhile: () => {
      done.push("meanwhile");
      begun?.();
    },
  });
  const [socket] = await connected;
  const [asked] = (await once(socket, "data")) as [Buffer];
  done.push(asked.toString());
  // A daemon that waits for it: it would else never answer.
  await hasBegun;
  socket.end(renderAnswer(ok("answered")));
  expect(await answer).toMatchObject({ status: "ok", payload: "answered" });
  expect(done.toSorted()).toEqual(["asked", "meanwhile"]);
});

it("nothing is done meanwhile where nobody answers", async () => {
  server.close();
  expect(await exchange(path, "asked", { meanwhile: () => expect.fail("done") })).toBeUndefined();
});

/** All that a client has sent, when it has ended its half. */
async function whole(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (chunk) => (text += String(chunk)));
  await once(socket, "end");
  return text;
}

/** More than the kernel takes of a socket at once, and as small as most; no part of them is like another. */
const REQUESTS = [900_000, 10].map((size) => Array.from({ length: size / 10 }, (_, at) => String(at).padStart(10)).join(""));

it.each(REQUESTS)("a request arrives whole, and once", async (request) => {
  const connected = once(server, "connection") as Promise<[Socket]>;
  const answer = exchange(path, request);
  const [socket] = await connected;
  const arrived = await whole(socket);
  socket.end(renderAnswer(ok("")));
  expect(await answer).toMatchObject({ status: "ok" });
  expect(arrived === request).toBe(true);
});

it.each(REQUESTS)("who doesn't wait for an answer has sent all", async (request) => {
  const connected = once(server, "connection") as Promise<[Socket]>;
  const sent = send(path, request);
  const [socket] = await connected;
  expect((await whole(socket)) === request).toBe(true);
  // Nobody has answered.
  expect(await sent).toBe(true);
  socket.destroy();
});

it("nobody is told where nobody listens", async () => {
  server.close();
  expect(await send(path, "told")).toBe(false);
});
