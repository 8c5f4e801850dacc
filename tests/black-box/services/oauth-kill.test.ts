/**
 * SIGKILL at every step of a renewal at a real OAuth server, where a refresh token that is used twice ends all that was made of it: around
 * each request, and around each transaction of the vault. After the next start the token works, and can be renewed.
 */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sampled } from "../../fixtures/form.ts";
import { CLIENT_ID, oauthServerMissing } from "../../fixtures/oauth-server.ts";
import { signInAt } from "../../fixtures/person.ts";
import { startRecordedOAuth, type RecordedOAuth } from "../../fixtures/recorded-oauth.ts";
import { arm, momentsOf, orKilled, startAgain, startKillable } from "../../fixtures/killable.ts";
import type { ServiceHome } from "../../fixtures/service-home.ts";

const REQUESTS = ["GET /.well-known/oauth-authorization-server", "POST /token"];
const TRANSACTIONS = 2;

interface World {
  readonly oauth: RecordedOAuth;
  /** The same, which tells of requests. */
  readonly server: RecordedOAuth;
  readonly home: ServiceHome;
  readonly killFile: string;
  readonly id: string;
  /** Those since the action can begin. */
  requests(): string[];
  close(): Promise<void>;
}

async function makeWorld(): Promise<World> {
  const oauth = await startRecordedOAuth();
  const killFile = join(oauth.caFile, "..", "kill");
  const home = await startKillable(
    `[service.corp]
issuer = "oauth"
url = "${oauth.origin}"
client_id = "${CLIENT_ID}"
scopes = ["openid", "offline_access", "read"]
http = { url = "https://corp.example" }
`,
    killFile,
  );
  const begun = await home.ask("signIn", { service: "corp", browser: true });
  await signInAt(begun.page, { login: "alice", password: "any" });
  const { done } = await home.ask("signInNews", { signIn: begun.signIn });
  const known = oauth.requests.length;
  return {
    oauth,
    server: oauth,
    home,
    killFile,
    id: done?.token.id ?? "",
    requests: () => oauth.requests.slice(known).map(({ method, path }) => `${method} ${path}`),
    async close() {
      await home.dispose();
      await oauth.close();
    },
  };
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
      await orKilled(world.home, world.home.ask("rotate", { id: world.id }));
      expect(world.requests()).toEqual(REQUESTS);
      expect(world.home.daemon.child.signalCode).toBe(null);
      await rm(world.killFile);
      expect(await isGood(world)).toEqual([world.id, 0, true, true]);
    } finally {
      await world.close();
    }
  });

  it("whose answer was kept is taken over before the key of the vault is another", async () => {
    const world = await makeWorld();
    try {
      await arm(world, ["after", "request", 2]);
      await orKilled(world.home, world.home.ask("rotate", { id: world.id }));
      await world.home.restart();
      await world.home.ask("rekey", { source: "file" });
      expect(await isGood(world)).toEqual([world.id, 0, true, true]);
    } finally {
      await world.close();
    }
  });

  it("of a token that is revoked meanwhile leaves nothing at the server", async () => {
    const world = await makeWorld();
    try {
      const [before] = await world.home.held();
      await arm(world, ["after", "request", 2]);
      await orKilled(world.home, world.home.ask("rotate", { id: world.id }));
      await world.home.restart();
      // Before anything is looked after: in the vault alone.
      await world.home.ask("revoke", { ids: [world.id], local: true });
      await world.home.whenLogged("looked after tokens", 2);
      expect(await world.home.held()).toEqual([]);
      expect(await readdir(join(world.home.toolkeyHome, "data", "renewals"))).toEqual([]);
      const ended = world.oauth.requests.filter(({ path }) => path === "/token/revocation").length;
      expect([ended, (await world.oauth.itself.introspect(before?.secret ?? "")).active]).toEqual([2, false]);
    } finally {
      await world.close();
    }
  });

  it.each(sampled(momentsOf(REQUESTS.length, TRANSACTIONS), 3))("that is killed %s %s %i leaves a token that works and can be renewed", async (...moment) => {
    const world = await makeWorld();
    try {
      await arm(world, moment);
      await orKilled(world.home, world.home.ask("rotate", { id: world.id }));
      expect(await world.home.daemon.ended).toEqual([null, "SIGKILL"]);
      world.oauth.faults.clear();
      await startAgain(world.home);
      expect(await isGood(world)).toEqual([world.id, 0, true, true]);
    } finally {
      await world.close();
    }
  });
});
