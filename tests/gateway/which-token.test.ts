/** Which of the tokens for a place a request gets: by what it does there. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { Secret } from "../../src/core/secret.ts";
import { parseTarget } from "../../src/core/target.ts";
import { startGateway, type TestGateway } from "../fixtures/network/gateway.ts";

let through: TestGateway;

beforeAll(async () => {
  through = await startGateway({
    upstream: (incoming, response) => {
      incoming.resume();
      response.writeHead(200, { "content-type": "text/plain" }).end(incoming.headers.authorization?.replace("Bearer t0ken", "with that"));
    },
    find: async (_tool, _place, { aim }) => ({ token: aim, secret: new Secret(`t0ken-for-${aim}-of-some-length`), authorization: new Secret(`Bearer t0ken-for-${aim}-of-some-length`), caFile: undefined }),
  });
});
afterAll(() => through.close());

test("one that reads has that for reading, one that changes something that for publishing, by turns on one phantom", async () => {
  const { secret } = await through.phantom({ routes: [{ target: parseTarget(`${through.upstream}/libs`), isAuthorized: true, publishes: true }] });
  const had = async (method: string) => (await through.send({ method, path: through.path("/libs/a"), phantom: secret })).body.toString();
  expect([await had("GET"), await had("PUT"), await had("GET"), await had("DELETE")]).toEqual(
    ["reading", "publishing", "reading", "publishing"].map((aim) => `with that-for-${aim}-of-some-length`),
  );
});
