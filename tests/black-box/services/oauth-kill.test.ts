/**
 * SIGKILL at every step of a renewal at a real OAuth server, where a refresh token that is used twice ends all that was made of it: around
 * each request, and around each transaction of the vault. After the next start the token works, and can be renewed.
 */
import { execFile } from "node:child_process";
import { mkdir, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { Failure } from "../../../src/core/failure.ts";
import { chosen } from "../../fixtures/form.ts";
import { CLIENT_ID, oauthServerMissing } from "../../fixtures/services/oauth/oauth-server.ts";
import { signInAt } from "../../fixtures/services/oauth/person.ts";
import { startRecordedOAuth, type RecordedOAuth } from "../../fixtures/services/oauth/recorded-oauth.ts";
import { arm, momentsOf, orKilled, startAgain, startKillable } from "../../fixtures/processes/killable.ts";
import type { ServiceHome } from "../../fixtures/homes/service-home.ts";

const REQUESTS = ["GET /.well-known/oauth-authorization-server", "POST /token"];
const TRANSACTIONS = 2;

const run = promisify(execFile);

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

/** With a hint of what to do. */
async function expectFailure(asked: Promise<unknown>, hint: string): Promise<void> {
  const failure: unknown = await asked.then(() => undefined, (error: unknown) => error);
  if (!(failure instanceof Failure)) throw new Error(`no failure: ${String(failure)}`);
  if (!failure.hints.includes(hint)) throw new Error(`${failure.message}: ${failure.hints.join("; ")}`);
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

  it("is one for all who ask at once, and leaves nothing beside the vault", async () => {
    const world = await makeWorld();
    try {
      const asked = await Promise.all(Array.from({ length: 8 }, () => world.home.ask("rotate", { id: world.id })));
      expect(new Set(asked.map(({ token }) => token.id)).size).toBe(1);
      expect(world.requests().filter((request) => request === "POST /token").length).toBe(1);
      expect(await readdir(join(world.home.toolkeyHome, "data", "renewals"))).toEqual([]);
      expect(await isGood(world)).toEqual([world.id, 0, true, true]);
    } finally {
      await world.close();
    }
  });

  it("whose answer was kept waits for the network, and is not begun anew", async () => {
    const world = await makeWorld();
    try {
      await arm(world, ["after", "request", 2]);
      await orKilled(world.home, world.home.ask("rotate", { id: world.id }));
      const hidden = world.oauth.faults.add({ path: /well-known/ }, { kind: "reset" }, { times: Infinity, effect: false });
      await startAgain(world.home);
      await expectFailure(world.home.ask("rotate", { id: world.id }), "nothing is lost: try again");
      // A new key opens it as well.
      await world.home.ask("rekey", { source: "file" });
      expect(hidden.hits).toBeGreaterThan(0);
      world.oauth.faults.clear();
      await world.home.ask("rotate", { id: world.id });
      expect(await isGood(world)).toEqual([world.id, 0, true, true]);
    } finally {
      await world.close();
    }
  });

  it("beside odd things in its directory is taken over all the same", async () => {
    const world = await makeWorld();
    try {
      await arm(world, ["after", "request", 2]);
      await orKilled(world.home, world.home.ask("rotate", { id: world.id }));
      const directory = join(world.home.toolkeyHome, "data", "renewals");
      await mkdir(join(directory, "a+b"));
      await symlink("/etc/passwd", join(directory, "c+d"));
      await writeFile(join(directory, "e+f"), "no answer");
      await writeFile(join(directory, "g"), "");
      await world.home.run("mkfifo", [join(directory, "h+i")]);
      await startAgain(world.home);
      expect(await isGood(world)).toEqual([world.id, 0, true, true]);
    } finally {
      await world.close();
    }
  });

  it("is kept although its check says no: the one before is spent", async () => {
    const world = await makeWorld();
    try {
      world.oauth.faults.add({ path: "/token/introspection" }, { kind: "wrong json", body: '{"active":false}' }, { times: Infinity });
      await world.home.ask("rotate", { id: world.id });
      world.oauth.faults.clear();
      expect(await isGood(world)).toEqual([world.id, 0, true, true]);
    } finally {
      await world.close();
    }
  });

  it("does not take the place of what a person puts there meanwhile", async () => {
    const world = await makeWorld();
    try {
      const slow = world.oauth.faults.add({ path: "/token" }, { kind: "slow" });
      const renewing = world.home.ask("rotate", { id: world.id });
      await slow.hit;
      world.oauth.faults.add({ path: "/token/introspection" }, { kind: "wrong json", body: '{"active":true}' });
      await world.home.ask("replace", { id: world.id, secret: "PASTED" });
      slow.release();
      await expectFailure(renewing, "what was made for it is ended");
      expect(await world.home.secret(world.id)).toBe("PASTED");
      expect(world.oauth.requests.filter(({ path }) => path === "/token/revocation").length).toBe(2);
    } finally {
      await world.close();
    }
  });

  it.skipIf(process.getuid?.() !== 0)("sends nothing where there is no room for the answer", async () => {
    const world = await makeWorld();
    const directory = join(world.home.toolkeyHome, "data", "renewals");
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await run("mount", ["-t", "tmpfs", "-o", "size=32k,mode=0700", "tmpfs", directory]);
    try {
      const asked = world.oauth.requests.filter(({ path }) => path === "/token").length;
      await expect(world.home.ask("rotate", { id: world.id })).rejects.toThrow("nothing was sent: there is no room");
      expect(world.oauth.requests.filter(({ path }) => path === "/token").length).toBe(asked);
    } finally {
      await run("umount", [directory]);
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

  it.each(chosen(momentsOf(REQUESTS.length, TRANSACTIONS), (moment) => ["after request 2", "before transaction 1"].includes(moment.join(" "))))("that is killed %s %s %i leaves a token that works and can be renewed", async (...moment) => {
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
