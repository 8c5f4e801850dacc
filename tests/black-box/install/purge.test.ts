/** uninstall.sh --purge and toolkey revoke --all: what would live on at its service is said before the vault is gone, and decided by a person. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { vaultHash } from "../../fixtures/processes/daemon-process.ts";
import { expectDone, makeHome, type Ended, type TestHome } from "../../fixtures/homes/home.ts";
import { startJfrogAccess, type JfrogAccess } from "../../fixtures/services/jfrog/jfrog-access.ts";
import { makeLockedTemplate, PASSPHRASE } from "../../fixtures/homes/locked-home.ts";
import { startNuxeoOnline } from "../../fixtures/services/nuxeo-online.ts";
import { missing } from "../../fixtures/programs/programs.ts";
import { openTerminal } from "../../fixtures/processes/pseudo-terminal.ts";
import { makeServiceHome, type ServiceHome } from "../../fixtures/homes/service-home.ts";

const UNINSTALL = fileURLToPath(new URL("../../../install/uninstall.sh", import.meta.url));
const ASKS = "Revoke them before, as toolkey revoke --all does? Type yes, or no to let them live on: ";
const CONFIRMS = "Type yes: ";

let home: TestHome;
const vaultOf = (of: TestHome): string => join(of.toolkeyHome, "data", "vault.age");
/** Without a terminal, so that nobody can be asked. */
const purge = (of: TestHome, ...argv: readonly string[]): Promise<Ended> => of.run("setsid", ["-w", UNINSTALL, "--purge", ...argv], { cwd: of.directory });

