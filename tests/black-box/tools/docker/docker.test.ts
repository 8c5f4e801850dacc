/** docker's credential helper, and docker and podman's family set up to ask it: real skopeo and podman, a real registry. */
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { BIN, expectDone, makeHome, type Ended, type RunOptions, type TestHome } from "../../../fixtures/homes/home.ts";
import { SECRET, startImageRegistry, USER, writeImage, type ImageRegistry } from "../../../fixtures/registries/image-registry.ts";
import { missing } from "../../../fixtures/programs/programs.ts";
import { makeTls, type TestTls } from "../../../fixtures/network/tls.ts";

const HELPER = join(BIN, "docker-credential-toolkey");
const MISS = { code: 1, stdout: "credentials not found in native keychain\n" };

let home: TestHome;
const helper = (operation: string, stdin = "", options: RunOptions = {}): Promise<Ended> => home.run(HELPER, [operation], { stdin, ...options });
const login = (server: string, secret: string): string => `${JSON.stringify({ ServerURL: server, Username: "bob", Secret: secret })}\n`;
const dockerConfig = (): string => join(home.directory, ".docker", "config.json");
const dropIn = (): string => join(home.directory, ".config", "containers", "registries.conf.d", "toolkey.conf");
function write(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return text;
}

describe("docker-credential-toolkey", () => {
  beforeEach(async () => {
    home = await makeHome();
  });
  afterEach(() => home.dispose());

  it("without a vault has nothing to give, and says that nothing is kept; no daemon is started", async () => {
    expect(await helper("get", "r.example")).toMatchObject({ ...MISS, stderr: "" });
    expect(await helper("erase", "r.example")).toMatchObject(MISS);
    expect(await helper("list", "unused")).toMatchObject({ code: 0, stdout: "{}\n" });
    const kept = await helper("store", login("r.example", "S3CRET"));
    expect(kept).toMatchObject({ code: 1, stdout: expect.stringMatching(/^toolkey: there is no vault at .*\n$/), stderr: expect.stringContaining("hint: make one: toolkey init\n") });
    expect(existsSync(home.toolkeyHome)).toBe(false);
  });

  it("keeps a login for docker alone, gives it back, lists it, and forgets it", async () => {
    await home.init();
    expect(await helper("store", login("r.example", 'S3CRET "q" \\ ü'))).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect(JSON.parse(expectDone(await helper("get", "r.example")).stdout)).toEqual({ ServerURL: "r.example", Username: "bob", Secret: 'S3CRET "q" \\ ü' });
    expect(JSON.parse(expectDone(await helper("get", "https://r.example/v2/\n")).stdout)).toMatchObject({ ServerURL: "https://r.example/v2/", Username: "bob" });
    expect(JSON.parse(expectDone(await helper("list", "unused")).stdout)).toEqual({ "r.example": "bob" });
    expect((await home.tokens()).map(({ tool, target }) => [tool, target])).toEqual([["docker", "https://r.example"]]);
    expect(await home.helper("get", "protocol=https\nhost=r.example\n\n")).toMatchObject({ code: 0, stdout: "" });
    expect(await helper("get", "r.example.evil")).toMatchObject(MISS);
    expectDone(await helper("erase", "r.example"));
    // Who has logged out is not told so with each image.
    expect(await helper("get", "r.example")).toMatchObject({ ...MISS, stderr: "" });
  });

  it("takes a new login for the old one, and forgets at a logout no token that the person has added", async () => {
    await home.init();
    for (const secret of ["FIRST", "SECOND"]) expectDone(await helper("store", login("r.example", secret)));
    expect(JSON.parse((await helper("get", "r.example")).stdout)).toMatchObject({ Secret: "SECOND" });
    const id = await home.addToken("docker", "https://r.example", "ADDED", "bob");
    expect(expectDone(await helper("erase", "r.example")).stderr).toContain(`the docker token ${id} for r.example stays`);
    expect(JSON.parse((await helper("get", "r.example")).stdout)).toMatchObject({ Secret: "ADDED" });
  });

  it("answers in docker's words what makes no sense, and knows its version", async () => {
    await home.init();
    expect(await helper("get", "")).toMatchObject({ code: 1, stdout: "no credentials server URL\n" });
    expect(await helper("store", "{}")).toMatchObject({ code: 1, stdout: "no credentials server URL\n" });
    expect(await helper("get", "r.example/\u0001")).toMatchObject({ code: 1, stdout: expect.stringMatching(/./) });
    expect(await helper("version")).toMatchObject({ code: 0, stdout: expect.stringMatching(/^docker-credential-toolkey \(toolkey\) \d/) });
    expect(await home.run(HELPER, [])).toMatchObject({ code: 1, stdout: "toolkey: usage: docker-credential-toolkey OPERATION\n" });
    expect(await helper("frob", "r.example")).toMatchObject(MISS);
  });

  it("says on what docker shows that the vault is locked, and answers by itself when no daemon runs", async () => {
    await home.init();
    await home.addToken("docker", "https://r.example", "S3CRET", "bob");
    await home.stop();
    expect(JSON.parse(expectDone(await helper("get", "r.example")).stdout)).toMatchObject({ Secret: "S3CRET" });
    expectDone(await home.toolkey(["lock"]));
    expect(await helper("get", "r.example")).toMatchObject({ code: 1, stdout: "toolkey: the vault is locked\n", stderr: expect.stringContaining("hint: toolkey unlock") });
  });

  it("gives no token without a user name, and says how it gets one", async () => {
    await home.init();
    await home.ask("add", { place: "https://r.example", tool: "docker", secret: "S3CRET" }).catch(() => undefined);
    const ended = await helper("get", "r.example");
    expect(ended).toMatchObject(MISS);
    expect(ended.stderr).toMatch(/^(|toolkey: the docker token docker-\w+ has no user name, .*\nhint: .*\n)$/);
  });

  it("does not wait for a pipe that stays open, nor start what PATH of the project has", async () => {
    await home.init();
    await home.addToken("docker", "https://r.example", "S3CRET", "bob");
    const ended = await home.run("sh", ["-c", `{ printf r.example; } | ${HELPER} get`]);
    expect(JSON.parse(expectDone(ended).stdout)).toMatchObject({ Secret: "S3CRET" });
  });
});

