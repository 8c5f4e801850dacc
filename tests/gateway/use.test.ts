/** What goes through the gateway keeps the vault from closing for lack of use, and nothing else does. */
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startGateway, type TestGateway } from "../fixtures/network/gateway.ts";

let through: TestGateway;
let answer: (response: ServerResponse) => void;
let uses: string[] = [];

beforeAll(async () => {
  through = await startGateway({
    upstream: (_incoming, response) => answer(response),
    using: () => {
      uses.push("begun");
      return () => uses.push("over");
    },
  });
});
beforeEach(() => {
  uses = [];
  answer = (response) => response.end("well");
});
afterAll(() => through.close());

test("each request of a live phantom does, also if its credential is known already", async () => {
  const { secret } = await through.phantom();
  for (let request = 0; request < 3; request += 1) expect((await through.send({ path: through.path("/libs/a"), phantom: secret })).status).toBe(200);
  expect(uses).toEqual(["begun", "over", "begun", "over", "begun", "over"]);
});

test("one does as long as its answer takes, also if it is cut off", async () => {
  const { secret } = await through.phantom();
  let sent: Promise<unknown> | undefined;
  const response = await new Promise<ServerResponse>((resolve) => {
    answer = (begun) => {
      begun.writeHead(200).flushHeaders();
      resolve(begun);
    };
    sent = through.send({ path: through.path("/libs/a"), phantom: secret });
  });
  expect(uses).toEqual(["begun"]);
  const closed = once(response, "close");
  response.destroy();
  await closed;
  await expect(sent).rejects.toThrow();
  expect(uses).toEqual(["begun", "over"]);
});

test("one that is refused does not: of no phantom, of one that has ended, to a place that it isn't for", async () => {
  const { id, secret } = await through.phantom();
  expect((await through.send({ path: through.path("/other"), phantom: secret })).status).toBe(403);
  expect((await through.send({ path: through.path("/libs/a"), phantom: "tkphantom_x" })).status).toBe(401);
  await through.gateway.end([id]);
  expect((await through.send({ path: through.path("/libs/a"), phantom: secret })).status).toBe(403);
  expect(uses).toEqual([]);
});
