import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ask, bearer } from "../../fixtures/network/ask.ts";
import { longTest, sampled } from "../../fixtures/form.ts";
import { expectDone } from "../../fixtures/homes/home.ts";
import { startJfrogAccess, type JfrogAccess } from "../../fixtures/services/jfrog/jfrog-access.ts";
import { missing } from "../../fixtures/programs/programs.ts";
import { openTerminal } from "../../fixtures/processes/pseudo-terminal.ts";
import { makeServiceHome, type ServiceHome } from "../../fixtures/homes/service-home.ts";

const HOUR_S = 3600;
const DELETE = { path: "/access/api/v1/tokens/*", method: "DELETE" };

let jfrog: JfrogAccess;
let home: ServiceHome;

async function start(): Promise<void> {
  jfrog = await startJfrogAccess();
  home = await makeServiceHome(configuration());
}

async function end(): Promise<void> {
  await home?.dispose();
  await jfrog?.close();
}

function configuration(): string {
  const service = (name: string, url: string): string => `[service.${name}]
issuer = "jfrog"
title = "${name.toUpperCase()}"
url = "${url}"
page = "https://${name}.example/page"
cacert = "${jfrog.caFile}"
git = { url = "${url}/artifactory" }
npm = { registry = "${url}/artifactory" }
`;
  // Nobody listens at the port 1.
  return `${service("acme", jfrog.origin)}${service("gone", "https://localhost:1")}`;
}

async function login(): Promise<string> {
  const made = jfrog.makeUserToken({ username: "admin", scope: "applied-permissions/admin" });
  await home.ask("login", { service: "acme", secret: made.accessToken });
  return made.id;
}

async function mint(tool = "npm"): Promise<string> {
  return (await home.ask("mint", { service: "acme", tool, scope: "artifact:npm-local/**:r" })).token.id;
}

async function add(secret: string, service = "acme"): Promise<string> {
  return (await home.ask("add", { place: service, tool: "npm", secret })).token.id;
}

async function tokenId(id: string): Promise<string> {
  return (await home.ask("show", { id })).token.tokenId ?? "";
}

async function states(): Promise<string[]> {
  return (await home.tokens()).map(({ tool, state }) => `${tool} ${state}`);
}

