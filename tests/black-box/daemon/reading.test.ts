/** Reading needs no writing, and makes nothing. */
import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { longTest } from "../../fixtures/form.ts";
import { expectDone, makeHome, type TestHome } from "../../fixtures/homes/home.ts";
import { makeHomeWithoutPrivilege } from "../../fixtures/homes/without-privilege.ts";

const CREDENTIAL = "protocol=https\nhost=one.example\n\n";
const STORED = `${CREDENTIAL.trimEnd()}\nusername=u\npassword=SECRET\n\n`;
const isRoot = process.getuid?.() === 0;
const inCi = process.env["CI"] === "true";

let home: TestHome;
/** HOME without TOOLKEY_HOME: the usual places. */
let usual: { readonly env: Readonly<Record<string, string | undefined>> };
let person: string;

beforeEach(async () => {
  home = await makeHomeWithoutPrivilege();
  person = join(home.directory, "person");
  mkdirSync(person, { mode: 0o700 });
  usual = { env: { TOOLKEY_HOME: undefined, HOME: person } };
});

afterEach(async () => {
  await home.toolkey(["stop"], usual);
  await home.dispose();
});

function everything(directory: string): string[] {
  return readdirSync(directory, { recursive: true }).map(String).toSorted();
}

async function expectRead(): Promise<void> {
  expect(expectDone(await home.helper("get", CREDENTIAL, usual)).stdout).toBe("username=u\npassword=SECRET\n");
  expect(expectDone(await home.toolkey(["list"], usual)).stdout).toContain("one.example");
  const run = expectDone(await home.toolkey(["run", "--direct", "--tool", "http", "--env", "T=https://two.example", "--", "sh", "-c", 'echo "$T"'], usual));
  expect(run.stdout).toBe("SECOND\n");
  expect(expectDone(await home.toolkey(["status"], usual)).stdout).toMatch(/^log +none: /m);
  expect((await home.toolkey(["doctor"], usual)).stdout).toContain("look  there is no log: ");
}

async function fill(): Promise<void> {
  expectDone(await home.toolkey(["init", "--key", "file"], usual));
  expectDone(await home.helper("store", STORED, usual));
  expectDone(await home.toolkey(["add", "https://two.example", "--tool", "http", "--username", "u"], { ...usual, stdin: "SECOND" }));
  expectDone(await home.toolkey(["stop"], usual));
}

describe("a home that is read-only", () => {
  longTest("by its modes: tokens are given, and status and doctor say that there is no log", async () => {
    await fill();
    const directories = ["", ...everything(person)].map((name) => join(person, name));
    execFileSync("chmod", ["-R", "a-w", person]);
    try {
      await expectRead();
      const stored = await home.helper("store", STORED.replace("SECRET", "NEXT"), usual);
      expect(stored.code).toBe(1);
      expect(stored.stderr).toContain("nothing was changed");
      expect(["", ...everything(person)].map((name) => join(person, name))).toEqual(directories);
    } finally {
      execFileSync("chmod", ["-R", "u+w", person]);
    }
  });

  it.skipIf(!isRoot && !inCi)("by its mount", async () => {
    await fill();
    execFileSync("mount", ["--bind", person, person]);
    try {
      execFileSync("mount", ["-o", "remount,bind,ro", person]);
      await expectRead();
      expectDone(await home.toolkey(["stop"], usual));
    } finally {
      execFileSync("umount", ["--lazy", person]);
    }
  });
});

describe("where there is no vault", () => {
  it("nothing is made by who only reads, and no daemon is started", async () => {
    for (const operation of ["get", "erase"]) {
      expect(await home.helper(operation, STORED, usual)).toMatchObject({ code: 0, stdout: "", stderr: "" });
    }
    expect(await home.helper("store", STORED, usual)).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("there is no vault") as string });
    const hook = await home.run("toolkey-authorization", ["pnpm", "https://registry.example/"], usual);
    expect(hook).toMatchObject({ code: 0, stdout: "" });
    expect(hook.stderr).toContain("there is no vault");
    const ran = await home.toolkey(["run", "--", "npm", "--version"], usual);
    expect(ran.code).toBe(0);
    for (const argv of [["list"], ["add", "https://one.example"], ["unlock"], ["doctor"], ["status"], ["log"]]) {
      await home.toolkey(argv, { ...usual, stdin: "x" });
    }
    expect(everything(person).filter((path) => !path.startsWith(".npm"))).toEqual([]);
  });
});

it("a home that may not be looked into is one without a vault", async () => {
  chmodSync(person, 0o000);
  expect(await home.helper("get", CREDENTIAL, usual)).toMatchObject({ code: 0, stdout: "", stderr: "" });
  chmodSync(person, 0o700);
});

describe.skipIf(!isRoot && !inCi)("root with the home of another user", () => {
  beforeEach(async () => {
    await home.dispose();
    home = await makeHome();
    person = join(home.directory, "person");
    mkdirSync(person, { mode: 0o700 });
    usual = { env: { TOOLKEY_HOME: undefined, HOME: person } };
    chownSync(person, 1000, 1000);
    chmodSync(home.directory, 0o755);
  });

  it("makes nothing there", async () => {
    expect(await home.helper("get", CREDENTIAL, usual)).toMatchObject({ code: 0, stdout: "", stderr: "" });
    writeFileSync(join(person, ".gitconfig"), "[user]\n\tname = A\n");
    chownSync(join(person, ".gitconfig"), 1000, 1000);
    for (const argv of [["init", "--key", "file"], ["setup", "git"], ["setup", "maven"], ["services"]]) {
      const ended = await home.toolkey(argv, { ...usual, stdin: "y\n" });
      expect(ended.code).toBe(3);
      expect(ended.stderr).toContain("belongs to another user (uid 1000)");
    }
    expect(everything(person)).toEqual([".gitconfig"]);
  });

  it("gets nothing from a vault there, and makes nothing", async () => {
    const data = join(person, ".local", "share", "toolkey");
    mkdirSync(data, { recursive: true, mode: 0o700 });
    writeFileSync(join(data, "vault.age"), "x", { mode: 0o600 });
    for (const path of everything(person)) chownSync(join(person, path), 1000, 1000);
    const ended = await home.helper("get", CREDENTIAL, usual);
    expect(ended.code).toBe(3);
    expect(ended.stderr).toContain("belongs to another user (uid 1000)");
    expect(readdirSync(data)).toEqual(["vault.age"]);
    expect(existsSync(join(person, ".local", "state"))).toBe(false);
  });
});
