/**
 * Bazel's credential helper, by its specification: the Bazel of Debian's releases has none. What 7.7.1 does with it is in docs/tools/bazel.md.
 * https://github.com/EngFlow/credential-helper-spec/blob/main/spec.md
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BIN, expectDone, makeHome, type Ended, type TestHome } from "../../../fixtures/homes/home.ts";
import { keepUnderPassphrase } from "../../../fixtures/homes/locked-home.ts";

const HELPER = join(BIN, "bazel-credential-toolkey");
const SECRET = "S3CRET-of-bazel";

let home: TestHome;
beforeEach(async () => {
  home = await makeHome();
  await home.init();
});
afterEach(() => home.dispose());

const get = (uri: string, more = {}): Promise<Ended> => home.run(HELPER, ["get"], { stdin: JSON.stringify({ uri, ...more }) });
const bearer = { code: 0, stdout: `{"headers":{"Authorization":["Bearer ${SECRET}"]}}\n`, stderr: "" };

it("gives the headers for what is below the place of a token, and for nothing else", async () => {
  await home.addToken("bazel", "https://cache.example/team", SECRET);
  await home.addToken("bazel", "https://basic.example", "S3CRET-basic", "alice");
  for (const uri of ["https://cache.example/team", "https://cache.example/team/x.zip?a=b#c", "grpcs://cache.example:443/team", "https://mallory@cache.example/team"])
    expect(await get(uri, { later: [1] }), uri).toMatchObject(bearer);
  expect((await get("https://basic.example/x")).stdout).toBe(`{"headers":{"Authorization":["Basic ${Buffer.from("alice:S3CRET-basic").toString("base64")}"]}}\n`);
  for (const uri of ["https://cache.example/other", "https://cache.example/teams", "http://cache.example/team", "grpc://cache.example/team", "https://cache.example:8443/team", "https://cache.example/team/../other", "https://cache.example/other/%2e%2e/team", "https://evil.example/team"])
    expect(await get(uri), uri).toMatchObject({ code: 0, stdout: "{}\n" });
});

it.each([
  "https://evil.com\\@cache.example/",
  "https://evil.com\\cache.example/",
  "https://a@evil.com@cache.example/",
  "https://cache.exam\tple/",
  "https://cache.example\n/",
  " https://cache.example/",
  "https://cache%2eexample/",
  "https://cache.example:/",
  "https://cache.example:0443/",
  "https://cache\u3002example/",
  "https://cache.example/a b",
])("refuses a uri that another parser may take for another host: %j", async (uri) => {
  await home.addToken("bazel", "https://cache.example", SECRET);
  const ended = await get(uri);
  expect(ended).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("toolkey: Bazel names a uri") });
});

describe("in a workspace that decides whom to trust", () => {
  let workspace: string;
  const inWorkspace = (uri: string): Promise<Ended> => home.run(HELPER, ["get"], { stdin: JSON.stringify({ uri }), cwd: workspace });

  beforeEach(async () => {
    workspace = join(home.directory, "workspace");
    await mkdir(workspace);
    await home.addToken("bazel", "https://cache.example/team", SECRET);
  });

  it("gives nothing, and fails with the reason, since Bazel shows none else, and keeps what it is told", async () => {
    await writeFile(join(workspace, ".bazelrc"), "common --jobs=4\nimport %workspace%/ci.bazelrc\n");
    await writeFile(join(workspace, "ci.bazelrc"), "common --tls_certificate=evil.pem\n");
    const ended = await inWorkspace("https://cache.example/team/x");
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(ended.stderr).toContain(
      `toolkey: bazel gets no token for https://cache.example/team/x: --tls_certificate in ${join(workspace, "ci.bazelrc")} would decide who can read it\n`,
    );
    expect(ended.stderr).toContain("hint: what is meant for all of your workspaces belongs into ~/.bazelrc\n");
    // There is nothing to be kept from it.
    expect(await inWorkspace("https://cache.example/public")).toMatchObject({ code: 0, stdout: "{}\n" });
  });

  it("gives its token where the person decides, and where nobody does", async () => {
    await writeFile(join(workspace, ".bazelrc"), "common --jobs=4\ntry-import %workspace%/no.bazelrc\n");
    await writeFile(join(home.directory, ".bazelrc"), "common --tls_certificate=/home/me/ca.pem\n");
    expect(await inWorkspace("https://cache.example/team/x")).toMatchObject(bearer);
  });

  it("gives nothing where its directory can't be told", async () => {
    workspace = join(home.directory, "a\nb");
    await mkdir(workspace);
    await writeFile(join(workspace, ".bazelrc"), "common --tls_certificate=evil.pem\n");
    expect(await inWorkspace("https://cache.example/team/x")).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("toolkey: bazel gets no token for https://cache.example/team/x: it can't be told in which project it runs"),
    });
  });
});

it("says until when a token is good", async () => {
  await home.toolkey(["add", "https://ends.example", "--tool", "bazel", "--expires", "2099-01-02T03:04:05Z"], { stdin: SECRET });
  expect(JSON.parse((await get("https://ends.example/x")).stdout)).toEqual({ expires: "2099-01-02T03:04:05Z", headers: { Authorization: [`Bearer ${SECRET}`] } });
});

it.each<[what: string, argv: readonly string[], stdin: string, said: string]>([
  ["what is not JSON", ["get"], "x", "what Bazel asks is not JSON"],
  ["no uri", ["get"], "{}", "Bazel names no uri"],
  ["a uri of no host", ["get"], '{"uri":"file:///etc/passwd"}', "Bazel names a uri that is none of a host"],
  ["another operation", ["get-all"], "", "a credential helper of Bazel's has no operation 'get-all'"],
  ["no operation", [], "", "usage: bazel-credential-toolkey OPERATION"],
])("fails for %s, on standard error", async (_what, argv, stdin, said) => {
  const ended = await home.run(HELPER, argv, { stdin });
  expect(ended).toMatchObject({ code: 1, stdout: "" });
  expect(ended.stderr).toContain(`toolkey: ${said}`);
});

it("starts the daemon, says that the vault is locked, and gives nothing inside of what is sealed", async () => {
  await home.addToken("bazel", "https://cache.example", SECRET);
  await home.stop();
  expect(await get("https://cache.example/a")).toMatchObject(bearer);
  const asking = `echo '{"uri":"https://cache.example/a"}' | ${HELPER} get`;
  expect((await home.toolkey(["run", "--", "sh", "-c", asking])).stdout).toBe("{}\n");
  expect((await home.toolkey(["run", "--direct", "--tool", "bazel", "--", "sh", "-c", asking])).stdout).toBe(bearer.stdout);
  await home.stop();
  await keepUnderPassphrase(home);
  expect(await get("https://cache.example/a")).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("toolkey: the vault is locked") });
});

it("is looked at by doctor in a workspace: what it would be given, and what of the workspace comes before that", async () => {
  await home.addToken("bazel", "https://cache.example/team", SECRET);
  expectDone(await home.toolkey(["setup", "bazel"]));
  const workspace = join(home.directory, "workspace");
  await mkdir(join(workspace, "tools"), { recursive: true });
  await mkdir(join(workspace, "src", "main"), { recursive: true });
  const found = async (env: Record<string, string> = {}): Promise<string[]> => {
    const { stdout } = await home.toolkey(["doctor", "--json"], { cwd: join(workspace, "src", "main"), env });
    expect(stdout).not.toContain(SECRET);
    return (JSON.parse(stdout) as { what: string }[]).map(({ what }) => what).filter((what) => /bazel/i.test(what)).slice(1);
  };
  const given = "bazel gets a token for https://cache.example/team";
  for (const [name, text] of [[".bazelrc", "import %workspace%/more.bazelrc\n"], ["more.bazelrc", "common '--credential_helper=%workspace%/mine'\n"], ["tools/bazel", "#!/bin/sh\n"], [".bazeliskrc", "USE_BAZEL_VERSION=8.0.0\nBAZELISK_BASE_URL=https://evil.example\n"], [".bazelversion", "evil/8.0.0\n"]] as const)
    await writeFile(join(workspace, name), text);
  expect(await found()).toEqual([given]);
  await writeFile(join(workspace, "MODULE.bazel"), "");
  const others = [".bazeliskrc", ".bazelversion"].map((name) => `here Bazelisk takes another Bazel than everybody's, by ${workspace}/${name}: it gets the tokens`);
  const helper = `${workspace}/more.bazelrc names a credential helper, which counts before toolkey's`;
  expect(await found()).toEqual([given, helper, `here bazel starts ${workspace}/tools/bazel, a program of the workspace, which can ask for what Bazel gets`, ...others]);
  await writeFile(join(workspace, ".bazeliskrc"), "USE_BAZEL_VERSION=8.0.0\n");
  await writeFile(join(workspace, ".bazelversion"), "8.0.0\n");
  expect(await found({ BAZELISK_SKIP_WRAPPER: "1" })).toEqual([given, helper]);
  await writeFile(join(workspace, "more.bazelrc"), "common --tls_certificate=evil.pem\n");
  expect(await found({ BAZELISK_SKIP_WRAPPER: "1" })).toEqual([expect.stringContaining(`bazel gets no token for https://cache.example/team: --tls_certificate in ${workspace}/more.bazelrc`)]);
});

it("is set up for each host with a token, and taken back to the byte", async () => {
  const rc = join(home.directory, ".bazelrc");
  const text = "build --jobs=4\r\n# no end";
  await writeFile(rc, text);
  expect(await home.toolkey(["setup", "bazel"])).toMatchObject({ code: 1, stderr: expect.stringContaining("bazel has no token for any host") });
  await home.addToken("bazel", "https://cache.example/team", SECRET);
  await home.addToken("bazel", "https://cache.example/other", "S3CRET-other");
  expect((await home.toolkey(["doctor"])).stdout).toContain("bazel does not ask toolkey");
  expectDone(await home.toolkey(["setup", "bazel"]));
  const lines = (await readFile(rc, "utf8")).split("\n").filter((line) => line.startsWith("common"));
  expect(lines).toEqual([`common '--credential_helper=cache.example=${HELPER}'`]);
  expect((await home.toolkey(["doctor"])).stdout).toContain(`bazel asks toolkey, by ${rc}`);
  const added = await home.toolkey(["add", "https://second.example", "--tool", "bazel"], { stdin: "S3CRET-second" });
  expect(added.stderr).toContain("hint: so that bazel asks for it: toolkey setup bazel");
  expect((await home.toolkey(["doctor"])).stdout).toContain("does not name all hosts that bazel has tokens for");
  await writeFile(rc, `${await readFile(rc, "utf8")}common --credential_helper=cache.example=/other\n`);
  expect((await home.toolkey(["doctor"])).stdout).toContain("names another credential helper, too");
  expectDone(await home.toolkey(["setup", "bazel"]));
  expect(await readFile(rc, "utf8")).toContain("=second.example=");
  expectDone(await home.toolkey(["setup", "bazel", "--undo"]));
  expect(await readFile(rc, "utf8")).toBe(`${text}\ncommon --credential_helper=cache.example=/other\n`);
});