describe("the end of a token", () => {
  beforeAll(async () => {
    await start();
    await login();
  });
  afterAll(end);
  afterEach(() => jfrog.faults.clear());

  const AT_ACME = "npm, https://localhost:PORT/artifactory";
  const LATER = "hint: toolkey no longer serves it, and tells the service as soon as it can; 'toolkey list' shows it";
  const MORE_RIGHTS = "hint: toolkey login acme with more rights, or revoke it at https://acme.example/page, then: toolkey revoke --done ID";

  /** Makes a token, and sets up how its service answers; then what is said after the warning, and what is left here. */
  const CASES: readonly {
    readonly what: string;
    readonly given: () => Promise<string>;
    readonly code: number;
    readonly said: readonly string[];
    readonly state: "revoked" | "revoking";
    /** Whether the secret is still there, for another attempt. */
    readonly kept: boolean;
    readonly deletes: number;
    readonly at?: string;
  }[] = [
    { what: "200: ended", given: () => mint(), code: 0, said: [], state: "revoked", kept: false, deletes: 1 },
    {
      what: "204: it was ended already",
      async given() {
        const id = await mint();
        jfrog.revoke(await tokenId(id));
        return id;
      },
      code: 0, said: [], state: "revoked", kept: false, deletes: 1,
    },
    {
      what: "400: it was issued elsewhere",
      given: () => add(jfrog.makeUserToken({ elsewhere: true, scope: "applied-permissions/user" }).accessToken),
      code: 1,
      said: [
        "toolkey: ACME did not issue it and can't revoke it: Token was issued by a different service",
        "hint: revoke it where it was made, then: toolkey revoke --done ID",
      ],
      state: "revoking", kept: false, deletes: 1,
    },
    {
      what: "400: it is too short-lived to be ended",
      given: () => add(jfrog.makeUserToken({ expiresIn: 5 * HOUR_S }).accessToken),
      code: 1,
      said: [
        "toolkey: ACME can't revoke it before it expires, TIME: Token not revocable",
        "hint: toolkey no longer serves it; tokens that toolkey creates can always be revoked",
      ],
      state: "revoking", kept: true, deletes: 1,
    },
    ...[401, 403].map((status) => ({
      what: `${status}: neither the login nor the token itself may`,
      async given() {
        const id = await mint();
        jfrog.faults.add(DELETE, { kind: "status", status }, { times: Infinity });
        return id;
      },
      code: 1,
      said: [`toolkey: ACME does not let toolkey revoke it: injected ${status}`, MORE_RIGHTS],
      state: "revoking" as const, kept: true, deletes: 2,
    })),
    {
      what: "403 for the login alone: the token ends itself",
      async given() {
        const id = await mint();
        jfrog.faults.add(DELETE, { kind: "status", status: 403 });
        return id;
      },
      code: 0, said: [], state: "revoked", kept: false, deletes: 2,
    },
    {
      what: "404 of a token that is dead: gone",
      async given() {
        const id = await mint();
        jfrog.revoke(await tokenId(id));
        jfrog.faults.add(DELETE, { kind: "status", status: 404 });
        return id;
      },
      code: 0, said: [], state: "revoked", kept: false, deletes: 1,
    },
    {
      what: "404 of a proxy, while the token lives",
      async given() {
        const id = await mint();
        jfrog.faults.add(DELETE, { kind: "proxy 404" });
        return id;
      },
      code: 1,
      said: ["toolkey: ACME could not be told: the service does not know it (404), and yet accepts it, or does not say", LATER],
      state: "revoking", kept: true, deletes: 1,
    },
    {
      what: "the HTML of a login page",
      async given() {
        const id = await mint();
        jfrog.faults.add(DELETE, { kind: "login page" });
        return id;
      },
      code: 1, said: ["toolkey: ACME could not be told: a web page (status 200)", LATER], state: "revoking", kept: true, deletes: 1,
    },
    {
      what: "429: not tried again at once",
      async given() {
        const id = await mint();
        jfrog.faults.add(DELETE, { kind: "status", status: 429, retryAfter: 30 });
        return id;
      },
      code: 1,
      said: ["toolkey: ACME could not be told: too many requests (status 429); it asks to wait until 30 s from now", LATER],
      state: "revoking", kept: true, deletes: 1,
    },
    {
      what: "500: tried twice again",
      async given() {
        const id = await mint();
        jfrog.faults.add(DELETE, { kind: "status", status: 500 }, { times: 3 });
        return id;
      },
      code: 1, said: ["toolkey: ACME could not be told: status 500", LATER], state: "revoking", kept: true, deletes: 3,
    },
    {
      what: "cut off after it had its effect: the second attempt hears of it",
      async given() {
        const id = await mint();
        jfrog.faults.add(DELETE, { kind: "cut off" });
        return id;
      },
      code: 0, said: [], state: "revoked", kept: false, deletes: 2,
    },
    {
      what: "offline",
      given: () => add(jfrog.makeUserToken().accessToken, "gone"),
      code: 1, said: ["toolkey: GONE could not be told: ECONNREFUSED", LATER], state: "revoking", kept: true, deletes: 0,
      at: "npm, https://localhost:1/artifactory",
    },
  ];

  it.each(CASES)("$what", async ({ given, code, said, state, kept, deletes, at = AT_ACME }) => {
    const id = await given();
    const asked = jfrog.requests.length;
    const { token } = await home.ask("show", { id });
    const ended = await home.toolkey(["revoke", "--yes", id]);
    const plain = (text: string): string =>
      text.replaceAll(id, "ID").replaceAll(`:${jfrog.port}`, ":PORT").replaceAll(token.expiresAt ?? "-", "TIME");
    const place = at.replace("npm, ", "");
    expect({ ...ended, stdout: plain(ended.stdout), stderr: plain(ended.stderr).split("\n").slice(0, -1) }).toEqual({
      code,
      signal: null,
      stdout: `${code === 0 ? "revoked" : "not revoked yet"}: ID (${at})\n`,
      stderr: [
        `toolkey: ID (${at}) is to be revoked: npm gets no token for ${place} any more`,
        ...said,
        ...(code === 0 ? [] : ["toolkey: 1 of 1 tokens are still valid at their service", "hint: 'toolkey list' shows them"]),
      ],
    });
    expect((await home.ask("show", { id })).token.state).toBe(state);
    expect((await home.secret(id)) !== "").toBe(kept);
    expect(jfrog.requests.slice(asked).filter(({ method }) => method === "DELETE").length).toBe(deletes);
  });

  it("is shown by list as long as the service does not know it", async () => {
    const listed = expectDone(await home.toolkey(["list", "--service", "gone"])).stdout;
    expect(listed.split("\n").slice(1).map((line) => /\brevoking\b/.exec(line)?.[0])).toEqual(["revoking", undefined]);
  });

  it("is told when the vault opens the next time, where that can be", async () => {
    const before = (await home.tokens()).filter(({ state }) => state === "revoking").length;
    expect(before).toBe(9);
    const looks = (await home.logged("looked after tokens")).length;
    home.daemon.child.kill();
    await home.restart();
    await home.tokens();
    await home.whenLogged("looked after tokens", looks + 1);
    // Left are the one issued elsewhere, the one that can't be ended, and the one of the service that is gone.
    expect((await home.logged("looked after tokens")).at(-1)).toMatchObject({ why: "opened", intended: 0, pending: 8, ended: 6 });
    expect((await home.tokens()).filter(({ state }) => state === "revoking").length).toBe(3);
  });

  it("can be noted by hand", async () => {
    const [first] = (await home.tokens()).filter(({ state }) => state === "revoking");
    const id = first?.id ?? "";
    expect((await home.toolkey(["revoke", "--done", id])).stdout).toMatch(new RegExp(`^noted: ${id} \\(npm, .*\\) is revoked at its service\n$`));
    expect([(await home.ask("show", { id })).token.state, await home.secret(id)]).toEqual(["revoked", ""]);
    expect(await home.toolkey(["revoke", "--done", id])).toMatchObject({ code: 1, stderr: `toolkey: token ${id} was revoked already\n` });
  });
});

