/**
 * Terraform's credentials helper, by its specification: no Terraform is in the registries that the tests install from. What 1.11.4 does with it
 * is in docs/tools/terraform.md.
 * https://developer.hashicorp.com/terraform/internals/credentials-helpers
 */
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { BIN, expectDone, makeHome, type Ended, type RunOptions, type TestHome } from "../../../fixtures/homes/home.ts";
import { keepUnderPassphrase } from "../../../fixtures/homes/locked-home.ts";

const HELPER = join(BIN, "terraform-credentials-toolkey");
const HOST = "app.terraform.io";
const SECRET = "S3CRET-of-terraform";

let home: TestHome;
beforeEach(async () => {
  home = await makeHome();
  await home.init();
});
afterEach(() => home.dispose());

const helper = (argv: readonly string[], options?: RunOptions): Promise<Ended> => home.run(HELPER, argv, options);

it("gives the token of a host, and says in the client's words that there is none", async () => {
  await home.addToken("terraform", `https://${HOST}`, SECRET);
  await home.addToken("terraform", "https://tf.example:8443", "S3CRET-8443", "alice");
  await home.addToken("git", "https://git.example", "S3CRET-git", "alice");
  expect(await helper(["get", HOST])).toMatchObject({ code: 0, stdout: `{"token":"${SECRET}"}\n`, stderr: "" });
  expect(await helper(["--from=settings", "get", "tf.example:8443"])).toMatchObject({ code: 0, stdout: '{"token":"S3CRET-8443"}\n' });
  for (const host of ["tf.example", "git.example", "xn--bcher-kva.example"]) expect(await helper(["get", host])).toMatchObject({ code: 0, stdout: "{}\n" });
});

it("keeps what 'terraform login' stores, for it alone, and forgets it", async () => {
  expect(await helper(["store", HOST], { stdin: `{"token": "${SECRET}"}` })).toMatchObject({ code: 0, stdout: "", stderr: "" });
  expect((await home.tokens()).map(({ tool, target }) => [tool, target])).toEqual([["terraform", `https://${HOST}`]]);
  expect((await helper(["get", HOST])).stdout).toBe(`{"token":"${SECRET}"}\n`);
  expect(await helper(["store", HOST], { stdin: '{"token":"NEWER"}\n' })).toMatchObject({ code: 0 });
  expect((await helper(["get", HOST])).stdout).toBe('{"token":"NEWER"}\n');
  expect(await helper(["forget", HOST])).toMatchObject({ code: 0, stdout: "" });
  expect(await helper(["get", HOST])).toMatchObject({ code: 0, stdout: "{}\n" });
  expect(await helper(["forget", HOST])).toMatchObject({ code: 0, stdout: "" });
});

it("keeps what a person has added, with a note, when it is to forget it", async () => {
  const id = await home.addToken("terraform", `https://${HOST}`, SECRET);
  expect(await helper(["forget", HOST])).toMatchObject({ code: 0, stdout: "", stderr: expect.stringContaining(id) });
  expect((await helper(["get", HOST])).stdout).toBe(`{"token":"${SECRET}"}\n`);
});

it.each<[what: string, argv: readonly string[], stdin: string | undefined, said: string]>([
  ["more than a token", ["store", HOST], '{"token":"T","expires":"x"}', "toolkey keeps the token of a host alone, and there is more than that"],
  ["no JSON", ["store", HOST], "T0KEN", "what is to be kept is not JSON"],
  ["no token", ["store", HOST], "{}", "what is to be kept has no token"],
  ["no host", ["get"], undefined, "no host is named"],
  ["no such host", ["get", "a b"], undefined, "the host is malformed"],
  ["an operation that is to come", ["rotate", HOST], undefined, "a credentials helper of Terraform's has no operation 'rotate'"],
])("refuses %s on standard error, and keeps nothing", async (_what, argv, stdin, said) => {
  const ended = await helper(argv, stdin === undefined ? {} : { stdin });
  expect(ended).toMatchObject({ code: 1, stdout: "" });
  expect(ended.stderr).toContain(`toolkey: ${said}\n`);
  expect(ended.stderr).not.toContain("T0KEN");
  expect(await home.tokens()).toEqual([]);
});

