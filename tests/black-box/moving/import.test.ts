/** `toolkey import --from`: another machine's tokens, by the rules of the vault that they come to. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Encrypter, generateX25519Identity, identityToRecipient } from "age-encryption";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { logOf, startQuickDaemon, vaultHash } from "../../fixtures/processes/daemon-process.ts";
import { expectDone, makeHome, type Ended, type TestHome } from "../../fixtures/homes/home.ts";
import { startJfrogAccess, type JfrogAccess } from "../../fixtures/services/jfrog/jfrog-access.ts";
import { missing } from "../../fixtures/programs/programs.ts";
import { openTerminal } from "../../fixtures/processes/pseudo-terminal.ts";
import { makeServiceHome, type ServiceHome } from "../../fixtures/homes/service-home.ts";

const PASSPHRASE = "correct horse battery";
const GIT = "https://git.example/team";

let identity: string;
let recipient: string;

beforeAll(async () => {
  identity = await generateX25519Identity();
  recipient = await identityToRecipient(identity);
});

/** Into a file of the first home, for the identity. */
async function exportTo(home: TestHome, ...argv: readonly string[]): Promise<string> {
  const file = join(home.directory, "tokens.age");
  expectDone(await home.toolkey(["export", "--to", file, "--recipient", recipient, "--yes", "--force", ...argv]));
  return file;
}

function keyOf(home: TestHome): string {
  const file = join(home.directory, "key.txt");
  writeFileSync(file, `# an identity\n${identity}\n`);
  return file;
}

function importFrom(home: TestHome, file: string, ...argv: readonly string[]): Promise<Ended> {
  return home.toolkey(["import", "--from", file, "--identity", keyOf(home), ...argv]);
}

/** What anybody could write who knows the recipient. */
async function forged(home: TestHome, ...records: readonly object[]): Promise<string> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  const file = join(home.directory, "forged.age");
  const plain = { service: "x", kind: "opaque", state: "active", createdAt: "2026-11-22T04:20:18Z", preferred: false, secret: "S" };
  const tokens = records.map((record, index) => ({ id: `git-aaa${index}`, tool: "git", target: GIT, ...plain, ...record }));
  writeFileSync(file, await encrypter.encrypt(JSON.stringify({ toolkey: "export", version: 1, from: "elsewhere", exportedAt: "2026-11-30T04:00:00Z", tokens })));
  return file;
}

const states = async (home: TestHome): Promise<string[]> => (await home.tokens()).map(({ id, state }) => `${id} ${state}`);

