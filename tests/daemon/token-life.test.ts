/** What is done with tokens without anybody asking, at a service that says no. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Logger } from "../../src/daemon/log.ts";
import { tokenLife, type TokenLife } from "../../src/daemon/token-life.ts";
import { readOwnService } from "../../src/issuers/own-services.ts";
import type { Service } from "../../src/issuers/service.ts";
import { startJfrogAccess, type JfrogAccess } from "../fixtures/services/jfrog/jfrog-access.ts";
import { makeTokenWorld, type TokenWorld } from "../fixtures/homes/token-world.ts";

const FIVE_MINUTES_MS = 300_000;

let jfrog: JfrogAccess;
let service: Service;
let world: TokenWorld;
let life: TokenLife;
/** Resolves with what the next look has done. */
let nextLook: () => Promise<Record<string, unknown>>;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  jfrog = await startJfrogAccess();
  service = readOwnService("acme", { issuer: "jfrog", url: jfrog.origin, cacert: jfrog.caFile, npm: { registry: `${jfrog.origin}/artifactory` } });
  world = await makeTokenWorld([service]);
  let heard: (fields: Record<string, unknown>) => void = () => undefined;
  nextLook = () => new Promise((resolve) => (heard = resolve));
  const log = { info: (fields: Record<string, unknown>) => heard(fields), warn: (fields: unknown) => heard({ warned: fields }) } as unknown as Logger;
  life = tokenLife({ ...world, log });
});
afterEach(async () => {
  vi.useRealTimers();
  await world.dispose();
  await jfrog.close();
});

function deletes(): (string | undefined)[] {
  return jfrog.requests.filter(({ method }) => method === "DELETE").map(({ path }) => path.split("/").at(-1));
}

it("a revocation that was refused is asked for again only with a new login, however it was asked for at first", async () => {
  await world.login(service, jfrog.makeUserToken({ username: "admin", scope: "applied-permissions/admin" }).accessToken);
  const [refused, unheard] = [await life.issuing.mint(service, "npm", {}), await life.issuing.mint(service, "npm", {})];
  jfrog.faults.add({ path: "/access/api/v1/tokens/*", method: "DELETE" }, { kind: "status", status: 403 }, { times: 2 });
  expect((await life.revoking.revoke(refused.id)).detail).toContain("injected 403");
  jfrog.faults.add({ path: "/access/api/v1/tokens/*", method: "DELETE" }, { kind: "reset" }, { times: 3 });
  expect((await life.revoking.revoke(unheard.id)).detail).toContain("could not be told");

  const before = deletes().length;
  const routine = nextLook();
  vi.advanceTimersByTime(FIVE_MINUTES_MS);
  expect(await routine).toMatchObject({ why: "routine", pending: 1, ended: 1 });
  expect(deletes().slice(before)).toEqual([unheard.facts.tokenId]);

  const opened = nextLook();
  life.lookAfter();
  expect(await opened).toMatchObject({ why: "opened", pending: 1, ended: 1 });
  expect(deletes().slice(before + 1)).toEqual([refused.facts.tokenId]);
});
