/** What the log says of tokens: which of them a request was about, and what became of each. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeServiceHome, type ServiceHome } from "../../fixtures/homes/service-home.ts";

let home: ServiceHome;

beforeAll(async () => {
  home = await makeServiceHome("");
});
afterAll(() => home?.dispose());

/** Operation and tokens of the latest request; what is logged before its answer is out. */
async function latest(): Promise<unknown[]> {
  const { operation, status, tokens } = (await home.logged("request")).at(-1) ?? {};
  return [operation, status, tokens];
}

async function changes(): Promise<unknown[]> {
  return (await home.logged("token")).map(({ level, change, token, tool, service }) => [level, change, token, tool, service]);
}

it("names the tokens that a command was about, and tells what became of them", async () => {
  const place = { place: "https://git.example", tool: "git", username: "alice" };
  const { token: first } = await home.ask("add", { ...place, secret: "F1RST" });
  expect(await latest()).toEqual(["add", "ok", [first.id]]);
  const { token: second } = await home.ask("add", { ...place, secret: "S3COND" });
  expect(await latest()).toEqual(["add", "ok", [second.id, first.id]]);
  await home.ask("restore", { id: first.id });
  expect(await latest()).toEqual(["restore", "ok", [first.id, second.id]]);
  await home.ask("list", {});
  expect(await latest()).toEqual(["list", "ok", undefined]);
  const { token: after } = await home.ask("replace", { id: first.id, secret: "TH1RD" });
  const { ended } = await home.ask("revoke", { ids: [after.id], local: true });
  expect(await latest()).toEqual(["revoke", "ok", ended.map(({ token }) => token.id)]);
  await expect(home.ask("show", { id: "git-none" })).rejects.toThrow("there is no token");
  expect(await latest()).toEqual(["show", "error", undefined]);

  const kept = (await home.tokens()).find(({ id }) => id !== first.id && id !== second.id)?.id;
  expect(await changes()).toEqual([
    ["info", "stored", first.id, "git", "git.example"],
    ["info", "stored", second.id, "git", "git.example"],
    ["info", "suspended", first.id, "git", "git.example"],
    ["info", "restored", first.id, "git", "git.example"],
    ["info", "suspended", second.id, "git", "git.example"],
    ["info", "renewed", first.id, "git", "git.example"],
    ["info", "suspended", kept, "git", "git.example"],
    ["info", "dropped", first.id, "git", "git.example"],
  ]);
});