describe("toolkey import --from", () => {
  let old: TestHome;
  let here: TestHome;
  let [git, npm] = ["", ""];

  beforeEach(async () => {
    [old, here] = [await makeHome(), await makeHome()];
    await Promise.all([old.init(), here.init()]);
    git = await old.addGitToken(GIT, "alice", "S3CRET-1");
    npm = await old.addToken("npm", "https://npm.example", "S3CRET-2");
    await old.ask("use", { id: git });
  });
  afterEach(() => Promise.all([old.dispose(), here.dispose()]));

  it("takes tokens with their ids and all that is known of them, says what is to be replaced, and changes nothing the second time", async () => {
    expectDone(await old.helper("store", `url=https://other.example\nusername=u\npassword=STORED\n\n`));
    const file = await exportTo(old);
    const first = expectDone(await importFrom(here, file));
    const [, , stored] = await old.tokens();
    expect(first.stdout.split("\n")).toEqual([
      `added ${git} (git, ${GIT}, as alice)`,
      `added ${npm} (npm, https://npm.example)`,
      `added ${stored?.id} (git, https://other.example, as u)`,
      "",
    ]);
    expect(first.stderr).toMatch(/^toolkey: from .*, as it was at 20\d\d-.*Z\n/);
    expect(first.stderr.split("\n").slice(1)).toEqual([
      "toolkey: these live on both machines now; to replace them here, and to revoke the old ones then:",
      ...[git, npm, stored?.id].map((id) => `hint: ${id}: make another there, then: toolkey replace ${id}`),
      "",
    ]);
    const facts = (tokens: readonly object[]): object[] => tokens.map((token) => ({ ...token, lastUsedAt: undefined }));
    expect(facts(await here.tokens())).toEqual(facts(await old.tokens()));
    expect((await here.helper("get", "protocol=https\nhost=git.example\npath=team/x\n\n")).stdout).toContain("password=S3CRET-1\n");
    const before = vaultHash(here);
    const again = expectDone(await importFrom(here, file));
    expect(again.stdout.split("\n").map((line) => line.split(":")[0])).toEqual(["there already", "there already", "there already", ""]);
    expect(vaultHash(here)).toBe(before);
    // It came from a machine of this name, and may be a backup of its own.
    expect(again.stderr).toMatch(/^toolkey: from .*\n$/);
    expect(readFileSync(logOf(here), "utf8")).not.toMatch(/S3CRET|STORED/);
  });

  it("knows still that a token has worked: a client's refusal elsewhere does not suspend it", async () => {
    expectDone(await old.helper("store", `url=${GIT}\nusername=alice\npassword=S3CRET-1\n\n`));
    await importFrom(here, await exportTo(old));
    const refused = await here.helper("erase", "protocol=https\nhost=git.example\npath=team/other\nusername=alice\npassword=S3CRET-1\n\n");
    expect(refused.stderr).toContain("held back");
    expect(await states(here)).toContain(`${git} active`);
  });

  it("keeps the token that is in its place, and the other one beside it", async () => {
    const mine = await here.addGitToken(GIT, "alice", "MINE");
    const taken = expectDone(await importFrom(here, await exportTo(old)));
    expect(taken.stdout).toContain(`added ${git} (git, ${GIT}, as alice), suspended\n`);
    expect(taken.stderr).toContain(`toolkey: ${git} is suspended: git has another token for ${GIT} here\nhint: to use it all the same: toolkey restore ${git}\n`);
    expect(await states(here)).toEqual([`${mine} active`, `${git} suspended`, `${npm} active`]);
    await here.ask("restore", { id: git });
    expect((await here.helper("get", "protocol=https\nhost=git.example\npath=team\n\n")).stdout).toContain("password=S3CRET-1\n");
  });

  it("keeps both where one id has another secret by now", async () => {
    await importFrom(here, await exportTo(old));
    await old.ask("replace", { id: git, secret: "S3CRET-NEW" });
    const taken = expectDone(await importFrom(here, await exportTo(old, git)));
    expect(taken.stdout).toMatch(new RegExp(`^added git-\\w{4} \\(git, ${GIT}, as alice\\), which was ${git} there, suspended\n$`));
    const all = await here.tokens();
    expect(all.map(({ state }) => state)).toEqual(["active", "active", "suspended"]);
    expect((await here.ask("reveal", { id: git })).secret).toBe("S3CRET-1");
    expect((await here.ask("reveal", { id: all[2]?.id ?? "" })).secret).toBe("S3CRET-NEW");
  });

  it("brings what is suspended and revoked as such; what was revoked there is suspended here, and what was revoked here stays so", async () => {
    const file = await exportTo(old);
    await importFrom(here, file);
    await here.ask("revoke", { ids: [npm], local: true });
    expect(await states(here)).toEqual([`${git} active`, ...((await here.tokens()).some(({ id }) => id === npm) ? [`${npm} revoked`] : [])]);
    await old.ask("done", { id: git });
    const suspended = await old.addGitToken("https://s.example", "s", "S3CRET-3");
    await old.ask("add", { place: "https://s.example", tool: "git", username: "s", secret: "S3CRET-4" });
    const taken = expectDone(await importFrom(here, await exportTo(old)));
    expect(taken.stdout).toContain(`suspended ${git} (git, ${GIT}, as alice)\n`);
    expect(taken.stderr).toContain(`toolkey: ${git} was revoked on the other machine\nhint: to end it here, too: toolkey revoke ${git}; if that was a mistake: toolkey restore ${git}\n`);
    expect(taken.stdout).toContain(`added ${suspended} (git, https://s.example, as s), suspended\n`);
    const now = await states(here);
    expect(now).toContain(`${git} suspended`);
    expect(now).toContain(`${suspended} suspended`);
    const third = await makeHome();
    try {
      await third.init();
      expectDone(await importFrom(third, await exportTo(old)));
      expect(await states(third)).toContain(`${git} revoked`);
      await importFrom(third, file);
      expect(await states(third)).toContain(`${git} revoked`);
    } finally {
      await third.dispose();
    }
  });

  it("comes from a pipe as well, and leaves no file behind", async () => {
    const file = await exportTo(old);
    const [key, temporary] = [keyOf(here), join(here.directory, "tmp")];
    expectDone(await here.run("mkdir", [temporary]));
    const env = { TMPDIR: temporary };
    expectDone(await here.run("sh", ["-c", `cat ${file} | toolkey import --from - --identity ${key}`], { env }));
    expectDone(await here.run("bash", ["-c", `toolkey import --from <(cat ${file}) --identity ${key}`], { env }));
    expect(await states(here)).toEqual([`${git} active`, `${npm} active`]);
    expect(expectDone(await here.run("ls", ["-A", temporary])).stdout).toBe("");
  });

  it("prints with --json what became of each", async () => {
    await here.addGitToken(GIT, "alice", "MINE");
    expectDone(await old.toolkey(["add", "https://a.example", "--tool", "http", "--command", "--", "sh", "-c", "echo T0KEN"]));
    const shown = expectDone(await importFrom(here, await exportTo(old), "--json"));
    expect(shown.stderr).toBe("");
    const printed = JSON.parse(shown.stdout) as { tokens: { outcome: string; stays?: string; hint?: string }[] };
    expect(printed.tokens.map(({ outcome, stays, hint }) => [outcome, stays, hint?.split(" ")[0]])).toEqual([["aside", undefined, undefined], ["added", undefined, "make"], ["stays", "fetched", "toolkey"]]);
  });

  it.skipIf(missing("script"))("asks for the passphrase on a terminal, hidden; a wrong one changes nothing", async () => {
    for (const home of [old, here]) {
      await home.stop();
      await startQuickDaemon(home);
    }
    const file = join(old.directory, "p.age");
    expectDone(await old.toolkey(["export", "--to", file, "--yes"], { stdin: PASSPHRASE }));
    const wrong = openTerminal(here, `toolkey import --from ${file}`);
    await wrong.answer(`passphrase of ${file}: `, "something else\r");
    expect(await wrong.ended).toMatchObject({ code: 3, shown: expect.stringContaining("toolkey: the passphrase is wrong") as string });
    expect(await here.tokens()).toEqual([]);
    const right = openTerminal(here, `toolkey import --from ${file}`);
    await right.answer(`passphrase of ${file}: `, `${PASSPHRASE}\r`);
    const { code, shown } = await right.ended;
    expect([code, shown.includes(PASSPHRASE)]).toEqual([0, false]);
    expect(await states(here)).toEqual([`${git} active`, `${npm} active`]);
    expectDone(await here.toolkey(["import", "--from", file], { stdin: `${PASSPHRASE}\n` }));
    expect(await here.run("setsid", ["sh", "-c", `cat ${file} | toolkey import --from -`])).toMatchObject({ code: 2, stderr: "toolkey: the export needs its passphrase, and there is no terminal to ask on\nhint: nothing was changed\nhint: --secret-file FILE or --secret-fd N gives it\n" });
  });

  it("runs no command that a file brings, and keeps no refresh token of it", async () => {
    const marker = join(here.directory, "was-run");
    const command = { argv: ["/usr/bin/env", "touch", marker], variables: {} };
    const taken = expectDone(await importFrom(here, await forged(here, { command, secret: "" }, { target: "https://h.example", refreshToken: "R" })));
    expect(taken.stderr).toContain(`is not in the file: a command fetches it on the machine that has it\nhint: for one here: toolkey add ${GIT} --tool git --command -- /usr/bin/env touch ${marker}\n`);
    await here.helper("get", "protocol=https\nhost=git.example\npath=team\n\n");
    expect((await here.run("ls", [marker])).code).not.toBe(0);
    expect(await states(here)).toEqual(["git-aaa1 active"]);
    const got = await here.helper("get", "protocol=https\nhost=h.example\n\n");
    expect([got.stdout.includes("password=S\n"), got.stdout.includes("oauth_refresh_token")]).toEqual([true, false]);
  });

  it("says of what was there already that another machine has it, too", async () => {
    const file = await forged(here, {});
    for (const did of ["added", "there already:"]) {
      const taken = expectDone(await importFrom(here, file));
      expect(taken).toMatchObject({ stdout: `${did} git-aaa0 (git, ${GIT})\n` });
      expect(taken.stderr).toContain("toolkey: from elsewhere, as it was at 2026-11-30T04:00:00Z\n");
      expect(taken.stderr).toContain("hint: git-aaa0: make another there, then: toolkey replace git-aaa0\n");
    }
  });

  it("shows what a file says without what a terminal would obey", async () => {
    const taken = await importFrom(here, await forged(here, { username: "\u202ea", target: "https://h.example", service: "\u001b[31mred" }));
    expect(taken.code).toBe(0);
    expect(["\u001b", "\u202e"].filter((character) => `${taken.stdout}${taken.stderr}`.includes(character))).toEqual([]);
  });
});