describe("toolkey setup docker", () => {
  beforeEach(async () => {
    home = await makeHome();
    await home.init();
  });
  afterEach(() => home.dispose());

  const setup = (...argv: string[]): Promise<Ended> => home.toolkey(["setup", "docker", ...argv]);

  it("without a token says what to do, and changes nothing", async () => {
    expect(await setup()).toMatchObject({ code: 1, stderr: expect.stringContaining("toolkey: docker has no token for any registry\nhint: toolkey add registry.example.com --tool docker --username NAME, then toolkey setup docker\n") });
    expect(existsSync(dockerConfig())).toBe(false);
  });

  it.each([
    ["no file", undefined],
    ["docker's own form", '{\n\t"auths": {},\n\t"HttpHeaders": {\n\t\t"A": "b"\n\t}\n}'],
    ["CRLF and no final line break", '{\r\n  "auths": {}\r\n}'],
    ["all on one line", '{"credHelpers":{},"proxies":{"default":{}}}'],
  ])("writes %s and takes it back to the byte; --dry-run shows it", async (_what, text) => {
    if (text !== undefined) write(dockerConfig(), text);
    await home.addToken("docker", "https://r.example", "S3CRET", "bob");
    const shown = expectDone(await setup("--dry-run")).stdout;
    expect(shown).toContain(`would change ${dockerConfig()}:`);
    expect(existsSync(dockerConfig()) ? readFileSync(dockerConfig(), "utf8") : undefined).toBe(text);
    expectDone(await setup());
    expect(JSON.parse(readFileSync(dockerConfig(), "utf8")).credHelpers).toEqual({ "r.example": "toolkey" });
    expect(expectDone(await setup()).stdout).toContain("docker asks toolkey already");
    const added = expectDone(await home.toolkey(["add", "https://b.example", "--tool", "docker", "--username", "bob"], { stdin: "S" }));
    expect(added.stderr).toContain("hint: so that docker and podman ask for it: toolkey setup docker\n");
    expectDone(await setup());
    expect(JSON.parse(readFileSync(dockerConfig(), "utf8")).credHelpers).toEqual({ "b.example": "toolkey", "r.example": "toolkey" });
    expectDone(await setup("--undo"));
    expect(existsSync(dockerConfig()) ? readFileSync(dockerConfig(), "utf8") : undefined).toBe(text);
    expect(existsSync(dropIn())).toBe(false);
    expect(existsSync(`${dockerConfig()}.toolkey-backup`)).toBe(false);
  });

  it("keeps what docker has written since", async () => {
    await home.addToken("docker", "https://r.example", "S3CRET", "bob");
    write(dockerConfig(), '{"auths":{}}');
    expectDone(await setup());
    write(dockerConfig(), JSON.stringify({ ...JSON.parse(readFileSync(dockerConfig(), "utf8")), auths: { "x.example": {} } }, undefined, "\t"));
    expectDone(await setup("--undo"));
    expect(JSON.parse(readFileSync(dockerConfig(), "utf8"))).toEqual({ auths: { "x.example": {} } });
  });

  it("leaves alone what it can't read, what may not be written, and a helper of somebody else's", async () => {
    await home.addToken("docker", "https://r.example", "S3CRET", "bob");
    const broken = write(dockerConfig(), '{\n  "auths": {,}\n}\n');
    expect(await setup()).toMatchObject({ code: 1, stderr: expect.stringContaining(`${dockerConfig()}, line 2, column 13: it is not JSON\nhint: it was left as it is; docker can't read it either\n`) });
    expect(readFileSync(dockerConfig(), "utf8")).toBe(broken);
    write(dockerConfig(), "{}");
    chmodSync(dockerConfig(), 0o444);
    expect(await setup()).toMatchObject({ code: 3, stderr: expect.stringContaining("is read-only") });
    chmodSync(dockerConfig(), 0o644);
    write(dockerConfig(), '{"credHelpers": {"r.example": "pass"}}');
    expect(expectDone(await setup()).stderr).toContain(`for r.example docker still asks its helper 'pass', which ${dockerConfig()} names\n`);
    expect(JSON.parse(readFileSync(dockerConfig(), "utf8"))).toEqual({ credHelpers: { "r.example": "pass" } });
  });

  it("follows DOCKER_CONFIG and links", async () => {
    await home.addToken("docker", "https://r.example", "S3CRET", "bob");
    const real = join(home.directory, "dotfiles", "docker.json");
    write(real, "{}\n");
    const directory = join(home.directory, "elsewhere");
    mkdirSync(directory);
    symlinkSync(real, join(directory, "config.json"));
    expectDone(await home.toolkey(["setup", "docker"], { env: { DOCKER_CONFIG: directory } }));
    expect(lstatSync(join(directory, "config.json")).isSymbolicLink()).toBe(true);
    expect(JSON.parse(readFileSync(real, "utf8"))).toEqual({ credHelpers: { "r.example": "toolkey" } });
    expect(existsSync(dockerConfig())).toBe(false);
  });

  it("is looked at by doctor, with what would beat it", async () => {
    await home.addToken("docker", "https://r.example", "S3CRET", "bob");
    const doctor = async (env: Record<string, string> = {}): Promise<string> => (await home.toolkey(["doctor"], { env })).stdout;
    expect(await doctor()).toContain("docker does not ask toolkey for r.example\n");
    expectDone(await setup());
    expect(await doctor()).toContain("ok    docker gets a token for r.example\n");
    expect(await doctor({ DOCKER_AUTH_CONFIG: "{}" })).toContain("docker takes its logins from $DOCKER_AUTH_CONFIG before it asks toolkey\n");
    expect(await doctor({ PATH: (home.environment["PATH"] ?? "").replace(`${BIN}:`, "") })).toContain("docker-credential-toolkey is not on PATH, where docker looks for it\n");
    write(dockerConfig(), '{"credHelpers": {"r.example": "pass"}}');
    expect(await doctor()).toContain("for r.example docker asks its helper 'pass', and not toolkey\n");
    write(dockerConfig(), "{");
    expect(await doctor()).toMatch(/docker can't read .*config\.json/);
  });
});

describe("logins in plain text", () => {
  beforeEach(async () => {
    home = await makeHome();
    await home.init();
  });
  afterEach(() => home.dispose());

  it("are taken from docker's and podman's files, and written back", async () => {
    const auth = Buffer.from("bob:S3CRET-in-a-file").toString("base64");
    const auths = write(dockerConfig(), `{\n\t"auths": {\n\t\t"r.example": {\n\t\t\t"auth": "${auth}"\n\t\t}\n\t}\n}`);
    const podmans = join(home.directory, ".config", "containers", "auth.json");
    write(podmans, `{"auths": {"q.example/team": {"auth": "${auth}"}}}`);
    expectDone(await home.toolkey(["import", "--yes"]));
    for (const path of [dockerConfig(), podmans]) expect(readFileSync(path, "utf8")).not.toContain(auth);
    expect((await home.tokens()).map(({ tool, target, username }) => `${tool} ${target} ${username ?? ""}`).toSorted()).toEqual([
      "docker https://q.example/team bob",
      "docker https://r.example bob",
    ]);
    expect(JSON.parse(expectDone(await helper("get", "r.example")).stdout)).toMatchObject({ Secret: "S3CRET-in-a-file" });
    // The one namespace of a registry answers for it: who asks names the host alone.
    expect(JSON.parse(expectDone(await helper("get", "q.example")).stdout)).toMatchObject({ Secret: "S3CRET-in-a-file" });
    expectDone(await home.toolkey(["import", "--undo", "--yes"]));
    expect(readFileSync(dockerConfig(), "utf8")).toBe(auths);
  });
});

describe.skipIf(missing("docker-registry", "skopeo", "podman"))("podman's family, set up", () => {
  let tls: TestTls;
  let registry: ImageRegistry;

  beforeAll(async () => {
    tls = await makeTls();
    home = await makeHome();
    await home.init();
    registry = await startImageRegistry(tls);
    await writeImage(join(home.directory, "image"), Buffer.from("hello"));
    write(join(home.directory, ".config", "containers", "certs.d", registry.host, "ca.crt"), tls.ca);
  });
  afterAll(async () => {
    await registry?.close();
    await home?.dispose();
    await tls?.remove();
  });

  const logins = (): string => join(home.directory, "runtime", "containers", "auth.json");
  const run = (program: string, argv: readonly string[], options: RunOptions = {}): Promise<Ended> =>
    home.run(program, argv, { cwd: home.directory, ...options, env: { XDG_RUNTIME_DIR: join(home.directory, "runtime"), ...options.env } });

  it("fails without a token, and sends and fetches with one", async () => {
    const image = `docker://${registry.host}/team/app:1`;
    const id = await home.addToken("docker", registry.origin, SECRET, USER);
    expectDone(await run(join(BIN, "toolkey"), ["setup", "docker"]));
    expectDone(await home.toolkey(["revoke", "--local", id, "--yes"]));
    expect((await run("skopeo", ["copy", "oci:image:latest", image])).stderr).toMatch(/unauthorized/);
    await home.addToken("docker", registry.origin, SECRET, USER);
    expectDone(await run("skopeo", ["copy", "oci:image:latest", image]));
    expectDone(await run("skopeo", ["inspect", image]));
  });

  it("shows that the vault is locked", async () => {
    expectDone(await home.toolkey(["lock"]));
    const ended = await run("skopeo", ["inspect", `docker://${registry.host}/team/app:1`]);
    expect(ended.stderr).toContain("toolkey: the vault is locked");
    expectDone(await home.toolkey(["unlock"]));
  });

  it("keeps a login of podman's in the vault, for docker alone, and forgets it at the logout", async () => {
    mkdirSync(join(home.directory, "runtime"), { recursive: true });
    for (const { id } of await home.tokens()) expectDone(await home.toolkey(["revoke", "--local", id, "--yes"]));
    expectDone(await run("podman", ["login", "-u", USER, "--password-stdin", registry.host], { stdin: SECRET }));
    expect(existsSync(logins()) ? readFileSync(logins(), "utf8") : "").not.toContain("auth\"");
    const active = async (): Promise<string[]> => (await home.tokens()).filter(({ state }) => state === "active").map(({ tool, target }) => `${tool} ${target}`);
    expect(await active()).toEqual([`docker http://${registry.host}`]);
    expectDone(await run("skopeo", ["inspect", `docker://${registry.host}/team/app:1`]));
    expectDone(await run("podman", ["logout", registry.host]));
    expect(await active()).toEqual([]);
    expect((await run("skopeo", ["inspect", `docker://${registry.host}/team/app:1`])).stderr).toMatch(/unauthorized/);
    rmSync(dropIn());
  });
});