describe("uninstall.sh --purge", () => {
  let id: string;

  beforeEach(async () => {
    home = await makeHome();
    await home.init();
    id = await home.addGitToken("https://git.example", "alice", "S3CRET");
  });
  afterEach(() => home.dispose());

  const LIST = (of: string): string => `uninstall.sh: tokens of this vault that live on at their services: 1\n${of} (git, https://git.example, as alice): only by hand, at git.example\n`;

  it("with --yes alone does not decide about tokens that live on", async () => {
    const before = vaultHash(home);
    expect(await purge(home, "--yes")).toMatchObject({
      code: 1,
      stdout: "",
      stderr: `${LIST(id)}uninstall.sh: --yes does not decide about them\nhint: --revoke ends them before, --no-revoke lets them live on; nothing was changed\n`,
    });
    expect(vaultHash(home)).toBe(before);
    expect(await purge(home)).toMatchObject({ code: 1, stdout: "", stderr: "uninstall.sh: --purge needs a yes, and there is no terminal to ask on\nhint: add --yes; nothing was changed\n" });
    expect((await home.tokens()).map(({ state }) => state)).toEqual(["active"]);
  });

  it("with --no-revoke says what lives on, and removes the vault", async () => {
    const done = expectDone(await purge(home, "--yes", "--no-revoke"));
    expect(done.stderr).toBe(LIST(id));
    expect(done.stdout).toContain("removed the vault and its key");
    expect(existsSync(home.toolkeyHome)).toBe(false);
  });

  it("with --revoke leaves the vault where one can't be ended, and removes it once a person has ended that", async () => {
    const left = await purge(home, "--yes", "--revoke");
    expect(left.code).toBe(1);
    expect(left.stderr).toContain(`toolkey: lives on: ${id} (git, https://git.example, as alice): only by hand, at git.example\n`);
    expect(left.stderr).toContain("hint: once they are ended there: toolkey revoke --done --all; then this is safe: uninstall.sh --purge\n");
    expect(left.stderr).toMatch(/uninstall\.sh: not all tokens are ended, see above; the vault stays\nhint: end them there, or --no-revoke lets them live on\n$/);
    expect((await home.tokens()).map(({ state }) => state)).toEqual(["revoking"]);
    expect((await purge(home, "--yes", "--revoke")).code).toBe(1);
    expectDone(await home.toolkey(["revoke", "--done", "--all"]));
    expect(expectDone(await purge(home, "--yes")).stderr).toBe("toolkey: no token that the vault holds lives on at a service\n");
    expect(existsSync(home.toolkeyHome)).toBe(false);
  });

  it("is what --revoke and --no-revoke are for", async () => {
    const before = vaultHash(home);
    for (const option of ["--revoke", "--no-revoke"])
      expect(await home.run(UNINSTALL, [option])).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("uninstall.sh: --revoke and --no-revoke are for --purge\n") as string });
    expect(vaultHash(home)).toBe(before);
  });

  it("does not count what is fetched by a command, has expired, or was revoked", async () => {
    expectDone(await home.toolkey(["add", "https://a.example", "--tool", "http", "--command", "--", "sh", "-c", "echo T0KEN"]));
    await home.ask("add", { place: "https://b.example", tool: "http", secret: "0LD", expiresAt: "2020-01-01T00:00:00Z" });
    await home.ask("done", { id });
    expect(await home.toolkey(["revoke", "--all", "--dry-run"])).toMatchObject({ code: 0, stdout: "", stderr: "toolkey: no token that the vault holds lives on at a service\n" });
    expectDone(await purge(home, "--yes"));
  });

  it("says of a vault that can't be opened what can't be known, and does not go on by itself", async () => {
    await home.stop();
    writeFileSync(vaultOf(home), "damaged");
    const refused = await purge(home, "--yes");
    expect([refused.code, refused.stdout]).toEqual([1, ""]);
    expect(refused.stderr).toContain("toolkey: cannot decrypt ");
    expect(refused.stderr).toContain("uninstall.sh: the vault can't be opened, so which of its tokens live on at their services can't be known\n");
    expect(await purge(home, "--yes", "--revoke")).toMatchObject({ code: 1, stderr: expect.stringMatching(/uninstall\.sh: no token can be revoked\nhint: .*nothing was changed\n$/) as string });
    expect(readFileSync(vaultOf(home), "utf8")).toBe("damaged");
    expectDone(await purge(home, "--yes", "--no-revoke"));
    expect(existsSync(home.toolkeyHome)).toBe(false);
  });

  it.skipIf(missing("script"))("asks: anything but yes and no changes nothing, no lets them live on, yes revokes them", async () => {
    const start = () => openTerminal(home, `${UNINSTALL} --purge`);
    const first = start();
    await first.shows(LIST(id).replaceAll("\n", "\r\n"));
    await first.answer(ASKS, "\r");
    expect(await first.ended).toMatchObject({ code: 1, shown: expect.stringMatching(/nothing was changed\r\n$/) as string });
    const second = start();
    await second.answer(ASKS, "no\r");
    await second.answer(CONFIRMS, "no\r");
    expect((await second.ended).code).toBe(1);
    expect((await home.tokens()).map(({ state }) => state)).toEqual(["active"]);
    const third = start();
    await third.answer(ASKS, "yes\r");
    await third.shows("uninstall.sh: not all tokens are ended, see above");
    await third.answer(CONFIRMS, "no\r");
    expect((await third.ended).code).toBe(1);
    expect((await home.tokens()).map(({ state }) => state)).toEqual(["revoking"]);
    const last = start();
    await last.answer(ASKS, "no\r");
    await last.answer(CONFIRMS, "yes\r");
    expect((await last.ended).code).toBe(0);
    expect(existsSync(home.toolkeyHome)).toBe(false);
  });
});

describe("uninstall.sh --purge of a vault under a passphrase", () => {
  it.skipIf(missing("script"))("can't know without it, and asks for it on a terminal", async () => {
    const template = await makeLockedTemplate();
    home = await makeHome();
    try {
      await template.into(home);
      const refused = await purge(home, "--yes");
      expect([refused.code, refused.stdout]).toEqual([1, ""]);
      expect(refused.stderr).toContain("toolkey: the vault is locked, and its passphrase is needed\n");
      expect(refused.stderr).toContain("can't be known\n");
      const terminal = openTerminal(home, `${UNINSTALL} --purge`);
      await terminal.answer("passphrase of the toolkey vault: ", `${PASSPHRASE}\r`);
      await terminal.shows("(git, https://one.example, as u): only by hand");
      await terminal.answer(ASKS, "no\r");
      await terminal.answer(CONFIRMS, "yes\r");
      expect((await terminal.ended).code).toBe(0);
      expect(existsSync(home.toolkeyHome)).toBe(false);
    } finally {
      await home.dispose();
      await template.dispose();
    }
  });
});

