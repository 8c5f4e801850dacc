/** Go: GOAUTH, and its module proxies through the gateway. Go 1.24 itself, a proxy that wants a login. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { goEnvironment, goMissing, MODULE, SECRET, startGoProxy, USER } from "../../../fixtures/registries/go-proxy.ts";
import { BIN, expectDone, makeHome, type Ended, type TestHome } from "../../../fixtures/homes/home.ts";
import { missing } from "../../../fixtures/programs/programs.ts";
import type { TestServer } from "../../../fixtures/network/test-server.ts";
import { makeTls, type TestTls } from "../../../fixtures/network/tls.ts";

const HELPER = join(BIN, "go-auth-toolkey");
let tls: TestTls;
let proxy: TestServer;
let home: TestHome;
const arrivals: { path: string; hasLogin: boolean }[] = [];

beforeAll(async () => {
  tls = await makeTls();
  proxy = await startGoProxy(tls, arrivals);
});
afterAll(async () => {
  await proxy?.close();
  await tls?.remove();
});
beforeEach(async () => {
  arrivals.length = 0;
  home = await makeHome();
  await home.init(tls.caFile);
});
afterEach(() => home.dispose());

const envFile = (): string => join(home.directory, ".config", "go", "env");
function write(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return text;
}
/** A module that needs one of the proxy. */
function project(): string {
  const directory = join(home.directory, "project");
  write(join(directory, "go.mod"), `module project\n\ngo 1.21\n\nrequire ${MODULE} v1.2.3\n`);
  write(join(directory, "main.go"), `package main\n\n//go:generate sh ./look.sh\nimport _ "${MODULE}"\n\nfunc main() {}\n`);
  return directory;
}
const proxies = (): string => `${proxy.origin}/mods,off`;
const run = (argv: readonly string[], env: Record<string, string> = {}): Promise<Ended> =>
  home.run(argv[0] ?? "", argv.slice(1), { cwd: project(), env: { ...goEnvironment(home, tls), GOPROXY: proxies(), NODE_EXTRA_CA_CERTS: tls.caFile, ...env } });

describe.skipIf(goMissing())("go, set up", () => {
  beforeEach(async () => {
    await home.addToken("go", `${proxy.origin}/mods`, SECRET, USER);
    expectDone(await home.toolkey(["setup", "go"], { env: goEnvironment(home, tls) }));
  });

  it("asks for the token when it is refused, and for no other place", async () => {
    expectDone(await run(["go", "mod", "download", "-x"]));
    expect(arrivals[0]).toMatchObject({ hasLogin: false });
    expect(arrivals.filter(({ hasLogin }) => hasLogin).map(({ path }) => path)).toContain(`/mods/${MODULE}/@v/v1.2.3.zip`);
    expect(readFileSync(join(home.directory, "project", "go.sum"), "utf8")).toContain(`${MODULE} v1.2.3/go.mod h1:`);
    const other = await run(["go", "list", "-m", "-versions", MODULE], { GOPROXY: `${proxy.origin}/others,off` });
    expect(other.code).not.toBe(0);
    expect(arrivals.filter(({ path }) => path.startsWith("/others")).some(({ hasLogin }) => hasLogin)).toBe(false);
  });

  it("gets nothing while the vault is locked, and says why where it is asked to", async () => {
    expectDone(await home.toolkey(["lock"]));
    const ended = await run(["go", "mod", "download", "-x"]);
    expect(ended.code).not.toBe(0);
    expect(ended.stderr).toMatch(/GOAUTH encountered errors for https:\/\/localhost:\d+\/mods\/.*could not run command .*go-auth-toolkey get: exit status 1\s+toolkey: the vault is locked/s);
  });
});

