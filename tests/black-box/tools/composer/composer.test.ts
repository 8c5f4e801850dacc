/** Composer of Debian, and repositories over TLS: logins in a variable, who can read them, and projects that want them elsewhere. */
import { randomInt } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startComposerServer, type ComposerServer } from "../../../fixtures/registries/composer-server.ts";
import { expectDone, makeHome, type Ended, type TestHome } from "../../../fixtures/homes/home.ts";
import { missing } from "../../../fixtures/programs/programs.ts";
import { startRecordingServer, type RecordingServer } from "../../../fixtures/network/recording-server.ts";
import { makeTls, type TestTls } from "../../../fixtures/network/tls.ts";

const SECRET = "S3CRET-of-the-repository";
const BEARER = "S3CRET-that-is-borne";
const OPEN = "toolkey: the project's scripts and plugins can read COMPOSER_AUTH: the weakest way to hand over a token\n";

describe.skipIf(missing("composer"))("composer", () => {
  let tls: TestTls;
  let home: TestHome;
  let basic: ComposerServer;
  let bearer: ComposerServer;
  let project: string;
  let id: string;

  beforeAll(async () => {
    tls = await makeTls();
    home = await makeHome();
    await home.init(tls.caFile);
    project = join(home.directory, "project");
    basic = await startComposerServer(tls, { login: `Basic ${btoa(`bob:${SECRET}`)}` });
    bearer = await startComposerServer(tls, { login: `Bearer ${BEARER}` });
    id = await home.addToken("composer", basic.origin, SECRET, "bob");
    await home.addToken("composer", bearer.origin, BEARER);
  });
  beforeEach(() => {
    rmSync(project, { recursive: true, force: true });
    rmSync(join(home.directory, ".config"), { recursive: true, force: true });
    mkdirSync(project);
  });
  afterAll(async () => {
    await Promise.all([basic?.close(), bearer?.close()]);
    await home?.dispose();
    await tls?.remove();
  });

  const environment = (): Record<string, string> => ({ SSL_CERT_FILE: tls.caFile, COMPOSER_ALLOW_SUPERUSER: "1", COMPOSER_NO_INTERACTION: "1", COMPOSER_CACHE_DIR: "/dev/null" });
  const run = (argv: readonly string[], env: Record<string, string> = {}): Promise<Ended> => home.toolkey(["run", ...argv], { cwd: project, env: { ...environment(), ...env } });
  const install = (env: Record<string, string> = {}): Promise<Ended> => run(["--", "composer", "install"], env);
  const writeProject = (manifest: object, origin = basic.origin): void => writeFileSync(join(project, "composer.json"), JSON.stringify({
    repositories: [{ type: "composer", url: origin }, { packagist: false }], require: { "acme/thing": "1.0.0" }, ...manifest,
  }));
  /** Two servers, of which the second has the first one's name, and more, and says that its archives are at the first one. */
  const startNamesakes = async (): Promise<[RecordingServer, ComposerServer]> => {
    for (;;) {
      const port = randomInt(2000, 6500);
      const short = await startRecordingServer({ tls, port }).catch(() => undefined);
      if (short === undefined) continue;
      const long = await startComposerServer(tls, { login: `Basic ${btoa(`bob:${SECRET}`)}`, archives: () => short.origin, port: port * 10 + randomInt(10) }).catch(() => undefined);
      if (long !== undefined) return [short, long];
      await short.close();
    }
  };
  const installed = (): boolean => existsSync(join(project, "vendor/acme/thing/thing.php"));

  it("installs with its login, with a line and a note; the lock file goes on without toolkey", async () => {
    writeProject({});
    const ended = expectDone(await install());
    expect(ended.stderr).toContain(`toolkey: Composer has no way to the gateway, so composer gets the token itself\n${OPEN}`);
    expect(installed()).toBe(true);
    const lock = readFileSync(join(project, "composer.lock"), "utf8");
    expect(JSON.parse(lock).packages[0].dist.url).toBe(`${basic.origin}/dist/acme-thing.tgz`);
    expect(ended.stdout + ended.stderr + lock).not.toContain(SECRET);
    rmSync(join(project, "vendor"), { recursive: true });
    expectDone(await install());
    expect(readFileSync(join(project, "composer.lock"), "utf8")).toBe(lock);
    expect(basic.leaks).toEqual([]);
  });

  it("bears a token without a user name, from the person's own list of repositories, and by --repository", async () => {
    mkdirSync(join(home.directory, ".config/composer"), { recursive: true });
    writeFileSync(join(home.directory, ".config/composer/config.json"), JSON.stringify({ repositories: [{ type: "composer", url: bearer.origin }, { "packagist.org": false }] }));
    writeFileSync(join(project, "composer.json"), JSON.stringify({ require: { "acme/thing": "1.0.0" } }));
    expectDone(await install());
    expect(installed()).toBe(true);
    const made = ["create-project", "--no-install", `--repository=${JSON.stringify({ type: "composer", url: basic.origin })}`, "acme/thing", "made"];
    expectDone(await run(["--", "composer", ...made]));
    expectDone(await run(["--", "composer", "create-project", "--no-install", `--repository=${basic.origin}`, "acme/thing", "made2"]));
  });

  it("keeps a person's own logins, which come first", async () => {
    writeProject({});
    const ended = await install({ COMPOSER_AUTH: JSON.stringify({ "http-basic": { "other.example": { username: "a", password: "b" }, [new URL(basic.origin).host]: { username: "bob", password: "wrong" } } }) });
    expect(ended.stderr).toContain(`toolkey: ${id} is left out: your COMPOSER_AUTH has a login for ${new URL(basic.origin).host}\n`);
    expect((await install({ COMPOSER_AUTH: "{" })).stderr).toContain("toolkey: COMPOSER_AUTH is not JSON\n");
    writeProject({ scripts: { "pre-update-cmd": "printenv COMPOSER_AUTH" } });
    const seen = expectDone(await install({ COMPOSER_AUTH: JSON.stringify({ bearer: { "other.example": "x" } }) }));
    expect(seen.stdout).toContain('"bearer":{"other.example":"x"}');
    expect(seen.stdout).toContain(SECRET);
  });

  it("gives a script of the project nothing where it is asked for that alone: it is a session", async () => {
    writeProject({ scripts: { look: "env; composer install" } });
    const ended = await run(["--", "composer", "look"]);
    expect(ended.stdout + ended.stderr).not.toContain("S3CRET");
    expect(ended.stderr).toContain(`toolkey: this session has no composer token for ${basic.origin}\n`);
  });

  describe("a hostile project", () => {
    let other: RecordingServer;
    beforeEach(async () => {
      other = await startRecordingServer({ plain: true });
    });
    afterEach(() => other.close());

    it.each<[what: string, manifest: () => object, said: string]>([
      ["by http to the same host", () => ({ config: { "secure-http": false }, repositories: [{ type: "composer", url: other.origin }, { type: "composer", url: basic.origin }] }), "secure-http"],
      ["past TLS checks of a repository", () => ({ repositories: [{ type: "composer", url: basic.origin, options: { ssl: { verify_peer: false } } }] }), "ssl in options"],
      ["past TLS checks", () => ({ config: { "disable-tls": true } }), "disable-tls"],
      ["with certificates of its own", () => ({ config: { cafile: "mine.pem" } }), "cafile"],
      ["by a proxy", () => ({ repositories: [{ type: "composer", url: basic.origin, options: { http: { proxy: "tcp://evil.example:80" } } }] }), "http in options"],
    ])("gets nothing %s", async (_what, manifest, said) => {
      writeProject(manifest());
      const before = basic.logins.length;
      const ended = await install();
      expect(ended.stderr).toContain(`toolkey: composer gets no token here, since the project decides whom to trust: ${said} in ${project}/composer.json\n`);
      expect(basic.logins.slice(before).filter((login) => login !== undefined)).toEqual([]);
      expect(other.arrivals.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
    });

    it.each<[what: string, files: () => Record<string, object>, argv: string[], said: string]>([
      ["by http to the same host, in its auth.json", () => ({ "auth.json": { "secure-http": false }, "composer.json": { repositories: [{ type: "composer", url: other.origin }, { type: "composer", url: basic.origin }] } }), ["install"], "secure-http in auth.json"],
      ["past TLS checks of a package that it has installed", () => ({ "composer.json": { repositories: [{ type: "composer", url: basic.origin }] }, "vendor/composer/installed.json": { packages: [{ name: "acme/thing", version: "1.0.0", dist: { type: "tar", url: `${basic.origin}/dist/acme-thing.tgz` }, "transport-options": { ssl: { verify_peer: false } } }] } }), ["reinstall", "acme/thing"], "ssl in transport-options in vendor/composer/installed.json"],
    ])("gets nothing %s", async (_what, files, argv, said) => {
      for (const [path, document] of Object.entries(files())) {
        mkdirSync(join(project, path, ".."), { recursive: true });
        writeFileSync(join(project, path), JSON.stringify(document));
      }
      const before = basic.logins.length;
      const [name = "", , path = ""] = said.split(/ (in )(?=\S+$)/);
      const ended = await run(["--", "composer", ...argv]);
      expect(ended.stderr).toContain(`toolkey: composer gets no token here, since the project decides whom to trust: ${name} in ${project}/${path}\n`);
      expect(basic.logins.slice(before).filter((login) => login !== undefined)).toEqual([]);
      expect(other.arrivals.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
    });

    it("gets nothing for git, which would have it in its arguments", async () => {
      writeProject({ repositories: [{ type: "git", url: `${basic.origin}/x.git` }] });
      expect((await install()).stderr).toContain(`toolkey: ${id} is left out: Composer would hand it to git in a URL`);
    });

    it("gets nothing for a host whose name is the beginning of one of gitlab-domains", async () => {
      // Composer itself would send it: host "localhost:4321" for the domain "localhost:43219".
      const [short, long] = await startNamesakes();
      try {
        await home.addToken("composer", long.origin, SECRET, "bob");
        writeProject({ config: { "gitlab-domains": [new URL(long.origin).host] } }, long.origin);
        const ended = await install();
        expect(ended.stderr).toContain(OPEN);
        expect(long.logins).toContain(`Basic ${btoa(`bob:${SECRET}`)}`);
        expect(short.arrivals.length).toBeGreaterThan(0);
        expect(short.arrivalsWith(SECRET)).toEqual([]);
      } finally {
        await Promise.all([short.close(), long.close()]);
      }
    });

    it("gets nothing in clear where a person's own settings allow http", async () => {
      mkdirSync(join(home.directory, ".config/composer"), { recursive: true });
      writeFileSync(join(home.directory, ".config/composer/config.json"), '{"config":{"secure-http":false}}');
      writeProject({ repositories: [{ type: "composer", url: other.origin }, { type: "composer", url: basic.origin }] });
      expect((await install()).stderr).toContain("without encryption, and your settings allow that\n");
      expect(other.arrivals.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
    });

    it("gets no token for another host, also where a repository leads there", async () => {
      const leading = await startComposerServer(tls, { login: `Basic ${btoa(`bob:${SECRET}`)}`, archives: () => other.origin });
      try {
        await home.addToken("composer", leading.origin, SECRET, "bob");
        writeProject({}, leading.origin);
        expect((await install()).code).not.toBe(0);
        expect(other.arrivalsWith(SECRET)).toEqual([]);
      } finally {
        await leading.close();
      }
    });
  });

  it("has no token for a part of a host where the project names another part", async () => {
    const part = await startComposerServer(tls, { login: `Basic ${btoa(`bob:${SECRET}`)}` });
    try {
      const own = await home.addToken("composer", `${part.origin}/team`, SECRET, "bob");
      writeProject({}, `${part.origin}/team/php`);
      expectDone(await run(["--", "composer", "update", "--no-install"]));
      writeProject({ repositories: [{ type: "composer", url: `${part.origin}/team` }, { type: "composer", url: `${part.origin}/team/../other` }] });
      rmSync(join(project, "composer.lock"));
      expect((await install()).stderr).toContain(`toolkey: there is no composer token for ${part.origin}: ${own} is for ${part.origin}/team alone\n`);
    } finally {
      await part.close();
    }
  });

  it("is seen by doctor, set up in the shell, and taken back", async () => {
    writeProject({});
    const found = async (): Promise<string[]> => (JSON.parse((await home.toolkey(["doctor", "--json"], { cwd: project })).stdout) as { what: string }[]).map(({ what }) => what).filter((what) => what.includes("composer"));
    const given = `composer in ${project} gets ${id} for ${basic.origin}`;
    expect(await found()).toEqual(["plain composer does not ask toolkey; toolkey run -- composer does", given]);
    const setup = async (...options: readonly string[]): Promise<Ended> => expectDone(await home.toolkey(["setup", "composer", ...options], { env: { SHELL: "/bin/bash" } }));
    expect((await setup()).stdout).toContain("composer in your shell runs with its tokens now: ");
    expect(await found()).toEqual(["composer in your shell runs with its tokens", given]);
    await setup("--undo");
    expect(existsSync(join(home.directory, ".bashrc"))).toBe(false);
  });

  it("has the logins of its files taken, and written back", async () => {
    const path = join(home.directory, ".config/composer/auth.json");
    const text = '{\n    "bearer": {\n        "b.example": "BEARER-1"\n    },\n    "http-basic": {\n        "a.example": {\n            "username": "amy",\n            "password": "PASS-1"\n        }\n    },\n    "gitlab-token": {\n        "gitlab.example": "GLPAT-1"\n    }\n}\n';
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, text);
    const ended = await home.toolkey(["import", "--yes"]);
    expect(ended.stdout + ended.stderr).not.toMatch(/BEARER-1|PASS-1|GLPAT-1/);
    expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({ bearer: {}, "http-basic": {}, "gitlab-token": { "gitlab.example": "GLPAT-1" } });
    expect((await home.tokens()).filter(({ target }) => /\/[ab]\.example$/.test(target)).map(({ tool, username }) => [tool, username])).toEqual(expect.arrayContaining([["composer", "amy"], ["composer", undefined]]));
    expectDone(await home.toolkey(["import", "--undo"]));
    expect(readFileSync(path, "utf8")).toBe(text);
  });
});
