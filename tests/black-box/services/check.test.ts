import { writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sendGit } from "../../fixtures/processes/daemon-process.ts";
import { matrix } from "../../fixtures/form.ts";
import { startJfrogAccess, type IssuedToken, type JfrogAccess } from "../../fixtures/services/jfrog/jfrog-access.ts";
import { startNuxeoOnline, type NuxeoOnline } from "../../fixtures/services/nuxeo-online.ts";
import { missing } from "../../fixtures/programs/programs.ts";
import { openTerminal } from "../../fixtures/processes/pseudo-terminal.ts";
import { makeServiceHome, type ServiceHome } from "../../fixtures/homes/service-home.ts";
import { startTestServer, text, type TestServer } from "../../fixtures/network/test-server.ts";
import { makeTls, type TestTls } from "../../fixtures/network/tls.ts";

const DAY_S = 86_400;

let tls: TestTls;
let jfrog: JfrogAccess;
let portal: TestServer;
let failing: TestServer;

beforeAll(async () => {
  tls = await makeTls();
  const html = { status: 200, headers: { "Content-Type": "text/html" }, body: "<!DOCTYPE html><title>Log in</title>" };
  portal = await startTestServer({ tls }, () => ({ handle: () => html, secrets: () => [] }));
  failing = await startTestServer({ tls }, () => ({ handle: () => text(503, "down"), secrets: () => [] }));
});
afterAll(async () => {
  await portal?.close();
  await failing?.close();
  await tls.remove();
});
beforeEach(async () => {
  jfrog = await startJfrogAccess({ tls });
});
afterEach(() => jfrog.close());

/** A service at JFrog, or where it moves later. Each has a target of its own. */
function service(name: string, url = jfrog.origin, cacert: string | undefined = tls.caFile): string {
  return `[service.${name}]
issuer = "jfrog"
title = "${name.toUpperCase()}"
url = "${url}"
page = "https://${name}.example/page"
${cacert === undefined ? "" : `cacert = "${cacert}"`}
git = { url = "${jfrog.origin}/artifactory/${name}" }
npm = { registry = "${jfrog.origin}/artifactory/api/npm/${name}" }
`;
}

async function reconfigure(home: ServiceHome, ...services: readonly string[]): Promise<void> {
  await writeFile(join(home.toolkeyHome, "config", "config.toml"), services.join(""));
  await home.acceptConfig();
}

async function add(home: ServiceHome, place: string, { accessToken }: IssuedToken): Promise<string> {
  return (await home.ask("add", { place, tool: "npm", secret: accessToken })).token.id;
}