describe.skipIf(goMissing())("go, sealed", () => {
  beforeEach(() => home.addToken("go", `${proxy.origin}/mods`, SECRET, USER));

  it("fetches modules by the gateway, by the environment and by Go's own file", async () => {
    const ended = expectDone(await run(["toolkey", "run", "--", "go", "mod", "download"]));
    expect(ended.stderr).toContain(`toolkey: go uses `);
    expect(arrivals.every(({ hasLogin }) => hasLogin)).toBe(true);
    expect(readFileSync(join(home.directory, "project", "go.sum"), "utf8")).not.toContain("127.0.0.1");
    write(envFile(), `GOPROXY=${proxies()}\n`);
    expectDone(await run(["toolkey", "run", "--", "go", "list", "-m", "-versions", MODULE], { GOPROXY: "" }));
  });

  it.skipIf(missing("curl"))("has a phantom that is good for Go itself; what it starts has none by the helper, and never the token", async () => {
    const fetch = `curl -s "\${GOPROXY%%,*}/${MODULE}/@v/list"`;
    write(join(home.directory, "bin", "go"), `#!/bin/sh\n${fetch}\n`);
    chmodSync(join(home.directory, "bin", "go"), 0o755);
    const other = expectDone(await run(["toolkey", "run", "--", join(home.directory, "bin", "go"), "mod", "download"]));
    expect(other.stdout).toContain("the phantom belongs to another process, and does not work for this one");
    expect(arrivals).toEqual([]);
    // A session: all in it may use the token.
    write(join(project(), "look.sh"), `env; ${HELPER} get ${proxy.origin}/mods/${MODULE}/@v/list; ${fetch}; curl -s "\${GOPROXY%%,*}/api/security/token"\n`);
    const ended = expectDone(await run(["toolkey", "run", "--", "go", "generate", "./..."]));
    expect(`${ended.stdout}${ended.stderr}`).not.toContain(SECRET);
    expect(ended.stdout).toContain("\nv1.2.3\n");
    expect(ended.stdout).toContain("go asks for nothing of this kind with its token");
  });

  it("sends nothing without TLS, nothing to proxies that have a login of their own, and asks for the rest as ever", async () => {
    const ended = await run(["toolkey", "run", "--", "go", "env", "GOPROXY"], { GOPROXY: `http://localhost:1/mods|https://me:x@localhost/mods,${proxy.origin}/mods,direct` });
    expect(expectDone(ended).stdout).toMatch(/^http:\/\/localhost:1\/mods\|https:\/\/me:x@localhost\/mods,http:\/\/127\.0\.0\.1:\d+\/tkphantom_\w+\/https\/localhost:\d+\/mods,direct\n$/);
    const direct = expectDone(await run(["toolkey", "run", "--direct", "--", "go", "env", "GOPROXY", "GOAUTH"]));
    expect(direct.stdout).toMatch(/\/mods,off\n.*go-auth-toolkey get;netrc\n$/);
  });

  it("is led in a session", async () => {
    write(join(project(), "look.sh"), "");
    const fetched = await run(["toolkey", "run", "--", "sh", "-c", `go mod download && go list -m -versions ${MODULE}`]);
    expect(expectDone(fetched).stdout).toBe(`${MODULE} v1.2.3\n`);
  });
});

describe("go-auth-toolkey", () => {
  it("tells nothing before a URL is named, and what Go reads for one", async () => {
    await home.addToken("go", "https://goproxy.example/mods", SECRET, USER);
    await home.addToken("go", "https://bearer.example", "T0KEN");
    const asked = async (...argv: string[]): Promise<Ended> => home.run(HELPER, ["get", ...argv], { stdin: "HTTP/1.1 401 Unauthorized\n" });
    expect(await asked()).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect(await asked("https://goproxy.example/mods/x/@v/list?a=b")).toMatchObject({
      code: 0,
      stdout: `https://goproxy.example/mods\nhttps://goproxy.example/mods/x/@v/list?a=b\n\nAuthorization: Basic ${Buffer.from(`${USER}:${SECRET}`).toString("base64")}\n\n`,
    });
    expect(await asked("https://bearer.example/x?go-get=1")).toMatchObject({ stdout: "https://bearer.example\nhttps://bearer.example/x?go-get=1\n\nAuthorization: Bearer T0KEN\n\n" });
    expect(await asked("https://goproxy.example/others")).toMatchObject({ code: 0, stdout: "" });
    expect(await asked("https://goproxy.example/mods/../others")).toMatchObject({ code: 0, stdout: "" });
    expect(await asked("http://goproxy.example/mods/x")).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("toolkey: Go sends no token without TLS") });
  });
});