it("starts the daemon; says that the vault is locked; is a miss without a vault, and inside of what is sealed", async () => {
  await home.addToken("terraform", `https://${HOST}`, SECRET);
  await home.stop();
  expect((await helper(["get", HOST])).stdout).toBe(`{"token":"${SECRET}"}\n`);
  const sealed = await home.toolkey(["run", "--", "sh", "-c", `${HELPER} get ${HOST}`]);
  expect(sealed.stdout).toBe("{}\n");
  const led = expectDone(await home.toolkey(["run", "--", "sh", "-c", "echo run"], {}));
  expect(led.stdout).toBe("run\n");
  await home.stop();
  await keepUnderPassphrase(home);
  expect(await helper(["get", HOST])).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("toolkey: the vault is locked") });
  const none = await makeHome();
  expect(await none.run(HELPER, ["get", HOST])).toMatchObject({ code: 0, stdout: "{}\n" });
  await none.dispose();
});

it("gets its tokens directly by 'toolkey run', in its settings, and says so", async () => {
  await mkdir(join(home.directory, "bin"));
  await writeFile(join(home.directory, "bin", "terraform"), '#!/bin/sh\necho "$TF_CLI_CONFIG_FILE"; cat "$TF_CLI_CONFIG_FILE"\n', { mode: 0o755 });
  const env = { PATH: `${join(home.directory, "bin")}:${home.environment["PATH"] ?? ""}` };
  const json = join(home.directory, "rc.json");
  await writeFile(json, "{}");
  await writeFile(join(home.directory, ".terraformrc"), 'disable_checkpoint = true\ncredentials "own.example" { token = "OWN" }');
  const id = await home.addToken("terraform", `https://${HOST}`, SECRET);
  await home.addToken("terraform", "https://own.example", "S3CRET-own");
  await home.addToken("terraform", "https://tf.example/path", "S3CRET-path");
  const ofJson = await home.toolkey(["run", "--", "terraform", "init"], { env: { ...env, TF_CLI_CONFIG_FILE: json } });
  expect(ofJson).toMatchObject({ stdout: `${json}\n{}`, stderr: expect.stringContaining(`terraform gets no token, since ${json} is JSON`) });
  const ran = expectDone(await home.toolkey(["run", "--", "terraform", "init"], { env }));
  expect(ran.stdout).toMatch(/^\/proc\/\d+\/fd\/\d+\n/);
  expect(ran.stdout.slice(ran.stdout.indexOf("\n") + 1)).toBe(`disable_checkpoint = true\ncredentials "own.example" { token = "OWN" }\ncredentials "${HOST}" {\n  token = "${SECRET}"\n}\n`);
  expect(ran.stderr).toContain(`toolkey: terraform gets ${id} for https://${HOST}\n`);
  expect(ran.stderr).toContain(`${join(home.directory, ".terraformrc")} has a token for own.example itself, which counts`);
  expect((await home.toolkey(["run", "--", "terraform", "version"], { env })).stderr).not.toContain(id);
});

