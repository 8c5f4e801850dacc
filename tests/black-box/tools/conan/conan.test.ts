/** Conan's helper, and its plugin as Conan loads it (its `conans/client/rest/remote_credentials.py`), by plain Python: there is no Conan in Debian. */
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BIN, expectDone, makeHome, type Ended, type RunOptions, type TestHome } from "../../../fixtures/homes/home.ts";
import { keepUnderPassphrase } from "../../../fixtures/homes/locked-home.ts";
import { missing } from "../../../fixtures/programs/programs.ts";

const SECRET = "S3CRET-of-the-remote";
const REMOTE = "https://conan.acme.example/artifactory/api/conan/repo";
const HELPER = join(BIN, "conan-credential-toolkey");

/** What Conan does with the plugin of its home: loads it, asks it, and wants two values. */
const CONAN = `
import importlib.util, os, sys, types
path = os.path.join(os.environ.get("CONAN_HOME") or os.path.expanduser("~/.conan2"), "extensions", "plugins", "auth_remote.py")
spec = importlib.util.spec_from_file_location("auth_remote", path)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
remote = types.SimpleNamespace(name="acme", url=sys.argv[1], verify_ssl=sys.argv[2] == "yes")
try:
    user, password = module.auth_remote_plugin(remote, user=sys.argv[3] if len(sys.argv) > 3 else None)
except Exception as error:
    print("ERROR: Error while processing 'auth_remote.py' plugin: %s" % error)
    sys.exit(1)
print(repr((user, password)))
`;

let home: TestHome;
const helper = (argv: readonly string[], options: RunOptions = {}): Promise<Ended> => home.run(HELPER, argv, options);
const setup = (...argv: string[]): Promise<Ended> => home.toolkey(["setup", "conan", ...argv]);
const plugin = (): string => join(home.directory, ".conan2/extensions/plugins/auth_remote.py");
const conan = (argv: readonly string[], options: RunOptions = {}): Promise<Ended> => home.run("python3", ["-c", CONAN, ...argv], options);
function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

beforeEach(async () => {
  home = await makeHome();
});
afterEach(() => home.dispose());

describe("conan-credential-toolkey", () => {
  it("gives the login of a remote, by URL and by user name, and nothing for any other", async () => {
    await home.init();
    await home.addToken("conan", "https://conan.acme.example/artifactory", SECRET, "bob");
    expect(expectDone(await helper(["get", REMOTE])).stdout).toBe(`{"user":"bob","password":"${SECRET}"}\n`);
    expect(expectDone(await helper(["get", REMOTE, "bob"])).stdout).toContain(SECRET);
    for (const argv of [[REMOTE, "amy"], [REMOTE.replace("https", "http")], ["https://conan.acme.example/other"], ["https://conan.acme.example:8443/artifactory"], [`${REMOTE}/../../../../other`]])
      expect(expectDone(await helper(["get", ...argv])).stdout).toBe("{}\n");
    await home.addToken("docker", "https://docker.example", "OTHER", "bob");
    expect(expectDone(await helper(["get", "https://docker.example"])).stdout).toBe("{}\n");
  });

  it.each([["no URL"], ["https://bob:pw@conan.acme.example"], ["ssh://conan.acme.example"]])("refuses %j in a line, and repeats none of it", async (url) => {
    await home.init();
    expect(await helper(["get", url])).toMatchObject({ code: 1, stdout: "toolkey: the URL of the remote is none that a token can be for\n" });
  });

  it("gives nothing without a vault, and says what is wrong where it is locked or no daemon can start", async () => {
    expect(expectDone(await helper(["get", REMOTE])).stdout).toBe("{}\n");
    await home.init();
    await home.addToken("conan", REMOTE, SECRET, "bob");
    await home.stop();
    expect(expectDone(await helper(["get", REMOTE])).stdout).toContain(SECRET);
    await home.stop();
    rmSync(join(home.toolkeyHome, "data", "run"), { recursive: true, force: true });
    writeFileSync(join(home.toolkeyHome, "data", "run"), "");
    const ended = await helper(["get", REMOTE]);
    expect(ended.code).toBe(1);
    expect(ended.stdout).toMatch(/^toolkey: .+\n$/);
  });

  it("says that a token has no user name, which Conan needs", async () => {
    await home.init();
    const id = await home.addToken("conan", REMOTE, SECRET);
    const ended = expectDone(await helper(["get", REMOTE]));
    expect(ended).toMatchObject({ stdout: "{}\n", stderr: expect.stringContaining(`the conan token ${id} has no user name`) as string });
  });
});