describe("a token that could not be revoked", () => {
  beforeAll(async () => {
    await start();
    await login();
  });
  afterAll(end);

  it("is served no more", async () => {
    const id = await mint("git");
    expect(await home.fill(`${jfrog.origin}/artifactory/x`)).not.toBe(undefined);
    jfrog.faults.add(DELETE, { kind: "reset" }, { times: Infinity });
    await home.toolkey(["revoke", "--yes", id]);
    expect(await home.fill(`${jfrog.origin}/artifactory/x`)).toBe(undefined);
    jfrog.faults.clear();
  });

  it("can't be restored, replaced or renewed", async () => {
    const [, token] = await home.tokens();
    const id = token?.id ?? "";
    const failures = await Promise.allSettled([
      home.ask("restore", { id }),
      home.ask("replace", { id, secret: jfrog.makeUserToken().accessToken }),
      home.ask("rotate", { id }),
    ]);
    expect(failures.map((settled) => settled.status === "rejected" && (settled.reason as Error).message)).toEqual([
      `token ${id} is revoking, not suspended`,
      `token ${id} was revoked`,
      `token ${id} is revoking`,
    ]);
  });
});

describe("several at once", () => {
  beforeEach(async () => {
    await start();
    await login();
    await mint("git");
    await mint("npm");
    await add(jfrog.makeUserToken().accessToken, "gone");
  });
  afterEach(end);

  longTest("--tool ends those of one tool, at all services", async () => {
    const ended = await home.toolkey(["revoke", "--yes", "--tool", "npm"]);
    expect([ended.code, await states()]).toEqual([1, ["toolkey active", "git active", "npm revoked", "npm revoking"]]);
  });

  it("--service ends those for one service, its login last", async () => {
    const [own] = jfrog.tokens;
    const ended = await home.toolkey(["revoke", "--yes", "--service", "acme"]);
    expect([ended.code, await states()]).toEqual([0, ["toolkey revoked", "git revoked", "npm revoked", "npm active"]]);
    const deleted = jfrog.requests.filter(({ method }) => method === "DELETE").map(({ path }) => path.split("/").at(-1));
    expect([deleted.length, deleted.at(-1)]).toEqual([3, own?.id]);
    expect(jfrog.tokens.filter(({ alive }) => alive).length).toBe(1);
  });

  it("--all ends everything, the day a laptop is stolen", async () => {
    const ended = await home.toolkey(["revoke", "--yes", "--all"]);
    expect([ended.code, await states()]).toEqual([1, ["toolkey revoked", "git revoked", "npm revoked", "npm revoking"]]);
    expect(ended.stderr).toContain("toolkey: 1 of 4 tokens are still valid at their service\n");
    expect((await home.held()).map(({ secret }) => secret !== "")).toEqual([false, false, false, true]);
    // The one of the service that is gone by hand.
    expect(expectDone(await home.toolkey(["revoke", "--done", "--all"])).stdout.split("\n").length).toBe(2);
    expect(await states()).toEqual(["toolkey revoked", "git revoked", "npm revoked", "npm revoked"]);
  });

  longTest("ids on one line are all revoked", async () => {
    const ids = (await home.tokens()).slice(1, 3).map(({ id }) => id);
    expect(expectDone(await home.toolkey(["revoke", "--yes", ...ids])).stdout.split("\n").length).toBe(3);
    expect(await states()).toEqual(["toolkey active", "git revoked", "npm revoked", "npm active"]);
  });
});

