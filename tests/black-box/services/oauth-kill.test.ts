/**
 * SIGKILL at every step of a renewal at a real OAuth server, where a refresh token that is used twice ends all that was made of it: around
 * each request, and around each transaction of the vault. After the next start the token works, and can be renewed.
 */
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { Failure } from "../../../src/core/failure.ts";
import { sampled } from "../../fixtures/form.ts";
import { DIST } from "../../fixtures/home.ts";
import { CLIENT_ID, oauthServerMissing } from "../../fixtures/oauth-server.ts";
import { signInAt } from "../../fixtures/person.ts";
import { startRecordedOAuth, type RecordedOAuth } from "../../fixtures/recorded-oauth.ts";
import { makeServiceHome, type ServiceHome } from "../../fixtures/service-home.ts";

const KILLER = fileURLToPath(new URL("../../fixtures/kill-at-commit.mjs", import.meta.url));
const REQUESTS = ["GET /.well-known/oauth-authorization-server", "POST /token", "GET /.well-known/oauth-authorization-server", "POST /token/introspection"];
const TRANSACTIONS = 2;

type Moment = readonly [at: "before" | "after", of: "request" | "transaction", number: number];

const MOMENTS: readonly Moment[] = (["before", "after"] as const).flatMap((at) => [
  ...REQUESTS.map((_, index): Moment => [at, "request", index + 1]),
  ...Array.from({ length: TRANSACTIONS }, (_, index): Moment => [at, "transaction", index + 1]),
]);

interface World {
  readonly oauth: RecordedOAuth;
  readonly home: ServiceHome;
  readonly killFile: string;
  readonly id: string;
  /** Those since the action can begin. */
  requests(): string[];
  close(): Promise<void>;
}

async function makeWorld(): Promise<World> {
  const oauth = await startRecordedOAuth();
  const home = await makeServiceHome(
    `[service.corp]
issuer = "oauth"
url = "${oauth.origin}"
client_id = "${CLIENT_ID}"
scopes = ["openid", "offline_access", "read"]
http = { url = "https://corp.example" }
`,
    { env: { TOOLKEY_TEST_KILL: join(oauth.caFile, "..", "kill") }, program: [process.execPath, "--import", KILLER, join(DIST, "daemon.cjs")] },
  );
  const begun = await home.ask("signIn", { service: "corp", browser: true });
  await signInAt(begun.page, { login: "alice", password: "any" });
  const { done } = await home.ask("signInNews", { signIn: begun.signIn });
  const known = oauth.requests.length;
  return {
    oauth,
    home,
    killFile: join(oauth.caFile, "..", "kill"),
    id: done?.token.id ?? "",
    requests: () => oauth.requests.slice(known).map(({ method, path }) => `${method} ${path}`),
    async close() {
      await home.dispose();
      await oauth.close();
    },
  };
}

async function arm({ oauth, home, killFile }: World, [at, of, number]: Moment): Promise<void> {
  if (of === "transaction") return writeFile(killFile, `${at} ${number}`);
  // Before: it arrives and has no effect. After: it had its effect, and the daemon does not hear of it.
  const lose = (): void => void oauth.faults.add({ path: "*" }, { kind: "reset" }, { effect: false });
  if (at === "before" && number === 1) lose();
  let count = 0;
  const stop = oauth.onRequest(async () => {
    count += 1;
    if (at === "before" && count === number - 1) lose();
    if (count !== number) return;
    stop();
    home.daemon.child.kill("SIGKILL");
    await home.daemon.ended;
  });
}

async function rotate({ home, id }: World): Promise<void> {
  await home.ask("rotate", { id }).catch(async (error: unknown) => {
    if (error instanceof Failure) throw error;
    await home.daemon.ended;
  });
}

async function startAgain(home: ServiceHome): Promise<void> {
  const before = (await home.logged("looked after tokens")).length;
  await home.restart();
  await home.tokens();
  await home.whenLogged("looked after tokens", before + 1);
}

/** Whether what the vault has is good, and the refresh token with it, too. */
async function isGood({ home, oauth, id }: World): Promise<readonly unknown[]> {
  const [held, ...others] = await home.held();
  const { active } = await oauth.itself.introspect(held?.secret ?? "");
  await home.ask("rotate", { id });
  const [renewed] = await home.held();
  const after = await oauth.itself.introspect(renewed?.secret ?? "");
  return [held?.id, others.length, active, after.active];
}

describe.skipIf(oauthServerMissing()).concurrent("a renewal", () => {
  it("has these steps", async () => {
    const world = await makeWorld();
    try {
      await arm(world, ["after", "transaction", TRANSACTIONS + 1]);
      await rotate(world);
      expect(world.requests()).toEqual(REQUESTS);
      expect(world.home.daemon.child.signalCode).toBe(null);
      await rm(world.killFile);
      expect(await isGood(world)).toEqual([world.id, 0, true, true]);
    } finally {
      await world.close();
    }
  });

  it.each(sampled(MOMENTS, 3))("that is killed %s %s %i leaves a token that works and can be renewed", async (...moment) => {
    const world = await makeWorld();
    try {
      await arm(world, moment);
      await rotate(world);
      expect(await world.home.daemon.ended).toEqual([null, "SIGKILL"]);
      world.oauth.faults.clear();
      await startAgain(world.home);
      expect(await isGood(world)).toEqual([world.id, 0, true, true]);
    } finally {
      await world.close();
    }
  });
});
