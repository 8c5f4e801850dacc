/**
 * SIGKILL at every step of making and renewing a token: around each request that the daemon makes, and around each
 * transaction of the vault. After the next start no token is alive that the vault doesn't know, the tool has a
 * token that works, and the old one is ended.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask, bearer } from "../../fixtures/network/ask.ts";
import { chosen } from "../../fixtures/form.ts";
import { startJfrogAccess, type JfrogAccess } from "../../fixtures/services/jfrog/jfrog-access.ts";
import { arm, momentsOf, orKilled, startAgain, startKillable, type Moment } from "../../fixtures/processes/killable.ts";
import type { ServiceHome } from "../../fixtures/homes/service-home.ts";
import { makeTls, type TestTls } from "../../fixtures/network/tls.ts";
import { startVerdaccio, verdaccioMissing } from "../../fixtures/registries/npm/verdaccio.ts";

const FILE = "/artifactory/npm-local/file";

type Action = "mint" | "rotate by mint" | "rotate by refresh";
/** The requests and transactions of each action, which the table below goes through. */
const STEPS: Readonly<Record<Action, { readonly requests: readonly string[]; readonly transactions: number }>> = {
  mint: { requests: ["POST tokens", "GET tokens/me"], transactions: 2 },
  "rotate by mint": { requests: ["POST tokens", "GET tokens/me", "DELETE tokens/old", "GET tokens/me"], transactions: 3 },
  // JFrog ends the old one with the refresh, so that nothing is left to be looked at after its DELETE (204).
  // It is stored before anything else is asked: the old one is spent, whatever is said of the new one.
  "rotate by refresh": { requests: ["POST tokens", "DELETE tokens/old"], transactions: 3 },
};

/** The states of tokens that are half done in the vault after the kill, and how many unknown ones are alive then. */
const RUNS: readonly (readonly [Action, Moment, left: string, unknown: number])[] = [
  ["mint", ["before", "transaction", 1], "", 0],
  ["mint", ["after", "transaction", 1], "intended", 0],
  ["mint", ["before", "request", 1], "intended", 0],
  ["mint", ["after", "request", 1], "intended", 1],
  ["mint", ["before", "request", 2], "intended", 1],
  ["mint", ["after", "request", 2], "intended", 1],
  ["mint", ["before", "transaction", 2], "intended", 1],
  ["mint", ["after", "transaction", 2], "", 0],
  ["rotate by mint", ["before", "transaction", 1], "", 0],
  ["rotate by mint", ["after", "transaction", 1], "intended", 0],
  ["rotate by mint", ["before", "request", 1], "intended", 0],
  ["rotate by mint", ["after", "request", 1], "intended", 1],
  ["rotate by mint", ["before", "request", 2], "intended", 1],
  ["rotate by mint", ["after", "request", 2], "intended", 1],
  ["rotate by mint", ["before", "transaction", 2], "intended", 1],
  ["rotate by mint", ["after", "transaction", 2], "revoking", 0],
  ["rotate by mint", ["before", "request", 3], "revoking", 0],
  ["rotate by mint", ["after", "request", 3], "revoking", 0],
  ["rotate by mint", ["before", "request", 4], "revoking", 0],
  ["rotate by mint", ["after", "request", 4], "revoking", 0],
  ["rotate by mint", ["before", "transaction", 3], "revoking", 0],
  ["rotate by mint", ["after", "transaction", 3], "", 0],
  ["rotate by refresh", ["before", "transaction", 1], "", 0],
  ["rotate by refresh", ["after", "transaction", 1], "intended", 0],
  ["rotate by refresh", ["before", "request", 1], "intended", 0],
  ["rotate by refresh", ["after", "request", 1], "intended", 1],
  ["rotate by refresh", ["before", "transaction", 2], "intended", 1],
  ["rotate by refresh", ["after", "transaction", 2], "revoking", 0],
  ["rotate by refresh", ["before", "request", 2], "revoking", 0],
  ["rotate by refresh", ["after", "request", 2], "revoking", 0],
  ["rotate by refresh", ["before", "transaction", 3], "revoking", 0],
  ["rotate by refresh", ["after", "transaction", 3], "", 0],
];

