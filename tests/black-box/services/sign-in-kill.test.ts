/**
 * SIGKILL at every step of a sign-in: around each request, and around each transaction of the vault. After the next start the vault has what
 * was signed in for, or nothing of it; a second sign-in works, and what toolkey itself had made meanwhile is ended.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { Failure } from "../../../src/core/failure.ts";
import { chosen } from "../../fixtures/form.ts";
import { startJfrogAccess } from "../../fixtures/services/jfrog/jfrog-access.ts";
import { arm, momentsOf, startAgain, startKillable, type Moment } from "../../fixtures/processes/killable.ts";
import { CLIENT_ID, oauthServerMissing } from "../../fixtures/services/oauth/oauth-server.ts";
import { signInAt } from "../../fixtures/services/oauth/person.ts";
import { startRecordedOAuth } from "../../fixtures/services/oauth/recorded-oauth.ts";
import type { ServiceHome } from "../../fixtures/homes/service-home.ts";
import type { TestServer } from "../../fixtures/network/test-server.ts";

interface World {
  readonly server: TestServer;
  readonly home: ServiceHome;
  readonly killFile: string;
  /** From the first request to what is kept; false if the daemon did not live to see it. */
  signIn(): Promise<boolean>;
  /** What toolkey has made at the service, and does not have. */
  unknown(): Promise<number>;
  close(): Promise<void>;
}

/** As the command line does it. @param atPage what the person does */
async function signIn(home: ServiceHome, atPage: (page: string) => Promise<unknown>): Promise<boolean> {
  try {
    const begun = await home.ask("signIn", { service: "corp", browser: true });
    await atPage(begun.page);
    for (;;) {
      const { done } = await home.ask("signInNews", { signIn: begun.signIn });
      if (done !== undefined) return true;
    }
  } catch (error) {
    if (error instanceof Failure) throw error;
    await home.daemon.ended;
    return false;
  }
}

async function oauthWorld(): Promise<World> {
  const server = await startRecordedOAuth();
  const killFile = join(server.caFile, "..", "kill");
  const table = `url = "${server.origin}"\nclient_id = "${CLIENT_ID}"\nscopes = ["openid", "offline_access"]\n`;
  const home = await startKillable(`[service.corp]\nissuer = "oauth"\n${table}http = { url = "https://corp.example" }\n`, killFile);
  return {
    server,
    home,
    killFile,
    signIn: () => signIn(home, (page) => signInAt(page, { login: "alice", password: "any" })),
    unknown: () => Promise.resolve(0),
    async close() {
      await home.dispose();
      await server.close();
    },
  };
}

async function jfrogWorld(): Promise<World> {
  const server = await startJfrogAccess({ atPage: "alice", plain: true, revocableExpiryThreshold: 60 });
  const killFile = join(server.caFile, "..", "kill");
  const home = await startKillable(`[service.corp]\nissuer = "jfrog"\nurl = "${server.origin}"\n`, killFile);
  return {
    server,
    home,
    killFile,
    signIn: () => signIn(home, (page) => signInAt(page, { code: (new URL(page).searchParams.get("jfClientSession") ?? "").slice(-4) })),
    async unknown() {
      const known = new Set((await home.held()).map(({ tokenId }) => tokenId));
      return server.tokens.filter(({ id, alive, description }) => alive && description !== undefined && !known.has(id)).length;
    },
    async close() {
      await home.dispose();
      await server.close();
    },
  };
}

/** Of each sign-in: how it is had, its requests, and its transactions. */
const SIGN_INS = [
  [
    "at an OAuth server",
    oauthWorld,
    ["GET /.well-known/oauth-authorization-server", "POST /token", "GET /.well-known/oauth-authorization-server", "POST /token/introspection"],
    1,
  ],
  [
    "at JFrog",
    jfrogWorld,
    ["POST client-login", "GET client-login/ID", "POST /access/api/v1/tokens", "GET /access/api/v1/tokens/me", "DELETE /access/api/v1/tokens/me"],
    2,
  ],
] as const;

/** What toolkey asks, and not the person's browser. */
const OURS = /^\/(\.well-known|token|access)/;
const CLIENT_LOGIN = "/access/api/v2/authentication/jfrog_client_login/";

describe.each(SIGN_INS)("%s", (name, makeWorld, requests, transactions) => {
  const isMissing = name.includes("OAuth") && oauthServerMissing();

  it.skipIf(isMissing)("a sign-in has these steps, but for what the person's browser asks", async () => {
    const world = await makeWorld();
    try {
      await arm(world, ["after", "transaction", transactions + 1], OURS);
      expect(await world.signIn()).toBe(true);
      const steps = world.server.requests.filter(({ path }) => OURS.test(path)).map(({ method, path }) => `${method} ${path}`);
      expect(steps.map((step) => step.replace(`${CLIENT_LOGIN}request`, "client-login").replace(/\/access.*\/token\/[\w-]{36}$/, "client-login/ID"))).toEqual(requests);
      expect(await world.home.tokens()).toMatchObject([{ state: "active" }]);
    } finally {
      await world.close();
    }
  });

  it.skipIf(isMissing).concurrent.each(chosen(momentsOf(requests.length, transactions), (moment) => ["after request 3", `before transaction ${transactions}`].includes(moment.join(" "))))("killed %s %s %i: whole or nothing, and again", async (...moment: Moment) => {
    const world = await makeWorld();
    try {
      await arm(world, moment, OURS);
      await world.signIn();
      expect(await world.home.daemon.ended).toEqual([null, "SIGKILL"]);
      await startAgain(world.home);
      world.server.faults.clear();
      await rm(world.killFile, { force: true });
      const before = await world.home.tokens();
      expect(before.filter(({ state }) => state === "active").length).toBeLessThanOrEqual(1);
      if (before.every(({ state }) => state !== "active")) expect(await world.signIn()).toBe(true);
      // What was half done is looked after beside the requests.
      await vi.waitUntil(async () => (await world.home.tokens()).every(({ state }) => state === "active"), { timeout: 30_000 });
      expect([(await world.home.tokens()).length, await world.unknown()]).toEqual([1, 0]);
    } finally {
      await world.close();
    }
  });
});