describe.skipIf(missing("python3"))("Conan's plugin", () => {
  beforeEach(async () => {
    await home.init();
    await home.addToken("conan", REMOTE, SECRET, "bob");
  });

  it("gives Conan its login, nothing past TLS checks, and nothing inside of a sealed command", async () => {
    expect(expectDone(await setup()).stderr).toContain("conan remote logout '*'");
    expect(expectDone(await conan([REMOTE, "yes"])).stdout).toBe(`('bob', '${SECRET}')\n`);
    expect(expectDone(await conan([REMOTE, "yes", "amy"])).stdout).toBe("(None, None)\n");
    expect(expectDone(await conan([REMOTE, "no"]))).toMatchObject({ stdout: "(None, None)\n", stderr: "toolkey: nothing is given for the remote acme, whose certificate is not verified\n" });
    expect(expectDone(await conan([REMOTE.replace("https", "HTTPS"), "no"])).stdout).toBe("(None, None)\n");
    expect(expectDone(await conan(["https://other.example", "yes"])).stdout).toBe("(None, None)\n");
    const script = join(home.directory, "conan.py");
    writeFileSync(script, CONAN);
    expect(expectDone(await home.toolkey(["run", "--", "python3", script, REMOTE, "yes"])).stdout).toBe("(None, None)\n");
  });

  it("has `toolkey run -- conan` say that it gets nothing there, and --direct let it ask", async () => {
    expectDone(await setup());
    const bin = join(home.directory, "bin");
    mkdirSync(bin);
    writeFileSync(join(home.directory, "conan.py"), CONAN);
    writeFileSync(join(bin, "conan"), `#!/bin/sh\nexec python3 ${home.directory}/conan.py "$@"\n`, { mode: 0o755 });
    const run = (...options: string[]): Promise<Ended> => home.toolkey(["run", ...options, "--", join(bin, "conan"), REMOTE, "yes"]);
    expect(expectDone(await run())).toMatchObject({ stdout: "(None, None)\n", stderr: expect.stringContaining("toolkey: conan has no way to the gateway, and recipes are programs that run in it, so conan gets no token\nhint: toolkey setup conan, and then conan by itself\n") as string });
    expect(expectDone(await run("--direct")).stdout).toBe(`('bob', '${SECRET}')\n`);
  });

  it("shows in Conan's own words what is wrong, and lets Conan go on where toolkey is gone", async () => {
    expectDone(await setup());
    expect(await conan(["ssh://x", "yes"])).toMatchObject({ code: 1, stdout: "ERROR: Error while processing 'auth_remote.py' plugin: toolkey: the URL of the remote is none that a token can be for\n" });
    writeFileSync(plugin(), readFileSync(plugin(), "utf8").replace(/_toolkey_helper = .*/, '_toolkey_helper = "/gone/conan-credential-toolkey"'));
    expect(expectDone(await conan([REMOTE, "yes"])).stdout).toBe("(None, None)\n");
    expect(JSON.parse((await home.toolkey(["doctor", "--json"])).stdout)).toContainEqual({ code: "helper-missing", tool: "conan", verdict: "bad", what: "conan's plugin asks /gone/conan-credential-toolkey, which is not there", hint: "toolkey setup conan" });
    expectDone(await setup());
    expect(expectDone(await conan([REMOTE, "yes"])).stdout).toContain(SECRET);
  });

  it("shows in Conan's own words that the vault is locked, and that no daemon can be started", async () => {
    expectDone(await setup());
    await home.stop();
    await keepUnderPassphrase(home);
    const error = "ERROR: Error while processing 'auth_remote.py' plugin: toolkey: ";
    expect(await conan([REMOTE, "yes"])).toMatchObject({ code: 1, stdout: `${error}the vault is locked, and its passphrase is needed\n` });
    await home.stop();
    const runtime = join(home.toolkeyHome, "data", "run");
    rmSync(runtime, { recursive: true, force: true });
    writeFileSync(runtime, "");
    expect(await conan([REMOTE, "yes"])).toMatchObject({ code: 1, stdout: `${error}${runtime} is not a directory\n` });
  });

  it.each([
    ["no file", undefined],
    ["one of theirs, which is asked after ours", 'def auth_remote_plugin(remote, user=None):\n    return "own", remote.name\n'],
    ["one without a final line break, in CRLF", '# mine\r\ndef auth_remote_plugin(remote, user=None):\r\n    return "own", remote.name'],
  ])("is written to %s and taken back to the byte; --dry-run shows it", async (_what, text) => {
    if (text !== undefined) write(plugin(), text);
    expect(expectDone(await setup("--dry-run")).stdout).toContain(`would change ${plugin()}:`);
    expect(existsSync(plugin()) ? readFileSync(plugin(), "utf8") : undefined).toBe(text);
    expectDone(await setup());
    expect(expectDone(await setup()).stdout).toContain("conan asks toolkey already");
    expect(expectDone(await conan([REMOTE, "yes"])).stdout).toContain(SECRET);
    expect(expectDone(await conan(["https://other.example", "yes"])).stdout).toBe(text === undefined ? "(None, None)\n" : "('own', 'acme')\n");
    expectDone(await setup("--undo"));
    expect(existsSync(plugin()) ? readFileSync(plugin(), "utf8") : undefined).toBe(text);
    expect(existsSync(`${plugin()}.toolkey-backup`)).toBe(false);
  });

  it("is written where CONAN_HOME says, through a link, and not over a file that is read-only", async () => {
    const real = join(home.directory, "real.py");
    writeFileSync(real, "# real\n");
    mkdirSync(join(home.directory, "c/extensions/plugins"), { recursive: true });
    const link = join(home.directory, "c/extensions/plugins/auth_remote.py");
    symlinkSync(real, link);
    const env = { CONAN_HOME: "~/c" };
    expectDone(await home.toolkey(["setup", "conan"], { env }));
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(real, "utf8")).toContain("_toolkey_helper");
    expectDone(await home.toolkey(["setup", "conan", "--undo"], { env }));
    chmodSync(real, 0o444);
    const ended = await home.toolkey(["setup", "conan"], { env });
    expect(ended).toMatchObject({ code: 3, stderr: expect.stringContaining("read-only") as string });
    expect(readFileSync(real, "utf8")).toBe("# real\n");
  });

  it("is seen by doctor, and named when a token is added", async () => {
    const found = async (): Promise<string[]> => (JSON.parse((await home.toolkey(["doctor", "--json"], { cwd: home.directory })).stdout) as { what: string }[]).map(({ what }) => what).filter((what) => what.includes("conan"));
    expect(await found()).toEqual(["conan does not ask toolkey"]);
    expect(expectDone(await home.toolkey(["add", "https://b.example", "--tool", "conan", "--username", "bob"], { stdin: "S" })).stderr).toContain("hint: so that conan asks for it: toolkey setup conan\n");
    expectDone(await setup());
    expect(await found()).toEqual([`conan gets a token for ${REMOTE}`, "conan gets a token for https://b.example"]);
    write(join(home.directory, ".conanrc"), "conan_home=./here\n");
    expect((await found())[0]).toBe(`here conan has another home, by ${home.directory}/.conanrc, if that says so`);
  });
});