it("is set up where Terraform and OpenTofu look, and taken back; what comes before it is named, and imported", async () => {
  const [rc, program] = [join(home.directory, ".terraformrc"), join(home.directory, ".terraform.d", "plugins", "terraform-credentials-toolkey")];
  const text = `credentials "${HOST}" {\n  token = "S3CRET-old"\n}\ncredentials "tf.example:8443" { token = "S3CRET-port" }`;
  await writeFile(rc, text);
  await home.addToken("terraform", "https://tf.example:8443", "S3CRET-8443");
  await home.addToken("terraform", `https://${HOST}`, SECRET);
  const doctor = async (env = {}) => (await home.toolkey(["doctor"], { env })).stdout;
  expect(await doctor()).toContain("terraform does not ask toolkey");
  expectDone(await home.toolkey(["setup", "terraform", "--dry-run"]));
  expect(existsSync(program)).toBe(false);
  expectDone(await home.toolkey(["setup", "terraform"]));
  expect(await readFile(rc, "utf8")).toMatch(/\ncredentials_helper "toolkey" \{\}\n/);
  expect((await home.run(program, ["get", HOST])).stdout).toBe(`{"token":"${SECRET}"}\n`);
  const found = await doctor({ TF_TOKEN_app_terraform_io: "x" });
  expect(found).toContain(`terraform asks toolkey, by ${program}`);
  expect(found).toContain(`${rc} has a token for ${HOST}: Terraform takes it, and asks no helper`);
  expect(found).toContain(`${rc} has a token for tf.example:8443: Terraform takes it, and asks no helper`);
  expect(found).toContain(`TF_TOKEN_app_terraform_io is set: Terraform takes it for ${HOST}, and asks no helper`);
  expect((await home.toolkey(["setup", "terraform"])).stdout).toContain("already");
  expectDone(await home.toolkey(["setup", "terraform", "--undo"]));
  expect(await readFile(rc, "utf8")).toBe(text);
  expect(existsSync(join(home.directory, ".terraform.d"))).toBe(false);

  await mkdir(join(home.directory, ".terraform.d"));
  await writeFile(join(home.directory, ".terraform.d", "credentials.tfrc.json"), `{"credentials": {"login.example": {"token": "S3CRET-login"}}}\n`);
  expectDone(await home.toolkey(["import", "--yes"]));
  expect(await readFile(join(home.directory, ".terraform.d", "credentials.tfrc.json"), "utf8")).toBe('{"credentials": {}}\n');
  expect((await helper(["get", "login.example"])).stdout).toBe('{"token":"S3CRET-login"}\n');
  expect(await readFile(rc, "utf8")).toBe("");
});

it("does not hide files of OpenTofu's from it", async () => {
  const env = { XDG_CONFIG_HOME: join(home.directory, "config"), XDG_DATA_HOME: join(home.directory, "data") };
  const rc = join(env.XDG_CONFIG_HOME, "opentofu", "tofurc");
  await mkdir(join(env.XDG_CONFIG_HOME, "opentofu"), { recursive: true });
  await mkdir(join(env.XDG_DATA_HOME, "opentofu"), { recursive: true });
  await writeFile(rc, "");
  expectDone(await home.toolkey(["setup", "terraform"], { env }));
  expect(await readFile(rc, "utf8")).toContain('credentials_helper "toolkey" {}');
  for (const name of [".terraformrc", ".terraform.d"]) expect(existsSync(join(home.directory, name))).toBe(false);
  expect(existsSync(join(env.XDG_DATA_HOME, "opentofu", "plugins", "terraform-credentials-toolkey"))).toBe(true);
  expectDone(await home.toolkey(["setup", "terraform", "--undo"], { env }));
  expect(await readFile(rc, "utf8")).toBe("");
});

it("leaves the settings alone where another helper is named, with its line", async () => {
  const rc = join(home.directory, ".tofurc");
  await writeFile(rc, 'credentials_helper "credstore" {}\n');
  expect(await home.toolkey(["setup", "terraform"])).toMatchObject({ code: 2, stderr: expect.stringContaining(`${rc} names another credentials helper in line 1: credstore`) });
  expect(existsSync(join(home.directory, ".terraformrc"))).toBe(false);
  expect(existsSync(join(home.directory, ".terraform.d"))).toBe(false);
});

it.each([
  ["a script", Buffer.from("#!/bin/sh\necho mine\n")],
  ["a compiled program", Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0xff, 0xfe, 0])],
])("leaves another program of that name alone: %s", async (_what, bytes) => {
  const program = join(home.directory, ".terraform.d", "plugins", "terraform-credentials-toolkey");
  await mkdir(dirname(program), { recursive: true });
  await writeFile(program, bytes, { mode: 0o755 });
  expect(await home.toolkey(["setup", "terraform"])).toMatchObject({ code: 2, stderr: expect.stringContaining(`${program} is another program, which stays`) });
  expect(existsSync(join(home.directory, ".terraformrc"))).toBe(false);
  expectDone(await home.toolkey(["setup", "terraform", "--undo"]));
  expect(await readFile(program)).toEqual(bytes);
});