describe("toolkey setup go", () => {
  it.each([
    ["no file", undefined, (ours: string) => `GOAUTH=${ours};netrc\n`],
    ["an empty file", "", (ours: string) => `GOAUTH=${ours};netrc\n`],
    ["other settings, no final line break", "GOPROXY=direct\nGOPRIVATE=acme.example", (ours: string) => `GOPROXY=direct\nGOPRIVATE=acme.example\nGOAUTH=${ours};netrc\n`],
    ["commands of the person's", "GOAUTH=git /home/me;netrc\nGOPROXY=direct\n", (ours: string) => `GOAUTH=${ours};git /home/me;netrc\nGOPROXY=direct\n`],
  ])("writes %s and takes it back", async (_what, text, expected) => {
    if (text !== undefined) write(envFile(), text);
    expectDone(await home.toolkey(["setup", "go"]));
    expect(readFileSync(envFile(), "utf8")).toBe(expected(`${HELPER} get`));
    expect(expectDone(await home.toolkey(["setup", "go"])).stdout).toContain("go asks toolkey already");
    expectDone(await home.toolkey(["setup", "go", "--undo"]));
    expect(existsSync(envFile()) ? readFileSync(envFile(), "utf8") : undefined).toBe(text);
  });

  it("leaves alone what the person has switched off", async () => {
    write(envFile(), "GOAUTH=off\n");
    expect(await home.toolkey(["setup", "go"])).toMatchObject({ code: 2, stderr: expect.stringContaining("it has GOAUTH=off, by which Go asks nobody\nhint: it was left as it is") });
    expect(await home.toolkey(["setup", "go"], { env: { GOENV: "off" } })).toMatchObject({ code: 2, stderr: expect.stringContaining("GOENV is 'off'") });
  });

  it("is looked at by doctor, with what beats it", async () => {
    await home.addToken("go", "https://goproxy.example/mods", SECRET, USER);
    const doctor = async (env: Record<string, string> = {}): Promise<string> => (await home.toolkey(["doctor"], { env })).stdout;
    expect(await doctor()).toContain("plain go does not ask toolkey; toolkey run -- go does\n");
    expectDone(await home.toolkey(["setup", "go"]));
    expect(await doctor()).toContain("ok    go gets a token for https://goproxy.example/mods\n");
    expect(await doctor({ GOAUTH: "netrc" })).toContain("GOAUTH is set in your environment: go does not ask toolkey\n");
    write(envFile(), "GOAUTH=/nowhere/go-auth-toolkey get\n");
    expect(await doctor()).toContain("GOAUTH names a program of toolkey that is not there\n");
  });

  it("leaves URLs without logins after an import, which can be undone", async () => {
    const text = write(envFile(), "GOFLAGS=-x\nGOPROXY=https://bob:S3CRET%21@goproxy.example/mods,https://nobody@b.example,direct\n");
    expectDone(await home.toolkey(["import", "--yes"]));
    expect(readFileSync(envFile(), "utf8")).toBe("GOFLAGS=-x\nGOPROXY=https://goproxy.example/mods,https://nobody@b.example,direct\n");
    expect((await home.run(HELPER, ["get", "https://goproxy.example/mods/x"])).stdout).toContain(Buffer.from("bob:S3CRET!").toString("base64"));
    expectDone(await home.toolkey(["import", "--undo", "--yes"]));
    expect(readFileSync(envFile(), "utf8")).toBe(text);
  });
});
