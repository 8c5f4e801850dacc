/** Bundler of Debian, and servers of gems over TLS: through the gateway, in sessions, directly, and projects that want the token elsewhere. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { buildGem, startGemServer, type GemServer } from "../../../fixtures/registries/gem-server.ts";
import { expectDone, makeHome, type Ended, type TestHome } from "../../../fixtures/homes/home.ts";
import { missing } from "../../../fixtures/programs/programs.ts";
import { startRecordingServer, type RecordingServer } from "../../../fixtures/network/recording-server.ts";
import { makeTls, type TestTls } from "../../../fixtures/network/tls.ts";

const SECRET = "S3CRET-of-the-gem/server+";
const LOGIN = `bob:${SECRET}`;

describe.skipIf(missing("bundle", "gem", "ruby", "make"))("bundler", () => {
  let tls: TestTls;
  let home: TestHome;
  let server: GemServer;
  let below: GemServer;
  let project: string;
  let id: string;

  beforeAll(async () => {
    tls = await makeTls();
    home = await makeHome();
    await home.init(tls.caFile);
    project = join(home.directory, "project");
    const look = 'File.write(ENV["LOOK"], ENV.to_h.map { |pair| pair.join("=") }.join("\\n")); File.write("Makefile", "all install clean:\\n\\t@true\\n")\n';
    const gems = [await buildGem(home, "plain"), await buildGem(home, "native", look)];
    server = await startGemServer(tls, { gems, login: LOGIN });
    below = await startGemServer(tls, { gems: [await buildGem(home, "inner")], login: LOGIN, path: "/Team/Private_gems" });
    id = await home.addToken("bundler", server.origin, SECRET, "bob");
    await home.addToken("bundler", `${below.origin}/Team/Private_gems`, SECRET, "bob");
  });
  beforeEach(() => {
    rmSync(project, { recursive: true, force: true });
    rmSync(join(home.directory, ".bundle"), { recursive: true, force: true });
    mkdirSync(project);
  });
  afterAll(async () => {
    await Promise.all([server?.close(), below?.close()]);
    await home?.dispose();
    await tls?.remove();
  });

  const environment = (): Record<string, string> => ({ NODE_EXTRA_CA_CERTS: tls.caFile, SSL_CERT_FILE: tls.caFile, LOOK: join(home.directory, "look"), BUNDLE_PATH: "vendor", BUNDLE_RETRY: "0" });
  const run = (argv: readonly string[], env: Record<string, string> = {}): Promise<Ended> => home.toolkey(["run", ...argv], { cwd: project, env: { ...environment(), ...env } });
  const write = (name: string, text: string): void => {
    mkdirSync(join(project, name, ".."), { recursive: true });
    writeFileSync(join(project, name), text);
  };
  const gemfile = (...gems: readonly string[]): string => `source "${server.origin}"\n${gems.map((name) => `gem "${name}"\n`).join("")}`;

  it("installs through the gateway, below a path too, with a lock file that names the sources alone", async () => {
    write("Gemfile", `${gemfile("plain")}source "${below.origin}/Team/Private_gems" do\n  gem "inner"\nend\n`);
    const ended = expectDone(await run(["--", "bundle", "install"]));
    expect(ended.stderr).toContain(`toolkey: bundle uses ${id} for ${server.origin}`);
    expect(ended.stderr).toContain("through the gateway");
    expect(ended.stdout).toContain("Bundle complete!");
    const lock = readFileSync(join(project, "Gemfile.lock"), "utf8");
    expect([...lock.matchAll(/remote: (.*)/g)].map(([, url = ""]) => url).toSorted()).toEqual([`${below.origin}/Team/Private_gems/`, `${server.origin}/`].toSorted());
    expect([...server.logins, ...below.logins].filter((login) => login !== LOGIN)).toEqual([]);
    rmSync(join(project, "vendor"), { recursive: true });
    expectDone(await run(["--", "bundle", "install"], { BUNDLE_FROZEN: "true" }));
    expect(readFileSync(join(project, "Gemfile.lock"), "utf8")).toBe(lock);
    expect(ended.stdout + ended.stderr + lock).not.toContain(SECRET);
    expect(expectDone(await run(["--", "bundle", "exec", "ruby", "-e", 'require "plain"'])).stdout).toContain("hello from plain");
  });

  it("leads what a script starts", async () => {
    write("Gemfile", gemfile("plain"));
    expectDone(await run(["--", "sh", "-c", "bundle install && bundle exec sh -c 'bundle outdated; true'"]));
    expect(existsSync(join(project, "Gemfile.lock"))).toBe(true);
  });

  it("gives what a gem builds no token, and no use of the phantom that is in the variables", async () => {
    write("Gemfile", gemfile("native"));
    expectDone(await run(["--", "bundle", "install"]));
    const seen = readFileSync(join(home.directory, "look"), "utf8");
    const [, url = ""] = /^BUNDLE_MIRROR__[^=]*=(.*)$/m.exec(seen) ?? [];
    const [, phantom = ""] = /^BUNDLE_HTTP:[^=]*=(toolkey:.*)$/m.exec(seen) ?? [];
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/https\/localhost:\d+\/$/);
    expect(phantom).not.toBe("");
    expect(seen).not.toContain(SECRET);
    const answer = await fetch(`${url}versions`, { headers: { authorization: `Basic ${btoa(phantom)}` } });
    expect(answer.status).toBe(403);
  });

  it("gives what a gem builds no use of the phantom while bundle runs", async () => {
    const theft = 'require "net/http"; u = URI(ENV.find { |k, _| k.start_with?("BUNDLE_MIRROR__HTTPS") }[1]); q = Net::HTTP::Get.new(u.path + "versions"); q.basic_auth("toolkey", ENV.find { |k, _| k.start_with?("BUNDLE_HTTP:") }[1].split(":")[1]); File.write(ENV["LOOK"], Net::HTTP.new(u.host, u.port).request(q).code); File.write("Makefile", "all install clean:\\n\\t@true\\n")\n';
    const thief = await startGemServer(tls, { gems: [await buildGem(home, "thief", theft)], login: LOGIN });
    try {
      await home.addToken("bundler", thief.origin, SECRET, "bob");
      write("Gemfile", `source "${thief.origin}"\ngem "thief"\n`);
      expectDone(await run(["--", "bundle", "install"]));
      expect(readFileSync(join(home.directory, "look"), "utf8")).toBe("403");
    } finally {
      await thief.close();
    }
  });

  it("gives the token itself with --direct, by the whole URL, and says who can read it", async () => {
    write("Gemfile", gemfile("native"));
    const ended = expectDone(await run(["--direct", "--", "bundle", "install"]));
    expect(ended.stderr).toContain("the Gemfile, and every gem that is built, can read the token in its variable, and Bundler's own messages may show it: the weakest way to hand over a token\n");
    const seen = readFileSync(join(home.directory, "look"), "utf8");
    expect(seen.split("\n").filter((line) => line.includes("S3CRET")).map((line) => line.split("=")[0])).toEqual([`BUNDLE_HTTPS://LOCALHOST:${server.port}/`]);
  });

  describe("a hostile project", () => {
    let other: RecordingServer;
    beforeEach(async () => {
      other = await startRecordingServer({ plain: true });
    });
    afterEach(() => other.close());

    it.each<[how: string, options: readonly string[]]>([["through the gateway", []], ["directly", ["--direct"]]])("sends no token elsewhere, %s", async (_how, options) => {
      write("Gemfile", `source "${server.origin}"\nsource "${other.origin}" do\n  gem "plain"\nend\n`);
      write(".bundle/config", `---\nBUNDLE_MIRROR__HTTPS://LOCALHOST:${server.port}/: "${other.origin}/mirror/"\n`);
      const ended = await run([...options, "--", "bundle", "install"]);
      expect(ended.code).not.toBe(0);
      expect(other.arrivals.length).toBeGreaterThan(0);
      expect(other.arrivals.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
    });

    it("says that its own mirror comes first", async () => {
      write("Gemfile", gemfile("plain"));
      write(".bundle/config", `---\nBUNDLE_MIRROR__ALL: "${other.origin}/"\n`);
      expect((await run(["--", "bundle", "install"])).stderr).toContain(`toolkey: ${id} is left out: ${project}/.bundle/config has a mirror for ${server.origin}/\n`);
    });

    it.each<[how: string, files: Readonly<Record<string, string>>]>([
      ["in what is no YAML", { ".bundle/config": '---\nBUNDLE_SSL_VERIFY_MODE: "0"\n\t{ : [ }\n' }],
      ["where YAML has a text", { ".bundle/config": '---\nBUNDLE_X: |\n BUNDLE_SSL_VERIFY_MODE: "0"\n' }],
      ["beside another Gemfile", { ".bundle/config": '---\nBUNDLE_GEMFILE: "sub/Gemfile"\n', "sub/.bundle/config": '---\nBUNDLE_SSL_VERIFY_MODE: "0"\n' }],
    ])("has no word in whom to trust, %s", async (_how, files) => {
      const forged = await makeTls();
      try {
        for (const name of ["Gemfile", "sub/Gemfile"]) write(name, gemfile("plain"));
        for (const [name, text] of Object.entries(files)) write(name, text);
        const before = server.logins.filter((login) => login === LOGIN).length;
        // Nobody trusts the certificate here.
        const ended = await run(["--direct", "--", "bundle", "install"], { SSL_CERT_FILE: forged.caFile });
        expect(ended.stderr).toContain("toolkey: bundler gets no token here, since the project decides whom to trust");
        expect(server.logins.filter((login) => login === LOGIN).length).toBe(before);
        expectDone(await run(["--", "bundle", "install"]));
      } finally {
        await forged.remove();
      }
    });

    it("has no source that to Bundler is the same as another, nor git with the token on its command line", async () => {
      await home.addToken("bundler", `${other.origin}/Team.one`, SECRET, "bob");
      write("Gemfile", `source "${other.origin}/Team.one"\nsource "${other.origin}/team__one" do\n  gem "plain"\nend\n`);
      expect((await run(["--direct", "--", "bundle", "install"])).stderr).toContain(`Bundler would send it to ${other.origin}/team__one as well\n`);
      expect(other.arrivals.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
      write("Gemfile", `source "${server.origin}"\ngem "plain", git: "${server.origin}/"\n`);
      const ended = await run(["--direct", "--", "bundle", "install"]);
      expect(ended.stderr).toContain(`toolkey: ${id} is left out with --direct: the project has ${server.origin}/ for something else than a source\n`);
      expect(ended.stdout + ended.stderr).not.toContain("S3CRET");
    });

    it("has no word in whom to trust", async () => {
      write("Gemfile", gemfile("plain"));
      write(".bundle/config", '---\nBUNDLE_SSL_VERIFY_MODE: "0"\n');
      const direct = await run(["--direct", "--", "bundle", "install"]);
      expect(direct.stderr).toContain(`toolkey: bundler gets no token here, since the project decides whom to trust, or whose settings hold: ssl_verify_mode in ${project}/.bundle/config\n`);
      expectDone(await run(["--", "bundle", "install"]));
    });
  });

  it("follows a person's own mirror, and says what is missing", async () => {
    mkdirSync(join(home.directory, ".bundle"));
    writeFileSync(join(home.directory, ".bundle", "config"), `---\nBUNDLE_MIRROR__HTTPS://GEMS__EXAMPLE/: "${server.origin}"\n`);
    write("Gemfile", 'source "https://gems.example"\ngem "plain"\n');
    expectDone(await run(["--", "bundle", "install"]));
    expect(readFileSync(join(project, "Gemfile.lock"), "utf8")).toContain("remote: https://gems.example/\n");
    write("Gemfile", 'source "https://other.example"\ngem "plain"\n');
    rmSync(join(project, "Gemfile.lock"));
    expect((await run(["--", "bundle", "install"])).stderr).toContain("toolkey: there is no bundler token for https://other.example\nhint: toolkey add https://other.example --tool bundler\n");
  });

  it("runs without its token where there is no vault, and says so", async () => {
    write("Gemfile", gemfile("plain"));
    const other = await makeHome();
    try {
      const ended = await other.toolkey(["run", "--", "bundle", "install"], { cwd: project, env: environment() });
      expect(ended.code).not.toBe(0);
      expect(ended.stderr).toContain("toolkey: bundle runs without a token\nhint: then add a token: toolkey add URL --tool bundler\n");
    } finally {
      await other.dispose();
    }
  });

  it("needs no user name by the gateway, and doctor knows it", async () => {
    const bare = await home.addToken("bundler", "https://bare.example", SECRET);
    write("Gemfile", 'source "https://bare.example"\ngem "plain"\n');
    const ended = await home.toolkey(["doctor", "--json"], { cwd: project });
    expect((JSON.parse(ended.stdout) as { verdict: string; what: string }[]).filter(({ what }) => what.includes(bare))).toEqual([{ code: "gets-token", tool: "bundler", verdict: "good", what: `bundle in ${project} gets ${bare} for https://bare.example` }]);
    expect(ended.stdout).not.toContain("S3CRET");
    await home.ask("revoke", { ids: [bare], local: true });
  });

  it("is seen by doctor, set up in the shell, and taken back", async () => {
    write("Gemfile", gemfile("plain"));
    const found = async (): Promise<string[]> => (JSON.parse((await home.toolkey(["doctor", "--json"], { cwd: project })).stdout) as { what: string }[]).map(({ what }) => what).filter((what) => what.includes("bundle"));
    const given = `bundle in ${project} gets ${id} for ${server.origin}`;
    expect(await found()).toEqual(["plain bundle does not ask toolkey; toolkey run -- bundle does", given]);
    const bashrc = join(home.directory, ".bashrc");
    writeFileSync(bashrc, "a=1");
    const setup = async (...options: readonly string[]): Promise<Ended> => expectDone(await home.toolkey(["setup", "bundler", ...options], { env: { SHELL: "/bin/bash" } }));
    expect((await setup("--dry-run")).stdout).toContain(`would change ${bashrc}`);
    expect(readFileSync(bashrc, "utf8")).toBe("a=1");
    await setup();
    expect(await found()).toEqual(["bundle in your shell runs with its tokens", given]);
    await setup("--undo");
    expect(readFileSync(bashrc, "utf8")).toBe("a=1");
  });

  it("has the logins of its files taken, and written back", async () => {
    const path = join(home.directory, ".bundle", "config");
    const text = `---\nBUNDLE_JOBS: "4"\nBUNDLE_WITHOUT: "development:test"\nBUNDLE_GEMS__ACME___CORP__EXAMPLE: "amy:pa%2Fss"\nBUNDLE_GEM__FURY__IO: "tokenalone"\n`;
    mkdirSync(join(home.directory, ".bundle"));
    writeFileSync(path, text);
    mkdirSync(join(home.directory, ".gem"));
    writeFileSync(join(home.directory, ".gem", "credentials"), "---\n:rubygems_api_key: rubygems_0123\n");
    const ended = await home.toolkey(["import", "--yes"]);
    expect(ended.stdout + ended.stderr).not.toMatch(/pa%2Fss|pa\/ss|tokenalone|rubygems_0123/);
    expect(ended.stdout + ended.stderr).toContain("rubygems_api_key");
    expect(readFileSync(path, "utf8")).toBe(text.replace(/BUNDLE_GEMS__ACME.*\n/, ""));
    expect((await home.tokens()).find(({ target }) => target === "https://gems.acme-corp.example")).toMatchObject({ tool: "bundler", username: "amy" });
    expectDone(await home.toolkey(["import", "--undo"]));
    expect(readFileSync(path, "utf8")).toBe(text);
  });
});