describe("toolkey import --from, refused", () => {
  let old: TestHome;
  let here: TestHome;
  let exported: string;
  let key: string;

  beforeAll(async () => {
    [old, here] = [await makeHome(), await makeHome()];
    await Promise.all([old.init(), here.init()]);
    await old.addGitToken(GIT, "alice", "S3CRET-1");
    exported = await exportTo(old);
    key = keyOf(here);
  });
  afterAll(() => Promise.all([old?.dispose(), here?.dispose()]));

  it.each<[what: string, argv: (file: string) => readonly string[], code: number, message: RegExp]>([
    ["without its identity", (file) => ["--from", file], 2, /^toolkey: .*tokens\.age is encrypted for an identity, and none was given$/],
    ["that is not there", () => ["--from", "nothing.age"], 1, /^toolkey: there is no file nothing\.age$/],
    ["that is a directory", () => ["--from", "/"], 2, /^toolkey: \/ is a directory$/],
    ["that is something else", () => ["--from", "/etc/passwd", "--identity", "KEY"], 1, /^toolkey: cannot decrypt \/etc\/passwd: it is no age file, /],
    ["with an identity that is not there", (file) => ["--from", file, "--identity", "nothing.txt"], 2, /^toolkey: nothing\.txt can't be read: ENOENT$/],
    ["with what is no identity", (file) => ["--from", file, "--identity", "/etc/passwd"], 2, /^toolkey: that is no file of age identities/],
    ["together with what searches files", (file) => ["--from", file, "--project"], 2, /^toolkey: --from goes with what opens it and --json alone$/],
    ["together with --undo", (file) => ["--from", file, "--undo"], 2, /^toolkey: --from goes with/],
    ["that is not named", () => ["--identity", "KEY"], 2, /^toolkey: --identity is for --from$/],
  ])("takes nothing of a file %s", async (_what, argv, code, message) => {
    const refused = await here.toolkey(["import", ...argv(exported).map((word) => (word === "KEY" ? key : word))], { cwd: here.directory });
    expect([refused.code, refused.stdout, refused.stderr.split("\n")[0]]).toEqual([code, "", expect.stringMatching(message)]);
    expect(await here.tokens()).toEqual([]);
  });

  it("takes all of it or nothing: a secret with a line break is refused with all others", async () => {
    const file = await forged(here, {}, { secret: "two\nlines", target: "https://h.example" });
    const refused = await importFrom(here, file);
    expect([refused.code, refused.stderr.split("\n")[0]]).toEqual([2, "toolkey: the secret holds a control character, such as a line break or NUL"]);
    expect(await here.tokens()).toEqual([]);
  });

  it("says of a vault that it is one, and no export", async () => {
    const data = (name: string): string => join(old.toolkeyHome, "data", name);
    const refused = await here.toolkey(["import", "--from", data("vault.age"), "--identity", data("identity.txt")]);
    expect([refused.code, refused.stderr.split("\n")[0]]).toEqual([2, `toolkey: ${data("vault.age")} is a vault itself, and no export`]);
    expect(await here.tokens()).toEqual([]);
  });

  it("takes no token of a tool that is none, whose name would be part of an id", async () => {
    const refused = await importFrom(here, await forged(here, { id: "!", tool: "x$(touch${IFS}pwned);y" }));
    expect([refused.code, refused.stderr.split("\n")[0]]).toEqual([1, `toolkey: ${join(here.directory, "forged.age")} has a token of a tool that this toolkey does not know`]);
    expect(refused.stderr + refused.stdout).not.toContain("pwned");
    expect(await here.tokens()).toEqual([]);
  });

  it("tells the first mistake of a million, and the daemon lives on", async () => {
    const before = (await here.status())?.pid;
    const refused = await importFrom(here, await forged(here, ...Array.from({ length: 50_000 }, () => ({ id: 0 }))));
    expect([refused.code, refused.stderr.split("\n")[0]]).toEqual([1, expect.stringMatching(/is not an export of toolkey's: \w+ at tokens\.0\.id$/)]);
    expect((await here.status())?.pid).toBe(before);
  });
});

describe("at a service", () => {
  let jfrog: JfrogAccess;
  let old: ServiceHome;
  let here: ServiceHome;
  let npm: string;

  const configuration = (): string => `[service.acme]
issuer = "jfrog"
title = "ACME"
url = "${jfrog.origin}"
page = "https://acme.example/page"
cacert = "${jfrog.caFile}"
npm = { registry = "${jfrog.origin}/artifactory" }
git = { url = "${jfrog.origin}/artifactory" }
`;
  const live = (): number => jfrog.tokens.filter(({ alive }) => alive).length;

  beforeEach(async () => {
    jfrog = await startJfrogAccess();
    old = await makeServiceHome(configuration());
    here = await makeServiceHome(configuration());
    await old.ask("login", { service: "acme", secret: jfrog.makeUserToken({ username: "admin", scope: "applied-permissions/admin" }).accessToken });
    npm = (await old.ask("mint", { service: "acme", tool: "npm", scope: "artifact:npm-local/**:r", ttl: 40 * 86_400 })).token.id;
  });
  afterEach(async () => {
    await Promise.all([old.dispose(), here.dispose()]);
    await jfrog.close();
  });

  it("what toolkey renews is named first, and rotate here ends the other machine's copy", async () => {
    const pasted = (await old.ask("add", { place: "acme", tool: "git", username: "alice", secret: jfrog.makeUserToken().accessToken })).token.id;
    const taken = expectDone(await importFrom(here, await exportTo(old)));
    const [login] = await old.tokens();
    expect(taken.stderr.split("\n").slice(1)).toEqual([
      "toolkey: toolkey renews these by itself, on both machines, and whichever does so ends the copy of the other; replace them now:",
      ...[login?.id, npm, pasted].map((id) => `hint: toolkey rotate ${id}`),
      "",
    ]);
    const before = live();
    const secret = await old.secret(npm);
    expectDone(await here.toolkey(["rotate", npm]));
    expect([live(), await here.secret(npm) === secret]).toEqual([before, false]);
    expect((await old.toolkey(["check", npm])).stdout).toContain(": not valid");
    expect((await here.toolkey(["check", npm])).stdout).toContain(": valid");
  });

  it("a token without its login is rotated after one", async () => {
    const taken = expectDone(await importFrom(here, await exportTo(old, npm)));
    expect(taken.stderr).toContain(`hint: ${npm}: toolkey login acme, then: toolkey rotate ${npm}\n`);
  });

  it("a service that is not known here is named, and its tokens are those of the host until it is", async () => {
    const bare = await makeServiceHome("");
    try {
      const taken = expectDone(await importFrom(bare, await exportTo(old, npm)));
      expect(taken.stderr).toContain("toolkey: the service acme is not known here, so its tokens are filed by their hosts\nhint: take [service.acme] of config.toml along, too, then: toolkey config accept\n");
      expect((await bare.tokens()).map(({ service }) => service)).toEqual([`jfrog@localhost:${jfrog.port}`]);
    } finally {
      await bare.dispose();
    }
  });

  it("no file has the login here make a token for a place of its own", async () => {
    await here.ask("login", { service: "acme", secret: jfrog.makeUserToken({ username: "admin", scope: "applied-permissions/admin" }).accessToken });
    const before = jfrog.requests.length;
    const soon = new Date(Date.now() + 60_000).toISOString().replace(/\.\d+Z$/, "Z");
    const taken = expectDone(await importFrom(here, await forged(here, { service: "acme", target: "https://evil.example", expiresAt: soon, issuedAt: "2026-11-22T04:20:18Z" })));
    expect(taken.stdout).toContain("added git-aaa0 (git, https://evil.example)\n");
    expect((await here.tokens()).find(({ id }) => id === "git-aaa0")?.service).toBe("evil.example");
    expect(await here.fill("https://evil.example")).toBe("S");
    expect(jfrog.requests.slice(before).filter(({ method }) => method === "POST")).toEqual([]);
  });

  it("no file has the login here end a token of somebody's, or make one with what it writes down", async () => {
    await here.ask("login", { service: "acme", secret: jfrog.makeUserToken({ username: "admin", scope: "applied-permissions/admin" }).accessToken });
    const own = jfrog.makeUserToken({ username: "alice" });
    const soon = new Date(Date.now() + 60_000).toISOString().replace(/\.\d+Z$/, "Z");
    const facts = { service: "acme", target: `${jfrog.origin}/artifactory`, issuedAt: "2026-11-22T04:20:18Z" };
    const valid = jfrog.makeUserToken({ username: "mallory" }).accessToken;
    const isAlive = (): boolean => jfrog.tokens.some(({ id, alive }) => id === own.id && alive);
    const asked = jfrog.requests.length;
    expectDone(await importFrom(here, await forged(here,
      { ...facts, state: "revoking", tokenId: own.id, secret: "garbage" },
      { ...facts, target: `${jfrog.origin}/artifactory/a`, tokenId: own.id, secret: "garbage-too", expiresAt: soon },
      { ...facts, target: `${jfrog.origin}/artifactory/b`, scope: "applied-permissions/admin", subject: "admin", expiresAt: soon, secret: valid },
    )));
    await here.whenLogged("looked after tokens", 2);
    expect(isAlive()).toBe(true);
    // Asked to make none; to end one, only with that itself.
    expect(jfrog.requests.slice(asked).filter(({ method, path }) => method === "POST" || path.includes(own.id))).toEqual([]);
    const [unsure, sure] = ["a", "b"].map((end) => here.tokens().then((all) => all.find(({ target }) => target.endsWith(end))));
    expect(await unsure).not.toHaveProperty("tokenId");
    expect((await sure)?.scope).not.toBe("applied-permissions/admin");
    await here.toolkey(["rotate", (await unsure)?.id ?? ""]);
    expect(isAlive()).toBe(true);
  });

  it("what is still to be revoked there is ended from here", async () => {
    jfrog.faults.add({ path: "/access/api/v1/tokens/*", method: "DELETE" }, { kind: "reset" }, { times: Infinity });
    await old.toolkey(["revoke", "--yes", npm]);
    const file = await exportTo(old);
    jfrog.faults.clear();
    expectDone(await importFrom(here, file));
    await here.whenLogged("looked after tokens", 2);
    expect((await here.tokens()).find(({ id }) => id === npm)?.state).toBe("revoked");
  });
});

describe("many tokens", () => {
  let [old, here]: (TestHome | undefined)[] = [];
  afterAll(() => Promise.all([old?.dispose(), here?.dispose()]));

  it("are taken in one go, also where a request could not hold them", async () => {
    [old, here] = [await makeHome(), await makeHome()];
    await Promise.all([old.init(), here.init()]);
    const records = Array.from({ length: 80 }, (_, index) => ({ id: `git-b${String(index).padStart(4, "0")}`, target: `https://h${index}.example`, secret: `${index}${"s".repeat(20_000)}` }));
    expectDone(await importFrom(old, await forged(old, ...records)));
    const file = await exportTo(old);
    expect(readFileSync(file).length).toBeGreaterThan(1024 * 1024);
    expectDone(await importFrom(here, file));
    expect(await here.tokens()).toHaveLength(80);
  });
});