/** The moment of each action that is tried in the short form, too. */
const IN_SHORT: Readonly<Record<Action, string>> = {
  mint: "after request 1",
  "rotate by mint": "after transaction 2",
  "rotate by refresh": "before transaction 2",
};

/** After the next start, whatever happened. */
const FINE = {
  nextRequest: 200,
  // toolkey's own, and the tool's.
  alive: 2,
  unknown: 0,
  halfDone: "",
};

let tls: TestTls;

beforeAll(async () => {
  tls = await makeTls();
});
afterAll(() => tls.remove());

interface World {
  readonly jfrog: JfrogAccess;
  /** The same, which tells of requests. */
  readonly server: JfrogAccess;
  readonly home: ServiceHome;
  readonly killFile: string;
  /** The daemon's requests since the action can begin, as in STEPS. */
  requests(): string[];
  /** Does it. Resolves when it is done, or the daemon dead. */
  act(): Promise<void>;
  close(): Promise<void>;
}

async function makeWorld(action: Action): Promise<World> {
  const jfrog = await startJfrogAccess({ tls });
  const killFile = join(tls.caFile, "..", `kill-${jfrog.port}`);
  const home = await startKillable(
    `[service.acme]
issuer = "jfrog"
url = "${jfrog.origin}"
cacert = "${jfrog.caFile}"
auto = true
scopes = { git = "artifact:npm-local/**:r" }
git = { url = "${jfrog.origin}/artifactory" }
`,
    killFile,
  );
  const login = jfrog.makeUserToken({ username: "admin", scope: "applied-permissions/admin" });
  await home.ask("login", { service: "acme", secret: login.accessToken });
  const refreshable = action === "rotate by refresh";
  const id = action === "mint" ? "" : (await home.ask("mint", { service: "acme", tool: "git", refreshable })).token.id;
  const known = jfrog.requests.length;
  return {
    jfrog,
    server: jfrog,
    home,
    killFile,
    requests: () =>
      jfrog.requests.slice(known).map(({ method, path }) => `${method} ${path.replace("/access/api/v1/", "").replace(/[0-9a-f-]{36}$/, "old")}`),
    act: () => orKilled(home, action === "mint" ? home.ask("mint", { service: "acme", tool: "git" }) : home.ask("rotate", { id })),
    async close() {
      await home.dispose();
      await jfrog.close();
    },
  };
}

/** What lives at the service beside what the vault knows, and what is half done in the vault: as it is on the disk. */
async function look({ jfrog, home }: World): Promise<{ alive: number; unknown: number; halfDone: string }> {
  const vault = await home.held();
  const known = new Set(vault.map(({ tokenId }) => tokenId));
  const alive = jfrog.tokens.filter((token) => token.alive);
  return {
    alive: alive.length,
    unknown: alive.filter(({ id }) => !known.has(id)).length,
    halfDone: vault.map(({ state }) => state).filter((state) => state === "intended" || state === "revoking").join(" "),
  };
}

async function nextRequest({ jfrog, home }: World): Promise<number> {
  const secret = await home.fill(`${jfrog.origin}${FILE}`);
  return (await ask(jfrog, "GET", FILE, bearer(secret ?? ""))).status;
}

describe.each(Object.entries(STEPS))("%s", (action, { requests, transactions }) => {
  it("has these steps, all of which are in the table", async () => {
    const world = await makeWorld(action as Action);
    try {
      await arm(world, ["after", "transaction", transactions + 1]);
      await world.act();
      expect(world.requests()).toEqual(requests);
      expect({ nextRequest: await nextRequest(world), ...(await look(world)) }).toEqual(FINE);
      expect(world.home.daemon.child.signalCode).toBe(null);
      const inTable = RUNS.filter(([of]) => of === action).map(([, moment]) => moment.join(" "));
      const all = momentsOf(requests.length, transactions).map((moment) => moment.join(" "));
      expect(inTable.toSorted()).toEqual(all.toSorted());
    } finally {
      await world.close();
    }
  });
});

