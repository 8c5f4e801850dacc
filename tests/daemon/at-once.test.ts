/** A request that is there already, and its answer, without a turn of the event loop; and whatever is not. */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { answerAtOnce, takeArrived } from "../../src/daemon/socket/at-once.ts";
import { sendAnswerAtOnce } from "../../src/daemon/socket/connection.ts";
import { agentServer } from "../../src/daemon/socket/server.ts";

const MOST = 1000;

let directory: string;
let server: Server;
let client: Socket;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "tk-"));
  server = agentServer().listen(join(directory, "s"));
  await once(server, "listening");
  client = connect({ path: join(directory, "s"), allowHalfOpen: true });
});
afterEach(() => {
  client.destroy();
  server.close();
  rmSync(directory, { recursive: true });
});

/** The daemon's end, once what the client has done before is there. */
async function accepted(): Promise<Socket> {
  const [socket] = (await once(server, "connection")) as [Socket];
  return socket;
}

async function answerOf(socket: Socket): Promise<string> {
  let text = "";
  for await (const chunk of socket) text += String(chunk);
  return text;
}

it("reads what is whole, and what is not", async () => {
  const socket = await accepted();
  expect(takeArrived(socket, MOST)).toEqual({ bytes: Buffer.alloc(0), isWhole: false });
  await new Promise((done) => client.write("half", done));
  expect(takeArrived(socket, MOST)).toEqual({ bytes: Buffer.from("half"), isWhole: false });
  await new Promise<void>((done) => client.end(" of it", done));
  expect(takeArrived(socket, MOST)).toEqual({ bytes: Buffer.from(" of it"), isWhole: true });
  expect(takeArrived(socket, MOST)).toEqual({ bytes: Buffer.alloc(0), isWhole: true });
});

it("leaves in the socket what is too much", async () => {
  const socket = await accepted();
  await new Promise<void>((done) => client.end("x".repeat(100_000), done));
  const { bytes, isWhole } = takeArrived(socket, MOST);
  expect(isWhole).toBe(false);
  expect(bytes.length).toBeGreaterThan(MOST);
  expect(bytes.length).toBeLessThan(100_000);
});

it("answers and closes", async () => {
  const socket = await accepted();
  await new Promise<void>((done) => client.end("request", done));
  expect(takeArrived(socket, MOST).isWhole).toBe(true);
  expect(answerAtOnce(socket, Buffer.from("answer"))).toBeUndefined();
  expect(socket.destroyed).toBe(true);
  expect(await answerOf(client)).toBe("answer");
});

it("sends an answer whole that is more than the kernel takes at once", async () => {
  const socket = await accepted();
  await new Promise<void>((done) => client.end("request", done));
  expect(takeArrived(socket, MOST).isWhole).toBe(true);
  const text = "0123456789".repeat(500_000);
  const [heard] = await Promise.all([answerOf(client), sendAnswerAtOnce(socket, text)]);
  expect(heard === text).toBe(true);
});

it("does nothing for who is gone", async () => {
  const socket = await accepted();
  client.destroy();
  await once(client, "close");
  expect(takeArrived(socket, MOST)).toEqual({ bytes: Buffer.alloc(0), isWhole: true });
  expect(answerAtOnce(socket, Buffer.from("answer"))).toBeUndefined();
  await sendAnswerAtOnce(socket, "again");
});