describe("where a service revokes tokens", () => {
  let jfrog: JfrogAccess;
  let acme: ServiceHome;

  beforeEach(async () => {
    jfrog = await startJfrogAccess();
    acme = await makeServiceHome(`[service.acme]
issuer = "jfrog"
title = "ACME"
url = "${jfrog.origin}"
page = "https://acme.example/page"
cacert = "${jfrog.caFile}"
npm = { registry = "${jfrog.origin}/artifactory" }
`);
    await acme.ask("login", { service: "acme", secret: jfrog.makeUserToken({ username: "admin", scope: "applied-permissions/admin" }).accessToken });
    await acme.ask("mint", { service: "acme", tool: "npm", scope: "artifact:npm-local/**:r" });
  });
  afterEach(async () => {
    await acme.dispose();
    await jfrog.close();
  });

  it("--revoke ends them all there, before the vault goes", async () => {
    const [login, npm] = await acme.tokens();
    const said = await acme.toolkey(["revoke", "--all", "--dry-run"]);
    expect(said).toMatchObject({ code: 0, stderr: "" });
    expect(said.stdout).toBe(`${login?.id} (toolkey, ${jfrog.origin}): toolkey revokes it at ACME\n${npm?.id} (npm, ${jfrog.origin}/artifactory): toolkey revokes it at ACME\n`);
    const done = expectDone(await purge(acme, "--yes", "--revoke"));
    expect(done.stderr).toContain("toolkey: no token that the vault holds lives on at a service, and this is safe: uninstall.sh --purge\n");
    expect(jfrog.tokens.filter(({ alive }) => alive)).toEqual([]);
    expect(existsSync(vaultOf(acme))).toBe(false);
  });

  it("revoke --all says what its service could not be told yet, with its page", async () => {
    jfrog.faults.add({ path: "/access/api/v1/tokens/*", method: "DELETE" }, { kind: "reset" }, { times: Infinity });
    const [, npm] = await acme.tokens();
    const ended = await acme.toolkey(["revoke", "--all", "--yes"]);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain(`toolkey: lives on: ${npm?.id} (npm, ${jfrog.origin}/artifactory): ACME is told as soon as it can be; or by hand, on https://acme.example/page\n`);
    expect(await purge(acme, "--yes", "--revoke")).toMatchObject({ code: 1 });
    expect(existsSync(vaultOf(acme))).toBe(true);
  });
});

it("revoke --all names the page of each token that no program can end", async () => {
  const nuxeo = await startNuxeoOnline({ projects: ["acme"], accounts: [{ username: "alice", tokens: {} }] });
  const served = await makeServiceHome(nuxeo.table);
  try {
    const { token } = await served.ask("add", { place: "nuxeo", tool: "git", username: "alice", secret: nuxeo.addToken("alice", "git on laptop") });
    const line = `${token.id} (git, ${nuxeo.origin}/nuxeo/git, as alice): only by hand, at Nuxeo Online Services, on ${nuxeo.origin}/nuxeo/site/connect/tokens\n`;
    expect(expectDone(await served.toolkey(["revoke", "--all", "--dry-run"])).stdout).toBe(line);
    const ended = await served.toolkey(["revoke", "--all", "--yes"]);
    expect([ended.code, ended.stderr.includes(`toolkey: lives on: ${line}`)]).toEqual([1, true]);
    expect(ended.stderr).toContain("hint: once they are ended there: toolkey revoke --done --all; then this is safe: uninstall.sh --purge\n");
    expect(await served.toolkey(["revoke", "--all", "--yes"])).toMatchObject({ code: 1, stderr: expect.stringContaining(`toolkey: lives on: ${line}`) as string });
  } finally {
    await served.dispose();
    await nuxeo.close();
  }
});

it("revoke --dry-run says the same of those that are named, and goes with nothing else", async () => {
  home = await makeHome();
  try {
    await home.init();
    const id = await home.addGitToken("https://git.example", "alice", "S3CRET");
    await home.addToken("npm", "https://npm.example", "S3CRET-2");
    const before = vaultHash(home);
    expect(expectDone(await home.toolkey(["revoke", "--dry-run", id])).stdout).toBe(`${id} (git, https://git.example, as alice): only by hand, at git.example\n`);
    expect(expectDone(await home.toolkey(["revoke", "--dry-run", "--tool", "npm"])).stdout).toMatch(/^npm-\w+ /);
    expect(await home.toolkey(["revoke", "--dry-run", "--all", "--local"])).toMatchObject({ code: 2, stdout: "" });
    expect(await home.toolkey(["revoke", "--dry-run"])).toMatchObject({ code: 2, stdout: "" });
    expect(vaultHash(home)).toBe(before);
  } finally {
    await home.dispose();
  }
});
