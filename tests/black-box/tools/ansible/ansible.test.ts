/** ansible-galaxy of Debian, and servers over TLS: logins in variables, and projects that want them elsewhere. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startGalaxyServer, type GalaxyServer } from "../../../fixtures/registries/galaxy-server.ts";
import { expectDone, makeHome, type Ended, type TestHome } from "../../../fixtures/homes/home.ts";
import { missing } from "../../../fixtures/programs/programs.ts";
import { startRecordingServer, type RecordingServer } from "../../../fixtures/network/recording-server.ts";
import { makeTls, type TestTls } from "../../../fixtures/network/tls.ts";

const SECRET = "S3CRET-of-the-hub";
const OPEN = "toolkey: what ansible-galaxy starts can read the token in its variable: the weakest way to hand over a token\n";

describe.skipIf(missing("ansible-galaxy"))("ansible-galaxy", () => {
  let tls: TestTls;
  let home: TestHome;
  let hub: GalaxyServer;
  let basic: GalaxyServer;
  let project: string;
  let id: string;

  beforeAll(async () => {
    tls = await makeTls();
    home = await makeHome();
    await home.init(tls.caFile);
    project = join(home.directory, "project");
    expectDone(await home.run("ansible-galaxy", ["collection", "init", "acme.thing", "--init-path", join(home.directory, "c")]));
    writeFileSync(join(home.directory, "c/acme/thing/README.md"), "thing\n");
    expectDone(await home.run("ansible-galaxy", ["collection", "build", join(home.directory, "c/acme/thing"), "--output-path", home.directory]));
    const archive = readFileSync(join(home.directory, "acme-thing-1.0.0.tar.gz"));
    hub = await startGalaxyServer(tls, { archive, login: `Token ${SECRET}`, path: "/hub" });
    basic = await startGalaxyServer(tls, { archive, login: `Basic ${btoa(`bob:${SECRET}`)}` });
    id = await home.addToken("ansible", `${hub.origin}/hub`, SECRET);
    await home.addToken("ansible", basic.origin, SECRET, "bob");
  });
  beforeEach(() => {
    for (const path of [project, join(home.directory, ".ansible"), join(home.directory, ".ansible.cfg")]) rmSync(path, { recursive: true, force: true });
    mkdirSync(project);
  });
  afterAll(async () => {
    await Promise.all([hub?.close(), basic?.close()]);
    await home?.dispose();
    await tls?.remove();
  });

  const run = (argv: readonly string[], env: Record<string, string> = {}): Promise<Ended> => home.toolkey(["run", ...argv], { cwd: project, env: { SSL_CERT_FILE: tls.caFile, ...env } });
  const install = (options: readonly string[] = [], env: Record<string, string> = {}): Promise<Ended> => run(["--", "ansible-galaxy", "collection", "install", "acme.thing", "-p", "c", ...options], env);
  const installed = (): boolean => existsSync(join(project, "c/ansible_collections/acme/thing/README.md"));
  const configure = (text: string, path = join(project, "ansible.cfg")): void => writeFileSync(path, text);
  const server = (url: string): string => `[galaxy]\nserver_list = hub\n[galaxy_server.hub]\nurl=${url}\n`;

  it("installs with the login of a server that the project lists, and says who can read it", async () => {
    configure(server(`${hub.origin}/hub/api/`));
    const ended = expectDone(await install());
    expect(ended.stderr).toContain(`toolkey: ansible-galaxy has no way to the gateway, so ansible-galaxy gets the token itself\n${OPEN}`);
    expect(installed()).toBe(true);
    expect(ended.stdout + ended.stderr).not.toContain(SECRET);
    expect(hub.leaks).toEqual([]);
  });

  it("installs from the server that is typed, by URL or name, and by a variable, with a user name too", async () => {
    expectDone(await install(["-s", `${hub.origin}/hub/api/`]));
    expect(installed()).toBe(true);
    for (const options of [[`--server=${basic.origin}/api/`], ["--server", `${basic.origin}/api`]]) expectDone(await install([...options, "--force"]));
    expectDone(await install(["--force"], { ANSIBLE_GALAXY_SERVER: `${basic.origin}/api` }));
    configure(`[galaxy]\nserver_list = other, hub\n[galaxy_server.other]\nurl=https://other.example/\n[galaxy_server.hub]\nurl=${hub.origin}/hub/api/\n`, join(home.directory, ".ansible.cfg"));
    expectDone(await install(["-s", "hub", "--force"]));
  });

  it("keeps a person's own login, and is quiet where one is typed", async () => {
    configure(`${server(`${hub.origin}/hub/api/`)}token = mine\n`);
    const ended = await install();
    expect(ended.stderr).toContain(`toolkey: ${id} is left out: token in ${project}/ansible.cfg is a login of its own for hub\n`);
    expect((await install(["--token", "x"])).stderr).not.toContain("toolkey: ");
  });

  it("says what is missing, and gives nothing inside of a session", async () => {
    configure(server("https://galaxy.acme.example/"));
    expect((await install()).stderr).toContain("toolkey: there is no ansible token for https://galaxy.acme.example\nhint: toolkey add https://galaxy.acme.example --tool ansible\n");
    configure(server(`${hub.origin}/hub/api/`));
    const inside = await run(["--", "sh", "-c", "ansible-galaxy collection install acme.thing -p c; env"]);
    expect(inside.stderr).toContain(`toolkey: this session has no ansible token for ${hub.origin}/hub/api\n`);
    expect(inside.stdout + inside.stderr).not.toContain(SECRET);
    expect(installed()).toBe(false);
  });

  describe("a hostile project", () => {
    let other: RecordingServer;
    let forged: TestTls;
    beforeEach(async () => {
      forged = await makeTls();
      other = await startRecordingServer({ plain: true });
    });
    afterEach(async () => {
      await other.close();
      await forged.remove();
    });

    it.each<[what: string, lines: () => string]>([
      ["has it exchanged elsewhere", () => `auth_url = ${other.origin}/token\n`],
      ["has it exchanged elsewhere, in another form", () => `Auth_URL:${other.origin}/token\n`],
      ["hides that from who reads it otherwise", () => `x = y\nauth_url = ${other.origin}/token ; comment\n`],
    ])("gets nothing where it %s", async (_what, lines) => {
      configure(`${server(`${hub.origin}/hub/api/`)}${lines()}`);
      const ended = expectDone(await install());
      expect(ended.stderr).toContain(`toolkey: the project has no say in auth_url of ${project}/ansible.cfg\n`);
      expect(other.arrivals).toEqual([]);
    });

    it.each([["validate_certs = false\n"], ["[galaxy]\nignore_certs = true\n"]])("gets nothing past TLS checks by %j", async (lines) => {
      const before = hub.logins.length;
      configure(`${server(`${hub.origin}/hub/api/`)}${lines}`);
      // Nobody trusts the certificate here.
      const ended = await install([], { SSL_CERT_FILE: forged.caFile });
      expect(ended.code).not.toBe(0);
      expect(ended.stderr).toContain("toolkey: the project has no say in ");
      expect(hub.logins.length).toBe(before);
    });

    it("gets nothing for another server, and none by a second list or a section that we have", async () => {
      configure(`[galaxy]\nserver_list = hub, HUB, evil, toolkey\n[galaxy_server.hub]\nurl=${hub.origin}/hub/api/\n[galaxy_server.HUB]\nurl=${other.origin}/a/\n[galaxy_server.evil]\nurl=${other.origin}/b/\n[galaxy_server.toolkey]\nurl=${other.origin}/c/\n`);
      await install(["-vvv"]);
      await install(["-s", `${hub.origin}/hub/api/`]);
      expect(other.arrivalsWith(SECRET)).toEqual([]);
    });

    it("gets nothing for two servers with a variable in common, one of which would have the other's token", async () => {
      await home.addToken("ansible", other.origin, "OTHER-token");
      for (const list of ["hub, hub_auth", "hub_auth, hub"]) {
        configure(`[galaxy]\nserver_list = ${list}\n[galaxy_server.hub]\nurl=${hub.origin}/hub/api/\n[galaxy_server.hub_auth]\nurl=${other.origin}/\n`);
        expect((await install()).stderr).toContain(`toolkey: ${id} is left out: hub and hub_auth have a variable in common\n`);
      }
      expect(other.arrivals.length).toBeGreaterThan(0);
      expect(other.arrivalsWith(SECRET)).toEqual([]);
    });

    it("gets nothing for a source that requirements name", async () => {
      configure(server(`${hub.origin}/hub/api/`));
      writeFileSync(join(project, "requirements.yml"), `collections:\n- {name: acme.thing, source: "${other.origin}"}\n`);
      await run(["--", "ansible-galaxy", "collection", "install", "-r", "requirements.yml", "-p", "c"]);
      expect(other.arrivals.length).toBeGreaterThan(0);
      expect(other.arrivalsWith(SECRET)).toEqual([]);
    });
  });

  it("is seen by doctor, set up in the shell, and taken back", async () => {
    configure(server(`${hub.origin}/hub/api/`));
    const found = async (): Promise<string[]> => (JSON.parse((await home.toolkey(["doctor", "--json"], { cwd: project })).stdout) as { what: string }[]).map(({ what }) => what).filter((what) => what.includes("ansible"));
    const given = `ansible-galaxy in ${project} gets ${id} for ${hub.origin}/hub/api`;
    expect(await found()).toEqual(["plain ansible-galaxy does not ask toolkey; toolkey run -- ansible-galaxy does", given]);
    const setup = async (...options: readonly string[]): Promise<Ended> => expectDone(await home.toolkey(["setup", "ansible", ...options], { env: { SHELL: "/bin/bash" } }));
    await setup();
    expect(await found()).toEqual(["ansible-galaxy in your shell runs with its tokens", given]);
    await setup("--undo");
    expect(existsSync(join(home.directory, ".bashrc"))).toBe(false);
  });

  it("has the logins of its files taken, and written back", async () => {
    const path = join(home.directory, ".ansible.cfg");
    const text = "[galaxy]\r\nserver_list = a,b\r\n\r\n[galaxy_server.a]\r\nurl = https://a.example/api/\r\n# mine\r\ntoken = TOKEN-1 ; old\r\n[galaxy_server.b]\r\nurl: https://b.example\r\nusername: amy\r\npassword: PASS-1";
    writeFileSync(path, text);
    mkdirSync(join(home.directory, ".ansible"));
    writeFileSync(join(home.directory, ".ansible/galaxy_token"), "token: TOKEN-2\n");
    const ended = await home.toolkey(["import", "--yes"]);
    expect(ended.stdout + ended.stderr).not.toMatch(/TOKEN-[12]|PASS-1/);
    expect(ended.stdout + ended.stderr).toContain("galaxy_token");
    expect(readFileSync(path, "utf8")).toBe("[galaxy]\r\nserver_list = a,b\r\n\r\n[galaxy_server.a]\r\nurl = https://a.example/api/\r\n# mine\r\n[galaxy_server.b]\r\nurl: https://b.example\r\n");
    expect((await home.tokens()).filter(({ target }) => /\/[ab]\.example/.test(target)).map(({ target, username }) => `${target} ${username}`).toSorted()).toEqual(["https://a.example/api undefined", "https://b.example amy"]);
    expectDone(await home.toolkey(["import", "--undo"]));
    expect(readFileSync(path, "utf8")).toBe(text);
  });
});
