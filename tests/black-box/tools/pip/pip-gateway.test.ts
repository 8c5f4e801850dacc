/** pip and twine in `toolkey run`: through the gateway, with a phantom, and links of pages led there as well. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { matrix, sampled } from "../../../fixtures/form.ts";
import { expectDone, makeHome, type Ended, type TestHome } from "../../../fixtures/homes/home.ts";
import { makeWheel, startPackageIndex, type LinkForm, type PackageIndex, type PackageIndexOptions } from "../../../fixtures/registries/package-index.ts";
import { missing } from "../../../fixtures/programs/programs.ts";
import { startRecordingServer } from "../../../fixtures/network/recording-server.ts";
import type { Answer } from "../../../fixtures/network/test-server.ts";
import { makeTls, type TestTls } from "../../../fixtures/network/tls.ts";

const LOGIN = { username: "__token__", password: "S3CRET-of-pip" };
const PHANTOM = /tkphantom_\w+/;

describe.skipIf(missing("pip", "python3", "twine"))("through the gateway", () => {
  let tls: TestTls;
  let home: TestHome;
  const servers: { close(): Promise<void> }[] = [];

  beforeAll(async () => {
    tls = await makeTls();
    home = await makeHome();
    await home.init(tls.caFile);
  });
  afterAll(async () => {
    await home?.dispose();
    await tls?.remove();
  });
  afterEach(async () => {
    const active = (await home.tokens()).filter(({ state }) => state === "active").map(({ id }) => id);
    if (active.length > 0) expectDone(await home.toolkey(["revoke", ...active, "--local", "--yes"]));
    for (const server of servers.splice(0)) await server.close();
  });

  async function startIndex(options: Pick<PackageIndexOptions, "links" | "sources" | "disguise"> = {}, place: (index: PackageIndex) => string = ({ origin }) => origin): Promise<PackageIndex> {
    const index = await startPackageIndex({ tls, login: LOGIN, packages: ["thing"], ...options });
    servers.push(index);
    await home.addToken("pip", place(index), LOGIN.password, LOGIN.username);
    return index;
  }

  let runs = 0;
  const run = (command: readonly string[], env: Record<string, string> = {}, options: readonly string[] = []) => {
    const cwd = join(home.directory, `run${(runs += 1)}`);
    mkdirSync(cwd);
    return home.toolkey(["run", ...options, "--", ...command], { cwd, env: { PIP_DISABLE_PIP_VERSION_CHECK: "1", PIP_RETRIES: "0", REQUESTS_CA_BUNDLE: tls.caFile, XDG_CONFIG_DIRS: home.directory, ...env } }).then((ended): Ended & { cwd: string } => ({ ...ended, cwd }));
  };
  const download = ["download", "--no-deps", "--no-cache-dir", "--dest", ".", "thing"];

  it.each(matrix<LinkForm>(["rooted", "json"], ["relative", "absolute"]))("pip has pages and files of an index, with links that are %s", async (links) => {
    const index = await startIndex({ links });
    const ended = await run(["pip", ...download], { PIP_INDEX_URL: index.url });
    expectDone(ended);
    expect(ended.stderr).toMatch(/toolkey: pip uses pip-\w+ for .*\/team\/simple through the gateway\n/);
    expect(existsSync(join(ended.cwd, "thing-1.0-py3-none-any.whl"))).toBe(true);
    expect(index.arrivals.map(({ path, login }) => `${login} ${path}`)).toEqual([`${LOGIN.username} /team/simple/thing/`, `${LOGIN.username} /team/files/thing-1.0-py3-none-any.whl`]);
  });

  it("as a module of Python, from its own settings, as one of several indexes", async () => {
    const [index, other] = [await startIndex(), await startPackageIndex({ tls, login: { username: "", password: "" }, packages: ["other"] })];
    servers.push(other);
    mkdirSync(join(home.directory, ".config", "pip"), { recursive: true });
    writeFileSync(join(home.directory, ".config", "pip", "pip.conf"), `[global]\nindex-url = ${other.url}\nextra-index-url =\n  ${index.url}\n[download]\ncert = ${tls.caFile}\n`);
    const ended = await run(["python3", "-m", "pip", ...download]);
    writeFileSync(join(home.directory, ".config", "pip", "pip.conf"), "");
    expect(expectDone(ended).stderr).toContain("through the gateway");
    // What has no token is asked as ever.
    expect(other.arrivals.length).toBeGreaterThan(0);
  });

  it("nothing that a command sees holds the token, nor do pip's settings hold the phantom", async () => {
    const index = await startIndex();
    const { stdout } = expectDone(await run(["pip", "config", "list"], { PIP_INDEX_URL: index.url }));
    expect(stdout).not.toMatch(PHANTOM);
    const listed = expectDone(await run(["pip", ...download, "-vv"], { PIP_INDEX_URL: index.url }));
    expect(listed.stdout).not.toMatch(PHANTOM);
    expect(listed.stdout + listed.stderr).not.toContain(LOGIN.password);
  });

  it("a token for a part of a host is sent to no other part", async () => {
    const index = await startIndex({ links: "rooted" }, ({ url }) => url);
    const ended = await run(["pip", ...download], { PIP_INDEX_URL: index.url });
    expect(ended.code).not.toBe(0);
    expect(index.arrivals.map(({ path, login }) => `${login} ${path}`)).toEqual([`${LOGIN.username} /team/simple/thing/`, "undefined /team/files/thing-1.0-py3-none-any.whl"]);
  });

  it("no index spends the token of another one", async () => {
    const other = await startIndex();
    const index = await startIndex({ links: `${other.origin as "https://"}/team/files` });
    await run(["pip", ...download], { PIP_INDEX_URL: index.url, PIP_EXTRA_INDEX_URL: other.url.replace("simple", "none") });
    const files = other.arrivals.filter(({ path }) => path.startsWith("/team/files/"));
    expect(files.length).toBeGreaterThan(0);
    expect(files.filter(({ login }) => login !== undefined)).toEqual([]);
  });

  const html = (body: string | Buffer, rest: Partial<Answer> = {}): Answer => ({ status: 200, headers: { "Content-Type": "text/html" }, body, ...rest });
  const typed = (body: string | Buffer, type: string): Answer => html(body, { headers: { "Content-Type": type } });
  it.each<[what: string, disguise: (anchors: string) => Answer]>(sampled([
    ["in a comment for some", (anchors) => html(`<!-- <a x=" -->${anchors}`)],
    ["in a comment of Python's", (anchors) => html(`<!-- <b> -- >${anchors} -->`)],
    ["in JSON of Python's", (anchors) => typed(`{"x":NaN,"files":[{"filename":"thing-1.0-py3-none-any.whl","url":"${/"(.*?)"/.exec(anchors)?.[1]}","hashes":{}}]}`, "application/vnd.pypi.simple.v1+json")],
    ["in what looks like JSON", (anchors) => html(`{"files":[],"x":"${anchors.replaceAll('"', "'")}"}`)],
    ["in utf-7", (anchors) => typed(anchors.replaceAll("<", "+ADw-").replaceAll(">", "+AD4-").replaceAll("=", "+AD0-"), "text/html; charset=utf-7")],
    ["in utf-16", (anchors) => typed(Buffer.from(anchors, "utf16le"), "text/html; charset=utf-16le")],
    ["with another status", (anchors) => html(anchors, { status: 203 })],
    ["in a redirect to nowhere", (anchors) => html(anchors, { status: 300 })],
  ], 3))("no index leads pip to another one by links that are hidden %s", async (_what, disguise) => {
    const other = await startIndex();
    const up = "../../../../../https";
    const index = await startIndex({ links: `${other.origin.replace("https:/", up) as "https://"}/team/files`, disguise });
    const ended = await run(["pip", ...download], { PIP_INDEX_URL: index.url, PIP_EXTRA_INDEX_URL: other.url.replace("simple", "none") });
    expect(ended.code).not.toBe(0);
    expect(other.arrivals.filter(({ path }) => path.startsWith("/team/files/"))).toEqual([]);
  });

  it("a page as PyPI has it is read", async () => {
    const index = await startIndex({ disguise: (anchors) => html(`<!DOCTYPE html>\n<html><head><meta name="pypi:repository-version" content="1.4"><title>Links for thing</title></head>\n<body>${anchors}</body></html>\n<!--SERIAL 123-->`) });
    expectDone(await run(["pip", ...download], { PIP_INDEX_URL: index.url }));
  });

  it("an index that is typed is led, too", async () => {
    const index = await startIndex();
    expectDone(await run(["pip", ...download, "-i", index.url], { PIP_INDEX_URL: "https://nowhere.example/simple" }));
    expect(index.arrivals.map(({ status }) => status)).toEqual([200, 200]);
  });

  it("what a package runs while it is built finds no token by any program of ours", async () => {
    const report = join(home.directory, "report");
    const steal = `import subprocess, os\nwith open(${JSON.stringify(report)}, "w") as f:\n    f.write(subprocess.run(["toolkey-keyring", "get", os.environ["INDEX"], "__token__"], capture_output=True, text=True).stdout + repr(dict(os.environ)))`;
    const index = await startIndex({ sources: { built: steal } });
    // Debian's setuptools are there: nothing is to be had from another index.
    await run(["pip", "download", "--no-deps", "--no-build-isolation", "--no-cache-dir", "--dest", ".", "built"], { PIP_INDEX_URL: index.url, INDEX: index.url });
    const text = readFileSync(report, "utf8");
    expect(text).toContain("NETRC");
    expect(text).not.toContain(LOGIN.password);
    expect(text).not.toMatch(PHANTOM);
  });

  it("twine uploads", async () => {
    const index = await startIndex();
    const wheel = join(home.directory, "thing-1.0-py3-none-any.whl");
    writeFileSync(wheel, makeWheel("thing"));
    const ended = expectDone(await run(["twine", "upload", "--non-interactive", "--repository-url", index.upload, wheel]));
    expect(index.uploads).toHaveLength(1);
    expect(index.uploads[0]).toContain("thing-1.0-py3-none-any.whl");
    expect(ended.stdout + ended.stderr).not.toContain(LOGIN.password);
  });

  it("twine uploads to a repository of .pypirc that has no password there", async () => {
    const index = await startIndex();
    writeFileSync(join(home.directory, ".pypirc"), `[distutils]\nindex-servers = team\n[team]\nrepository = ${index.upload}\nusername = ${LOGIN.username}\n`);
    const wheel = join(home.directory, "thing-1.0-py3-none-any.whl");
    writeFileSync(wheel, makeWheel("thing"));
    expectDone(await run(["twine", "upload", "--non-interactive", "-r", "team", wheel]));
    expect(index.uploads).toHaveLength(1);
  });

  describe("of what a project says", () => {
    it("an index in a file of requirements gets no token, which is said", async () => {
      const index = await startIndex();
      const requirements = join(home.directory, "requirements.txt");
      writeFileSync(requirements, `--index-url ${index.url}\nthing\n`);
      const ended = await run(["pip", "download", "--no-deps", "--dest", ".", "-r", requirements], { PIP_INDEX_URL: index.url });
      expect(ended.stderr).toContain(`requirements.txt names ${index.url.replace(/\/$/, "")}, which pip asks past the gateway`);
      expect(index.arrivals.filter(({ login }) => login !== undefined)).toEqual([]);
    });

    it("another host, plain http, and a host whose certificate is not to be checked get none", async () => {
      const index = await startIndex();
      const [evil, clear] = [await startRecordingServer({ tls }), await startRecordingServer({ plain: true })];
      servers.push(evil, clear);
      const requirements = join(home.directory, "requirements.txt");
      writeFileSync(requirements, [`--index-url ${evil.numericOrigin}/simple`, `--extra-index-url ${clear.origin.replace("http://", "http://__token__@")}/simple`, "--trusted-host 127.0.0.1", "--trusted-host localhost", "thing\n"].join("\n"));
      await run(["pip", "download", "--no-deps", "--dest", ".", "-r", requirements], { PIP_INDEX_URL: index.url });
      expect(evil.arrivals.length + clear.arrivals.length).toBeGreaterThan(0);
      for (const server of [evil, clear]) {
        expect(server.arrivalsWith(LOGIN.password)).toEqual([]);
        expect(JSON.stringify(server.arrivals)).not.toMatch(PHANTOM);
      }
    });
  });

  it.each([["poetry.lock", "poetry"], ["uv.lock", "uv"]])("what would write the gateway into %s is not led there, and it is said", async (lockFile, program) => {
    await startIndex();
    const bin = join(home.directory, "bin");
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, program), "#!/bin/sh\nenv\n", { mode: 0o755 });
    const ended = expectDone(await run([program, "lock"], { PATH: `${bin}:${home.environment["PATH"]}` }));
    expect(ended.stderr).toContain(`${program} writes the URLs of indexes into ${lockFile}`);
    expect(ended.stdout).not.toMatch(/127\.0\.0\.1.*simple|tkphantom/);
  });
});