// Most of the time they wait for the dead daemon's lock on the vault to be old enough to be taken over.
describe.concurrent("killed", () => {
  it.each(chosen(RUNS, ([action, moment]) => IN_SHORT[action] === moment.join(" ")))("%s, %j", async (action, moment, left, unknown) => {
    const world = await makeWorld(action);
    try {
      await arm(world, moment);
      await world.act();
      expect(await world.home.daemon.ended).toEqual([null, "SIGKILL"]);
      world.jfrog.faults.clear();
      expect(await look(world)).toMatchObject({ halfDone: left, unknown });
      await startAgain(world.home);
      expect({ nextRequest: await nextRequest(world), ...(await look(world)) }).toEqual(FINE);
      expect(world.jfrog.leaks).toEqual([]);
    } finally {
      await world.close();
    }
  });

  it("rotate by refresh without a login: what was created is taken over", async () => {
    const world = await makeWorld("rotate by refresh");
    try {
      const [login] = await world.home.tokens();
      await world.home.ask("revoke", { ids: [login?.id ?? ""], local: true });
      await arm(world, ["after", "request", 1]);
      await world.act();
      await startAgain(world.home);
      // The old one died with the refresh; the answer with the new one was kept, whatever became of the daemon.
      expect({ nextRequest: await nextRequest(world), ...(await look(world)) }).toEqual(FINE);
    } finally {
      await world.close();
    }
  });

  it.skipIf(verdaccioMissing("6.10.4"))("mint at an npm registry, before transaction 2: what was made is shown, since it may be another machine's, and a person revokes it", async () => {
    const verdaccio = await startVerdaccio({ version: "6.10.4", tls });
    const killFile = join(tls.caFile, "..", `kill-${verdaccio.port}`);
    const home = await startKillable(
      `[service.verdaccio]
issuer = "npm-registry"
url = "${verdaccio.origin}"
cacert = "${verdaccio.caFile}"
npm = { registry = "${verdaccio.origin}" }
`,
      killFile,
    );
    try {
      await home.ask("login", { service: "verdaccio", username: verdaccio.username, secret: verdaccio.password });
      await writeFile(killFile, "before 2");
      await orKilled(home, home.ask("mint", { service: "verdaccio", tool: "npm" }));
      const [lost] = await verdaccio.listTokens();
      const elsewhere = await verdaccio.createToken();
      await startAgain(home);
      expect((await verdaccio.listTokens()).map(({ key }) => key)).toEqual([lost?.key, elsewhere.key]);
      const [, intended] = await home.tokens();
      const id = intended?.id ?? "";
      expect((await home.toolkey(["list"])).stderr).toBe(`hint: ${id}: its service has not answered whether it was created; 'toolkey revoke ${id}' says what to do\n`);
      expect((await home.toolkey(["revoke", "--yes", id])).stderr.split("\n").slice(1)).toEqual([
        `toolkey: token ${id} is being created, or its service did not answer whether it was`,
        "hint: it may be one of those that 'toolkey list --remote verdaccio' shows; if so: toolkey revoke --remote verdaccio TOKEN-ID",
        `hint: if not: toolkey revoke --done ${id}`,
        "",
      ]);
      const shown = await home.toolkey(["list", "--remote", "verdaccio", "--json"]);
      expect((JSON.parse(shown.stdout) as { tokenId: string }[]).map(({ tokenId }) => tokenId)).toEqual([lost?.key, elsewhere.key]);
      expect((await home.toolkey(["revoke", "--yes", "--remote", "verdaccio", lost?.key ?? ""])).code).toBe(0);
      expect((await home.toolkey(["revoke", "--done", id])).code).toBe(0);
      expect((await verdaccio.listTokens()).map(({ key }) => key)).toEqual([elsewhere.key]);
      expect((await home.tokens()).map(({ tool, state }) => `${tool} ${state}`)).toEqual(["toolkey active", "npm revoked"]);
    } finally {
      await home.dispose();
      await verdaccio.close();
    }
  });
});