describe("toolkey", () => {
  beforeAll(async () => {
    await start();
    await login();
    await mint("git");
  });
  afterAll(end);

  it.each([
    [["revoke"], 2, "toolkey: name the tokens, or a set of them"],
    [["revoke", "--all", "git-aaaa"], 2, "toolkey: name the tokens, or a set of them"],
    [["revoke", "--tool", "maven"], 1, "toolkey: there are no such tokens"],
    [["revoke", "git-aaaa"], 1, "toolkey: there is no token 'git-aaaa'"],
    [["revoke", "--remote", "acme"], 2, "toolkey: name the token ids"],
  ])("%j says what is missing, and ends nothing", async (argv, code, message) => {
    const ended = await home.toolkey(argv);
    expect([ended.code, ended.stdout, ended.stderr.split("\n")[0]]).toEqual([code, "", message]);
    expect(await states()).toEqual(["toolkey active", "git active"]);
  });

  it.each(sampled(["..", "a/../b", "x?y"], 3))("asks the service nothing by the token id %j", async (id) => {
    const asked = jfrog.requests.length;
    expect(await home.toolkey(["revoke", "--yes", "--remote", "acme", id])).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining(`toolkey: '${id}' is not a token id\n`) as unknown });
    expect(jfrog.requests).toHaveLength(asked);
  });
});

describe("before it ends a token, toolkey", () => {
  beforeAll(async () => {
    await start();
    await login();
  });
  afterAll(end);

  it("wants a yes, and without a terminal there is nobody to give it", async () => {
    const id = await mint("git");
    expect(await home.run("setsid", ["toolkey", "revoke", id])).toMatchObject({ code: 2, stdout: "" });
    expect((await home.ask("show", { id })).token.state).toBe("active");
  });

  it.skipIf(missing("script"))("says what stops working, asks, and takes a no", async () => {
    const id = await mint("git");
    const terminal = openTerminal(home, `toolkey revoke ${id}`);
    await terminal.shows(`${id} (git, ${jfrog.origin}/artifactory, as admin) is to be revoked: git gets no token for ${jfrog.origin}/artifactory any more`);
    await terminal.answer("revoke them at their services and here? [y/N]", "n\r");
    expect((await terminal.ended).code).toBe(3);
    expect((await home.ask("show", { id })).token.state).toBe("active");
    const again = openTerminal(home, `toolkey revoke ${id}`);
    await again.answer("revoke them at their services and here? [y/N]", "y\r");
    expect((await again.ended).code).toBe(0);
    expect((await home.ask("show", { id })).token.state).toBe("revoked");
  });
});

describe("untracked", () => {
  beforeAll(start);
  afterAll(end);

  it("need a login to be seen", async () => {
    expect(await home.toolkey(["list", "--remote", "acme"])).toEqual({
      code: 3, signal: null, stdout: "", stderr: "toolkey: toolkey is not logged in at ACME\nhint: toolkey login acme\n",
    });
  });

  it("are the tokens that the service knows and the vault does not, and can be revoked", async () => {
    await login();
    await mint("git");
    const stray = jfrog.makeUserToken({ description: "old laptop" });
    const listed = expectDone(await home.toolkey(["list", "--remote", "acme"]));
    expect(listed.stdout.split("\n").slice(1).map((line) => line.split("  ")[0])).toEqual([stray.id, ""]);
    expect(listed.stdout).toContain("old laptop");
    const [told] = JSON.parse(expectDone(await home.toolkey(["list", "--remote", "acme", "--json"])).stdout) as [object];
    const documented = /^`list --remote SERVICE` .*/m.exec(readFileSync(join(import.meta.dirname, "../../../docs/json.md"), "utf8"))?.[0];
    for (const field of Object.keys(told)) expect(documented).toContain(`\`${field}\``);
    expect(listed.stderr).toBe("hint: to revoke one: toolkey revoke --remote acme TOKEN-ID\n");
    expect(await home.toolkey(["revoke", "--yes", "--remote", "acme", stray.id])).toEqual({
      code: 0,
      signal: null,
      stdout: `revoked ${stray.id} at acme\n`,
      stderr: `toolkey: whatever uses ${stray.id} at acme stops working\n`,
    });
    expect((await ask(jfrog, "GET", "/access/api/v1/tokens/me", bearer(stray.accessToken))).status).toBe(401);
    expect(await home.toolkey(["list", "--remote", "acme"])).toMatchObject({
      code: 0, stdout: "", stderr: "toolkey: acme knows no token that is not in the vault\n",
    });
  });

  it("that the service does not know are not revoked", async () => {
    expect(await home.toolkey(["revoke", "--yes", "--remote", "acme", "no-such-id"])).toMatchObject({
      code: 1,
      stdout: "",
      stderr: "toolkey: whatever uses no-such-id at acme stops working\ntoolkey: ACME did not revoke no-such-id: it does not know it\nhint: nothing was changed\n",
    });
  });

  it("can't be listed where the service has no list for programs", async () => {
    expect(await home.toolkey(["list", "--remote", "nuxeo"])).toEqual({
      code: 2,
      signal: null,
      stdout: "",
      stderr:
        "toolkey: Nuxeo Online Services does not list its tokens to programs\n" +
        "hint: look at https://connect.nuxeo.com/nuxeo/site/connect/tokens\n",
    });
  });
});