describe("check", () => {
  let home: ServiceHome;
  afterEach(() => home.dispose());

  it("tells of each token whether it is valid, and what to do if not", async () => {
    const names = ["valid", "ending", "scoped", "dead", "expired", "portal", "failing", "gone", "strange"] as const;
    home = await makeServiceHome(names.map((name) => service(name)).join(""));
    const made = {
      valid: jfrog.makeUserToken(),
      ending: jfrog.makeUserToken({ expiresIn: 10 * DAY_S }),
      scoped: jfrog.makeUserToken({ scope: "artifact:npm-local:r" }),
      dead: jfrog.makeUserToken(),
      portal: jfrog.makeUserToken(),
      failing: jfrog.makeUserToken(),
      gone: jfrog.makeUserToken(),
      strange: jfrog.makeUserToken(),
    };
    jfrog.clock.skewSeconds = -2 * DAY_S;
    const expired = jfrog.makeUserToken({ expiresIn: DAY_S });
    const ids: Record<string, string> = { expired: await add(home, "expired", expired) };
    jfrog.clock.skewSeconds = 0;
    for (const name of names.filter((other) => other !== "expired")) ids[name] = await add(home, name, made[name]);
    ids["connect"] = (await home.ask("add", { place: "jfrog-connect", tool: "http", secret: "CONNECT" })).token.id;
    const login = jfrog.makeUserToken();
    await home.ask("login", { service: "valid", secret: login.accessToken });
    jfrog.revoke(made.dead.id);
    jfrog.revoke(login.id);
    await reconfigure(
      home,
      ...["valid", "ending", "scoped", "dead", "expired"].map((name) => service(name)),
      service("portal", portal.origin),
      service("failing", failing.origin),
      // Nobody listens at the port 1.
      service("gone", "https://localhost:1"),
      `${service("strange").replace(/^cacert.*\n/m, "")}`,
    );

    const tokens = await home.tokens();
    const end = (id: string | undefined): string => tokens.find((token) => token.id === id)?.expiresAt ?? "";
    const checked = await home.toolkey(["check"]);
    const { connect, valid, ending, scoped, dead, portal: atPortal, failing: atFailing, gone, strange } = ids;
    const own = tokens.find(({ tool }) => tool === "toolkey")?.id;
    const at = (name: string): string => `(npm, ${jfrog.origin}/artifactory/api/npm/${name})`;
    expect(checked.stdout.split("\n")).toEqual([
      `${ids["expired"]} ${at("expired")}: not valid (expired at ${end(ids["expired"])})`,
      `${valid} ${at("valid")}: valid`,
      `${ending} ${at("ending")}: valid, about to expire at ${end(ending)}`,
      `${scoped} ${at("scoped")}: valid, but not permitted to look at itself`,
      `${dead} ${at("dead")}: not valid (Bad credentials)`,
      `${atPortal} ${at("portal")}: another server answered (a web page (status 200))`,
      `${atFailing} ${at("failing")}: the service failed (status 503)`,
      `${gone} ${at("gone")}: offline (ECONNREFUSED)`,
      `${strange} ${at("strange")}: the certificate is not trusted (UNABLE_TO_VERIFY_LEAF_SIGNATURE)`,
      `${connect} (http, https://api.connect.jfrog.io/api/v2): can't be asked about`,
      `${own} (toolkey, ${jfrog.origin}): not valid (Bad credentials)`,
      "",
    ]);
    const TRY = "hint: if your company has its own certificates: set NODE_EXTRA_CA_CERTS to their file, or cacert for the service in config.toml; then: toolkey config accept";
    expect(checked.stderr.split("\n")).toEqual([
      `hint: make a new one at https://expired.example/page, then: toolkey replace ${ids["expired"]}`,
      `hint: toolkey rotate ${ending}, or toolkey replace ${ending}`,
      `hint: make a new one at https://dead.example/page, then: toolkey replace ${dead}`,
      `hint: check the address ${portal.origin}: a login page, a proxy or another server answered`,
      "hint: try again later",
      "hint: check the network and the proxy (HTTPS_PROXY, NO_PROXY)",
      TRY,
      expect.stringMatching(/^hint: toolkey can't ask \S+; the next command of \w+ that uses it tells$/),
      "hint: toolkey login valid",
      "toolkey: 5 of 11 tokens would not work",
      "",
    ]);
    expect(checked.code).toBe(1);

    const [one] = JSON.parse((await home.toolkey(["check", "--json", ending ?? ""])).stdout) as unknown[];
    expect(one).toEqual({
      token: tokens.find(({ id }) => id === ending),
      verdict: "about-to-expire",
      detail: "",
      expiresAt: end(ending),
      hint: `toolkey rotate ${ending}, or toolkey replace ${ending}`,
    });
  });

  it("believes the service more than the clock of this machine", async () => {
    home = await makeServiceHome(service("acme"));
    jfrog.clock.skewSeconds = -2 * DAY_S;
    const id = await add(home, "acme", jfrog.makeUserToken({ expiresIn: DAY_S }));
    const checked = await home.toolkey(["check", id]);
    const end = (await home.ask("show", { id })).token.expiresAt;
    expect([checked.code, checked.stdout]).toEqual([
      0,
      `${id} (npm, ${jfrog.origin}/artifactory/api/npm/acme): valid, about to expire at ${end} (by the clock of this machine it has expired already)\n`,
    ]);
  });

  it("says of a suspended token that is valid how to bring it back, and of a wiped one that nothing is left to ask with", async () => {
    home = await makeServiceHome(service("acme"));
    const first = await add(home, "acme", jfrog.makeUserToken());
    const second = await add(home, "acme", jfrog.makeUserToken());
    await home.ask("revoke", { ids: [second], local: true });
    const checked = await home.toolkey(["check", first, second]);
    const at = `(npm, ${jfrog.origin}/artifactory/api/npm/acme)`;
    expect(checked).toEqual({
      code: 0,
      signal: null,
      stdout: `${first} ${at}: valid\n${second} ${at}: can't be asked about\n`,
      stderr: `hint: it is valid: toolkey restore ${first}\nhint: token ${second} is revoked; there is nothing left to ask with\n`,
    });
  });
});

describe("a token that is added", () => {
  let home: ServiceHome;
  beforeEach(async () => {
    home = await makeServiceHome(
      [
        service("acme"),
        service("portal", portal.origin),
        service("failing", failing.origin),
        service("gone", "https://localhost:1"),
        service("strange").replace(/^cacert.*\n/m, ""),
      ].join(""),
    );
  });
  afterEach(() => home.dispose());

  it.each(matrix<[what: string, place: string, scope: string, note: string[]]>([
    ["that its service knows is stored", "acme", "applied-permissions/user", ["toolkey: its service says that it is valid"]],
    [
      "that may not look at itself is stored",
      "acme",
      "artifact:npm-local:r",
      ["toolkey: its service knows it; it has no permission to look at itself"],
    ],
    [
      "while its service can't be reached is stored, with a note",
      "gone",
      "applied-permissions/user",
      ["toolkey: it could not be checked: the service can't be reached (ECONNREFUSED)", "hint: toolkey check, once it can"],
    ],
  ], [
    [
      "while its service fails is stored, with a note",
      "failing",
      "applied-permissions/user",
      ["toolkey: it could not be checked: the service failed (status 503)", "hint: toolkey check, once it can"],
    ],
  ]))("%s", async (_what, place, scope, note) => {
    const { accessToken } = jfrog.makeUserToken({ scope });
    const added = await home.toolkey(["add", place, "--tool", "npm"], { stdin: ` \t${accessToken} \n\n` });
    const [token] = await home.tokens();
    expect(added).toEqual({
      code: 0,
      signal: null,
      stdout: `added ${token?.id} (npm, ${jfrog.origin}/artifactory/api/npm/${place})\n`,
      stderr: [...note, ""].join("\n"),
    });
    expect(await home.secret(token?.id ?? "")).toBe(accessToken);
  });

  it.each<[what: string, place: string, code: number, said: string[]]>([
    [
      "is rejected",
      "acme",
      3,
      ["toolkey: ACME rejects this token: Bad credentials", "hint: nothing was stored or changed", "hint: copy it again, whole; it may also have expired, or be for another service"],
    ],
    [
      "goes to a login page",
      "portal",
      1,
      [
        "toolkey: PORTAL could not be asked about this token: another server answers there (a web page (status 200))",
        "hint: nothing was stored or changed",
        "hint: check the address PORTAL: a login page, a proxy or another server answered",
      ],
    ],
    [
      "goes to a server with a certificate that is not trusted",
      "strange",
      1,
      [
        "toolkey: STRANGE could not be asked about this token: its certificate is not trusted (UNABLE_TO_VERIFY_LEAF_SIGNATURE)",
        "hint: nothing was stored or changed",
        "hint: if your company has its own certificates: set NODE_EXTRA_CA_CERTS to their file, or cacert for the service in config.toml; then: toolkey config accept",
      ],
    ],
  ])("that %s is not stored", async (_what, place, code, said) => {
    const refused = await home.toolkey(["add", place, "--tool", "npm"], { stdin: "NO-SUCH-TOKEN" });
    expect({ ...refused, stderr: refused.stderr.replace(portal.origin, "PORTAL").split("\n").slice(0, -1) }).toEqual({ code, signal: null, stdout: "", stderr: said });
    expect(await home.tokens()).toEqual([]);
    expect(jfrog.leaks).toEqual([]);
  });

  it("that is rejected does not replace a good one; one that is accepted does", async () => {
    const first = jfrog.makeUserToken();
    const id = await add(home, "acme", first);
    expect(await home.toolkey(["replace", id], { stdin: "NO-SUCH-TOKEN" })).toMatchObject({ code: 3, stdout: "" });
    expect((await home.held()).map(({ state, secret }) => [state, secret])).toEqual([["active", first.accessToken]]);
    const second = jfrog.makeUserToken();
    expect(await home.toolkey(["replace", id], { stdin: `  ${second.accessToken}\r\n` })).toMatchObject({ code: 0 });
    expect((await home.held()).map(({ state, secret, tokenId }) => [state, secret, tokenId])).toEqual([
      ["active", second.accessToken, second.id],
      ["suspended", first.accessToken, first.id],
    ]);
  });

  it("for toolkey itself is refused where toolkey makes no tokens", async () => {
    expect(await home.toolkey(["login", "nordic"], { stdin: "SECRET" })).toEqual({
      code: 2,
      signal: null,
      stdout: "",
      stderr:
        "toolkey: toolkey cannot create tokens at Nordic Semiconductor files; no login is needed\n" +
        "hint: make a token for each tool at https://files.nordicsemi.com/ui/user_profile, then: toolkey add nordic\n",
    });
  });
});

describe("a token that git says was refused", () => {
  let home: ServiceHome;
  let made: IssuedToken;
  let id: string;
  beforeEach(async () => {
    home = await makeServiceHome(service("acme"));
    made = jfrog.makeUserToken();
    id = (await home.ask("add", { place: "acme", tool: "git", username: "alice", secret: made.accessToken })).token.id;
  });
  afterEach(() => home.dispose());

  async function erase(secret = made.accessToken): Promise<void> {
    const answer = await sendGit(home, "erase", `protocol=https\nhost=localhost:${jfrog.port}\npath=artifactory/acme\nusername=alice\npassword=${secret}\n`);
    expect(answer).toContain(`the git token ${id}; it is suspended now`);
  }

  it("comes back if its service says that it is valid, but not to where it was refused", async () => {
    await erase();
    await home.whenLogged("active again: its service says that it is valid", 1);
    expect(await home.fill(`${jfrog.origin}/artifactory/acme/other`)).toBe(made.accessToken);
    expect(await home.fill(`${jfrog.origin}/artifactory/acme`)).toBe(undefined);
  });

  it("stays suspended if its service says that it is not valid", async () => {
    jfrog.revoke(made.id);
    await erase();
    await home.whenLogged("stays suspended: its service says that it is not valid", 1);
    expect((await home.tokens()).map(({ state }) => state)).toEqual(["suspended"]);
    expect(await home.fill(`${jfrog.origin}/artifactory/acme`)).toBe(undefined);
  });

  it("stays suspended if its service can't be asked", async () => {
    jfrog.faults.add({ path: "*" }, { kind: "login page" });
    await erase();
    await home.whenLogged("stays as it is: its service does not say whether it is valid", 1);
    expect((await home.tokens()).map(({ state }) => state)).toEqual(["suspended"]);
  });

  it("does not come back over one that took its place meanwhile", async () => {
    const slow = jfrog.faults.add({ path: "/access/api/v1/tokens/me" }, { kind: "slow" });
    await erase();
    await slow.hit;
    await home.ask("add", { place: "acme", tool: "git", username: "alice", secret: jfrog.makeUserToken().accessToken });
    slow.release();
    await home.whenLogged("stays suspended: another one is in its place", 1);
    expect((await home.tokens()).map(({ state }) => state)).toEqual(["suspended", "active"]);
  });
});

describe.skipIf(missing("script"))("add without a tool, on a terminal", () => {
  let nuxeo: NuxeoOnline;
  let home: ServiceHome;
  beforeEach(async () => {
    nuxeo = await startNuxeoOnline({ projects: ["acme"], accounts: [{ username: "alice", tokens: {} }] });
    home = await makeServiceHome(`${nuxeo.table}maven = { server = "nuxeo-studio", url = "${nuxeo.mavenUrl}" }
http = { url = "${nuxeo.origin}/nuxeo/site/studio/v2" }
`);
  });
  afterEach(async () => {
    await home.dispose();
    await nuxeo.close();
  });

  it("asks for which tools, and takes a token for each", async () => {
    const [forGit, forMaven] = [nuxeo.addToken("alice", "git"), nuxeo.addToken("alice", "maven")];
    const terminal = openTerminal(home, "toolkey add nuxeo");
    await terminal.answer("for which tools? (git maven http; all of them: just Enter) ", "git, maven\r");
    await terminal.answer("user name at Nuxeo Online Services: ", "alice\r");
    await terminal.shows(`make a token for git at ${nuxeo.origin}/nuxeo/site/connect/tokens`);
    await terminal.shows(`a good name for it there: git on ${hostname()}`);
    await terminal.answer("token for git: ", ` ${forGit}\r`);
    await terminal.shows("its service says that it is valid");
    await terminal.answer("token for maven: ", `${forMaven}\r`);
    const { code, shown } = await terminal.ended;
    expect([code, shown.includes(forGit), shown.includes(forMaven)]).toEqual([0, false, false]);
    expect((await home.held()).map(({ tool, state, secret, description }) => ({ tool, state, secret, description }))).toEqual([
      { tool: "git", state: "active", secret: forGit, description: `git on ${hostname()}` },
      { tool: "maven", state: "active", secret: forMaven, description: `maven on ${hostname()}` },
    ]);
  });

  it("stops at one that is rejected, and keeps those before it", async () => {
    const forGit = nuxeo.addToken("alice", "git");
    const terminal = openTerminal(home, "toolkey add nuxeo");
    await terminal.answer("for which tools?", "\r");
    await terminal.answer("user name at Nuxeo Online Services: ", "alice\r");
    await terminal.answer("token for git: ", `${forGit}\r`);
    await terminal.answer("token for maven: ", "mistyped\r");
    await terminal.shows("Nuxeo Online Services rejects this token");
    expect((await terminal.ended).code).toBe(3);
    expect((await home.tokens()).map(({ tool, state }) => `${tool} ${state}`)).toEqual(["git active"]);
  });

  it("refuses a tool that the service has nothing for", async () => {
    const terminal = openTerminal(home, "toolkey add nuxeo");
    await terminal.answer("for which tools?", "git npm\r");
    await terminal.shows("there is nothing for npm at Nuxeo Online Services");
    expect([(await terminal.ended).code, await home.tokens()]).toEqual([2, []]);
  });
});
