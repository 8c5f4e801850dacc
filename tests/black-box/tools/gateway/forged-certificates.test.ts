/** What a script of a sealed command writes into the person's settings: the next command's token does not go that way. */
import { X509Certificate } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { client } from "../../../fixtures/tools/clients.ts";
import { whenDaemonEnded } from "../../../fixtures/processes/daemon-process.ts";
import { sampled } from "../../../fixtures/form.ts";
import { expectDone, makeHome, type Ended, type TestHome } from "../../../fixtures/homes/home.ts";
import { startReadingProxy, type ReadingProxy } from "../../../fixtures/network/reading-proxy.ts";
import { makeTls, type TestTls } from "../../../fixtures/network/tls.ts";

const SECRET = "the-real-token";
const HOST = "https://repo.example:8443";
const WAITS = "toolkey: certificates that are not trusted yet wait to be accepted\nhint: toolkey config accept, which first shows what waits\n";

let home: TestHome;
let proxy: ReadingProxy;
let company: TestTls;
/** A file of the person's that was accepted. */
let own: string;

beforeEach(async () => {
  [proxy, company, home] = await Promise.all([startReadingProxy("repo.example"), makeTls(), makeHome()]);
  own = join(home.directory, "company.pem");
  copyFileSync(company.caFile, own);
  await home.init(own);
  await home.addGitToken(HOST, "alice", SECRET);
  await home.addToken("npm", `${HOST}/`, SECRET);
  writeFileSync(join(home.directory, ".npmrc"), `registry=${HOST}/\nfetch-retries=0\n`);
  mkdirSync(join(home.directory, "project"));
});
afterEach(async () => {
  await home.dispose();
  await Promise.all([proxy.close(), company.remove()]);
});