it("what lies in Conan's files is taken by the URL of its remote, and written back", async () => {
  await home.init();
  const path = join(home.directory, ".conan2/credentials.json");
  const text = '{\n  "credentials": [\n    {"remote": "acme", "user": "amy", "password": "PASS-1"},\n    {"remote": "gone", "user": "amy", "password": "PASS-2"},\n    {"remote": "j", "user": "x", "password": "{{os.getenv(\'P\')}}"}\n  ]\n}\n';
  write(path, text);
  write(join(home.directory, ".conan2/remotes.json"), JSON.stringify({ remotes: [{ name: "acme", url: REMOTE, verify_ssl: true }] }));
  write(join(home.directory, ".conan2/source_credentials.json"), '{"credentials": [{"url": "https://src.example", "token": "TOKEN-3"}]}');
  const ended = await home.toolkey(["import", "--yes"]);
  expect(ended.stdout + ended.stderr).not.toMatch(/PASS-[12]|TOKEN-3/);
  expect(readFileSync(path, "utf8")).toBe(text.replace('{"remote": "acme", "user": "amy", "password": "PASS-1"},\n    ', ""));
  expect(await home.tokens()).toMatchObject([{ tool: "conan", target: REMOTE, username: "amy" }]);
  expectDone(await home.toolkey(["import", "--undo"]));
  expect(readFileSync(path, "utf8")).toBe(text);
});