const project = (): string => join(home.directory, "project");
const git = (): Promise<Ended> => home.toolkey(["run", "--", "git", "ls-remote", `${HOST}/acme.git`], { cwd: project() });
const npm = (env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
  home.toolkey(["run", "--", "npm", "view", "acme"], { cwd: project(), env: { ...client("npm", 12).environment, PATH: `${client("npm", 12).environment["PATH"]}:${home.environment["PATH"]}`, ...env } });
const asScript = async (script: string): Promise<void> => void expectDone(await home.toolkey(["run", "--", "sh", "-c", `true; ${script}`], { cwd: project() }));

describe("a proxy and its certificates", () => {
  it.each(sampled<[where: string, script: () => string, command: () => Promise<Ended>]>([
    ["in ~/.gitconfig", () => `git config --global http.proxy ${proxy.url}; git config --global http.sslCAInfo ${proxy.caFile}`, git],
    ["in ~/.npmrc", () => `printf 'https-proxy=%s\\ncafile=%s\\n' ${proxy.url} ${proxy.caFile} >> ~/.npmrc`, npm],
    ["in ~/.npmrc, and in the file that the session names", () => `echo https-proxy=${proxy.url} >> ~/.npmrc; cat ${proxy.caFile} >> ${own}`, () => npm({ NODE_EXTRA_CA_CERTS: own })],
  ], 2))("%s read nothing until a person has accepted them", async (_where, script, command) => {
    await asScript(script());
    const ended = await command();
    expect(ended.code).not.toBe(0);
    expect(ended.stdout + ended.stderr).toContain("the certificate of the upstream is not trusted");
    // It was asked: what stops it is the certificate.
    expect(proxy.asked).toContain("repo.example:8443");
    expect(proxy.read).toEqual([]);
    expect(expectDone(await home.toolkey(["list"])).stderr).toBe(WAITS);
    expectDone(await home.toolkey(["config", "accept", "--yes"]));
    await command();
    expect(proxy.read).not.toEqual([]);
    expect(Buffer.from(proxy.read.join().replace("Basic ", ""), "base64").toString() + proxy.read.join()).toContain(SECRET);
  });

  it("read nothing either with a daemon that starts anew", async () => {
    await asScript(`git config --global http.proxy ${proxy.url}; git config --global http.sslCAInfo ${own}; cat ${proxy.caFile} > ${own}`);
    process.kill((await home.status())?.pid ?? 0, "SIGKILL");
    await whenDaemonEnded(home);
    expect((await git()).stderr).toContain("the certificate of the upstream is not trusted");
    expect([proxy.asked, proxy.read]).toEqual([["repo.example:8443"], []]);
  });

  it("are not accepted by the script itself", async () => {
    const accepted = await home.toolkey(["run", "--", "sh", "-c", `true; toolkey config accept --yes --cacert ${proxy.caFile}; toolkey config refuse ${"0".repeat(64)}`]);
    expect(accepted.stderr.match(/not answered inside of/g)).toHaveLength(2);
    expect(expectDone(await home.toolkey(["config"])).stdout).not.toContain(proxy.caFile);
  });
});

describe("toolkey config", () => {
  const sha256 = (file: string): string => new X509Certificate(readFileSync(file)).fingerprint256.replaceAll(":", "").toLowerCase();
  const line = (file: string): string => `${sha256(file)} = "CN=git-server test authority; ends ${new Date(new X509Certificate(readFileSync(file)).validTo).toISOString().slice(0, 10)}; ${file}"`;

  it("shows which certificates are accepted, and which wait", async () => {
    const { stdout } = expectDone(await home.toolkey(["config"], { env: { NODE_EXTRA_CA_CERTS: proxy.caFile } }));
    expect(stdout).toContain(`accepted   of services and trust:\n  [certificates]\n  ${line(own)}\nwaits      toolkey config accept\n`);
    expect(stdout).toContain(`  + ${line(proxy.caFile)}\n`);
  });

  it("accept shows them and asks, also those of a file that nothing has needed yet", async () => {
    const ended = expectDone(await home.toolkey(["config", "accept", "--yes", "--cacert", proxy.caFile]));
    expect(ended.stdout).toContain(`+ ${line(proxy.caFile)}\n`);
    expect(ended.stdout).toContain("accepted; it is in force now\n");
    expect(expectDone(await home.toolkey(["config", "accept", "--yes", "--cacert", proxy.caFile])).stdout).toBe("nothing waits to be accepted\n");
    expect(await home.toolkey(["config", "accept", "--cacert", "nowhere.pem"], { cwd: home.directory })).toMatchObject({ code: 1, stderr: expect.stringContaining(`cannot read the certificates in ${home.directory}/nowhere.pem: ENOENT`) as unknown });
  });

  it("refuse takes back what was accepted, at once, until it is accepted again", async () => {
    const through = async (): Promise<number> => (await git(), proxy.read.splice(0).length);
    await asScript(`git config --global http.proxy ${proxy.url}; git config --global http.sslCAInfo ${proxy.caFile}`);
    expectDone(await home.toolkey(["config", "accept", "--yes", "--cacert", proxy.caFile]));
    expect(await through()).toBeGreaterThan(0);
    expect(expectDone(await home.toolkey(["config", "refuse", new X509Certificate(readFileSync(proxy.caFile)).fingerprint256])).stdout).toBe(`${sha256(proxy.caFile)} is not trusted\n`);
    expect(await through()).toBe(0);
    expect(expectDone(await home.toolkey(["config", "refuse", sha256(own).slice(0, 8)])).stdout).toBe(`${sha256(own)} is not trusted\n`);
    expect(expectDone(await home.toolkey(["config"])).stdout).toContain("  nothing\n");
    expectDone(await home.toolkey(["config", "accept", "--yes"]));
    expect(await through()).toBeGreaterThan(0);
  });

  it("accept asks nothing of a daemon that has just started and has not opened the vault", async () => {
    await home.stop();
    expect(expectDone(await home.toolkey(["config", "accept", "--yes"])).stdout).toBe("nothing waits to be accepted\n");
  });

  it("reads a file of certificates again that has others by now", async () => {
    await asScript(`git config --global http.proxy ${proxy.url}; git config --global http.sslCAInfo ${own}`);
    await git();
    writeFileSync(own, readFileSync(proxy.caFile));
    await git();
    expect(expectDone(await home.toolkey(["config", "accept", "--yes"])).stdout).toContain(`+ ${line(own)}\n`);
    expect(proxy.read).toEqual([]);
  });

  it.each(sampled<[what: string, argv: readonly string[], says: string]>([
    ["no certificate", ["refuse"], "name the certificate: eight or more digits of its SHA-256\nhint: toolkey config shows them\n"],
    ["what is no SHA-256", ["refuse", "company.pem"], "name the certificate: eight or more digits of its SHA-256\nhint: toolkey config shows them\n"],
    ["an unknown one", ["refuse", "00000000"], "no accepted certificate has a SHA-256 that begins with '00000000'\nhint: toolkey config shows them\n"],
    ["a file to accept", ["accept", "company.pem"], "a certificate is named for 'toolkey config refuse'; to accept those of a file: toolkey config accept --cacert FILE\n"],
  ], 2))("says what is wrong with %s", async (_what, argv, says) => {
    expect(await home.toolkey(["config", ...argv])).toMatchObject({ code: 2, stdout: "", stderr: `toolkey: ${says}` });
  });

  it("init accepts none", async () => {
    const other = await makeHome();
    const made = expectDone(await other.toolkey(["init", "--key", "file"], { env: { NODE_EXTRA_CA_CERTS: own } }));
    expect(made.stderr).toBe("toolkey: certificates that are not trusted yet wait to be accepted\nhint: toolkey config accept, which first shows what waits\n");
    await other.dispose();
  });

  it("init --accept accepts those of its session, and shows them", async () => {
    const other = await makeHome();
    const made = expectDone(await other.toolkey(["init", "--key", "file", "--accept"], { env: { NODE_EXTRA_CA_CERTS: own } }));
    expect(made.stderr).toContain(`toolkey: accepted as it is now (toolkey config):\ntoolkey:   [certificates]\ntoolkey:   ${line(own)}\n`);
    expect(expectDone(await other.toolkey(["config"], { env: { NODE_EXTRA_CA_CERTS: own } })).stdout).not.toContain("waits");
    await other.dispose();
  });
});
